"""World: the few ways in which it changes, and that it notices when its parts disagree."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.core.limits import Limits
from chat.core.text import fold
from chat.core.world import LOBBY, Room, User, World
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
    world.rooms["attic"] = Room("Attic")
    world.enter(world.sessions[1], "attic")
    world.check_invariants()
    assert world.sessions[1].rooms == (LOBBY, "attic")
    world.remove_user(world.sessions[1])
    world.check_invariants()
    assert "attic" not in world.rooms


def test_two_users_of_one_name_are_two_users() -> None:
    """They are told apart by who they are, not by what is written in them."""
    assert User("bob", 1) != User("bob", 1)
    assert Room("attic") != Room("attic")


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
    "a room under another name": lambda w: w.rooms.update(attic=Room("cellar")),
    "a room whose key is not folded": lambda w: w.rooms.update(Attic=Room("Attic")),
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
