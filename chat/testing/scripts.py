"""Script: what somebody is going to do on a simulated server, drawn from a seed. Plain data.

What people say carries a mark, `<s3.14>`: the 14th thing that person 3 says in a room; `<d3.15>` is
one that they say to somebody alone. By these, what arrives where can be followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

NAMES: Final = ("ann", "bob", "Bob", "cat", "dan", "Zoë", "zoe\u0308", "eve")
ROOMS: Final = ("lobby", "so", "#So", "tea", "den")
PASSWORDS: Final = ("correct horse", "battery staple")
STEPS_MAX = 60
FLOOD_MAX = 80  # lines at once
HALF_A_LINE = b"?"  # the next one ends it
LONG_TEXT = "x" * 3_000

Deed = Literal["type", "end", "hang up", "reset", "stop reading", "read slowly", "read"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does, so many seconds after the one before."""

    after_s: float
    deed: Deed
    data: bytes = b""  # what is typed


@dataclass(frozen=True, slots=True)
class Script:
    """Somebody. Whenever they are not connected, they connect, and type `hello` first."""

    number: int
    dialect: Literal["line", "slash"]
    on_own_port: bool
    """Where only this dialect is spoken."""

    hello: bytes
    arrives_s: float
    buffer_bytes: int
    """Between them and the server; 0: the network decides."""

    steps: tuple[Step, ...]


Typist = Callable[[Random, str], str]


def _name(random: Random) -> str:
    return random.choice(NAMES)


def _room(random: Random) -> str:
    return random.choice(ROOMS)


def _text(random: Random, mark: str) -> str:
    tail = random.choice(("", "hi", "two  blanks", "Zoë \u2603", "\x1b[31mred", LONG_TEXT))
    return f"<s{mark}> {tail}" if random.random() < 0.9 else f"{tail} <s{mark}>"


def _garbage(random: Random, _mark: str) -> str:
    chars = [random.choice("abc /\\\t\r\x00\x1b\u202e\u00e9DMSG") for _ in range(30)]
    return "?" + "".join(chars)


LINE: Final[tuple[tuple[int, Typist], ...]] = (
    (30, lambda random, mark: f"MSG {_text(random, mark)}"),
    (20, lambda random, mark: f"SAY {_room(random)} {_text(random, mark)}"),
    (4, lambda random, mark: f"ME {_room(random)} {_text(random, mark)}"),
    (8, lambda random, mark: f"DM {_name(random)} <d{mark}>"),
    (10, lambda random, _: f"JOIN {_room(random)}"),
    (6, lambda random, _: f"LEAVE {_room(random)}"),
    (4, lambda random, _: f"NICK {_name(random)}"),
    (3, lambda random, _: f"LOGIN {_name(random)}"),
    (3, lambda random, _: f"LOGIN {_name(random)} {random.choice(PASSWORDS)}"),
    (3, lambda random, _: f"REGISTER {_name(random)} {random.choice(PASSWORDS)}"),
    (6, lambda random, _: f"HISTORY {_room(random)} {random.choice((1, 5, 100))}"),
    (3, lambda random, _: f"KICK {_room(random)} {_name(random)}"),
    (2, lambda random, _: f"BAN {_room(random)} {_name(random)} 30s"),
    (2, lambda random, _: f"UNBAN {_room(random)} {_name(random)}"),
    (2, lambda random, _: f"MUTE {_room(random)} {_name(random)} 10s"),
    (2, lambda random, _: f"OP {_room(random)} {_name(random)}"),
    (1, lambda random, _: f"DEOP {_room(random)} {_name(random)}"),
    (2, lambda random, mark: f"TOPIC {_room(random)} about {mark}"),
    (1, lambda random, _: f"LOCK {_room(random)}"),
    (2, lambda _random, _: "WHO"),
    (2, lambda _random, _: "ROOMS"),
    (2, lambda random, _: f"NAMES {_room(random)}"),
    (1, lambda _random, _: "HELP"),
    (10, lambda _random, _: "PING"),
    (2, lambda _random, _: ""),
    (3, _garbage),
    (1, lambda _random, _: "y" * 10_000),
    (2, lambda _random, _: "QUIT"),
)

