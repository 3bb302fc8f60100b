"""Lines, as people and programs type them: well-meant ones, and hostile ones, in every dialect.

ARGUMENTS says what stands behind each verb; PLAIN and HOSTILE (`values.py`), what that can be.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal

from hypothesis import strategies as st

from chat.testing.strategies.values import HOSTILE, NAMES, PLAIN, Values

Dialect = Literal["line", "slash", "json", "admin"]
Arguments = Mapping[str, tuple[str, ...]]

_ROOM, _MEMBER = ("room",), ("room", "name")
_SANCTION = ("room", "name", "time", "reason")
_JSON_SANCTION = ("room", "name", "seconds", "reason")

ARGUMENTS: Final[dict[Dialect, Arguments]] = {
    "line": {
        **{"MSG": ("text",), "LOGIN": ("name",), "REGISTER": ("name", "password")},
        **{"DM": ("name", "text"), "PING": (), "WHO": (), "NICK": ("name",), "QUIT": ()},
        **{"JOIN": _ROOM, "LEAVE": _ROOM, "ROOMS": (), "NAMES": _ROOM, "HELP": ()},
        **{"SAY": ("room", "text"), "ME": ("room", "text"), "TOPIC": ("room", "text")},
        **{"HISTORY": ("room", "count"), "AWAY": ("text",), "BACK": ()},
        **{"KICK": ("room", "name", "reason"), "BAN": _SANCTION, "UNBAN": _MEMBER},
        **{"MUTE": _SANCTION, "UNMUTE": _MEMBER, "OP": _MEMBER, "DEOP": _MEMBER},
        **{"BANS": _ROOM, "LOCK": _ROOM, "UNLOCK": _ROOM},
    },
    "slash": {
        **{"": ("text",), "/join": _ROOM, "/leave": (), "/nick": ("name",), "/quit": ()},
        **{"/msg": ("name", "text"), "/me": ("text",), "/topic": ("text",), "/who": ()},
        **{"/login": ("name", "password"), "/register": ("name", "password")},
        **{"/rooms": (), "/users": _ROOM, "/history": ("count",), "/help": ()},
        **{"/away": ("text",), "/back": (), "/kick": ("name", "reason")},
        **{"/ban": _SANCTION[1:], "/unban": ("name",), "/bans": ()},
        **{"/mute": _SANCTION[1:], "/unmute": ("name",), "/op": ("name",), "/deop": ("name",)},
        **{"/lock": (), "/unlock": ()},
    },
    "json": {
        **{"say": ("room", "text"), "login": ("name",), "register": ("name", "password")},
        **{"private": ("to", "text"), "nick": ("name",), "ping": (), "quit": (), "help": ()},
        **{"join": _ROOM, "leave": _ROOM, "rooms": (), "users": _ROOM},
        **{"topic": ("room", "text"), "history": ("room", "count")},
        **{"resume": ("room", "epoch", "seq"), "away": ("text",), "back": ()},
        **{"kick": ("room", "name", "reason"), "ban": _JSON_SANCTION, "unban": _MEMBER},
        **{"mute": _JSON_SANCTION, "unmute": _MEMBER, "op": _MEMBER, "deop": _MEMBER},
        **{"bans": _ROOM, "lock": _ROOM, "unlock": _ROOM},
    },
    "admin": {
        **{"PING": (), "USERS": (), "ROOMS": (), "NAMES": _ROOM, "CONNECTIONS": ()},
        **{"STATS": (), "ANNOUNCE": ("text",), "KICK": ("name", "reason")},
        **{"BAN": ("target", "time", "reason"), "UNBAN": ("target",), "BANS": ()},
        **{"OP": _MEMBER, "DEOP": _MEMBER, "CLOSE": _ROOM, "UNREGISTER": ("name",)},
        **{"LIMIT": ("limit", "number"), "SHUTDOWN": (), "HELP": (), "QUIT": ()},
    },
}
"""By dialect, and by verb (`type`, in JSON; nothing, where a slash person just talks): what stands
behind it."""

PROMISED: Final[dict[Dialect, tuple[str, ...]]] = {
    "line": ("MSG", "LOGIN", "DM", "PING", "WHO", "QUIT"),
    "slash": ("", "/join", "/leave", "/nick", "/msg", "/quit"),
    "json": ("say", "login", "private", "join", "leave", "users", "ping", "quit"),
    "admin": tuple(ARGUMENTS["admin"]),
}
"""The verbs that any server of the protocol has, however small."""

# Pieces of which garbage is made that is nearly a command, or nearly UTF-8, or neither.
_PIECES: Final = (
    *(b"LOGIN", b"login ", b"MSG ", b"DM ", b"WHO", b"NICK ", b"QUIT", b"HELP", b"PING"),
    *(b"/", b"//", b"/join ", b"/msg ", b'{"type":"', b'"}', b"[", b'"id":', b"GET / HTTP/1.1"),
    *(name.encode(errors="replace") for name in NAMES),
    *(b" ", b"\t", b"\r", b"\n", b"\0", b"\x1b[2J", b"\x07", b"\xff", b"\xc2\x9b", b"\xe2\x80"),
    *("\u2028\u202e\ufeff\u3000\xa0\u0301\u200b".encode(), b"\xed\xa0\x80", b"INFO x disconnected"),
)

_garbage = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=6).map(b"".join),
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=30),
)

_json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def lines(
    dialect: Dialect, verbs: Collection[str] | None = None, values: Values = PLAIN
) -> st.SearchStrategy[bytes]:
    """What somebody types who means well, without a line end: a verb, and all that belongs behind
    it. With `verbs`, only those (`PROMISED["line"]`, say)."""
    arguments = ARGUMENTS[dialect]
    return st.one_of([_line(dialect, verb, arguments[verb], values) for verb in verbs or arguments])


@cache
def hostile_lines(dialect: Dialect) -> st.SearchStrategy[bytes]:
    """What somebody types who doesn't, or can't: verbs in any case with anything behind them, too
    little, or what is no line at all. There may be line ends in it."""
    rows = ARGUMENTS[dialect].items()
    known = st.one_of([_line(dialect, verb, row, HOSTILE) for verb, row in rows])
    nearly = _objects() if dialect == "json" else known.map(bytes.lower)
    return _evenly(known, nearly, known.flatmap(_beginnings), _garbage)


def _evenly(*kinds: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """One of these, each as often as the others; `one_of` counts what they consist of."""
    return st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)


def torn(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """The same bytes in pieces, as a network may bring them. The simplest: in one."""

    def cut(places: set[int]) -> list[bytes]:
        ends = [0, *sorted(places), len(data)]
        return [data[start:end] for start, end in pairwise(ends)]

    return st.sets(st.integers(1, max(1, len(data) - 1)), max_size=8).map(cut)


def streams(lines: st.SearchStrategy[bytes], max_lines: int = 20) -> st.SearchStrategy[bytes]:
    """Lines one behind the other, each with an end (LF or CRLF)."""
    ended = st.builds(bytes.__add__, lines, st.sampled_from([b"\n", b"\r\n"]))
    return st.lists(ended, max_size=max_lines).map(b"".join)


def _line(
    dialect: Dialect, verb: str, arguments: tuple[str, ...], values: Values
) -> st.SearchStrategy[bytes]:
    if dialect == "json":
        fields = st.fixed_dictionaries({"type": st.just(verb)} | {a: values[a] for a in arguments})
        return fields.map(written)
    parts = [st.just(verb)] * bool(verb) + [values[argument].map(str) for argument in arguments]
    return st.tuples(*parts).map(" ".join).map(_encoded)


def _encoded(line: str) -> bytes:
    return line.encode(errors="replace")


def _beginnings(line: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(line)).map(lambda end: line[:end])


def written(given: object) -> bytes:
    """An object of the JSON dialect, on one line; escaped as far as it has to be."""
    try:
        return json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character, which JSON can write, and nothing else can
        return json.dumps(given).encode()


def _objects() -> st.SearchStrategy[bytes]:
    """Objects that are nearly what they should be: each field may be missing, or anything."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "type": st.one_of(st.sampled_from([*ARGUMENTS["json"]]), _json_values),
        "id": st.one_of(st.sampled_from(["a", "x" * 65, ""]), _json_values),
        "act": _json_values,
    }
    fields |= {
        name: st.one_of(HOSTILE[name], _json_values)
        for name in ("room", "name", "to", "text", "password", "seconds", "count", "seq", "epoch")
    }
    return st.fixed_dictionaries({}, optional=fields).map(written)
