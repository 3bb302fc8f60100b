"""What the tests of `chat check` share: a server, looked at by all the rules of a dialect."""

from __future__ import annotations

from collections.abc import Callable, Container
from importlib import import_module

from chat.check import TABLES
from chat.testing.check.rules import Outcome, Verdict
from chat.testing.check.run import look
from chat.testing.check.stage import Target
from reactor import Address

PATIENCE_S = 1.0  # what is waited for in vain takes so long each time
HURRY_S = 0.2  # what comes at all comes sooner, unless the machine has other things to do


def checked(
    address: Address,
    dialect: str = "line",
    *,
    patience_s: float = PATIENCE_S,
    idle_s: float = 0.0,
    but: Container[str] = (),
) -> list[Verdict]:
    """The verdicts of all rules, but for some."""
    table = import_module(TABLES[dialect])
    rules = [rule for rule in table.RULES if rule.name not in but]
    return list(look(rules, Target(address, patience_s, idle_s), table.PERSON))


def broken(looked_at: Callable[[float], list[Verdict]], meant: set[str]) -> dict[str, str]:
    """Which rules a server breaks, and why, by a look at it that is given its patience.

    Who is in a hurry may take what is late for missing: unless that look found what was `meant`,
    another one takes its time."""
    found = reasons(looked_at(HURRY_S))
    return found if set(found) == meant else reasons(looked_at(PATIENCE_S))


def reasons(verdicts: list[Verdict], outcome: Outcome = Outcome.FAIL) -> dict[str, str]:
    """Why, by the names of the rules with that outcome."""
    return {verdict.rule.name: verdict.reason for verdict in verdicts if verdict.outcome is outcome}
