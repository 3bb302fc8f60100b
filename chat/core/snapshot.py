"""The world as data: all of it as JSON, and back; and a digest by which two of them are compared.

Equal worlds give the same text, byte for byte, on every machine and under every Python: whatever
has an order keeps it, and numbers are written as `repr` writes them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from chat.core.events import Said
from chat.core.limits import Limits
from chat.core.records import Charter, Record, decode, encode
from chat.core.text import fold
from chat.core.world import Room, User, World

Data = dict[str, Any]

SECRET = "*"  # instead of the hash of a password


def dump(world: World, *, secrets: bool = True) -> str:
    """A world as one line of JSON; without `secrets`, no password's hash is in it."""
    data: Data = {
        "limits": asdict(world.limits),
        "epoch": world.epoch,
        "durable": world.durable,
        "guests": world.guests,
        "ended": world.ended,
        "users": [_user(user) for user in world.sessions.values()],
        "rooms": [_room(key, room) for key, room in world.rooms.items()],
        "remembered": [_room(key, room) for key, room in world.remembered.items()],
        "unsettled": [asdict(said) for _, said in world.unsettled],
        "records": [_record(record, secrets) for record in _records(world)],
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True)


def load(text: str) -> World:
    """The world of which `dump` made this. Raises ValueError for anything else."""
    try:
        return _load(json.loads(text))
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no world: {error}") from error


def digest(world: World) -> str:
    """The same for worlds that are the same but for the hashes of passwords, which differ from run
    to run; 64 hexadecimal digits."""
    return sha256(dump(world, secrets=False).encode()).hexdigest()


def _user(user: User) -> Data:
    return asdict(user)


def _room(key: str, room: Room) -> Data:
    return {
        "key": key,
        "name": room.name,
        "charter": asdict(room.charter),
        "seq": room.seq,
        "members": [*room.members],
        "operators": sorted(room.operators),
        "history": [asdict(said) for said in room.history],
        "kept": room.history.maxlen,
        "unsettled": room.unsettled,
        "epoch": room.epoch,
    }


def _records(world: World) -> Iterable[Record]:
    for key, account in world.accounts.items():
        yield Record("account", key, account)
    for key, ban in world.bans.items():
        yield Record("ban", key, ban)


def _record(record: Record, secrets: bool) -> tuple[str, str, Any]:
    kind, key, text = encode(record)
    fields = json.loads(text or "{}")
    if not secrets and "password" in fields:
        fields["password"] = SECRET
    return kind, key, fields


def _load(data: Data) -> World:
    world = World(Limits(**data["limits"]), durable=data["durable"], epoch=data["epoch"])
    world.guests, world.ended = data["guests"], data["ended"]
    world.put(tuple([decode(kind, key, json.dumps(it)) for kind, key, it in data["records"]]))
    for fields in data["users"]:
        user = User(**{**fields, "rooms": tuple(fields["rooms"])})
        world.sessions[user.session] = world.users[fold(user.name)] = user
    world.rooms = {each["key"]: _loaded_room(world, each) for each in data["rooms"]}
    world.remembered = {each["key"]: _loaded_room(world, each) for each in data["remembered"]}
    rooms = world.rooms | world.remembered
    for fields in data["unsettled"]:
        said = Said(**fields)
        world.unsettled.append((rooms[fold(said.room)], said))
    return world


def _loaded_room(world: World, fields: Data) -> Room:
    charter = decode("charter", fields["key"], json.dumps(fields["charter"])).content
    assert isinstance(charter, Charter)
    return Room(
        fields["name"],
        charter,
        fields["seq"],
        {session: world.sessions[session] for session in fields["members"]},
        set(fields["operators"]),
        deque([Said(**said) for said in fields["history"]], maxlen=fields["kept"]),
        fields["unsettled"],
        fields["epoch"],
    )
