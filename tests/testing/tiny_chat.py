"""TinyChat: the line dialect in a page, right in all that `chat check` looks at, for faults to be
planted in. One thread, which ends with the `with`."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from typing import Self

from tests.chatting import DEADLINE_S, HOST

READ_BYTES = 65_536
TICK_S = 0.02  # after which the loop looks whether it is to end
OWED_MAX_BYTES = 2**24


class Died(Exception):
    """A server that falls over."""


class Someone:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.name = ""
        self.tail = b""
        self.owed = bytearray()
        self.lines = 0


class TinyChat:
    """Faults are subclasses."""

    def __init__(self) -> None:
        self.listener = socket.create_server((HOST, 0), backlog=128)
        self.address: tuple[str, int] = self.listener.getsockname()
        self.everyone: list[Someone] = []
        self.taken: set[str] = set()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.ended.set()
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()

    @property
    def users(self) -> list[Someone]:
        """Who is logged in, in the order in which they came."""
        return [one for one in self.everyone if one.name]

    # --- the loop ---

    def run(self) -> None:
        with suppress(Died):
            while not self.ended.is_set():
                self.turn()
        self.listener.close()
        for one in self.everyone:
            one.sock.close()

    def turn(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            for one in self.everyone:
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if one.owed else 0)
                selector.register(one.sock, events, one)
            ready = selector.select(TICK_S)
        for key, events in ready:
            if key.data is None:
                self.accept()
            elif key.data in self.everyone and events & selectors.EVENT_READ:
                self.read(key.data)
        for one in list(self.everyone):
            try:
                self.flush(one)
            except ConnectionError:
                self.reset(one)

    def accept(self) -> None:
        sock, _ = self.listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.everyone.append(one := Someone(sock))
        self.welcome(one)

    def read(self, one: Someone) -> None:
        try:
            data = one.sock.recv(READ_BYTES)
        except OSError:
            self.reset(one)
            return
        if data:
            self.received(one, data)
        else:
            self.ending(one)

    def write(self, one: Someone, line: str) -> None:
        if len(one.owed) < OWED_MAX_BYTES:
            one.owed += line.encode() + b"\n"

    def flush(self, one: Someone) -> None:
        with suppress(BlockingIOError):
            while one.owed:
                del one.owed[: one.sock.send(one.owed)]

    # --- one connection ---

    def welcome(self, one: Someone) -> None:
        """Someone has connected."""

    def received(self, one: Someone, data: bytes) -> None:
        *lines, one.tail = (one.tail + data).split(b"\n")
        for line in lines:
            self.line(one, line)

    def ending(self, one: Someone) -> None:
        if one.tail:
            self.line(one, one.tail)
        with suppress(ConnectionError):
            self.flush(one)
        self.lost(one)

    def reset(self, one: Someone) -> None:
        self.lost(one)

    def lost(self, one: Someone) -> None:
        self.everyone.remove(one)
        one.sock.close()
        self.taken.discard(one.name)
        if one.name:
            self.gone(one)

    def gone(self, one: Someone) -> None:
        self.tell(f"INFO {one.name} disconnected")

    def tell(self, line: str, but: Someone | None = None) -> None:
        for other in self.users:
            if other is not but:
                self.write(other, line)

    # --- lines ---

    def line(self, one: Someone, data: bytes) -> None:
        text = self.decoded(data)
        verb, _, rest = text.strip("\r").partition(" ")
        rest = self.cleaned(rest)
        one.lines += 1
        does = getattr(self, f"do_{self.verb(verb)}", None)
        if does is None:
            self.unknown(one, text)
        elif not one.name and does not in {self.do_login, self.do_ping}:
            self.stranger(one, rest)
        else:
            does(one, rest)

    def decoded(self, data: bytes) -> str:
        return data.decode(errors="replace")

    def cleaned(self, rest: str) -> str:
        return rest.strip()

    def verb(self, typed: str) -> str:
        return typed.lower()

    def unknown(self, one: Someone, text: str) -> None:
        if text.strip():
            self.write(one, "ERR unknown-command")

    def stranger(self, one: Someone, _text: str) -> None:
        self.write(one, "ERR not-logged-in")

    def do_login(self, one: Someone, name: str) -> None:
        if one.name:
            self.write(one, "ERR already-logged-in")
        elif not name:
            self.write(one, "ERR invalid-username")
        elif name in self.taken:
            self.write(one, "ERR username-taken")
        else:
            self.come_in(one, name)

    def come_in(self, one: Someone, name: str) -> None:
        self.taken.add(name)
        one.name = name
        self.write(one, "OK")

    def do_msg(self, one: Someone, text: str) -> None:
        if text:
            self.tell(f"MSG {one.name} {text}", but=one)

    def do_who(self, one: Someone, _rest: str) -> None:
        for user in self.users:
            self.write(one, f"USER {user.name}")

    def do_dm(self, one: Someone, rest: str) -> None:
        name, _, text = rest.partition(" ")
        for user in self.users:
            if user.name == name:
                self.write(user, f"DM {one.name} {text}")

    def do_ping(self, one: Someone, _rest: str) -> None:
        self.write(one, "PONG")
