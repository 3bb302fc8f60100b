"""The world as data: it comes back as it was, and its digest tells worlds apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from chat.core import ChatCore, Limits
from chat.core.snapshot import SECRET, digest, dump, load
from chat.core.world import Room, World
from chat.dialects import DIALECTS
from chat.dialects.admin import AdminDialect
from tests.core.support import Chat, contents

PASSWORD = "correct horse"


def busy(*, durable: bool) -> Chat:
    """A core in which there is something of everything."""
    chat = Chat("ann", "bob", limits=Limits(history_kept=3), durable=durable)
    chat.connect("root", AdminDialect())
    chat.connect("sam", DIALECTS["slash"])
    chat.send("ann", f"REGISTER ann {PASSWORD}")
    chat.finish_jobs()
    chat.send("ann", "JOIN tea", "TOPIC tea biscuits", "SAY tea one", "MSG Zoë says hi")
    chat.send("ann", "JOIN den", "SAY den gone", "LEAVE den", "AWAY")
    chat.send("sam", "/join attic", "hello", "/me waves", "/leave", "/join Tea", "two")
    chat.send("bob", "JOIN tea")
    chat.send("ann", "BAN tea eve 10m spam", "MUTE tea bob", "OP tea sam")
    chat.send("root", "ban 10.0.0.0/8 1h", "ban mallory")
    chat.gathering = True  # the next one is still being kept
    chat.send("sam", "three")
    return chat


@pytest.mark.parametrize("durable", [False, True], ids=["memory", "store"])
def test_a_world_comes_back_as_it_was(durable: bool) -> None:
    world = busy(durable=durable).core.world
    copy = load(dump(world))
    copy.check_invariants()
    assert contents(copy) == contents(world)
    assert copy.networks == world.networks
    assert dump(copy) == dump(world)
    assert digest(copy) == digest(world)
    assert bool(world.unsettled) is durable


def test_one_that_came_back_goes_on_as_the_other_does() -> None:
    chat = busy(durable=True)
    other = ChatCore(durable=True)
    other.world = load(dump(chat.core.world))
    for core in (chat.core, other):
        core.settle(True, chat.now)
    assert contents(other.world) == contents(chat.core.world)


def test_nothing_that_a_world_or_a_room_is_was_forgotten() -> None:
    """Whoever adds something to one of them comes by here."""
    elsewhere = {"sessions": "users", "accounts": "records", "bans": "records"}
    elsewhere |= {"networks": "records"}  # follow from the bans
    data = json.loads(dump(World()))
    assert {elsewhere.get(name, name) for name in World.__slots__} == set(data)
    parts = {field.name for field in fields(Room)}
    assert parts | {"key", "kept"} == set(data["rooms"][0])


def test_it_is_one_line_of_ascii() -> None:
    text = dump(busy(durable=True).core.world)
    assert text.isascii()
    assert text.isprintable()


def test_no_hash_of_a_password_is_in_it_unless_it_is_wanted() -> None:
    world = busy(durable=False).core.world
    assert PASSWORD[::-1] in dump(world)  # the driver's way of hashing
    without = dump(world, secrets=False)
    assert PASSWORD[::-1] not in without
    assert load(without).accounts["ann"].password == SECRET


def test_the_hash_of_a_password_makes_no_other_world() -> None:
    world = busy(durable=False).core.world
    before = digest(world)
    world.accounts["ann"] = type(world.accounts["ann"])("ann", "another", world.accounts["ann"].at)
    assert digest(world) == before


CHANGES: dict[str, Callable[[World], Any]] = {
    "a limit": lambda world: setattr(world, "limits", Limits()),
    "a guest": lambda world: setattr(world, "guests", 9),
    "a name": lambda world: world.rename_user(world.users["bob"], "BOB"),
    "who is away": lambda world: setattr(world.users["bob"], "away", True),
    "a member": lambda world: world.leave(world.users["bob"], "tea"),
    "a number": lambda world: setattr(world.rooms["tea"], "seq", 9),
    "a message": lambda world: world.rooms["tea"].history.pop(),
    "a ban": lambda world: world.bans.pop("mallory"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_world_has_another_digest(change: Callable[[World], Any]) -> None:
    world = busy(durable=False).core.world
    before = digest(world)
    change(world)
    assert digest(world) != before


def test_the_digest_is_the_same_everywhere() -> None:
    """Whoever changes what a world is, or how it is written, changes this, too."""
    assert json.loads(dump(World()))["rooms"][0]["key"] == "lobby"
    assert digest(World()) == digest(load(dump(World())))


BAD = ["", "{}", "[]", "null", '{"limits": {"nosuch": 1}}', "[" * 100_000]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_is_no_world(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no world|^Expecting value"):
        load(text)


def test_a_core_knows_whose_job_is_not_done() -> None:
    chat = Chat("ann")
    session = chat.people["ann"].session
    assert not chat.core.waits_for(session)
    chat.send("ann", f"REGISTER ann {PASSWORD}")
    assert chat.core.waits_for(session)
    chat.finish_jobs()
    assert not chat.core.waits_for(session)
