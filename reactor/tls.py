"""TLS as a layer of a connection: ciphertext in, plain text out, and the other way. No socket.

The standard library's `ssl` does it all, on two buffers in memory; this only drives it.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

READ_BYTES = 65_536


class TlsLayer:
    """The server's side of one TLS connection."""

    __slots__ = ("_early", "_incoming", "_outgoing", "_ready", "_tls", "ended")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._ready = False  # the handshake is over
        self._early: list[bytes] = []  # plain text that had to be sent before that
        self.ended = False  # the other side said that it will send no more

    def receive(self, data: bytes) -> tuple[bytes, str]:
        """Take what came from the socket. Returns plain text, and what is wrong ("" if nothing).

        Call `take_outgoing` next: handshakes answer. When something is wrong, close.
        """
        self._incoming.write(data)
        plain = b""
        try:
            if not self._ready:
                self._tls.do_handshake()
                self._ready = True
                for early in self._early:
                    self._tls.write(early)
                self._early.clear()
            while chunk := self._tls.read(READ_BYTES):
                plain += chunk
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            return plain, error.reason or str(error)
        return plain, ""

    def send(self, data: bytes, *, last: bool = False) -> bytes:
        """Encrypt. `last`: say goodbye as well. Returns what to put on the socket, if anything."""
        if not self._ready:
            self._early.append(data)
            return b""
        # Our goodbye is out; the other side's is not waited for. And a session that broke takes
        # nothing more: `receive` has said so.
        with suppress(ssl.SSLError):
            if data:
                self._tls.write(data)
            if last:
                self._tls.unwrap()
        return self.take_outgoing()

    def take_outgoing(self) -> bytes:
        """What the layer itself wants to put on the socket."""
        return self._outgoing.read()
