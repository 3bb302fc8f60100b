"""Servers of the line dialect, each wrong in a way of its own: `-m tests.testing.badly BUG`.

They say where they listen as ours does.
"""

from __future__ import annotations

import os
import select
import selectors
import socket
import sys
from typing import Final

LINE_MAX_BYTES = 8192
OUTPUT_TIMEOUT_S = 0.2  # who doesn't read for so long is dropped: simple, and no bug of those here


class Client:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.name = ""
        self.partial = b""
        self.is_gone = False


class WellServer:
    """Nothing is wrong with it."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.selector.register(self.listener, selectors.EVENT_READ, None)

    def serve(self) -> None:
        host, port = self.listener.getsockname()
        print(f"listening on {host}:{port}", file=sys.stderr, flush=True)
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    self.accept()
                else:
                    self.read(key.data)
            for client in [client for client in self.clients if client.is_gone]:
                self.drop(client)

    def accept(self) -> None:
        sock, _ = self.listener.accept()
        client = Client(sock)
        self.clients.append(client)
        self.selector.register(sock, selectors.EVENT_READ, client)

    def read(self, client: Client) -> None:
        try:
            data = client.sock.recv(65_536)
        except OSError:
            data = b""
        if not data:
            client.is_gone = True
            return
        *lines, client.partial = (client.partial + data).split(b"\n")
        for line in lines:
            self.take(client, line.removesuffix(b"\r"))

    def drop(self, client: Client) -> None:
        self.selector.unregister(client.sock)
        self.clients.remove(client)
        self.close(client)

    def close(self, client: Client) -> None:
        client.sock.close()

    def take(self, client: Client, line: bytes) -> None:
        if len(line) > LINE_MAX_BYTES:
            self.take_long(client)
            return
        text = self.decoded(client, line)
        verb, _, rest = text.partition(" ")
        if verb == "LOGIN":
            self.log_in(client, rest)
        elif not self.may_speak(client):
            self.tell(client, "ERR not-logged-in")
        elif verb == "MSG":
            self.say(client, rest)
        elif verb == "DM":
            self.say_alone(client, *rest.partition(" ")[::2])
        elif text:
            self.tell(client, "ERR unknown-command")

    def decoded(self, _client: Client, line: bytes) -> str:
        return self.cleaned(line.decode(errors="ignore"))

    def cleaned(self, text: str) -> str:
        return "".join([char for char in text if ord(char) >= 32 and not 127 <= ord(char) < 160])

    def take_long(self, client: Client) -> None:
        self.tell(client, "ERR line-too-long")

    def may_speak(self, client: Client) -> bool:
        return bool(client.name)

    def log_in(self, client: Client, name: str) -> None:
        if not name.isalnum() and not set(name) <= set("-0123456789abcdefghijklmnopqrstuvwxyz"):
            self.tell(client, "ERR invalid-username")
        elif client.name or any(other.name == name for other in self.clients):
            self.tell(client, "ERR username-taken")
        else:
            client.name = name
            self.tell(client, "OK")

    def say(self, client: Client, text: str) -> None:
        for other in self.clients:
            if other is not client and other.name:
                self.tell(other, f"MSG {client.name or 'nobody'} {text}")

    def say_alone(self, client: Client, name: str, text: str) -> None:
        for other in self.clients:
            if self.is_meant(other, name):
                self.tell(other, f"DM {client.name} {text}")

    def is_meant(self, other: Client, name: str) -> bool:
        return other.name == name

    def tell(self, client: Client, line: str) -> None:
        _, ready, _ = select.select([], [client.sock], [], OUTPUT_TIMEOUT_S)
        try:
            client.sock.setblocking(False)
            if client.is_gone or not ready:
                raise BlockingIOError
            client.sock.sendall(line.encode() + b"\n")
        except OSError:
            client.is_gone = True


class Crashing(WellServer):
    def decoded(self, client: Client, line: bytes) -> str:
        line.decode()
        return super().decoded(client, line)


class Leaking(WellServer):
    def close(self, client: Client) -> None:
        kept.append(client.sock)


class Hanging(WellServer):
    def take_long(self, _client: Client) -> None:
        select.select([], [], [])


class Telling(WellServer):
    """What is said to one is told to everybody."""

    def is_meant(self, other: Client, _name: str) -> bool:
        return bool(other.name)


class Unclean(WellServer):
    """Control characters come through."""

    def cleaned(self, text: str) -> str:
        return text


class Open(WellServer):
    """Who has not logged in may speak."""

    def may_speak(self, _client: Client) -> bool:
        return True


class Growing(WellServer):
    """Keeps two megabytes for everyone who ever came."""

    def accept(self) -> None:
        super().accept()
        kept.append(os.urandom(2**21))


class Undoing(WellServer):
    """Takes half a line of somebody who is gone for a whole one."""

    def drop(self, client: Client) -> None:
        if client.partial:
            self.take(client, client.partial)
        super().drop(client)


kept: list[object] = []

SERVERS: Final = {
    kind.__name__: kind
    for kind in (
        *(WellServer, Crashing, Leaking, Hanging, Telling, Unclean, Open, Growing, Undoing),
    )
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]]().serve()
