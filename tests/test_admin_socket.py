"""The socket of the server's administration: who gets in, what is answered, when it goes."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from chat import ChatServer
from chat.parsing import Rate
from chat.server import SHUTDOWN_S
from reactor import Reactor
from tests.chatting import Client, Stepped
from tests.programs import running_server, wait_for_data
from tests.reactor.support import no_descriptors_left


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "admin")


def test_nobody_else_may_open_it(path: str) -> None:
    before = os.umask(0)
    try:
        with Stepped(admin=path):
            status = os.stat(path)
    finally:
        os.umask(before)
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o600


def test_it_is_beside_the_store_and_gone_at_the_end(tmp_path: Path) -> None:
    beside = tmp_path / "chat.db.admin"
    with Stepped(store=str(tmp_path / "chat.db")) as chat:
        admin = chat.connect(str(beside))
        admin.send("ping")
        admin.expect("PONG", "OK")
    assert not beside.exists()


def test_it_is_elsewhere_if_that_is_asked_for(tmp_path: Path, path: str) -> None:
    with Stepped(store=str(tmp_path / "chat.db"), admin=path) as chat:
        admin = chat.connect(path)
        admin.send("ping")
        admin.expect("PONG", "OK")
        assert not (tmp_path / "chat.db.admin").exists()


def test_without_a_store_there_is_none_but_where_it_is_asked_for(path: str) -> None:
    with Stepped() as chat:
        assert len(chat.server.reactor.listeners) == 1
    with Stepped(admin=path) as chat:
        assert len(chat.server.reactor.listeners) == 2


def test_where_there_are_no_unix_sockets_a_store_goes_without(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    store = str(tmp_path / "chat.db")
    reactors = Reactor(), Reactor()  # before: they have pairs of them here
    monkeypatch.delattr(socket, "AF_UNIX")
    server = ChatServer(port=0, store=store, reactor=reactors[0])
    assert len(server.reactor.listeners) == 1
    server.close()
    with pytest.raises(OSError, match=path):
        ChatServer(port=0, admin=path, reactor=reactors[1])


def test_it_is_not_among_the_places_for_people(path: str) -> None:
    """`addresses` are printed, for everyone to come in by."""
    with Stepped(admin=path) as chat:
        assert path not in chat.server.addresses


def test_a_socket_that_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    store = tmp_path / "chat.db"
    for _ in range(2):
        with running_server("0", "--store", str(store)) as server:
            server.signal(signal.SIGKILL)
            server.wait()
        assert stat.S_ISSOCK((tmp_path / "chat.db.admin").stat().st_mode)


def test_what_is_no_socket_is_left_alone(tmp_path: Path, path: str) -> None:
    Path(path).write_text("somebody's notes")
    with pytest.raises(OSError, match="in use") as error:
        Stepped(store=str(tmp_path / "chat.db"), admin=path)
    assert error.value.filename == path
    assert Path(path).read_text() == "somebody's notes"
    with Stepped(store=str(tmp_path / "chat.db")):
        pass  # the store was given back


def test_text(path: str) -> None:
    with Stepped(admin=path) as chat:
        ann, admin = chat.log_in("Ann"), chat.connect(path)
        admin.send(
            "users", "ROOMS", "names #lobby", "kick Nobody", "nonsense", "limit x", "limit x y"
        )
        admin.expect("USER Ann", "OK", "ROOM lobby 1", "OK", "USER Ann", "OK")
        assert [line.split(" ", 2)[:2] for line in admin.read(4)] == [
            ["ERR", code]
            for code in ("no-such-user", "unknown-command", "missing-argument", "invalid-number")
        ]
        admin.send("announce tea is ready", "kick Ann for tea", "quit")
        admin.expect_end("OK", "OK", "OK")
        ann.expect_end("INFO server: tea is ready", "INFO you were disconnected: for tea")


def test_json(path: str) -> None:
    with Stepped(admin=path) as chat:
        chat.log_in("Ann")
        admin = chat.connect(path)
        admin.send("json", "users", "rooms", "connections", "stats", "kick Nobody", "ping", "bans")
        users, rooms, connections, stats, refused, pong, bans = map(json.loads, admin.read(7))
        assert users == {"users": ["Ann"]}
        assert rooms == {"rooms": [{"name": "lobby", "members": 1}]}
        assert [one["user"] for one in connections["connections"]] == ["Ann", ""]
        assert stats["stats"]["users"] == 1
        assert refused["error"] == "no-such-user"
        assert pong == {"ok": True}
        assert bans == {"bans": []}


def test_an_administrator_has_no_rate(path: str) -> None:
    """A list of bans goes in as fast as it is read."""
    with Stepped(admin=path, rate_limit=Rate(1, 0.1)) as chat:
        admin = chat.connect(path)
        admin.send(*[f"ban pest{n}" for n in range(100)], "ping")
        admin.expect(*["OK"] * 100, "PONG", "OK")


def test_only_there_is_anyone_an_administrator(path: str) -> None:
    with Stepped(admin=path) as chat:
        ann = chat.log_in("Ann")
        ann.send("SHUTDOWN", "json", "STATS")
        ann.expect(*["ERR unknown-command"] * 3)
        admin = chat.connect(path)
        admin.send("LOGIN Ann", "MSG hello")
        assert [line.split()[1] for line in admin.read(2)] == ["unknown-command"] * 2
        ann.expect_nothing()


def test_shutdown_ends_the_server(path: str) -> None:
    with Stepped(admin=path) as chat:
        ann, admin = chat.log_in("Ann"), chat.connect(path)
        admin.send("shutdown", "ping")
        admin.expect("OK")
        ann.expect_end("INFO server-shutdown")
        ann.hang_up()
        admin.hang_up()
        chat.until(lambda: chat.server.stopped, "the end")
        assert not os.path.exists(path)


def test_shutdown_ends_the_program(tmp_path: Path) -> None:
    store = tmp_path / "chat.db"
    with running_server("0", "--store", str(store)) as server:
        ann = server.log_in("Ann")
        admin = Client(f"{store}.admin", wait_for_data)
        admin.send("shutdown")
        admin.expect("OK")
        admin.hang_up()
        ann.expect_end("INFO server-shutdown")
        ann.hang_up()
        assert server.wait() == 0
    assert [path.name for path in tmp_path.iterdir() if "admin" in path.name] == []


def test_an_administrator_who_stays_does_not_keep_the_server_from_ending(path: str) -> None:
    with Stepped(admin=path) as chat:
        admin = chat.connect(path)
        admin.send("shutdown")
        admin.expect("OK")
        chat.let_pass(SHUTDOWN_S + 0.1)
        assert chat.server.stopped


def test_an_administrator_may_be_silent(path: str) -> None:
    """After a reload of the settings as well."""
    with Stepped(admin=path, idle_timeout=10.0) as chat:
        admin, ann = chat.connect(path), chat.log_in("Ann")
        admin.send("json")
        chat.let_pass(11.0)
        ann.expect_end("INFO idle-timeout")
        chat.server.reconfigure(replace(chat.server.config, idle_timeout=5.0))
        for _ in range(5):
            chat.let_pass(11.0)
        admin.send("ping")
        admin.expect('{"ok": true}')


def test_an_administrator_gets_in_when_the_server_is_full(path: str) -> None:
    with Stepped(admin=path, max_clients=1) as chat:
        ann = chat.log_in("Ann")
        chat.connect().expect_end("ERR server-full")
        admin = chat.connect(path)
        admin.send("kick Ann")
        admin.expect("OK")
        ann.expect_end("INFO you were disconnected")


def test_out_of_descriptors_an_administrator_is_told_so(path: str) -> None:
    with Stepped(admin=path) as chat:
        admin = chat.connect(path)
        with no_descriptors_left():
            admin.expect_end("ERR server-full The server is full. Try again later.")
        assert "can't accept" in chat.errors.take()


def test_a_reload_leaves_the_limits_that_an_administrator_set(path: str) -> None:
    """Save those that the configuration itself has changed since."""
    with Stepped(admin=path, max_clients=5, max_per_address=7) as chat:
        admin = chat.connect(path)
        admin.send("limit clients_max 2", "limit clients_per_address_max 3", "limit rooms_max 4")
        admin.expect("OK", "OK", "OK")
        chat.server.reconfigure(replace(chat.server.config, max_clients=6))
        limits = chat.server.core.world.limits
        assert (limits.clients_max, limits.clients_per_address_max, limits.rooms_max) == (6, 3, 4)


def test_what_an_administrator_settles_is_kept(tmp_path: Path) -> None:
    store = str(tmp_path / "chat.db")
    with Stepped(store=store) as chat:
        pest, admin = chat.log_in("Pest"), chat.connect(f"{store}.admin")
        admin.send("ban Pest 1h being one")
        admin.expect("OK")
        pest.expect_end("INFO you are banned from this server: being one")
    with Stepped(store=store) as chat:
        admin, pest = chat.connect(f"{store}.admin"), chat.connect()
        pest.send("LOGIN Pest", "LOGIN pest")
        pest.expect("ERR banned", "ERR banned")
        admin.send("unban pest")
        admin.expect("OK")
        pest.send("LOGIN Pest")
        pest.expect("OK")
