"""What typed lines do here."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat.client.acts import act, helping, read_lines, say_lines
from chat.client.typed import COMMANDS, Clear, Help, Nothing, Quit, SayFile, Switch, Wrong
from tests.client.support import Paper


@pytest.fixture
def paper() -> Paper:
    paper = Paper("tea", "work")
    paper.enter()
    return paper


@pytest.mark.parametrize("name", ["work", "WORK", "2"])
def test_switching(paper: Paper, name: str) -> None:
    assert act(paper.talk, Switch(name), paper.now)
    assert paper.model.current.name == "work"


@pytest.mark.parametrize("name", ["garden", "0", "3", "-1", "9" * 5000, "²"])
def test_switching_to_what_is_not_there(paper: Paper, name: str) -> None:
    assert act(paper.talk, Switch(name), paper.now)
    assert paper.shown()[-1] == f"You are not in {name}. /join it first."


def test_what_is_wrong_is_shown_and_an_empty_line_does_nothing(paper: Paper) -> None:
    act(paper.talk, Wrong("No."), paper.now)
    act(paper.talk, Nothing(), paper.now)
    assert paper.shown()[-1] == "No."


@pytest.mark.parametrize("what", [Clear(), Quit(), SayFile("x")])
def test_what_only_a_shell_can_do(paper: Paper, what: Clear | Quit | SayFile) -> None:
    assert not act(paper.talk, what, paper.now)


def test_help(paper: Paper) -> None:
    act(paper.talk, Help("join"), paper.now)
    assert paper.shown()[-1] == "/join <room>: come into a room"
    assert len(helping("")) == len(COMMANDS) + 1
    assert helping("xyzzy") == helping("")


def test_many_lines_are_all_said(paper: Paper) -> None:
    say_lines(paper.talk, ["one", "/quit"], paper.now)
    assert [fields["text"] for fields in paper.sent()] == ["one", "/quit"]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "poem"
    path.write_text("one\n\ntwo\n")
    assert read_lines(str(path)) == ["one", "two"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\n\n", "There is nothing in it."),
        (b"\xff", "is not UTF-8 text"),
        (b"x\n" * 201, "These are 201 lines; 200 at most."),
        (b"x" * 262_145, "is larger than 262144 bytes"),
    ],
)
def test_a_file_that_cannot_be_said(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "poem"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=why):
        read_lines(str(path))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file or directory"):
        read_lines(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="none"):
        read_lines("~nobody-of-that-name/none")
