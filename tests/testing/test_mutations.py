"""Bugs that are planted in copies of the project: that they can be, and that they are found."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.testing import mutations
from tests.testing.bugs import BUGS
from tests.testing.bugs.bug import Bug
from tests.testing.mutations import README, ROOT, TABLE, Hunt, hunt, main, updated

# Of each part of the table one that is found with the first seeds there are: the rest take minutes,
# and are for `python3 -m tests.testing.mutations`.
QUICK = (
    "a CR stays when the LF comes with the next read",
    "nothing is sent when a full socket has room again",
    "a name is not free after a reset",
    "who speaks is echoed to without having asked for it",
    "who turns out to speak another dialect never arrives",
)
HARMLESS = Bug("none at all", "reactor/limits.py", "The bounds on", "What bounds")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_can_be_planted(bug: Bug) -> None:
    source = (ROOT / bug.file).read_text(encoding="utf-8")
    planted = bug.planted(source)
    assert planted != source
    compile(planted, bug.file, "exec")


def test_what_is_not_there_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="stands there 2 times"):
        Bug("a bug", "a.py", "x = 1\n", "x = 2\n").planted("x = 1\nx = 1\n")


def test_no_two_bugs_are_the_same() -> None:
    names, edits = Counter(bug.name for bug in BUGS), Counter((b.file, b.after) for b in BUGS)
    assert set(names.values()) == {1}
    assert edits.total() == len(BUGS) >= 100


@pytest.mark.parametrize("name", QUICK)
def test_a_bug_is_found(name: str) -> None:
    [bug] = [bug for bug in BUGS if bug.name == name]
    found = hunt(bug, first=0)
    assert found.finder == "simulation", found.said
    assert found.said


def test_nothing_is_found_where_nothing_is_planted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutations, "BUGS", (HARMLESS,))
    assert main(["--seconds", "0.01", "--from", "0", "--jobs", "2"]) == 1
    said = capsys.readouterr().out
    assert "NOT FOUND" in said
    assert "0 of 1 bugs were found" in said
    assert "where nothing was planted" not in said


def test_a_copy_that_does_not_work_is_no_bug_found() -> None:
    command = "chat/testing/simulation/__main__.py"
    broken = Bug("no module at all", command, "def main(", "def main((")
    found = hunt(broken, first=0)
    assert not found.finder
    assert found.said.startswith("SyntaxError")


def test_the_page_is_updated_row_by_row() -> None:
    page = "Before.\n<!-- mutations -->\n\n| bug |\n| --- |\n\nBehind.\n"
    first, second, *_ = BUGS
    page = updated(page, [Hunt(second, "", 2.0, "simulation", 1), Hunt(None, "", 9.0)])
    page = updated(page, [Hunt(first, "", 1.25)])
    assert page.startswith("Before.\n<!-- mutations -->\n\n| bug | in |")
    assert page.endswith(
        f"| ---: |\n| {first.name} | `{first.file}` | - | 1.2 |\n"
        f"| {second.name} | `{second.file}` | simulation | 2.0 |\n\nBehind.\n"
    )


def test_the_page_names_every_bug() -> None:
    match = TABLE.search(README.read_text(encoding="utf-8"))
    assert match is not None
    rows = re.findall(r"\| (.+?) \| `(.+?)` \| (\S+) \| +[\d.]+ \|\n", match[0])
    assert [(name, file) for name, file, _ in rows] == [(bug.name, bug.file) for bug in BUGS]
    assert {finder for _, _, finder in rows} <= set(mutations.FINDERS)
