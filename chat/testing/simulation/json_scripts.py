"""What people do who speak JSON over WebSocket: see `scripts.py`.

What is asked carries its mark as `id`, as a rule, and so everything is acknowledged. Of `resume`,
what somebody holds of a room is filled in when it is sent (`json_people.py`).
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

from chat.testing.simulation.scripts import (
    DEEDS,
    PASSWORDS,
    Deed,
    Manner,
    Typist,
    no_name,
    some_garbage,
    some_name,
    some_room,
    some_talker,
    some_text,
)

ASKED_WITH_ID: Final = 0.9  # how much of what they ask


def _object(random: Random, mark: str, kind: str, **fields: Any) -> str:
    if random.random() < ASKED_WITH_ID:
        fields["id"] = mark
    return json.dumps({"type": kind, **fields}, ensure_ascii=random.random() < 0.5)


def _asking(kind: str) -> Typist:
    return lambda random, mark: _object(random, mark, kind)


def _of_room(kind: str, **fields: Any) -> Typist:
    return lambda random, mark: _object(random, mark, kind, room=some_room(random), **fields)


def _of_name(kind: str) -> Typist:
    return lambda random, mark: _object(random, mark, kind, name=some_name(random))


def _with_password(kind: str) -> Typist:
    return lambda random, mark: _object(
        random, mark, kind, name=some_name(random), password=random.choice(PASSWORDS)
    )


def _of_member(kind: str, **fields: Any) -> Typist:
    return lambda random, mark: _object(
        random, mark, kind, room=some_room(random), name=some_name(random), **fields
    )


def _of_talker(kind: str, **fields: Any) -> Typist:
    return lambda random, mark: _object(
        random, mark, kind, room=some_room(random), name=some_talker(random), **fields
    )


def _say(random: Random, mark: str, **fields: Any) -> str:
    room, text = some_room(random), some_text(random, mark)
    return _object(random, mark, "say", room=room, text=text, **fields)


def _private(random: Random, mark: str) -> str:
    return _object(random, mark, "private", to=some_name(random), text=f"<d{mark}>")


def _resume(random: Random, mark: str) -> str:
    return json.dumps({"type": "resume", "room": some_room(random), "id": mark})


BAD: Final = (
    *('{"type":"say"', "[]", '"say"', "[" * 2_000, '{"type":5}', '{"type":"dance"}', "{}"),
    *('{"type":"say","room":5,"text":"x"}', '{"type":"ping","id":""}', '{"type":"ping","id":7}'),
    *('{"type":"say","room":"so","text":"\\ud800"}', '{"type":"history","room":"so","count":-1}'),
    '{"type":"away","id":"\\u202e"}',
)


def _bad(random: Random, mark: str) -> str:
    """No object at all, or not such a one."""
    garbage = some_garbage(random, mark).replace("\n", "")
    return random.choice(
        (garbage, *BAD, _object(random, mark, "dance"), _object(random, mark, "say"))
    )


JSON: Final[tuple[tuple[int, Typist], ...]] = (
    (40, _say),
    (3, lambda random, mark: _say(random, mark, act=True)),
    (8, _private),
    (20, _of_room("join")),
    (6, _of_room("leave")),
    (4, _of_name("nick")),
    (3, _of_name("login")),
    (3, _with_password("login")),
    (2, _with_password("nick")),
    (3, _with_password("register")),
    (4, lambda random, mark: _of_room("history", count=random.choice((1, 5, 100)))(random, mark)),
    (8, _resume),
    (3, lambda random, mark: _object(random, mark, "away", text=f"at <n{mark}>")),
    (1, _asking("away")),
    (3, _asking("back")),
    (1, lambda random, mark: _object(random, mark, "nick", name=no_name(random))),
    (1, lambda random, mark: _object(random, mark, "join", room=no_name(random))),
    (2, _of_member("kick")),
    (2, _of_member("ban", seconds=30)),
    (2, _of_member("unban")),
    (1, _of_room("bans")),
    (2, _of_talker("mute", seconds=10)),
    (3, _of_talker("mute")),
    (8, _of_talker("unmute")),
    (2, _of_member("op")),
    (1, _of_member("deop")),
    (2, lambda random, mark: _of_room("topic", text=f"about {mark}")(random, mark)),
    (1, _of_room("topic")),
    (1, _of_room("lock")),
    (1, _of_room("unlock")),
    (2, _asking("users")),
    (2, _of_room("users")),
    (2, _asking("rooms")),
    (1, _asking("help")),
    (6, _asking("ping")),
    (4, _bad),
    (1, _asking("quit")),
)

JSON_DEEDS: Final[tuple[tuple[int, Deed], ...]] = (
    *DEEDS,
    (6, "type in pieces"),
    (3, "ping"),
    (1, "no pong"),
    (1, "vanish"),
    (1, "goodbye"),
    (1, "send binary"),
    (1, "send no text"),
    (1, "send too much"),
)

IN_JSON: Final = Manner(
    "json", '{"type":"login","name":"%s"}', JSON, JSON_DEEDS, own_port=0.5, messages=True
)
