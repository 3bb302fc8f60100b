"""World: the few ways in which it changes, and that it notices when its parts disagree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chat.core.limits import Limits
from chat.core.records import Account, Ban, Charter, Record
from chat.core.text import fold
from chat.core.world import LOBBY, Room, Steps, User, World
from tests.core.support import contents


def world_of(*names: str) -> World:
    """A world with these users in its lobby; the first has session 1, the next 2."""
    world = World()
    for session, name in enumerate(names, start=1):
        world.enter(world.add_user(name, session), LOBBY)
    world.check_invariants()
    return world


def test_a_new_world_has_a_lobby_and_nobody_in_it() -> None:
    world = World()
    assert list(world.rooms) == [LOBBY]
    assert (world.rooms[LOBBY].seq, world.rooms[LOBBY].members) == (0, {})
    assert (world.users, world.sessions) == ({}, {})
    assert world.limits == Limits()
    world.check_invariants()


def test_its_limits_are_given() -> None:
    limits = Limits(username_max_chars=3)
    assert World(limits).limits is limits


def test_a_user_is_found_by_session_and_by_name() -> None:
    world = world_of("Zoë")
    assert world.sessions[1] is world.users["zoë"]
    assert world.sessions[1].name == "Zoë"
    assert world.sessions[1].rooms == (LOBBY,)
    assert world.rooms[LOBBY].members == {1: world.sessions[1]}


def test_a_renamed_user_keeps_their_place() -> None:
    world = world_of("anna", "bob", "cleo")
    world.rename_user(world.sessions[1], "Zoë")
    world.check_invariants()
    assert [user.name for user in world.sessions.values()] == ["Zoë", "bob", "cleo"]
    assert set(world.users) == {"zoë", "bob", "cleo"}


def test_a_user_takes_their_own_name_in_other_letters() -> None:
    world = world_of("bob")
    world.rename_user(world.sessions[1], "BOB")
    world.check_invariants()
    assert world.users["bob"].name == "BOB"


def test_a_removed_user_is_nowhere() -> None:
    world = world_of("anna", "bob")
    world.remove_user(world.sessions[1])
    world.check_invariants()
    assert [user.name for user in world.sessions.values()] == ["bob"]
    assert list(world.users) == ["bob"]
    assert list(world.rooms[LOBBY].members) == [2]


def test_a_user_may_be_in_several_rooms() -> None:
    world = world_of("anna")
    world.rooms["attic"] = Room("Attic", Charter("Attic"))
    world.enter(world.sessions[1], "attic")
    world.check_invariants()
    assert world.sessions[1].rooms == (LOBBY, "attic")
    world.remove_user(world.sessions[1])
    world.check_invariants()
    assert "attic" not in world.rooms


def test_two_users_of_one_name_are_two_users() -> None:
    """They are told apart by who they are, not by what is written in them."""
    assert User("bob", 1) != User("bob", 1)
    assert Room("attic", Charter("attic")) != Room("attic", Charter("attic"))


CONTRADICTIONS: dict[str, Callable[[World], object]] = {
    "a session under another number": lambda w: w.sessions.update({7: w.sessions.pop(1)}),
    "a session without a user": lambda w: w.users.pop("anna"),
    "a user without a session": lambda w: w.users.update(eve=User("eve", 9)),
    "a user under another name": lambda w: w.users.update(eve=w.users.pop("anna")),
    "a name that changed on its own": lambda w: setattr(w.sessions[1], "name", "eve"),
    "twice in one room": lambda w: setattr(w.sessions[1], "rooms", (LOBBY, LOBBY)),
    "in a room that does not know it": lambda w: w.rooms[LOBBY].members.pop(1),
    "someone else in their place": lambda w: w.rooms[LOBBY].members.update({1: w.sessions[2]}),
    "a member who does not know it": lambda w: setattr(w.sessions[1], "rooms", ()),
    "a room under another name": lambda w: w.rooms.update(attic=Room("cellar", Charter("cellar"))),
    "a room whose key is not folded": lambda w: w.rooms.update(
        Attic=Room("Attic", Charter("Attic"))
    ),
}


@pytest.mark.parametrize("contradict", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_noticed(contradict: Callable[[World], object]) -> None:
    world = world_of("anna", "bob")
    contradict(world)
    with pytest.raises(AssertionError):
        world.check_invariants()


def test_a_member_who_is_no_user_is_noticed() -> None:
    """A ghost that knows its room: nothing else is wrong with it."""
    world = world_of("anna")
    ghost = User("ghost", 9, (LOBBY,))
    world.rooms[LOBBY].members[9] = ghost
    with pytest.raises(KeyError):
        world.check_invariants()


def test_the_key_of_the_lobby_is_its_folded_name() -> None:
    assert fold(LOBBY) == LOBBY


@pytest.mark.parametrize("contradict", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_the_contents_show_every_difference(contradict: Callable[[World], object]) -> None:
    """Of this comparison the tests of refusals and of replaying make use."""
    changed, same = world_of("anna", "bob"), world_of("anna", "bob")
    assert contents(changed) == contents(same)
    contradict(changed)
    assert contents(changed) != contents(same)


# --- what outlives the server ---------------------------------------------------------------------

BAN = Ban("somebody", "the server", until=60.0)


def test_what_is_put_is_there_until_it_is_taken_away() -> None:
    world = World()
    kept = [
        Record("account", "bob", Account("Bob", "hash")),
        Record("ban", "eve", BAN),
        Record("ban", "10.0.0.0/8", BAN),
        Record("charter", "attic", Charter("Attic", owner="bob", topic="old things")),
    ]
    world.put(tuple(kept))
    world.check_invariants()
    assert world.accounts == {"bob": Account("Bob", "hash")}
    assert world.bans == {"eve": BAN, "10.0.0.0/8": BAN}
    assert world.rooms["attic"].name == "Attic"
    world.put(tuple([replace(record, content=None) for record in reversed(kept)]))
    assert contents(world) == contents(World())
    assert world.networks == {}


def test_a_charter_may_be_taken_away_while_people_are_in_the_room() -> None:
    world = world_of("anna")
    charter = Charter("Attic", owner="bob", topic="old things")
    world.put((Record("account", "bob", Account("bob", "")), Record("charter", "attic", charter)))
    world.enter(world.sessions[1], "attic")
    world.put((Record("charter", "attic", None),))
    world.check_invariants()
    assert world.rooms["attic"].charter == Charter("Attic", topic="old things")
    world.leave(world.sessions[1], "attic")
    assert "attic" not in world.rooms


def test_steps_save_once() -> None:
    def twice() -> Steps:
        yield ()
        yield ()
        return ()

    with pytest.raises(AssertionError, match="together"):
        World().run(twice())


@pytest.mark.parametrize(
    ("address", "now", "banned"),
    [
        ("10.1.2.3", 0.0, True),
        ("::ffff:10.1.2.3", 0.0, True),
        ("10.1.2.3", 60.0, False),
        ("11.1.2.3", 0.0, False),
        ("2001:db8:5::1", 0.0, True),
        ("2001:db9::1", 0.0, False),
        ("", 0.0, False),
        ("somebody", 0.0, False),
    ],
)
def test_an_address_is_banned_with_its_network(address: str, now: float, banned: bool) -> None:
    world = World()
    assert world.ban_on(address, now) is None
    for key in ("10.0.0.0/8", "2001:db8::/32", "somebody"):
        world.put((Record("ban", key, BAN),))
    assert (world.ban_on(address, now) is BAN) is banned


def test_a_ban_that_has_run_out_hides_no_other() -> None:
    world = World()
    lasting = Ban("all of them", "the server")
    world.put((Record("ban", "10.1.2.3/32", BAN), Record("ban", "10.0.0.0/8", lasting)))
    assert world.ban_on("10.1.2.3", 60.0) is lasting


def test_a_room_that_has_ended_goes_on_counting_where_a_store_remembers_it() -> None:
    world = World(durable=True)
    world.load([], [(LOBBY, LOBBY, 5), ("attic", "Attic", 7)])
    assert world.rooms[LOBBY].seq == 5
    room = world.add_room("ATTIC")
    assert (room.name, room.seq) == ("ATTIC", 7)
    anna = world.add_user("anna", 1)
    world.enter(anna, "attic")
    world.leave(anna, "attic")
    world.check_invariants()
    assert list(world.remembered) == ["attic"]


def test_a_room_in_which_nothing_was_said_is_not_remembered() -> None:
    world = World(durable=True)
    anna = world.add_user("anna", 1)
    world.add_room("attic")
    world.enter(anna, "attic")
    world.leave(anna, "attic")
    assert world.remembered == {}


def test_who_operates_a_room() -> None:
    world = world_of("anna", "bob", "cleo", "dora")
    names = ("anna", "bob")
    world.put(tuple([Record("account", name, Account(name, "")) for name in names]))
    charter = Charter(LOBBY, owner="anna", operators=("bob", "cleo"))
    world.put((Record("charter", LOBBY, charter),))
    world.rooms[LOBBY].operators.add(4)
    operators = [user.name for user in world.sessions.values() if world.operates(user, LOBBY)]
    assert operators == ["anna", "bob", "dora"]  # who is not registered is nobody of the charter's
