"""Twisted with a line receiver: `python3 -m tests.bench.peers.twisted_chat PORT`."""

import sys
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

clients: dict[bytes, "Chat"] = {}


class Chat(LineOnlyReceiver):
    """One client."""

    transport: Any  # Twisted declares interfaces of zope, which a type checker can't follow
    delimiter = b"\n"
    name: bytes | None = None

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)

    def lineReceived(self, line: bytes) -> None:
        verb, _, rest = line.removesuffix(b"\r").partition(b" ")
        if verb == b"LOGIN" and self.name is None:
            self.log_in(rest)
        elif verb == b"MSG" and self.name is not None:
            self.broadcast(self.name, rest)
        else:
            self.transport.write(b"ERR unknown-command\n")

    def log_in(self, name: bytes) -> None:
        if name in clients:
            self.transport.write(b"ERR username-taken\n")
            return
        self.name = name
        clients[name] = self
        self.transport.write(b"OK\n")

    def broadcast(self, sender: bytes, text: bytes) -> None:
        line = b"MSG " + sender + b" " + text + b"\n"
        for client in clients.values():
            if client is not self:
                client.transport.write(line)

    def connectionLost(self, _reason: Failure = connectionDone) -> None:
        if self.name is not None:
            del clients[self.name]


def main(port: int) -> None:
    loop = cast(Any, reactor)
    loop.listenTCP(port, Factory.forProtocol(Chat), interface="127.0.0.1")
    loop.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
