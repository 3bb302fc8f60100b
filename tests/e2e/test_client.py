"""`chat connect` at a terminal: keys go in, and the screen shows what a person would see."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.standin import Aside
from tests.e2e.terminal import Terminal
from tests.programs import needs

pytestmark = needs("tmux")


@pytest.fixture
def aside() -> Iterator[Aside]:
    with Aside() as aside:
        yield aside


def client(
    aside: Aside, home: Path, name: str = "ann", *arguments: str, **environment: str
) -> Terminal:
    rooms = arguments or ("--room", "tea")
    return Terminal(home, aside.server.url, "--name", name, *rooms, **environment)


def test_two_people(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann, client(aside, tmp_path, "bob") as bob:
        ann.expect_status("online  ann tea")
        bob.expect_status("online  bob tea (2)")
        ann.enter("hi, bob")
        bob.expect("ann: hi, bob")
        bob.type("half a li")
        ann.enter("are you there?")
        bob.expect("ann: are you there?")
        bob.expect_input("> half a li")
        bob.enter("ne")
        ann.expect("bob: half a line")
        bob.enter("/me nods")
        ann.expect("* bob nods")
        bob.enter("/msg ann psst")
        ann.expect("[from bob] psst")
        ann.enter("/reply what?")
        bob.expect("[from ann] what?")
        bob.enter("/quit")
        bob.expect("status 0")
        ann.expect("* bob has disconnected.")
        bob.expect("Goodbye!")
        assert aside.server.texts() == ["hi, bob", "are you there?", "half a line", "nods"]


def test_rooms(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path, "ann", "--room", "tea", "--room", "work") as ann:
        ann.expect_status("ann tea (1)")
        aside.do(aside.server.say("bob", "ann, come here", "work"))
        ann.expect_status("2:work(1!)")
        ann.press("M-2")
        ann.expect_status("ann work (1)")
        ann.expect("bob: ann, come here")
        ann.enter("/room tea")
        ann.expect_status("ann tea (1)")
        ann.enter("/clear")
        ann.expect_no("You are in tea")
        ann.enter("/leave")
        ann.expect_status("ann work (1)")
        ann.expect("You have left tea.")


def test_completion(aside: Aside, tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_text("one\ntwo\n")
    with client(aside, tmp_path) as ann, client(aside, tmp_path, "Bertha") as bertha:
        bertha.expect_status("online")
        ann.expect_status("ann tea (2)")
        ann.type("/his")
        ann.press("Tab")
        ann.expect_input("> /history")
        ann.press("C-c")
        ann.expect_input(">")
        ann.type("be")
        ann.press("Tab")
        ann.enter("hi")
        bertha.expect("ann: Bertha: hi")
        ann.type("/j")
        ann.press("Tab")
        ann.enter("work")
        ann.expect_status("ann work (1)")
        ann.type(f"/file {tmp_path}/po")
        ann.press("Tab", "Enter")
        ann.expect("Say 2 lines of")
        ann.press("y")
        ann.expect("ann: two")
        assert aside.server.texts("work") == ["one", "two"]


def test_history_is_kept_across_runs(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        ann.enter("first")
        ann.expect("ann: first")
        ann.type("/login ann secret")
        ann.expect_input("> /login ann ******")
        ann.press("Enter")
        ann.expect("You are ann now.")
        ann.press("C-d")
        ann.expect("status 0")
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        ann.press("Up")
        ann.expect_input("> first")
        ann.press("Down")
        ann.expect_input(">")


@pytest.mark.parametrize(
    ("mode", "search", "at_end"), [("emacs", ["C-r"], "C-e"), ("vi", ["Escape", "/"], "A")]
)
def test_what_was_typed_is_searched(
    aside: Aside, tmp_path: Path, mode: str, search: list[str], at_end: str
) -> None:
    (tmp_path / "inputrc").write_text(f"set editing-mode {mode}\n")
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        for text in ("a long page", "another", "one more"):
            ann.enter(text)
        ann.expect("ann: one more")
        ann.type("half")
        ann.press(*search)
        ann.type("page")
        ann.expect("> a long page")
        ann.press("C-c")
        ann.expect("half")
        ann.press(*search)
        ann.type("page")
        ann.expect("> a long page")
        ann.press("Enter", at_end)
        ann.enter(", once more")
        ann.expect("ann: a long page, once more")


def test_keys_of_vi(aside: Aside, tmp_path: Path) -> None:
    (tmp_path / "inputrc").write_text("set editing-mode vi\n")
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        ann.type("helo")
        ann.press("Escape")
        ann.expect_input(": helo")
        ann.type("il")
        ann.expect_input("> hello")
        ann.press("Enter")
        ann.expect("ann: hello")


def test_a_paste_of_several_lines(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        ann.paste("one\n/quit\nthree\x1b[2J")
        ann.expect_input("  three^[[2J")
        assert aside.server.texts() == []
        ann.press("Enter")
        ann.expect("Say 3 lines? y/n")
        ann.press("n")
        ann.expect_no("Say 3 lines?")
        ann.press("Enter")
        ann.expect("Say 3 lines? y/n")
        ann.press("y")
        ann.expect("ann: three[2J")
        ann.expect_no("...")
        assert aside.server.texts() == ["one", "/quit", "three[2J"]
        ann.expect_input(">")


def test_the_server_is_away_while_somebody_types(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        ann.enter("one")
        ann.expect("ann: one")
        ann.type("tw")
        aside.do(aside.server.stop())
        ann.expect_status("offline")
        ann.type("o")
        ann.expect_input("> two")
        ann.press("Enter")
        ann.enter("three")
        ann.expect("... ann: three")
        ann.expect_status("2 waiting")
        aside.do(aside.server.say("bob", "missed"))
        aside.do(aside.server.start())
        ann.expect_status("online")
        ann.expect("ann: three")
        ann.expect_no("...")
        assert aside.server.texts() == ["one", "missed", "two", "three"]
        talk = [line for line in ann.said if line.startswith(("ann: ", "bob: "))]
        assert talk == ["ann: one", "bob: missed", "ann: two", "ann: three"]


def test_leaving_with_something_unsaid(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        aside.do(aside.server.stop())
        ann.expect_status("offline")
        ann.enter("hm")
        ann.type("x")
        ann.press("C-c")
        ann.expect_input(">")
        ann.press("C-c")
        ann.expect("1 not sent yet. Leave? y/n")
        ann.press("n")
        ann.expect_no("Leave?")
        ann.press("C-d")
        ann.expect("Leave? y/n")
        ann.press("y")
        ann.expect("chat: 1 not sent")
        ann.expect("status 3")


def test_leaving_a_server_that_is_slow(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        aside.do(aside.server.hold(True))
        for text in ("one", "two", "three"):
            ann.enter(text)
        ann.expect("... ann: three")
        ann.press("C-d")
        ann.expect("Sending 3 more ...")
        aside.do(aside.server.hold(False))
        ann.expect("Goodbye!")
        ann.expect("status 0")
        assert aside.server.texts() == ["one", "two", "three"]


def test_the_program_is_stopped(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        ann.enter("/quit")
        ann.expect("status 0")
        arguments = ("connect", aside.server.url, "--name", "ann", "--room", "tea")
        ann.enter(shlex.join([sys.executable, "-m", "chat", *arguments]))  # a shell with jobs
        ann.expect_status("online")
        ann.type("half a li")
        ann.expect_input("> half a li")
        ann.press("C-z")
        ann.expect("Stopped")
        ann.enter("fg")
        ann.expect_input("> half a li")
        ann.enter("ne")
        ann.expect("ann: half a line")


def test_a_narrow_screen(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path, "ann", "--room", "tea", "--room", "work") as ann:
        ann.expect_status("online")
        aside.do(aside.server.say("bob", "日本語 " * 6 + "e\u0301nd"))
        ann.expect("e\u0301nd")
        ann.resize(40, 10)
        ann.expect("14:03 bob: 日本語 日本語 日本語 日本語")
        ann.expect("      日本語 日本語 e\u0301nd")
        ann.expect_status("online  ann tea (1)")
        ann.enter("x" * 60)
        ann.expect("      " + "x" * 31)


def test_colours(aside: Aside, tmp_path: Path) -> None:
    aside.do(aside.server.say("bob", "ann?"))
    with client(aside, tmp_path) as ann:
        ann.expect("bob: ann?")
        assert ann.colours
    with client(aside, tmp_path, NO_COLOR="1") as ann:
        ann.expect("bob: ann?")
        assert not ann.colours


def test_settings(aside: Aside, tmp_path: Path) -> None:
    path = tmp_path / "config" / "reactor-chat" / "client.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        f'url = "{aside.server.url}"\nname = "ann"\nrooms = ["tea", "work"]\ntheme = "none"\n'
        'time_format = "at %H o\'clock,"\n[colours]\nmessage = "#ff0000"\n'
    )
    with Terminal(tmp_path) as ann:
        ann.expect_status("online  ann tea (1)")
        assert not ann.colours
        aside.do(aside.server.say("bob", "hi"))
        ann.expect("at 14 o'clock, bob: hi")
        assert ann.colours


def test_nobody_else_moves_the_cursor(aside: Aside, tmp_path: Path) -> None:
    with client(aside, tmp_path) as ann:
        ann.expect_status("online")
        aside.do(aside.server.say("e\x1b[2Jve", "\x1b[1;1Hgotcha\x07\r\n\x9b2J\u202e!"))
        ann.expect("e[2Jve: [1;1Hgotcha  2J!")


def test_a_name_that_is_taken(aside: Aside, tmp_path: Path) -> None:
    aside.server.taken.add("ann")
    with client(aside, tmp_path) as ann:
        ann.expect_status("no name")
        ann.expect("That name is in use. Choose another. Say /nick NAME.")
        ann.enter("hello?")
        ann.expect("... ann: hello?")
        ann.enter("/nick anna")
        ann.expect_status("online  anna tea (1)")
        ann.expect("anna: hello?")
        ann.expect_no("...")


def test_no_server(tmp_path: Path) -> None:
    with Aside() as aside:
        url = aside.server.url
    with Terminal(tmp_path, url) as ann:
        ann.expect(f"chat: {url}: Connection refused")
        ann.expect("status 3")


@pytest.mark.parametrize("keys", ["PageUp", "PageDown"])
def test_scrolling(aside: Aside, tmp_path: Path, keys: str) -> None:
    for number in range(40):
        aside.do(aside.server.say("bob", f"line {number}."))
    with client(aside, tmp_path) as ann:
        ann.expect("line 39.")
        ann.press("PageUp")
        ann.expect("line 20.")
        ann.expect_no("line 39.")
        aside.do(aside.server.say("bob", "new"))
        ann.expect_status("↓ more")
        ann.press(keys, keys)
        ann.expect("line 0." if keys == "PageUp" else "new")
