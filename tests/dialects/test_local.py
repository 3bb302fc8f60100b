"""The local dialect: events as they are, and no lines."""

from __future__ import annotations

from chat.core import LOBBY, events
from chat.core.commands import Malformed
from chat.dialects import DIALECTS, LOCAL


def test_events_are_heard_as_they_are() -> None:
    said = events.Said(1, "bob", LOBBY, 1, 0.0, "hi")
    assert LOCAL.render(said) is said
    assert LOCAL.answer(said, "a tag") is said


def test_nobody_sends_lines() -> None:
    assert LOCAL.parse(b"MSG hi") == Malformed("unknown-command")


def test_no_listener_speaks_it() -> None:
    """What it sends is no bytes."""
    assert LOCAL.name == "local"
    assert LOCAL.name not in DIALECTS
