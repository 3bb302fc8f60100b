"""What others on a server say and do, who have nothing to do with an example: to be left out."""

from __future__ import annotations

import re
from typing import Final

# Lines that begin with who they are about, in either dialect.
ABOUT: Final = re.compile(
    r"(?:USER|MSG|INFO) (?P<line>\S+)(?: .*)?|(?!Error:)(?P<slash>\S+)(?:: | has | is now ).*"
)
NAMES: Final = "Current users: "

AT_ANY_TIME: Final = (
    "INFO slow-down",
    "You are sending too fast: your lines wait their turn.",
)
"""What a server may say that holds a rate."""


def without_strangers(line: str, prefix: str) -> str | None:
    """The line, but with those people alone whose names begin with the prefix; None if it is about
    none of them."""
    if line in AT_ANY_TIME:
        return None
    if not prefix:
        return line
    if line.startswith(NAMES):
        names = line.removeprefix(NAMES).split(", ")
        return NAMES + ", ".join([name for name in names if name.startswith(prefix)])
    about = ABOUT.fullmatch(line)
    name = (about["line"] or about["slash"]) if about else prefix
    return line if name.startswith(prefix) else None
