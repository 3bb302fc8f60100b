"""WebSocketVisit: a connection of somebody who comes by WebSocket, frame by frame (RFC 6455)."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from random import Random
from typing import Final

from chat.testing.simulation.people import DEEDS, LINE_FORMS, Deeds, Person, Visit
from reactor.testing import Client
from reactor.testing.frames import (
    ACCEPTED,
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    BadFrameError,
    Frame,
    ServerFrames,
    frame,
    request,
)

HOST: Final = "chat.example.org"
TURNED_AWAY: Final = (b"426", b"429", b"503")
"""A greeting comes first there; too many are from one address; the server is full."""

NORMAL, GOING_AWAY, UNSUPPORTED, NOT_UTF_8, REFUSED, TOO_BIG = 1000, 1001, 1003, 1007, 1008, 1009

TOO_MUCH: Final = b"x" * 70_000  # a message may have 65,536
PIECES_MAX: Final = 4


class WebSocketVisit(Visit):
    """See Visit. What is typed before the request is granted is sent when it was."""

    deeds: Deeds

    def __init__(self, person: Person, client: Client) -> None:
        super().__init__(person, client)
        self.random = Random(f"frames {person.script.number} {person.visits}")
        self.codes: set[int] = set()  # of a close that would be right
        self._frames = ServerFrames()
        self._head = b""  # of the answer to the request
        self._open = False  # the request was granted
        self._told_early = b""
        self._typed_early: list[tuple[bytes, int]] = []
        self._closed = False  # a close has come
        self._answers_pings = True
        self._may_answer = True  # no close was sent, nor the end
        self._vanished = False
        self._pings: deque[bytes] = deque()  # without a pong
        self._pings_sent = 0

    # --- what they do ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Ask for a WebSocket, and then say hello."""
        self.client.send(request(HOST))
        super().begin()

    def type(self, data: bytes) -> None:
        """Send each line as a message."""
        self._type(data, 1)

    def type_in_pieces(self, data: bytes) -> None:
        """Send each line as a message that comes in fragments, with pings in between."""
        self._type(data, PIECES_MAX)

    def end(self, data: bytes = b"") -> None:
        """See Visit."""
        self.codes.add(NORMAL)
        self._may_answer = False
        super().end(data)

    def ask(self) -> None:
        """See Visit. Who has vanished waits for nothing but to be given up."""
        if not self._vanished:
            self._answers_pings = True
            super().ask()

    def leave(self) -> None:
        """See Visit. Who has vanished does not hang up."""
        if not self._vanished:
            super().leave()

    def ping(self) -> None:
        """As a client may, though no browser does."""
        if self._open and not self.ending:
            self._pings_sent += 1
            self._pings.append(b"%d" % self._pings_sent)
            self._send(PING, self._pings[-1])

    def stop_answering(self) -> None:
        """Answer no pings, though it is still there."""
        self._answers_pings = False

    def vanish(self) -> None:
        """As a laptop does that is shut."""
        if self._open:
            self._vanished = self.ending = True
            self._may_answer = False
            self.client.fall_silent()

    def finish_with(self, code: int, opcode: int, payload: bytes) -> None:
        """Send what is the end of it, which is called by that code."""
        if self._open and not self.ending:
            self.codes.add(code)
            self.ending = True
            self._may_answer = opcode != CLOSE
            self._send(opcode, payload)

    @property
    def hears_of_a_stop(self) -> bool:
        """See Visit. Whose request is not granted is turned away."""
        return self._open and not self.ending and super().hears_of_a_stop

    @property
    def has_left(self) -> bool:
        """See Visit."""
        return self._vanished or super().has_left

    @property
    def is_over(self) -> bool:
        """See Visit."""
        return self.client.is_gone or (self._vanished and self.client.sock.other.closed)

    @property
    def is_settled(self) -> bool:
        """See Visit. Who has vanished waits to be given up."""
        waits = self._vanished or self._pings
        return super().is_settled and (self.is_over or not waits)

    def message(self, line: bytes) -> bytes:
        """What is sent where a script has this."""
        return line

    def _type(self, data: bytes, pieces_max: int) -> None:
        if self.ending:
            return
        if not self._open:
            self._typed_early.append((data, pieces_max))
            return
        for line in data.split(b"\n")[:-1]:
            message = self.message(line)
            self.typed.append(message)
            self._send_in_pieces(message, self.random.randint(1, pieces_max))

    def _send_in_pieces(self, message: bytes, count: int) -> None:
        cuts = sorted([self.random.randint(0, len(message)) for _ in range(count - 1)])
        for number, (begin, end) in enumerate(pairwise([0, *cuts, len(message)]), 1):
            opcode = CONT if number > 1 else TEXT
            self._send(opcode, message[begin:end], fin=number == count)
            if number < count:
                self.ping()

    def _send(self, opcode: int, payload: bytes, *, fin: bool = True) -> None:
        self.client.send(frame(opcode, payload, self.random.randbytes(4), fin=fin))

    # --- what they are shown --------------------------------------------------------------------

    def _read(self, data: bytes) -> None:
        if not self._open:
            self._head += data
            data = self._read_answer()
        try:
            for shown in self._frames.feed(data):
                self._take(shown)
        except BadFrameError as error:
            self.person.complain(f"was sent {error}")

    def _read_answer(self) -> bytes:
        """What has come behind the answer to the request, when that is here."""
        while not self._head.startswith(b"HTTP/"[: len(self._head)]) and b"\n" in self._head:
            self._told_early, _, self._head = self._head.partition(b"\n")
            early = self._told_early
            if not LINE_FORMS.fullmatch(early) and early != self.person.greeting.encode():
                self.person.complain(f"was answered in HTTP with {early!r}")
        head, ended, rest = self._head.partition(b"\r\n\r\n")
        if not ended or not head.startswith(b"HTTP/"):
            return b""
        first, *fields = head.split(b"\r\n")
        if first.split()[1] in TURNED_AWAY:
            return b""
        if first.split()[1] != b"101" or ACCEPTED not in fields:
            self.person.complain(f"was not granted a WebSocket: {first!r}, {fields}")
        if self._told_early:  # as to anyone, before the server had read the request
            self.person.lost()
            return b""
        self._be_granted()
        return rest

    def _be_granted(self) -> None:
        self._open = True
        for early in self._typed_early:
            self._type(*early)

    def _take(self, shown: Frame) -> None:
        if self._closed:
            self.person.complain(f"was sent {shown} after a close")
        elif shown.opcode == TEXT:
            self._look_at(shown.payload)
        elif shown.opcode == PONG:
            self._take_pong(shown.payload)
        elif shown.opcode == CLOSE:
            self._take_close(shown.payload)
        elif self._answers_pings and self._may_answer:
            self._send(PONG, shown.payload)

    def _take_pong(self, payload: bytes) -> None:
        """The last of several is enough."""
        if payload not in self._pings:
            self.person.complain(f"was sent a pong of {payload!r}, which nobody asked for")
        while self._pings and self._pings.popleft() != payload:
            pass

    def _take_close(self, payload: bytes) -> None:
        self._closed = True
        code = int.from_bytes(payload[:2]) if len(payload) >= 2 else None
        if code not in self.codes:
            self.person.complain(f"was closed with {code}, not one of {sorted(self.codes)}")

    def _end(self) -> None:
        self.person.lost()


WebSocketVisit.deeds = {
    **DEEDS,
    "type in pieces": lambda visit, step: visit.type_in_pieces(step.data),
    "ping": lambda visit, _: visit.ping(),
    "no pong": lambda visit, _: visit.stop_answering(),
    "vanish": lambda visit, _: visit.vanish(),
    "goodbye": lambda visit, _: visit.finish_with(NORMAL, CLOSE, NORMAL.to_bytes(2)),
    "send binary": lambda visit, _: visit.finish_with(UNSUPPORTED, BINARY, b"{}"),
    "send no text": lambda visit, _: visit.finish_with(NOT_UTF_8, TEXT, b'{"type":"\xc3\x28"}'),
    "send too much": lambda visit, _: visit.finish_with(TOO_BIG, TEXT, TOO_MUCH),
}
