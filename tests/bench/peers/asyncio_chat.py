"""asyncio with a Protocol, the faster of its two faces.

Run with `python3 -m tests.bench.peers.asyncio_chat PORT`.
"""

import asyncio
import sys
from typing import cast

clients: dict[bytes, asyncio.Transport] = {}


class Chat(asyncio.Protocol):
    """One client. asyncio itself sets TCP_NODELAY on its connections."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.name: bytes | None = None
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own

    def data_received(self, data: bytes) -> None:
        *lines, self.tail = (self.tail + data).split(b"\n")
        for line in lines:
            self.line_received(line.removesuffix(b"\r"))

    def line_received(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
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
        clients[name] = self.transport
        self.transport.write(b"OK\n")

    def broadcast(self, sender: bytes, text: bytes) -> None:
        line = b"MSG " + sender + b" " + text + b"\n"
        for transport in clients.values():
            if transport is not self.transport:
                transport.write(line)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self.name is not None:
            del clients[self.name]


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Chat, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
