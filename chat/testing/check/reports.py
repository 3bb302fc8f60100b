"""What was found, for people and as JSON. Pure; `junit.py` is for programs that collect tests."""

from __future__ import annotations

import json
from typing import Final

from chat.testing.check.rules import Outcome, Report, Verdict

MARKS: Final = {Outcome.PASS: "ok", Outcome.FAIL: "FAIL", Outcome.SKIP: "skip"}
MARK_CHARS: Final = 6
NAME_CHARS: Final = 18
COUNTS: Final = {Outcome.PASS: "hold", Outcome.FAIL: "fail", Outcome.SKIP: "skipped"}


def as_lines(verdict: Verdict) -> str:
    """One line, and another that says why, where there is something to say."""
    rule = verdict.rule
    line = f"{MARKS[verdict.outcome]:{MARK_CHARS}}{rule.name:{NAME_CHARS}}“{rule.sentence}”"
    return f"{line}\n{'':{MARK_CHARS + NAME_CHARS}}{verdict.reason}" if verdict.reason else line


def as_count(report: Report) -> str:
    """The last line."""
    counts = ", ".join(f"{report.count(outcome)} {word}" for outcome, word in COUNTS.items())
    return f"{counts} ({report.seconds:.1f} s)"


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
