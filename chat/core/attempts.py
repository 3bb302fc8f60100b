"""How often somebody may try a password: a bucket of tokens per address, per account, and for each
account per address that tries it. So nobody who guesses elsewhere keeps an account's owner out."""

from __future__ import annotations

from chat.core.addresses import site
from chat.core.errors import Refusal
from chat.core.jobs import CheckPassword, HashPassword, Job
from chat.core.limits import Limits


class Attempts:
    """Each try takes a token; tokens come back with time, and for a password that was right.

    Who has said the right one is at home where they said it: from there, what is guessed elsewhere
    is not counted against them, however many guess.

    Pure, and bounded: of more than `attempts_tracked_max` keys, the one tried longest ago is
    forgotten; so it is with homes.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}  # level, and when it was so
        self._homes: dict[str, None] = {}  # as an ordered set: an account, and an address

    def check(self, job: Job, address: str, limits: Limits, now: float, waiting: int) -> None:
        """Before a job is begun. Raises Refusal if there are too many `waiting` already, or if
        somebody tries passwords too often. No `address`: someone on this very machine."""
        if waiting >= limits.jobs_max:
            raise Refusal("rate-limited")
        per_address = limits.attempts_per_address_burst, limits.attempts_per_address_per_s
        per_account = limits.attempts_per_account_burst, limits.attempts_per_account_per_s
        in_all = limits.attempts_in_all_burst, limits.attempts_in_all_per_s
        rates = {}
        if isinstance(job, CheckPassword | HashPassword) and address:
            rates[_site(address)] = per_address
        if isinstance(job, CheckPassword):
            rates[_guesser(job, address)] = per_account
            if _guesser(job, address) not in self._homes:
                rates[_account(job)] = in_all
        levels = {key: self._level(key, *rate, now) for key, rate in rates.items()}
        # A token of each, or of none: who is refused has tried nothing.
        begun = all(level >= 1 for level in levels.values())
        for key, level in levels.items():
            self._buckets[key] = level - begun, now
        while len(self._buckets) > limits.attempts_tracked_max:
            del self._buckets[next(iter(self._buckets))]
        while len(self._homes) > limits.attempts_tracked_max:
            del self._homes[next(iter(self._homes))]
        if not begun:
            raise Refusal("rate-limited")

    def _level(self, key: str, burst: int, per_s: float, now: float) -> float:
        """Of a bucket of `burst` tokens, `per_s` more a second; it is taken out, to be put last."""
        level, at = self._buckets.pop(key, (float(burst), now))
        return min(float(burst), level + max(0.0, now - at) * per_s)

    def give_back(self, job: CheckPassword, address: str) -> None:
        """The password was right: that attempt did not count."""
        home = _guesser(job, address)
        counted = [home, _site(address), *([] if home in self._homes else [_account(job)])]
        for key in counted:
            if key in self._buckets:
                level, at = self._buckets[key]
                self._buckets[key] = level + 1, at
        self._homes.pop(home, None)
        self._homes[home] = None  # last: it is the one to be forgotten last


def _account(job: CheckPassword) -> str:
    return f"account {job.account}"


def _guesser(job: CheckPassword, address: str) -> str:
    return f"account {job.account} {_site(address)}"


def _site(address: str) -> str:
    return f"address {site(address)}"
