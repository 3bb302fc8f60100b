"""What somebody probably meant to look at, where not even the first rule holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from chat.testing.check.rules import Broken
from chat.testing.check.stage import Stage

WEB: Final = "that is a web server; --dialect ws?"
LINE: Final = "--dialect line?"
SLASH: Final = "--dialect slash?"

STARTS: Final = {
    WEB: re.compile(r"HTTP/1\.|<!doctype|<html", re.IGNORECASE),
    LINE: re.compile(r"(OK|ERR)\b"),
    SLASH: re.compile(r"You are in no room|Welcome(?!.*\bLOGIN\b)|Error: unknown command"),
}
"""How a line begins that is a sign of each."""


@contextmanager
def guessing(stage: Stage[Any], *mistakes: str) -> Iterator[None]:
    """Whatever is Broken inside says also which of these mistakes it looks like."""
    try:
        yield
    except Broken as broken:
        for mistake in mistakes:
            if any(STARTS[mistake].match(line.lstrip()) for line in stage.heard):
                raise Broken(f"{broken}; {mistake}") from None
        raise
