"""TLS as a layer of a connection: ciphertext in, plain text out, and the other way. No socket.

The standard library's `ssl` does it all, on two buffers in memory; this only drives it.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

READ_BYTES = 65_536


class TlsLayer:
    """The server's side of one TLS connection."""

    __slots__ = ("_early", "_incoming", "_outgoing", "_said_last", "_tls", "ended", "shaking_hands")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.shaking_hands = True  # nothing can be sent yet
        self._early = bytearray()  # plain text that was to be sent before that
        self._said_last = False  # and whether it was to be the last
        self.ended = False  # the other side said that it will send no more

    def receive(self, data: bytes) -> tuple[bytes, str]:
        """Take what came from the socket. Returns plain text, and what is wrong ("" if nothing).

        Call `take_outgoing` next: handshakes answer. When something is wrong, close.
        """
        self._incoming.write(data)
        plain = b""
        try:
            if self.shaking_hands:
                self._tls.do_handshake()
                self.shaking_hands = False
                self._encrypt(self._early)
                self._early.clear()
            while chunk := self._tls.read(READ_BYTES):
                plain += chunk
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            self.shaking_hands = False
            return plain, error.reason or str(error)
        return plain, ""

    def send(self, data: bytes, *, last: bool = False) -> bytes:
        """Encrypt. `last`: say goodbye as well. Returns what to put on the socket, if anything:
        before the handshake is over nothing can be sent, and `early_bytes` wait for it."""
        self._said_last = last
        if self.shaking_hands:
            self._early += data
            return b""
        self._encrypt(data)
        return self.take_outgoing()

    @property
    def early_bytes(self) -> int:
        """Plain text that waits for the end of the handshake."""
        return len(self._early)

    def _encrypt(self, data: bytes | bytearray) -> None:
        # Our goodbye is out; the other side's is not waited for. And a session that broke takes
        # nothing more: `receive` has said so.
        with suppress(ssl.SSLError):
            if data:
                self._tls.write(data)
            if self._said_last:
                self._tls.unwrap()

    def take_outgoing(self) -> bytes:
        """What the layer itself wants to put on the socket."""
        return self._outgoing.read()
