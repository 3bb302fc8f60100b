"""What a rule is, and what can come of looking whether it holds. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Broken(Exception):
    """A rule doesn't hold: one line that says what was seen."""


class NotOfferedError(Exception):
    """A server need not do this, and this one doesn't: one line that says why it looks so."""


class Outcome(StrEnum):
    """What came of a rule."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Rule:
    """A row: its name, the sentence that it comes from, and a function that looks.

    `look` gets a Stage, and raises Broken or NotOfferedError; it may return a remark. Without a
    `basic` rule, and without those that it `needs`, there is nothing to be found out.
    """

    name: str
    sentence: str
    look: Callable[[Any], str | None]
    basic: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What came of one rule, and, where it isn't a pass, why. A pass may have a remark there."""

    rule: Rule
    outcome: Outcome
    reason: str = ""
    tried: bool = True
    """False: nothing was to be found out any more, about this rule and all after it."""


@dataclass(frozen=True)
class Report:
    """All verdicts on one server."""

    server: str
    dialect: str
    variety: str  # in words, for people
    verdicts: tuple[Verdict, ...]
    seconds: float

    def count(self, outcome: Outcome) -> int:
        """How many rules there are of that outcome."""
        return sum(verdict.outcome is outcome for verdict in self.verdicts)

    @property
    def holds(self) -> bool:
        """Whether nothing was found that is wrong."""
        return not self.count(Outcome.FAIL)
