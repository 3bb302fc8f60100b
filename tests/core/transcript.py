"""Conversations as they look from outside, written down and played back.

    anna> MSG hello            anna sends a line (whoever is not there yet connects first)
    bob< MSG anna hello        bob reads a line
    bob> (is lost)             something else happens to bob; see HAPPENINGS
    bob< (closed: quit)        the server ended bob's connection

After each line that is sent, everyone has read exactly the lines that stand below it, and nobody
has read anything else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

from chat.dialects import DIALECTS, JSON
from chat.dialects.admin import AdminDialect
from tests.core.support import Chat

HAPPENINGS: dict[str, Callable[[Chat, str], None]] = {
    "connects": lambda chat, who: chat.connect(who),
    "connects, for the slash dialect": lambda chat, who: chat.connect(who, DIALECTS["slash"]),
    "connects, for the JSON dialect": lambda chat, who: chat.connect(who, JSON),
    "connects to the administration's socket": lambda chat, who: chat.connect(who, AdminDialect()),
    "turns out to speak the slash dialect": lambda chat, who: chat.speak(who, DIALECTS["slash"]),
    "is lost": lambda chat, who: chat.lose(who),
    "is silent for too long": lambda chat, who: chat.time_out(who),
    "sends a line that is too long": lambda chat, who: chat.too_long(who),
    "stops": lambda chat, _server: chat.shut_down(),
    "waits": lambda chat, _everyone: chat.wait(60),
}

_LINE = re.compile(r"(?P<who>\w+)(?P<way>[<>]) ?(?P<text>.*)", re.DOTALL)

Seen = dict[str, list[str]]


def play(chat: Chat, transcript: str) -> None:
    """Send what was sent, and see that everyone reads what they read then."""
    seen: Seen = {}
    expected: Seen = defaultdict(list)
    sent = "the beginning"
    for number, line in enumerate(transcript.split("\n"), start=1):
        if not line.strip():
            continue
        parts = _LINE.fullmatch(line.lstrip(" "))
        assert parts, f"line {number} is no part of a transcript: {line!r}"
        if parts["way"] == "<":
            expected[parts["who"]].append(parts["text"])
        else:
            _compare(seen, expected, sent)
            expected.clear()
            sent = f"line {number}: {line.strip()}"
            seen = _send(chat, parts["who"], parts["text"])
    _compare(seen, expected, sent)


def _compare(seen: Seen, expected: Seen, sent: str) -> None:
    assert seen == expected, f"after {sent}\nseen: {seen}\nexpected: {dict(expected)}"


def _send(chat: Chat, who: str, text: str) -> Seen:
    """Something happens; what everyone sees of it."""
    closed_before = [name for name in chat.people if chat.closed(name)]
    if text.startswith("("):
        HAPPENINGS[text.strip("()")](chat, who)
    else:
        if who not in chat.people:
            chat.connect(who)
        chat.send(who, text)
        chat.finish_jobs()
    seen = chat.read_all()
    for name in chat.people:
        if chat.closed(name) and name not in closed_before:
            seen.setdefault(name, []).append(f"(closed: {chat.closed(name)})")
    return seen
