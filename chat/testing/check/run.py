"""Looking at a server: each rule in turn, whatever the server does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from chat.testing.calls import CallEndedError
from chat.testing.check.rules import Broken, NotOfferedError, Outcome, Rule, Verdict
from chat.testing.check.stage import PAUSE_S, Stage, Target

WITHOUT: Final = "nothing to be found out without {}"

Kind = Callable[[str, Target, bool], Any]


def look(rules: Sequence[Rule], target: Target, kind: Kind) -> Iterator[Verdict]:
    """The verdicts, as they are found. `kind` makes a person. Never raises for what a server does.

    After a rule that doesn't hold, the server is looked at again: one that is gone, or hangs, is
    asked nothing more."""
    unknown: dict[str, str] = {}  # by the rule of which it isn't known that it holds: why
    stop = ""
    for rule in rules:
        missing = next((unknown[name] for name in rule.needs if name in unknown), "")
        if stop:
            verdict = Verdict(rule, Outcome.SKIP, stop, tried=False)
        elif missing:
            verdict = Verdict(rule, Outcome.SKIP, missing)
        else:
            verdict = look_at(rule, target, kind)
        yield verdict
        if verdict.outcome is Outcome.SKIP:
            unknown[rule.name] = verdict.reason
        if verdict.outcome is Outcome.FAIL:
            unknown[rule.name] = WITHOUT.format(rule.name)
            if rule.basic:
                stop = unknown[rule.name]
            elif not answers(target, kind):
                stop = f"since {rule.name}, nobody can come in any more"


def look_at(rule: Rule, target: Target, kind: Kind) -> Verdict:
    """One rule."""
    try:
        with Stage(target, kind) as stage:
            outcome, reason = Outcome.PASS, rule.look(stage) or ""
    except Broken as broken:
        outcome, reason = Outcome.FAIL, str(broken)
    except NotOfferedError as why:
        outcome, reason = Outcome.SKIP, str(why)
    except CallEndedError as ended:
        outcome, reason = Outcome.FAIL, f"the connection has ended ({ended})"
    except OSError as error:
        outcome, reason = Outcome.FAIL, f"nobody can connect ({error.strerror or error})"
    return Verdict(rule, outcome, target.readable(reason))


def answers(target: Target, kind: Kind) -> bool:
    """Whether somebody can still come in, or can again once those who have gone are forgotten."""
    until = time.monotonic() + target.patience_s
    while True:
        with suppress(Broken, OSError), Stage(target, kind) as stage:
            stage.enter("ann")
            return True
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_S)
