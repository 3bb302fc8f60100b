"""Attempts: how often a password may be tried, for one name and from one address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat.core.attempts import Attempts
from chat.core.commands import Login
from chat.core.errors import Refusal
from chat.core.jobs import CheckPassword, HashPassword, Job, ReadHistory
from chat.core.limits import Limits
from tests.core.support import NOW

LIMITS = Limits(
    attempts_per_account_burst=2,
    attempts_per_account_per_s=0.1,
    attempts_per_address_burst=3,
    attempts_per_address_per_s=1.0,
)
HERE = "10.0.0.1"


def check_of(account: str) -> CheckPassword:
    """Somebody tries a password for this name."""
    return CheckPassword(account, "hash", "password", Login(account, proven=True))


def enrolling(name: str) -> HashPassword:
    """Somebody registers this name."""
    return HashPassword(name, "password")


class Door:
    """Attempts, and someone who counts those that are let through."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.attempts = Attempts()
        self.limits = limits

    def may(self, job: Job, address: str = "", now: float = NOW, waiting: int = 0) -> bool:
        """Whether one is begun."""
        try:
            self.attempts.check(job, address, self.limits, now, waiting)
        except Refusal as refusal:
            return refusal.code != "rate-limited"
        return True

    def times(self, job: Job, address: str = "", now: float = NOW) -> int:
        """How many are begun of ten."""
        return sum([self.may(job, address, now) for _ in range(10)])


def test_a_name_has_so_many_at_once_and_then_as_time_passes() -> None:
    door = Door()
    assert door.times(check_of("bob")) == 2
    assert door.times(check_of("bob"), now=NOW + 9.9) == 0
    assert door.times(check_of("bob"), now=NOW + 20) == 2
    assert door.times(check_of("bob"), now=NOW + 1e9) == 2


def test_a_refused_one_takes_nothing() -> None:
    """Or whoever doesn't wait could never try again."""
    door = Door()
    door.times(check_of("bob"))
    for seconds in range(1, 10):
        assert door.times(check_of("bob"), now=NOW + seconds) == 0
    assert door.times(check_of("bob"), now=NOW + 10.001) == 1


def test_a_clock_that_is_set_back_gives_nothing_and_takes_nothing() -> None:
    door = Door()
    assert door.may(check_of("bob"))
    assert door.times(check_of("bob"), now=NOW - 3600) == 1
    assert door.times(check_of("bob"), now=NOW - 3590) == 1


def test_each_name_has_its_own() -> None:
    door = Door()
    assert door.times(check_of("bob")) == 2
    assert door.times(check_of("anna")) == 2


def test_who_guesses_elsewhere_does_not_keep_the_owner_out() -> None:
    door = Door()
    assert door.times(check_of("bob"), "10.0.0.2") == 2
    assert door.times(check_of("bob"), "10.0.0.3") == 2
    assert door.times(check_of("bob"), HERE) == 2


def test_however_many_guess_elsewhere_the_owner_is_let_in_at_home() -> None:
    door = Door(replace(LIMITS, attempts_in_all_burst=5, attempts_tracked_max=50))
    assert door.may(check_of("bob"), HERE)
    door.attempts.give_back(check_of("bob"), HERE)
    elsewhere = [f"10.0.1.{number}" for number in range(20)]
    assert [door.may(check_of("bob"), address) for address in elsewhere].count(True) == 5
    assert not door.may(check_of("bob"), "10.0.0.2")
    assert (
        door.times(check_of("bob"), HERE) == 2
    )  # and who guesses there has no more than elsewhere
    assert door.times(check_of("anna"), HERE) == 1


def test_so_many_homes_and_no_more() -> None:
    door = Door(replace(LIMITS, attempts_in_all_burst=1, attempts_tracked_max=6))
    for number in range(9):
        door.may(check_of("bob"), f"10.0.2.{number}", NOW + 10 * number)
        door.attempts.give_back(check_of("bob"), f"10.0.2.{number}")
    assert door.may(check_of("bob"), "10.0.0.2", NOW + 100)
    let_in = [door.may(check_of("bob"), f"10.0.2.{n}", NOW + 100) for n in range(9)]
    assert let_in == [False] * 3 + [True] * 6


def test_a_name_has_so_many_from_everywhere() -> None:
    door = Door(replace(LIMITS, attempts_in_all_burst=5))
    elsewhere = [f"10.0.1.{number}" for number in range(10)]
    assert [door.may(check_of("bob"), address) for address in elsewhere].count(True) == 5
    assert door.times(check_of("anna"), HERE) == 2
    assert not door.may(check_of("bob"), now=NOW + 0.9)
    assert door.may(check_of("bob"), now=NOW + 1.1)


