"""Script: what somebody is going to do on a simulated server, drawn from a seed. Plain data.

What people say carries a mark, `<s3.14>`: the 14th thing that person 3 says in a room; `<d3.15>` is
one that they say to somebody alone, `<n3.16>` news of them. By these, what arrives where can be
followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, NamedTuple, TypeVar

from reactor import LINE_MAX_BYTES

T = TypeVar("T")

NAMES: Final = ("ann", "bob", "Bob", "cat", "dan", "Zoë", "zoe\u0308", "eve", "\uff22ob")
NO_NAMES: Final = ("@bob", "*", "x" * 33, "y" * 65, "\u0301e", "a:b", "-" * 1000, "Error")
ROOMS: Final = ("lobby", "so", "#So", "tea", "den")
PASSWORDS: Final = ("correct horse", "battery staple", "short")
HOSTS: Final = ("10.1.0.1", "10.1.0.2", "2001:db8::1", "2001:db8::2", "127.0.0.1")
"""Those of IPv6 are of one network; the last is the server's own."""

SPANS: Final = ("10s", "1h", "", "1y")
"""Of a mute: over soon, or not; for good; and a mistake."""

STEPS_MAX = 60
FLOOD_MAX = 80  # lines at once
HALF_A_LINE = b"?"  # the next one ends it
LONG_TEXT = "x" * 3_000

