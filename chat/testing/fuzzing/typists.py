"""What people type in JSON, as `scripts.py` has it for the dialects of lines."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

from chat.testing.simulation.scripts import LONG_TEXT, NAMES, PASSWORDS, ROOMS, Typist

TEXTS: Final = ("", "hi", "two  blanks", "Zoë \u2603", "\x1b[31mred", "\n", "\u202e", LONG_TEXT)
ODDITIES: Final[tuple[object, ...]] = (
    None,
    True,
    -1,
    1e400,
    2**70,
    [],
    {},
    "",
    "\x1b",
    "x" * 300,
    [[[[]]]],
)
FIELDS: Final = ("type", "id", "name", "room", "text", "to", "count", "seq", "epoch", "seconds")


def _asking(kind: str, *fields: str) -> Typist:
    """Somebody who asks for something, with these fields, and perhaps an `id`."""

    def type_(random: Random, mark: str) -> str:
        asked: dict[str, Any] = {"type": kind}
        asked |= {field: _VALUES[field](random, mark) for field in fields}
        if random.random() < 0.2:
            asked["id"] = f"i{mark}"
        return json.dumps(asked, ensure_ascii=random.random() < 0.3)

    return type_


def _text(random: Random, mark: str) -> str:
    return f"<s{mark}> {random.choice(TEXTS)}"


_VALUES: Final[dict[str, Any]] = {
    "name": lambda random, _: random.choice(NAMES),
    "to": lambda random, _: random.choice(NAMES),
    "room": lambda random, _: random.choice(ROOMS),
    "password": lambda random, _: random.choice(PASSWORDS),
    "text": _text,
    "act": lambda random, _: random.random() < 0.5,
    "count": lambda random, _: random.choice((1, 5, 100)),
    "seq": lambda random, _: random.randrange(20),
    "epoch": lambda random, _: random.choice(("", "1", "x")),
    "seconds": lambda _random, _: 30,
    "reason": lambda _random, mark: f"about {mark}",
}


def _private(random: Random, mark: str) -> str:
    return json.dumps({"type": "private", "to": random.choice(NAMES), "text": f"<d{mark}>"})


def _topic(random: Random, mark: str) -> str:
    return json.dumps({"type": "topic", "room": random.choice(ROOMS), "text": f"about {mark}"})


def _odd(random: Random, _mark: str) -> str:
    fields = random.sample(FIELDS, random.randint(1, 4))
    return json.dumps({field: random.choice(ODDITIES) for field in fields})


def _garbage(random: Random, _mark: str) -> str:
    return "".join([random.choice('{}[]",:\\u00e9 \x00\x1btype1.e-') for _ in range(30)])


JSON: Final[tuple[tuple[int, Typist], ...]] = (
    (40, _asking("say", "room", "text")),
    (4, _asking("say", "room", "text", "act")),
    (8, _private),
    (20, _asking("join", "room")),
    (6, _asking("leave", "room")),
    (4, _asking("nick", "name")),
    (3, _asking("login", "name")),
    (2, _asking("login", "name", "password")),
    (2, _asking("register", "name", "password")),
    (4, _asking("history", "room", "count")),
    (4, _asking("resume", "room", "epoch", "seq")),
    (2, _topic),
    (2, _asking("kick", "room", "name", "reason")),
    (2, _asking("ban", "room", "name", "seconds")),
    (2, _asking("unban", "room", "name")),
    (1, _asking("mute", "room", "name", "seconds")),
    (1, _asking("op", "room", "name")),
    (1, _asking("bans", "room")),
    (2, _asking("users")),
    (2, _asking("rooms")),
    (1, _asking("away")),
    (1, _asking("help")),
    (5, _asking("ping")),
    (3, _odd),
    (3, _garbage),
    (1, lambda _random, _mark: '{"type":"ping","x":"' + "y" * 70_000 + '"}'),
    (1, lambda _random, _mark: "[" * 5_000),
    (2, _asking("quit")),
)
