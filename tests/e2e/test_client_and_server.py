"""`chat connect` with the server that it was written for, and with who uses `nc`."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.chatting import HOST
from tests.e2e.support import nc
from tests.e2e.terminal import Terminal
from tests.programs import Server, needs, running_server

pytestmark = needs("tmux", "nc")


def client(server: Server, home: Path, name: str, *arguments: str) -> Terminal:
    rooms = arguments or ("--room", "tea")
    return Terminal(home, f"{HOST}:{server.port}", "--name", name, *rooms)


def test_two_clients_and_netcat_in_one_room(tmp_path: Path) -> None:
    with running_server("0") as server, client(server, tmp_path, "ann") as ann:
        ann.expect_status("online  ann tea (1)")
        with client(server, tmp_path, "bob") as bob, nc(server.port) as kim:
            bob.expect_status("online  bob tea (2)")
            kim.log_in("kim")
            kim.send("JOIN tea")
            kim.expect("OK")
            ann.expect_status("tea (3)")
            ann.enter("hi  all, 日本語")
            bob.expect("ann: hi  all, 日本語")
            kim.expect("SAID tea ann hi  all, 日本語")
            kim.send("SAY tea hello ann")
            ann.expect("kim: hello ann")
            bob.expect("kim: hello ann")
            ann.enter("/msg kim psst")
            kim.expect("DM ann psst")
            bob.enter("/topic what we drink")
            ann.expect("* bob has set the topic: what we drink")
        ann.expect("* kim has disconnected.")
        ann.expect_status("tea (1)")


def test_a_server_that_is_killed_under_somebody_who_types(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"))
    with running_server("0", *store) as server, client(server, tmp_path, "ann") as ann:
        ann.expect_status("online")
        ann.enter("one")
        ann.expect("ann: one")
        ann.type("tw")
        server.signal(signal.SIGKILL)
        server.wait()
        ann.expect_status("offline")
        ann.type("o")
        ann.expect_input("> two")
        ann.press("Enter")
        ann.enter("three")
        ann.expect("... ann: three")
        ann.type("fo")
        with running_server(str(server.port), *store) as again, nc(again.port) as kim:
            ann.expect_status("online")
            ann.expect_no("... ann")
            ann.expect_input("> fo")
            kim.log_in("kim")
            kim.send("JOIN tea", "SAY tea hi", "HISTORY tea 9")
            ann.expect("kim: hi")
            ann.type("ur")
            ann.press("Enter")
            ann.expect("ann: four")
            ann.expect_no("... ann")
            said = [line for line in ann.said if line.startswith(("ann:", "kim:"))]
            assert said == ["ann: one", "ann: two", "ann: three", "kim: hi", "ann: four"]


def test_a_name_with_a_password(tmp_path: Path) -> None:
    with running_server("0", "--store", str(tmp_path / "store")) as server:
        with client(server, tmp_path, "ann") as ann:
            ann.expect_status("online")
            ann.enter("/register ann open sesame")
            ann.expect("The name ann is yours now.")
            ann.enter("/quit")
            ann.expect("status 0")
        with client(server, tmp_path, "ann") as ann:
            ann.expect("/login NAME PASSWORD")
            ann.enter("/login ann wrong sesame")
            ann.expect("That is not the password.")
            ann.enter("/login ann open sesame")
            ann.expect_status("online  ann tea (1)")
            ann.press("Up")
            ann.expect_input("> /quit")
    assert "sesame" not in "".join(path.read_text() for path in (tmp_path / "state").rglob("hist*"))


def test_out_of_a_room(tmp_path: Path) -> None:
    with (
        running_server("0", "--store", str(tmp_path / "store")) as server,
        client(server, tmp_path, "ann", "--room", "lobby") as ann,
    ):
        ann.expect_status("online")
        ann.enter("/register ann open sesame")
        ann.expect("is yours now")
        ann.enter("/join tea")
        ann.expect_status("ann tea (1)")
        with client(server, tmp_path, "bob") as bob:
            bob.expect_status("bob tea (2)")
            ann.enter("/kick bob too loud")
            bob.expect("* bob was kicked from tea by ann: too loud.")
            bob.expect_status("tea (out)")
            bob.enter("hm")
            bob.expect("Not sent: hm (You are not in that room.)")
            bob.enter("/join tea")
            bob.expect_status("tea (2)")
            bob.enter("sorry")
            ann.expect("bob: sorry")
