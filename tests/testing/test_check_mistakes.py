"""`chat check` says what somebody probably meant, where they look at another kind of server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer, SimpleHTTPRequestHandler
from typing import Any

import pytest

from chat.parsing import parse_listen
from chat.testing.check.mistakes import LINE, SLASH, WEB, guessing
from chat.testing.check.rules import Broken
from reactor import Address
from tests.chatting import DEADLINE_S, HOST, Threaded
from tests.testing.checking import checked
from tests.testing.tiny_chat import TinyChat


class Pages(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_what: Any) -> None:
        """Nobody reads it."""


@contextmanager
def web_server() -> Iterator[Address]:
    with HTTPServer((HOST, 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield (HOST, server.server_port)
        finally:
            server.shutdown()
            thread.join(DEADLINE_S)


def first_reason(address: Address, dialect: str) -> str:
    return checked(address, dialect)[0].reason


@pytest.mark.parametrize("dialect", ["line", "slash"])
def test_a_web_server(dialect: str) -> None:
    with web_server() as address:
        assert first_reason(address, dialect).endswith(f"; {WEB}")


def test_a_web_server_without_websocket() -> None:
    with web_server() as address:
        says = "it answers in HTTP, but is no WebSocket: HTTP/1.0 404 Not Found"
        assert says in first_reason(address, "ws")


def test_another_dialect() -> None:
    with TinyChat() as line:
        assert first_reason(line.address, "slash").endswith(f"; {LINE}")


def test_another_dialect_of_this_server() -> None:
    with Threaded(listen=(parse_listen("slash:0"), parse_listen("ws:0"))) as running:
        _, slash, websocket = running.server.addresses
        assert first_reason(slash, "line").endswith(f"; {SLASH}")
        assert first_reason(websocket, "line").endswith(f"; {WEB}")


class Heard:
    """A stage where something was heard."""

    def __init__(self, *heard: str) -> None:
        self.heard = list(heard)


@pytest.mark.parametrize(
    ("line", "guess"),
    [
        ("HTTP/1.1 400 Bad Request", WEB),
        ("<!DOCTYPE html>", WEB),
        ("  <html>", WEB),
        ("You are in no room. /join one first.", SLASH),
        ("Welcome to the chat! What is your name?", SLASH),
        ("Error: unknown command LOGIN.", SLASH),
        ("OK", LINE),
        ("ERR unknown-command", LINE),
    ],
)
def test_what_is_a_sign_of_what(line: str, guess: str) -> None:
    with pytest.raises(Broken) as broken, guessing(Heard("?", line), WEB, LINE, SLASH):  # type: ignore[arg-type]
        raise Broken("no")
    assert str(broken.value) == f"no; {guess}"


@pytest.mark.parametrize("line", ["Welcome! Please login with: LOGIN <username>", "OKAY", "ERROR"])
def test_what_is_a_sign_of_nothing(line: str) -> None:
    with pytest.raises(Broken) as broken, guessing(Heard(line), WEB, LINE, SLASH):  # type: ignore[arg-type]
        raise Broken("no")
    assert str(broken.value) == "no"
