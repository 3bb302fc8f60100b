"""WebSocketFramer: bytes in, whole text messages out (RFC 6455), behind the face of LineFramer.
No socket, no clock.

The package `websockets` reads the handshake and the frames, but for what nearly all of them are: a
whole message, not compressed. What goes out, but for the package's pongs, is put together here.
This module is the only one that needs it, so nothing else imports it by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

try:
    from websockets.extensions import Extension
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
    from websockets.frames import (  # type: ignore[attr-defined]  # its fastest `apply_mask`
        Frame,
        Opcode,
        apply_mask,
    )
    from websockets.http11 import Request
    from websockets.protocol import SERVER, Protocol
    from websockets.server import ServerProtocol
except ImportError as error:
    raise ImportError("WebSocket needs: pip install 'reactor-chat[websocket]'") from error

log = logging.getLogger("reactor.websocket")
log.setLevel(logging.ERROR)  # below that, `websockets` logs what was said

PAYLOAD_MAX_BYTES = 125  # of a frame that is no message (RFC 6455, 5.5)
NORMAL, UNSUPPORTED, NOT_UTF_8, TOO_MANY = 1000, 1003, 1007, 1008  # codes of a close (7.4.1)

# Pings, pongs and parts of a message, between two pings of ours. One takes 6 us and is no line, so
# that no rate limit holds it: 200 connections that sent nothing else held up everyone for seconds.
FRAMES_MAX = 1000

_TEXT, _CLOSE, _PING, _PONG = b"\x81", b"\x88", b"\x89", b"\x8a"  # each a frame of its own
_PASSING = {Opcode.PING, Opcode.PONG}
_MASKED, _MASK_BYTES = 0x80, 4  # what a client's frame has to have (5.3)
_ENDLESS = 1 << 64  # more than any frame's size

# Compressed messages are taken, though none is sent, so that one frame serves all: RFC 7692 leaves
# that to who sends. That each is compressed for itself saves a window of 32 KiB per connection.
_EXTENSIONS: Final = [
    ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
]


class HandshakeRefused(Exception):
    """A request is not granted. `status` is HTTP's number for why: 400, 426 where it is none for a
    WebSocket at all, or 403 where its origin is not welcome."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class WebSocketFramer:
    """One connection's way from bytes to messages, from its request on.

    `request` is all of it, from `GET ... HTTP/1.1` to the empty line. `is_welcome` is asked about
    its Origin (None: no web page's) and its Host. `codes` are those of a close, by the reason for
    it, up to a colon; a reason that isn't there is 1000. A longer message than `message_max_bytes`
    ends the connection, as does anything else that is against the rules.

    Raises HandshakeRefused; otherwise the answer to the request stands in `replies`.
    """

    __slots__ = (
        "_begun",
        "_codes",
        "_frames_left",
        "_goodbye",
        "_in_fragments",
        "_max_bytes",
        "_message",
        "_protocol",
        "awaits_pong",
        "ended",
        "problem",
        "replies",
    )

    def __init__(
        self,
        request: bytes,
        message_max_bytes: int,
        codes: Mapping[str, int],
        is_welcome: Callable[[str | None, str], bool],
    ) -> None:
        self._codes = codes
        extensions, self.replies = _shake_hands(request, is_welcome)  # whoever sends clears it
        # Not the one that has shaken hands: it would keep the request.
        self._protocol = Protocol(SERVER, max_size=message_max_bytes, logger=log)
        self._protocol.extensions = extensions
        self._max_bytes = message_max_bytes
        self._begun = b""  # a frame that is not all there yet
        self._message = bytearray()  # one that comes in fragments
        self._in_fragments = False  # and has not ended
        self._frames_left = FRAMES_MAX
        self._goodbye = b""  # the close frame that is due, where something called for one
        self.awaits_pong = False  # nothing has come in since the last ping
        self.ended = False  # nothing more comes: the other side said so, or it broke the rules
        self.problem = ""  # which of them

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the messages that they complete, in order."""
        messages: list[bytes] = []
        if data and not self.ended:
            self.awaits_pong = False
            data = self._begun + data
            read = 0 if self._in_fragments else self._read_texts(data, messages)
            end = self._end_of_frames(data, read)
            self._begun = data[end:]
            if end > read and not self.ended:
                self._read_frames(data[read:end], messages)
        return messages

    def finish(self) -> list[bytes]:
        """The other side will send no more. A message that has only begun is none."""
        return []

    def close(self) -> None:
        """There is no connection any more. The package's parser and what it belongs to know each
        other, and so would be kept until the garbage collector finds them."""
        self._protocol.parser.close()

    def goodbye(self, reason: str) -> bytes:
        """What to send last."""
        code = self._codes.get(reason.partition(":")[0], NORMAL)
        return self._goodbye or _close_frame(code, reason)

    def ping(self) -> bytes:
        """What to send to see whether the other side is still there: then `awaits_pong` is False
        again soon. Any bytes are as good a sign as a pong. Without it, the other side may not send
        more than FRAMES_MAX of its own."""
        self.awaits_pong = True
        self._frames_left = FRAMES_MAX
        return _PING + b"\0"

    def _read_texts(self, data: bytes, messages: list[bytes]) -> int:
        """Take the messages that `data` begins with and that are a frame each; return where the
        last one ends. Here, one costs 0.9 us, and by way of `websockets` 4.5."""
        at = 0
        while data[at : at + 1] == _TEXT and not self.ended:
            start, end = _payload(data, at)
            if end > len(data) or end - start > self._max_bytes:
                break
            mask = data[start - _MASK_BYTES : start]
            self._take_message(apply_mask(data[start:end], mask), messages)
            at = end
        return at

    def _end_of_frames(self, data: bytes, at: int) -> int:
        """Where the last frame ends that is all there. One that can only be refused need not be."""
        while True:
            start, end = _payload(data, at)
            if end - start > self._max_bytes:
                return len(data)
            if end > len(data):
                return at
            at = end

    def _read_frames(self, data: bytes, messages: list[bytes]) -> None:
        """Take whole frames of any kind."""
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            assert isinstance(frame, Frame)
            if not frame.fin or frame.opcode in _PASSING:
                self._frames_left -= 1
            if self._frames_left < 0 and not self.ended:
                self._fail(TOO_MANY, "too many frames")
            if not self.ended and frame.opcode in _TAKE:
                _TAKE[frame.opcode](self, frame, messages)
        self._take_answers()

    def _take_text(self, frame: Frame, messages: list[bytes]) -> None:
        """A message, or a fragment of one: RFC 6455, 5.4."""
        self._message += frame.data
        self._in_fragments = not frame.fin
        if frame.fin:
            message, self._message = bytes(self._message), bytearray()
            self._take_message(message, messages)

    def _take_message(self, message: bytes, messages: list[bytes]) -> None:
        try:
            message.decode()
        except UnicodeDecodeError:
            self._fail(NOT_UTF_8, "not UTF-8")
        else:
            messages.append(message)

    def _take_binary(self, _frame: Frame, _messages: list[bytes]) -> None:
        self._fail(UNSUPPORTED, "not text")

    def _fail(self, code: int, problem: str) -> None:
        self.ended, self.problem = True, problem
        self._goodbye = _close_frame(code, problem)

    def _take_answers(self) -> None:
        """What the protocol has to say. Of several pongs the last is enough (5.5.3), so that a
        flood of pings is not answered by another. A close waits for `goodbye`, as what was asked
        before it is still to be answered."""
        answers = self._protocol.data_to_send()
        self.replies += b"".join([answer for answer in answers if answer[:1] == _PONG][-1:])
        close = self._protocol.close_sent
        if close is not None and not self.ended:
            self.ended = True
            self.problem = close.reason if self._protocol.parser_exc else ""
            (self._goodbye,) = (answer for answer in answers if answer[:1] == _CLOSE)


_TAKE: Final[dict[Opcode, Callable[[WebSocketFramer, Frame, list[bytes]], Any]]] = {
    Opcode.TEXT: WebSocketFramer._take_text,
    Opcode.CONT: WebSocketFramer._take_text,
    Opcode.BINARY: WebSocketFramer._take_binary,
}
"""What is ours to take; the protocol sees to the rest."""


def _shake_hands(
    head: bytes, is_welcome: Callable[[str | None, str], bool]
) -> tuple[list[Extension], bytes]:
    """What was agreed on, and the answer. Raises HandshakeRefused."""
    protocol = ServerProtocol(extensions=_EXTENSIONS, logger=log)
    protocol.receive_data(head)
    events = protocol.events_received()
    if not events:  # it can't be read
        raise HandshakeRefused(400)
    (request,) = events
    assert isinstance(request, Request)
    hosts, origins = request.headers.get_all("Host"), request.headers.get_all("Origin")
    if len(hosts) != 1 or len(origins) > 1:
        raise HandshakeRefused(400)
    response = protocol.accept(request)
    if response.status_code != 101:
        raise HandshakeRefused(426 if response.status_code == 426 else 400)
    if not is_welcome(origins[0] if origins else None, hosts[0]):
        raise HandshakeRefused(403)
    response.headers.pop("Date", None)  # there need be none (RFC 9110, 6.6.1), and here is no clock
    protocol.send_response(response)
    protocol.parser.close()  # see WebSocketFramer.close
    return protocol.extensions, b"".join(protocol.data_to_send())


def _payload(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of the frame at `at` begins and ends (RFC 6455, 5.2). While its head is not
    all there: beyond `data`. Without a mask, which no client may leave out: never."""
    if len(data) < at + 2:
        return at + 2, at + 2
    size, start = data[at + 1] - _MASKED, at + 2 + _MASK_BYTES
    if size < 0:
        return start, _ENDLESS
    if size == 126:
        size, start = int.from_bytes(data[at + 2 : at + 4]), start + 2
    elif size == 127:
        size, start = int.from_bytes(data[at + 2 : at + 10]), start + 8
    return start, start + size


def text_frame(payload: bytes) -> bytes:
    """A message as the server sends it: whole, not masked, not compressed (RFC 6455, 5.2)."""
    size = len(payload)
    if size <= PAYLOAD_MAX_BYTES:
        return _TEXT + size.to_bytes(1) + payload
    if size < 1 << 16:
        return _TEXT + b"\x7e" + size.to_bytes(2) + payload
    return _TEXT + b"\x7f" + size.to_bytes(8) + payload


def _close_frame(code: int, reason: str) -> bytes:
    payload = code.to_bytes(2) + reason.encode("ascii", "replace")
    payload = payload[:PAYLOAD_MAX_BYTES]
    return _CLOSE + len(payload).to_bytes(1) + payload