def test_an_address_has_so_many_over_all_names() -> None:
    door = Door()
    names = [f"name{number}" for number in range(10)]
    assert [door.may(check_of(name), HERE) for name in names].count(True) == 3
    assert door.may(check_of("other"), "10.0.0.2")
    assert door.times(enrolling("other"), HERE, NOW + 2) == 2


def test_all_that_is_hashed_counts_for_an_address_and_nothing_else() -> None:
    door = Door()
    assert door.times(ReadHistory("lobby", "lobby", 9), HERE) == 10
    assert door.times(enrolling("bob"), HERE) == 3


def test_on_this_very_machine_there_is_no_address_to_count() -> None:
    door = Door()
    assert door.times(enrolling("bob")) == 10
    assert door.times(check_of("bob")) == 2


def test_the_addresses_of_one_site_are_one() -> None:
    door = Door()
    assert door.times(enrolling("bob"), "2001:db8::1") == 3
    assert door.times(enrolling("bob"), "2001:db8::2") == 0
    assert door.times(enrolling("bob"), "2001:db8:0:1::1") == 3


def test_an_address_that_tries_too_often_costs_the_name_nothing() -> None:
    door = Door()
    assert door.times(enrolling("x"), HERE) == 3
    assert door.times(check_of("bob"), HERE) == 0
    assert door.times(check_of("bob"), "10.0.0.2") == 2


def test_what_a_name_refuses_costs_an_address_nothing() -> None:
    """Or its owner, who tries while others guess, would have no try left when there is one."""
    door = Door(replace(LIMITS, attempts_in_all_burst=1))
    assert door.may(check_of("bob"), "10.0.0.2")
    assert door.times(check_of("bob"), HERE) == 0
    assert door.times(check_of("anna"), HERE) == 1
    assert door.times(enrolling("cleo"), HERE) == 2
    door.limits = LIMITS
    assert door.times(check_of("bob"), HERE, NOW + 10) == 2


def test_a_right_one_does_not_count() -> None:
    door = Door()
    job = check_of("bob")
    for _ in range(10):
        assert door.may(job, HERE)
        door.attempts.give_back(job, HERE)
    assert door.times(job, HERE) == 2


def test_giving_back_makes_no_more_than_there_were() -> None:
    door = Door()
    job = check_of("bob")
    door.may(job)
    for _ in range(10):
        door.attempts.give_back(job, "")
    assert door.times(job) == 2


def test_giving_back_what_was_forgotten_is_nothing() -> None:
    door = Door()
    door.attempts.give_back(check_of("bob"), HERE)
    assert door.times(check_of("bob"), HERE) == 2


@pytest.mark.parametrize("job", [check_of("bob"), enrolling("bob"), ReadHistory("a", "a", 1)])
def test_too_many_that_wait_are_too_many_of_all_kinds(job: Job) -> None:
    door = Door(Limits(jobs_max=5))
    assert door.may(job, waiting=4)
    assert not door.may(job, waiting=5)


def test_of_more_keys_than_are_kept_the_one_tried_longest_ago_is_forgotten() -> None:
    door = Door(Limits(attempts_tracked_max=6, attempts_per_account_burst=1))
    for name in ("anna", "bob", "cleo"):
        assert door.may(check_of(name))
    assert not door.may(check_of("anna"))  # and that was lately
    assert door.may(check_of("dora"))
    assert not door.may(check_of("anna"))
    assert door.may(check_of("bob"))
    assert len(door.attempts._buckets) == 6


def test_those_that_are_refused_are_no_more_than_are_kept_either() -> None:
    door = Door(Limits(attempts_tracked_max=6, attempts_in_all_burst=1))
    elsewhere = [f"10.0.1.{number}" for number in range(10)]
    assert [door.may(check_of("bob"), address) for address in elsewhere].count(True) == 1
    assert len(door.attempts._buckets) == 6


def test_other_limits_hold_from_then_on() -> None:
    door = Door()
    door.times(check_of("bob"))
    door.limits = Limits(attempts_per_account_burst=5, attempts_per_account_per_s=1.0)
    assert door.times(check_of("bob"), now=NOW + 3) == 3
    door.limits = Limits(attempts_per_account_burst=1)
    assert door.times(check_of("bob"), now=NOW + 1000) == 1
