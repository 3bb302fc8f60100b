"""What was found, for people and as JSON. Pure; `junit.py` is for programs that collect tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from chat.testing.check.rules import Outcome, Report, Verdict

MARKS: Final = {Outcome.PASS: "pass", Outcome.FAIL: "FAIL", Outcome.SKIP: "skip"}
MARK_CHARS: Final = 6
NAME_CHARS: Final = 18
INDENT: Final = " " * (MARK_CHARS + NAME_CHARS)
WIDTH_MIN: Final = len(INDENT) + 20  # in less, there is nothing to be read
WIDTH_MAX: Final = 100  # longer lines are hard to follow


def as_lines(verdict: Verdict, width: int) -> str:
    """The rule's name and, where it doesn't hold, its sentence and why, in lines of that width."""
    rule = verdict.rule
    sentences = [] if verdict.outcome is Outcome.PASS else [f"“{rule.sentence}”"]
    room = min(max(width, WIDTH_MIN), WIDTH_MAX) - len(INDENT)
    first, *others = [
        line
        for text in (*sentences, verdict.reason)
        for line in wrap(text, room, break_on_hyphens=False)
    ] or [""]
    line = f"{MARKS[verdict.outcome]:{MARK_CHARS}}{rule.name:{NAME_CHARS}}{first}".rstrip()
    return "\n".join([line, *(INDENT + other for other in others)])


def as_untried(verdicts: Sequence[Verdict]) -> str:
    """One line for all rules that were not tried; empty where there are none."""
    untried = [verdict for verdict in verdicts if not verdict.tried]
    if not untried:
        return ""
    rules = "1 other rule was" if len(untried) == 1 else f"{len(untried)} other rules were"
    return f"{rules} not tried: {untried[0].reason}"


def as_count(verdicts: Sequence[Verdict]) -> str:
    """How many rules there are of each outcome."""
    outcomes = [verdict.outcome for verdict in verdicts]
    return ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in Outcome)


def as_json(report: Report) -> str:
    """One document."""
    return json.dumps(
        {
            "server": report.server,
            "dialect": report.dialect,
            "variety": report.variety,
            "seconds": round(report.seconds, 3),
            **{outcome.value: report.count(outcome) for outcome in Outcome},
            "rules": [
                {
                    "name": verdict.rule.name,
                    "sentence": verdict.rule.sentence,
                    "outcome": verdict.outcome.value,
                    "reason": verdict.reason,
                }
                for verdict in report.verdicts
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
