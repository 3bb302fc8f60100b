"""What the tests of `chat check` share: a server, looked at by all the rules of a dialect."""

from __future__ import annotations

from collections.abc import Container
from importlib import import_module

from chat.check import TABLES
from chat.testing.check.rules import Outcome, Verdict
from chat.testing.check.run import look
from chat.testing.check.stage import Target
from reactor import Address

PATIENCE_S = 1.0  # what is waited for in vain takes so long each time


def checked(
    address: Address, dialect: str = "line", *, idle_s: float = 0.0, but: Container[str] = ()
) -> list[Verdict]:
    """The verdicts of all rules, but for some."""
    table = import_module(TABLES[dialect])
    rules = [rule for rule in table.RULES if rule.name not in but]
    return list(look(rules, Target(address, PATIENCE_S, idle_s), table.PERSON))


def reasons(verdicts: list[Verdict], outcome: Outcome = Outcome.FAIL) -> dict[str, str]:
    """Why, by the names of the rules with that outcome."""
    return {verdict.rule.name: verdict.reason for verdict in verdicts if verdict.outcome is outcome}
