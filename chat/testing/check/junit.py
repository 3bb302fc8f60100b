"""What was found as JUnit XML, which most services that run tests can show."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

from chat.testing.check.rules import Outcome, Report, Verdict

ELEMENTS: Final = {Outcome.FAIL: "failure", Outcome.SKIP: "skipped"}
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> bytes:
    """One document, UTF-8."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"chat check {_clean(report.server)}",
        tests=str(len(report.verdicts)),
        failures=str(report.count(Outcome.FAIL)),
        skipped=str(report.count(Outcome.SKIP)),
        errors="0",
        time=f"{report.seconds:.3f}",
    )
    for verdict in report.verdicts:
        _add(suite, report.dialect, verdict)
    ElementTree.indent(suite)
    data: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _add(suite: ElementTree.Element, dialect: str, verdict: Verdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=dialect, name=verdict.rule.name)
    if verdict.outcome in ELEMENTS:
        kind = ELEMENTS[verdict.outcome]
        inner = ElementTree.SubElement(case, kind, message=_clean(verdict.reason))
        inner.text = verdict.rule.sentence


def _clean(text: str) -> str:
    """What a server says may hold what XML can't."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