SLASH: Final[tuple[tuple[int, Typist], ...]] = (
    (50, _text),
    (4, lambda random, mark: f"/me {_text(random, mark)}"),
    (2, lambda random, mark: f"//{_text(random, mark)}"),
    (8, lambda random, mark: f"/msg {_name(random)} <d{mark}>"),
    (12, lambda random, _: f"/join {_room(random)}"),
    (4, lambda _random, _: "/leave"),
    (5, lambda random, _: f"/nick {_name(random)}"),
    (3, lambda random, _: f"/login {_name(random)} {random.choice(PASSWORDS)}"),
    (3, lambda random, _: f"/register {_name(random)} {random.choice(PASSWORDS)}"),
    (6, lambda random, _: f"/history {random.choice((1, 5, 100))}"),
    (3, lambda random, _: f"/kick {_name(random)}"),
    (2, lambda random, _: f"/ban {_name(random)} 30s"),
    (2, lambda random, _: f"/unban {_name(random)}"),
    (2, lambda random, _: f"/mute {_name(random)} 10s"),
    (2, lambda random, _: f"/op {_name(random)}"),
    (2, lambda _random, mark: f"/topic about {mark}"),
    (2, lambda _random, _: "/who"),
    (2, lambda _random, _: "/rooms"),
    (1, lambda _random, _: "/help"),
    (2, lambda _random, _: ""),
    (3, lambda random, mark: "/" + _garbage(random, mark)),
    (1, lambda _random, _: "/" + "y" * 10_000),
    (2, lambda _random, _: "/quit"),
)

TYPISTS: Final = {"line": LINE, "slash": SLASH}
HELLOS: Final = {"line": "LOGIN {}\n", "slash": "/nick {}\n"}

DEEDS: Final[tuple[tuple[int, Deed], ...]] = (
    (90, "type"),
    (1, "end"),
    (2, "hang up"),
    (2, "reset"),
    (2, "stop reading"),
    (1, "read slowly"),
    (4, "read"),
)


def draw_script(random: Random, number: int, pace_s: float) -> Script:
    """Somebody who does something every `pace_s` seconds, in the mean."""
    dialect: Literal["line", "slash"] = random.choice(("line", "line", "slash"))
    marks = iter(range(1, 1_000_000))
    typists = TYPISTS[dialect]
    steps = []
    for _ in range(random.randint(1, STEPS_MAX)):
        deed = _choose(random, DEEDS)
        data = _typed(random, typists, marks, number) if deed == "type" else b""
        steps.append(Step(_pause(random, pace_s), deed, data))
    return Script(
        number=number,
        dialect=dialect,
        on_own_port=dialect == "slash" and random.random() < 0.3,
        hello=HELLOS[dialect].format(_name(random)).encode(),
        arrives_s=random.expovariate(1 / pace_s),
        buffer_bytes=random.choice((0, 0, 0, 64, 2_000)),
        steps=tuple(steps),
    )


def _pause(random: Random, pace_s: float) -> float:
    """Now and then somebody is silent for long enough to be thought gone."""
    return random.choice((0.0, random.expovariate(1 / pace_s), random.expovariate(1 / pace_s)))


def _typed(
    random: Random, typists: tuple[tuple[int, Typist], ...], marks: object, number: int
) -> bytes:
    count = random.randint(2, FLOOD_MAX) if random.random() < 0.05 else 1
    end = random.choice(("\n", "\n", "\r\n"))
    lines = [
        _choose(random, typists)(random, f"{number}.{next(marks)}")  # type: ignore[call-overload]
        for _ in range(count)
    ]
    data = end.join([*lines, ""]).encode()
    if random.random() < 0.02:
        data = b"\xc3\x28" + data  # no UTF-8
    return data + HALF_A_LINE if random.random() < 0.02 else data


def _choose(random: Random, table: tuple[tuple[int, Typist], ...] | tuple[tuple[int, Deed], ...]):  # type: ignore[no-untyped-def]
    return random.choices([item for _, item in table], [weight for weight, _ in table])[0]
