"""The same as `calls.py` over WebSocket (RFC 6455). Needs the extra `websocket`."""

from __future__ import annotations

import time
from typing import Final

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from chat.testing.calls import CONNECT_S, KEPT_MAX_BYTES, Call, CallEndedError
from reactor import Address

STATUS_MAX_BYTES: Final = 80  # that are shown of what a server says instead


class WebSocketCall(Call):
    """Messages of text. Pings are answered while something is waited for.

    Raises CallEndedError when the server doesn't speak WebSocket, or not in `patience_s`."""

    unit = "message"

    def __init__(
        self,
        address: Address,
        path: str = "/",
        *,
        narrow: bool = False,
        patience_s: float = CONNECT_S,
    ) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        host = f"[{host}]" if ":" in host else host
        uri = parse_uri(f"ws://{host}{path}")
        self._protocol = ClientProtocol(uri, max_size=KEPT_MAX_BYTES)
        super().__init__(address, narrow=narrow)
        try:
            self._shake_hands(patience_s)
        except CallEndedError:
            self.close()
            raise

    def send(self, line: bytes) -> None:
        """Send a message of text. Raises CallEndedError when the connection has ended."""
        self._expect_open()
        self._protocol.send_text(line)
        self._flush()

    def send_end(self) -> None:
        """Say goodbye, as the protocol has it (RFC 6455, 7.1.2), once; go on reading."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()

    @property
    def said_goodbye(self) -> bool:
        """Whether the server has, as the protocol has it."""
        return self._protocol.close_rcvd is not None

    def _expect_open(self) -> None:
        if self._protocol.state is not State.OPEN:
            raise CallEndedError(self.how_it_ended or "closed")

    def _shake_hands(self, patience_s: float) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        until = time.monotonic() + patience_s
        while self._protocol.state is State.CONNECTING and not self.how_it_ended:
            if not self._read(until):
                self.how_it_ended = "no answer to the handshake"
        if self.how_it_ended:
            raise CallEndedError(self.how_it_ended)

    def _take(self, data: bytes) -> None:
        protocol = self._protocol
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._take_frame(event)
        error = protocol.handshake_exc or protocol.parser_exc
        if error is not None:
            self.how_it_ended = _what_it_is(data, error)
        elif protocol.close_rcvd is not None:
            self.how_it_ended = f"closed with {protocol.close_rcvd.code}"
        try:  # pongs, and the end of a goodbye: nobody may be there any more to take them
            self._flush()
        except CallEndedError as ended:
            self.how_it_ended = self.how_it_ended or str(ended)

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._partial += frame.data
            if frame.fin:
                self._lines.append(bytes(self._partial))
                self._partial.clear()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self.send_raw(data)


def _what_it_is(data: bytes, error: Exception) -> str:
    """Of a server that doesn't speak WebSocket."""
    if data.startswith(b"HTTP/"):
        status = data.splitlines()[0][:STATUS_MAX_BYTES].decode(errors="replace")
        return f"it answers in HTTP, but is no WebSocket: {status}"
    return f"not WebSocket: {error}"
