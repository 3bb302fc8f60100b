"""What `chat check` found: for people, as JSON, as JUnit XML."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from chat.testing.check.junit import as_junit
from chat.testing.check.reports import as_count, as_json, as_lines, as_untried
from chat.testing.check.rules import Outcome, Report, Rule, Verdict


def rule(name: str) -> Rule:
    return Rule(name, f"One shall {name}.", lambda _stage: None)


HOLDS = Verdict(rule("greet"), Outcome.PASS)
BROKEN = Verdict(rule("answer"), Outcome.FAIL, "heard '\x1b[31m<&>' \ud800 instead")
SKIPPED = Verdict(rule("sing"), Outcome.SKIP, "it is optional")
REPORT = Report("[::1]:4000", "line", "shy", (HOLDS, BROKEN, SKIPPED), 1.26)


def test_lines_are_aligned() -> None:
    assert [as_lines(verdict, 80) for verdict in REPORT.verdicts] == [
        "pass  greet",
        "FAIL  answer            “One shall answer.”\n"
        "                        heard '\x1b[31m<&>' \ud800 instead",
        "skip  sing              “One shall sing.”\n                        it is optional",
    ]


def test_a_remark_stands_beside_the_name() -> None:
    assert as_lines(replace(HOLDS, reason="in a whisper"), 80) == (
        "pass  greet             in a whisper"
    )


@pytest.mark.parametrize(("width", "folded"), [(0, 44), (60, 60), (80, 80), (500, 100)])
def test_lines_are_folded(width: int, folded: int) -> None:
    lines = as_lines(replace(BROKEN, reason="so " * 99), width).splitlines()
    assert folded - 3 < max(map(len, lines)) <= folded
    assert all(line.startswith(" " * 24) for line in lines[1:])


def test_what_was_not_tried_is_one_line() -> None:
    untried = replace(SKIPPED, reason="nobody is there", tried=False)
    assert as_untried(REPORT.verdicts) == ""
    assert as_untried([HOLDS, untried]) == "1 other rule was not tried: nobody is there"
    says = "2 other rules were not tried: nobody is there"
    assert as_untried([HOLDS, untried, untried]) == says


def test_they_are_counted() -> None:
    assert as_count(REPORT.verdicts) == "1 pass, 1 fail, 1 skip"


def test_it_holds_without_a_failure() -> None:
    assert not REPORT.holds
    assert Report("", "line", "", (HOLDS, SKIPPED), 0.0).holds


def test_json_has_all_of_it() -> None:
    found = json.loads(as_json(REPORT))
    assert found | {"rules": ()} == {
        "server": "[::1]:4000",
        "dialect": "line",
        "variety": "shy",
        "seconds": 1.26,
        "pass": 1,
        "fail": 1,
        "skip": 1,
        "rules": (),
    }
    assert found["rules"][2] == {
        "name": "sing",
        "sentence": "One shall sing.",
        "outcome": "skip",
        "reason": "it is optional",
    }


def test_junit_has_a_case_for_each_rule() -> None:
    suite = ElementTree.fromstring(as_junit(REPORT))
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["3", "1", "1"]
    cases = {case.get("name"): [inner.tag for inner in case] for case in suite}
    assert cases == {"greet": [], "answer": ["failure"], "sing": ["skipped"]}


def test_what_a_server_says_does_not_break_the_xml() -> None:
    failure = ElementTree.fromstring(as_junit(REPORT)).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "heard '\ufffd[31m<&>' \ufffd instead"
    assert failure.text == "One shall answer."