Dialect = Literal["line", "slash", "json", "admin"]
Deed = Literal[
    "type",
    "end",
    "hang up",
    "reset",
    "stop reading",
    "read slowly",
    "read",
    # and in lines
    "negotiate",
    # and over WebSocket
    "type in pieces",
    "ping",
    "no pong",
    "vanish",
    "goodbye",
    "send binary",
    "send no text",
    "send too much",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does, so many seconds after the one before."""

    after_s: float
    deed: Deed
    data: bytes = b""  # what is typed (before the end, too), or negotiated


@dataclass(frozen=True, slots=True)
class Script:
    """Somebody. Whenever they are not connected, they connect, and type `hello` first."""

    number: int
    dialect: Dialect
    on_own_port: bool
    """Where only this dialect is spoken."""

    hello: bytes
    arrives_s: float
    buffer_bytes: int
    """Between them and the server; 0: the network decides."""

    host: str
    """Where they come from; of no matter on a Unix socket."""

    steps: tuple[Step, ...]


NEGOTIATIONS: Final = (
    *(b"\xff\xfb\x1f", b"\xff\xfd\x01", b"\xff\xfc\x18", b"\xff\xf1"),
    b"\xff\xfa\x18\x00xterm\nPING\n\xff\xf0",
)
"""Telnet's, as terminals send them: an offer, a question, a refusal, a pulse, and what kind of
terminal it is."""

Typist = Callable[[Random, str], str]


class Manner(NamedTuple):
    """How people of a kind come, and what they do."""

    dialect: Dialect
    hello: str
    typists: tuple[tuple[int, Typist], ...]
    deeds: tuple[tuple[int, Deed], ...]
    own_port: float
    """How often they come where only their dialect is spoken."""

    messages: bool = False
    """What they type are messages, each of which arrives whole or not at all."""


def some_name(random: Random) -> str:
    return random.choice(NAMES)


def some_room(random: Random) -> str:
    return random.choice((*ROOMS, "so", "so"))  # where many are


def some_talker(random: Random) -> str:
    """Who is to be silent: these few, so that it is often undone."""
    return random.choice(("bob", "bob", "ann"))


def no_name(random: Random) -> str:
    return random.choice(NO_NAMES)


def some_text(random: Random, mark: str) -> str:
    tail = random.choice(("", "hi", "two  blanks", "Zoë \u2603", "\x1b[31mred", LONG_TEXT))
    return f"<s{mark}> {tail}" if random.random() < 0.9 else f"{tail} <s{mark}>"


def some_garbage(random: Random, _mark: str) -> str:
    chars = [random.choice("abc /\\\t\r\x00\x1b\u202e\u00e9DMSG") for _ in range(30)]
    return "?" + "".join(chars)


def _long(random: Random) -> str:
    """About as long as a line may be, or much too long."""
    return "y" * (LINE_MAX_BYTES + random.choice((-1, 0, 0, 0, 1, 2, 10_000)))


LINE: Final[tuple[tuple[int, Typist], ...]] = (
    (30, lambda random, mark: f"MSG {some_text(random, mark)}"),
    (20, lambda random, mark: f"SAY {some_room(random)} {some_text(random, mark)}"),
    (4, lambda random, mark: f"ME {some_room(random)} {some_text(random, mark)}"),
    (8, lambda random, mark: f"DM {some_name(random)} <d{mark}>"),
    (10, lambda random, _: f"JOIN {some_room(random)}"),
    (6, lambda random, _: f"LEAVE {some_room(random)}"),
    (4, lambda random, _: f"NICK {some_name(random)}"),
    (3, lambda random, _: f"LOGIN {some_name(random)}"),
    (3, lambda random, _: f"LOGIN {some_name(random)} {random.choice(PASSWORDS)}"),
    (3, lambda random, _: f"REGISTER {some_name(random)} {random.choice(PASSWORDS)}"),
    (6, lambda random, _: f"HISTORY {some_room(random)} {random.choice((1, 5, 100))}"),
    (6, lambda random, _: f"KICK {some_room(random)} {some_name(random)}"),
    (5, lambda random, _: f"BAN {some_room(random)} {some_name(random)} 30s"),
    (2, lambda random, _: f"UNBAN {some_room(random)} {some_name(random)}"),
    (5, lambda random, _: f"MUTE {some_room(random)} {some_talker(random)} {random.choice(SPANS)}"),
    (8, lambda random, _: f"UNMUTE {some_room(random)} {some_talker(random)}"),
    (1, lambda random, _: f"BANS {some_room(random)}"),
    (2, lambda random, _: f"OP {some_room(random)} {some_name(random)}"),
    (1, lambda random, _: f"DEOP {some_room(random)} {some_name(random)}"),
    (2, lambda random, mark: f"TOPIC {some_room(random)} about {mark}"),
    (1, lambda random, _: f"TOPIC {some_room(random)}"),
    (1, lambda random, _: f"LOCK {some_room(random)}"),
    (1, lambda random, _: f"UNLOCK {some_room(random)}"),
    (3, lambda _random, mark: f"AWAY at <n{mark}>"),
    (2, lambda _random, _: "BACK"),
    (1, lambda random, _: f"NICK {no_name(random)}"),
    (1, lambda random, _: f"LOGIN {no_name(random)}"),
    (1, lambda random, _: f"JOIN {no_name(random)}"),
    (2, lambda _random, _: "WHO"),
    (2, lambda _random, _: "ROOMS"),
    (2, lambda random, _: f"NAMES {some_room(random)}"),
    (1, lambda _random, _: "HELP"),
    (10, lambda _random, _: "PING"),
    (2, lambda _random, _: ""),
    (3, some_garbage),
    (4, lambda random, _: _long(random)),
    (2, lambda _random, _: "QUIT"),
)

SLASH: Final[tuple[tuple[int, Typist], ...]] = (
    (50, some_text),
    (4, lambda random, mark: f"/me {some_text(random, mark)}"),
    (2, lambda random, mark: f"//{some_text(random, mark)}"),
    (8, lambda random, mark: f"/msg {some_name(random)} <d{mark}>"),
    (12, lambda random, _: f"/join {some_room(random)}"),
    (4, lambda _random, _: "/leave"),
    (5, lambda random, _: f"/nick {some_name(random)}"),
    (3, lambda random, _: f"/login {some_name(random)} {random.choice(PASSWORDS)}"),
    (3, lambda random, _: f"/register {some_name(random)} {random.choice(PASSWORDS)}"),
    (6, lambda random, _: f"/history {random.choice((1, 5, 100))}"),
    (6, lambda random, _: f"/kick {some_name(random)}"),
    (5, lambda random, _: f"/ban {some_name(random)} 30s"),
    (2, lambda random, _: f"/unban {some_name(random)}"),
    (5, lambda random, _: f"/mute {some_talker(random)} {random.choice(SPANS)}"),
    (8, lambda random, _: f"/unmute {some_talker(random)}"),
    (1, lambda _random, _: "/bans"),
    (2, lambda random, _: f"/op {some_name(random)}"),
    (1, lambda random, _: f"/deop {some_name(random)}"),
    (2, lambda _random, mark: f"/topic about {mark}"),
    (1, lambda _random, _: "/topic"),
    (1, lambda random, _: random.choice(("/lock", "/unlock"))),
    (3, lambda _random, mark: f"/away at <n{mark}>"),
    (2, lambda _random, _: "/back"),
    (1, lambda random, _: f"/nick {no_name(random)}"),
    (1, lambda random, _: f"/join {no_name(random)}"),
    (2, lambda random, _: f"/users {random.choice(('', some_room(random)))}"),
    (2, lambda _random, _: "/who"),
    (2, lambda _random, _: "/rooms"),
    (1, lambda _random, _: "/help"),
    (2, lambda _random, _: ""),
    (3, lambda random, mark: "/" + some_garbage(random, mark)),
    (4, lambda random, _: "/" + _long(random)[1:]),
    (2, lambda _random, _: "/quit"),
)

DEEDS: Final[tuple[tuple[int, Deed], ...]] = (
    (90, "type"),
    (1, "end"),
    (2, "hang up"),
    (2, "reset"),
    (2, "stop reading"),
    (1, "read slowly"),
    (4, "read"),
)

LINE_DEEDS: Final[tuple[tuple[int, Deed], ...]] = (*DEEDS, (2, "end"), (5, "negotiate"))

IN_LINES: Final = Manner("line", "LOGIN %s", LINE, LINE_DEEDS, 0.2)
WITH_SLASHES: Final = Manner("slash", "/nick %s", SLASH, LINE_DEEDS, 0.3)


def draw_script(random: Random, number: int, pace_s: float, manner: Manner) -> Script:
    """Somebody who does something every `pace_s` seconds, in the mean."""
    marks = iter(range(1, 1_000_000))
    steps = []
    for _ in range(random.randint(1, STEPS_MAX)):
        deed = _choose(random, manner.deeds)
        pieces = _pieces(random, manner, marks, number, deed)
        steps += [Step(_pause(random, pace_s), deed, data) for data in pieces]
    return Script(
        number=number,
        dialect=manner.dialect,
        on_own_port=random.random() < manner.own_port,
        hello=manner.hello.replace("%s", some_name(random)).encode() + b"\n",
        arrives_s=random.expovariate(1 / pace_s),
        buffer_bytes=random.choice((0, 0, 0, 64, 2_000)),
        host=HOSTS[number % len(HOSTS)],
        steps=tuple(steps),
    )


def _pause(random: Random, pace_s: float) -> float:
    """Now and then somebody is silent for long enough to be thought gone."""
    return random.choice((0.0, random.expovariate(1 / pace_s), random.expovariate(1 / pace_s)))


def _pieces(
    random: Random, manner: Manner, marks: Iterator[int], number: int, deed: Deed
) -> tuple[bytes, ...]:
    """What a deed needs. Of some lines the CRLF comes in two; the last has none, or half of it."""
    if deed == "negotiate":
        return (b"".join(random.choices(NEGOTIATIONS, k=random.randint(1, 3))),)
    if deed == "end" and not manner.messages:
        return (random.choice((b"", b"PING", b"PING\r")),)
    data = _typed(random, manner, marks, number) if deed.startswith("type") else b""
    if data.endswith(b"\r\n") and random.random() < 0.5:
        return data[:-1], b"\n"
    return (data,)


def _typed(random: Random, manner: Manner, marks: Iterator[int], number: int) -> bytes:
    count = random.randint(2, FLOOD_MAX) if random.random() < 0.05 else 1
    lines = [
        _choose(random, manner.typists)(random, f"{number}.{next(marks)}") for _ in range(count)
    ]
    if manner.messages:
        return "\n".join([*lines, ""]).encode()
    lines = [_cut(random, line) for line in lines]
    data = random.choice(("\n", "\n", "\r\n")).join([*lines, ""]).encode()
    if random.random() < 0.02:
        data = b"\xc3\x28" + data  # no UTF-8
    return data + HALF_A_LINE if random.random() < 0.02 else data


def _cut(random: Random, line: str) -> str:
    """Some have their last words left out."""
    words = line.split(" ")
    return " ".join(words[: random.randint(1, len(words))]) if random.random() < 0.05 else line


def _choose(random: Random, table: tuple[tuple[int, T], ...]) -> T:
    return random.choices([item for _, item in table], [weight for weight, _ in table])[0]
