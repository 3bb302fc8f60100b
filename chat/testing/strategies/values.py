"""What commands and lines are filled with: names, texts, rooms. Few of each, so that they clash.

Two tables with the same rows, each with the simplest value first: PLAIN holds what every server of
the protocol takes, HOSTILE also what none should.
"""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

from typing import Any, Final

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("Strategies need: pip install 'reactor-chat[testing]'") from error

from chat.core.errors import ERRORS

PEOPLE: Final = ("ann", "ben", "cleo")
"""Whom a well-meaning conversation is between."""

# Spellings of a few names, so that they clash, and what is no name at all.
NAMES: Final = ("bob", "Bob", "Ｂｏｂ", "anna", "Zoë", "Zoe\u0308", "x" * 32, "李")
NO_NAMES: Final = ("", "two words", "x" * 33, "\u0301", "@bob", "\x1b[31mbob", "\ud800")

names = st.sampled_from(NAMES + NO_NAMES)
texts = st.one_of(
    st.sampled_from(["hi", "", "  ", "\x1b]0;x\x07", "two  words", "\u202e", "x" * 9000]),
    st.text(st.characters(codec=None), max_size=20),
)
rooms = st.sampled_from(["lobby", "LOBBY", "attic", "", "\ud800"])
passwords = st.sampled_from(["", "short", "long enough", "x" * 129])
spans = st.sampled_from([0.0, 60.0])
targets = st.one_of(names, st.sampled_from(["127.0.0.1", "10.0.0.0/8", "::1"]))
codes = st.sampled_from(list(ERRORS))
limits = st.sampled_from(["rooms_max", "no_limit"])

_plain_texts = st.sampled_from(["hi", "how are you?", "Grüße 😀"])

Values = dict[str, st.SearchStrategy[Any]]

PLAIN: Final[Values] = {
    "name": st.sampled_from(PEOPLE),
    "to": st.sampled_from(PEOPLE),
    "target": st.sampled_from([*PEOPLE, "10.0.0.0/8"]),
    "room": st.sampled_from(["attic", "lobby"]),
    "text": _plain_texts,
    "reason": _plain_texts,
    "password": st.sampled_from(["correct horse", "battery staple"]),
    "time": st.sampled_from(["10m", "90s"]),
    "seconds": st.sampled_from([0, 600]),
    "count": st.integers(1, 100),
    "seq": st.integers(0, 9),
    "epoch": st.just(""),
    "limit": st.just("rooms_max"),
    "number": st.integers(1, 99),
}

# Numbers that are too small, too large, or none; but for JSON, they are written all the same.
_numbers = st.one_of(st.integers(), st.sampled_from([0.5, 1e300, "7", "x", "-1", "9" * 40]))

HOSTILE: Final[Values] = {
    "name": names,
    "to": names,
    "target": targets,
    "room": rooms,
    "text": texts,
    "reason": texts,
    "password": passwords,
    "time": st.sampled_from(["10m", "999999999d", "0s", "-1h", "m", "x"]),
    "seconds": _numbers,
    "count": _numbers,
    "seq": _numbers,
    "epoch": texts,
    "limit": limits,
    "number": _numbers,
}
