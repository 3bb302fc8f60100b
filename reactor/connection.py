"""One non-blocking socket, the lines that come in and the bytes that go out.

A connection is OPEN, then CLOSING (its output is flushed, its input thrown away), then CLOSED.
`abort` skips the middle. Either way the socket itself is closed in one place, at the end of a
turn of the loop (`Reactor` calls `destroy`), so that within a turn nobody meets a dead one.

Lines stop, without any being lost, while something pauses the connection: its user, or more
unsent output than the high-water mark. What was read already waits in `_waiting`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any

from reactor.framing import TOO_LONG, Framer, LineFramer
from reactor.group import Group, take_over
from reactor.interfaces import Loop
from reactor.limits import ConnectionLimits

if TYPE_CHECKING:
    from reactor.handler import Handler
    from reactor.timers import Timer
    from reactor.tls import TlsLayer

log = logging.getLogger("reactor")

OPEN, CLOSING, DOOMED, CLOSED = range(4)

# Why a connection's lines wait: bits, as several reasons can hold at once.
BY_USER, BY_OUTPUT, BY_CLOSING = 1, 2, 4

# The input: still coming, ended by the other side, and the handler told of it.
FLOWING, ENDED, ENDED_AND_TOLD = range(3)


class Connection:
    """A client. Made by a Listener; all methods are for the loop's own thread."""

    __slots__ = (
        "_blocked",
        "_input",
        "_interest",
        "_out",
        "_out_bytes",
        "_paused",
        "_reason",
        "_state",
        "_timer",
        "_tls",
        "_waiting",
        "context",
        "direct",
        "framer",
        "groups",
        "handler",
        "heard_at",
        "id",
        "limits",
        "opened_at",
        "peer",
        "reactor",
        "sock",
    )

    def __init__(
        self,
        reactor: Loop,
        sock: socket.SocketType,
        peer: str,
        handler: Handler,
        limits: ConnectionLimits,
        tls: TlsLayer | None = None,
    ) -> None:
        self.id = reactor.next_id()
        reactor.connections[self.id] = self
        self.reactor = reactor
        self.sock = sock
        self.peer = peer  # for people to read: "127.0.0.1:54321"
        self.handler = handler  # may be replaced, from the next line on
        self.framer: Framer = LineFramer(limits.line_max_bytes)  # may be replaced while paused
        self.limits = limits  # may be replaced
        self.context: Any = None  # the handler's own
        self.groups: tuple[Group, ...] = ()
        self.opened_at = self.heard_at = reactor.now
        # True: the next bytes can go straight to the socket. Group reads it for every member.
        self.direct = tls is None
        self._tls = tls
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._blocked = False  # the kernel's buffer is full; it will say when it has room
        self._waiting: list[bytes] = []  # the next one last: there it is taken off
        self._paused = 0
        self._input = FLOWING
        self._interest = EVENT_READ
        self._state = OPEN
        self._reason = ""
        self._timer: Timer | None = None  # while closing: when to stop waiting
        reactor.watch(sock, 0, EVENT_READ, self)

    def __repr__(self) -> str:
        return f"<Connection {self.id} {self.peer}>"

    # --- what a handler may ask -----------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Not closed, and not about to be."""
        return self._state == OPEN

    @property
    def has_waiting_lines(self) -> bool:
        """Lines were read that something holds up: a pause, or too much output unsent."""
        return bool(self._waiting)

    @property
    def is_paused(self) -> bool:
        """Lines have to wait, if there are any, for `resume_reading`."""
        return bool(self._paused & BY_USER)

    def write(self, data: bytes) -> None:
        """Have bytes sent at the end of this turn, behind all that is due to it so far.

        Bytes for a connection that is closed or closing are dropped: it may close at any time, and
        `connection_lost` tells. Raises TypeError for what is not bytes: here, where it was said.
        """
        if not isinstance(data, bytes):
            raise TypeError(f"a connection takes bytes, not {type(data).__name__}")
        if self._state == OPEN:
            if self.groups:
                take_over(self)
            self.enqueue(data)

    def get_write_buffer_size(self) -> int:
        """Bytes that the socket has not taken yet, without what groups will add this turn."""
        return self._out_bytes

    def pause_reading(self) -> None:
        """No more `line_received`, beginning with the next line, until `resume_reading`."""
        self._pause(BY_USER)

    def resume_reading(self) -> None:
        """Go on where `pause_reading` stopped: first the lines that were read already."""
        self._resume(BY_USER)

    def put_back(self, line: bytes) -> None:
        """Have the line just received given again, first, after the pause that must follow."""
        self._waiting.append(line)

    def close(self, reason: str = "closed") -> None:
        """Send what is due, then close; give up after `flush_s`. No more lines come in."""
        if self._state != OPEN:
            return
        self._leave_groups()
        goodbye = self.framer.goodbye(reason)
        if goodbye or self._tls is not None:
            self.enqueue(goodbye, last=True)
        if self._state != OPEN:  # what its groups owed it was too much: aborted
            return
        self._state, self._reason = CLOSING, reason
        if self.framer.ended:  # that was not the end of the bytes, which is still to be waited for
            self._input = FLOWING
        self.direct = False
        self._waiting.clear()
        self._pause(BY_CLOSING)
        self._give_up_in(self.limits.flush_s)
        if not self._out:  # otherwise it is among them, or waits for the socket
            self.reactor.turn.flushing.append(self)

    def abort(self, reason: str = "aborted") -> None:
        """Close at the end of this turn, and drop what is still due.

        It stays in its groups until then, as it may well be a group's own flush that found it
        broken.
        """
        if self._state >= DOOMED:
            return
        self._reason = self._reason or reason
        self._state = DOOMED
        self.direct = False
        self._waiting.clear()
        self._paused |= BY_CLOSING
        self._out, self._out_bytes = [], 0
        self.reactor.turn.doomed.append(self)

    # --- bytes in -------------------------------------------------------------------------------

    def ready(self, mask: int) -> None:
        """The selector saw something. Called by the loop."""
        if self._state >= DOOMED:
            return
        if mask & EVENT_WRITE:
            self._blocked = False
            self._watch()
            self.reactor.turn.flushing.append(self)
        if mask & self._interest & EVENT_READ:  # paused meanwhile? Then it was for nobody
            self._read()

    def _read(self) -> None:
        try:
            data = self.sock.recv(self.limits.read_max_bytes)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.abort(error.strerror or str(error))
            return
        if self._state != OPEN:
            self._linger(data)
            return
        self.heard_at = self.reactor.now
        ended = not data
        if self._tls is not None and data:
            data, ended = self._decrypt(self._tls, data)
        framer = self.framer
        try:
            lines = framer.feed(data)
            if (ended or framer.ended) and self._state == OPEN:
                self._input = ENDED
                lines += framer.finish()
                self._watch()
        except Exception:  # it may be of the handler's own
            log.exception("%s: a framer failed on %d bytes", self.peer, len(data))
            self.abort("internal error")
            return
        if framer.replies:
            replies, framer.replies = framer.replies, b""
            self.write(replies)
        if not self._paused:
            rest = iter(lines)
            self._deliver(rest)
            lines = [*rest]
        if lines and self._state == OPEN:
            self._waiting[:0] = lines[::-1]  # behind one that was put back

    def _decrypt(self, tls: TlsLayer, data: bytes) -> tuple[bytes, bool]:
        """What the other side said, and whether that was the last of it."""
        plain, problem = tls.receive(data)
        if answer := tls.take_outgoing():
            self._append(answer)
        if problem and self._state == OPEN:
            self.close(f"TLS: {problem}")
        elif problem:
            self.abort()
        return plain, tls.ended

    def _linger(self, data: bytes) -> None:
        """We are closing: what still comes in is for nobody, save its end, and a handshake without
        which our own last words can't be sent."""
        if not data:
            self.abort()
        elif self._tls is not None and self._tls.shaking_hands:
            self._decrypt(self._tls, data)

    def _deliver(self, lines: Iterator[bytes]) -> None:
        """Hand lines to the handler until there are none left, or they have to wait."""
        line = b""
        try:
            for line in lines:
                if line is TOO_LONG:
                    self.handler.line_too_long(self)
                else:
                    self.handler.line_received(self, line)
                if self._paused:
                    return
            if self._input == ENDED and not self._waiting and self._state == OPEN:
                self._input = ENDED_AND_TOLD
                self.handler.eof_received(self)
        except Exception:
            log.exception("%s: a handler failed on %s", self.peer, self._loggable(line))
            self.abort("internal error")

    def _loggable(self, line: bytes) -> str:
        try:
            return repr(self.handler.loggable(line))
        except Exception as error:  # noqa: BLE001 - it goes into the log beside the first one
            return f"a line that `loggable` fails on, too: {error!r}"

    def _pause(self, why: int) -> None:
        self._paused |= why
        self._watch()

    def _resume(self, why: int) -> None:
        if self._paused & why:
            self._paused &= ~why
            if not self._paused:
                self.reactor.call_soon(self._deliver_waiting)

    def _deliver_waiting(self) -> None:
        if not self._paused:
            self._deliver(self._take_waiting())
            self._watch()

    def _take_waiting(self) -> Iterator[bytes]:
        """One at a time: a flooder's thousands are not to be moved about for each that is held."""
        while self._waiting:
            yield self._waiting.pop()

    # --- bytes out ------------------------------------------------------------------------------

    def enqueue(self, data: bytes, *, last: bool = False) -> None:
        """Add bytes to this connection's own output. For Group; others `write`."""
        if self._tls is not None:
            data = self._tls.send(data, last=last)
            if not data:
                if self._tls.early_bytes > self.limits.output_max_bytes:
                    self.abort("too slow a reader")
                return
        self._append(data)

    def _append(self, data: bytes) -> None:
        if self._state >= DOOMED:
            return
        if not self._out:
            self.direct = False
            self.reactor.turn.flushing.append(self)
        self._out.append(data)
        self._out_bytes += len(data)
        if self._out_bytes > self.limits.high_water_bytes:
            self._over_high_water()

    def _over_high_water(self) -> None:
        if self._out_bytes > self.limits.output_max_bytes and self._blocked:
            self.abort("too slow a reader")
        elif not self._paused & BY_OUTPUT:
            self._pause(BY_OUTPUT)

    def sent_directly(self, data: bytes, sent: int) -> None:
        """Group sent the first `sent` bytes of `data` past the buffer; keep the rest."""
        self._blocked = True
        self._append(data[sent:])
        self._watch()

    def flush(self) -> None:
        """Send as much as the socket takes. Called by the loop, once at the end of a turn."""
        if self._blocked or self._state >= DOOMED:
            return
        if self._out:
            data = b"".join(self._out)
            try:
                sent = self.sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                self.abort(error.strerror or str(error))
                return
            rest = data[sent:]
            self._out = [rest] if rest else []
            self._out_bytes = len(rest)
            if rest:
                self._blocked = True
                self._watch()
                if self._out_bytes > self.limits.high_water_bytes:
                    self._over_high_water()
        if self._paused & BY_OUTPUT and self._out_bytes <= self.limits.high_water_bytes // 2:
            self._resume(BY_OUTPUT)
        self.settled()
        if self._state == CLOSING and not self._out:
            self._end_output()

    def settled(self) -> None:
        """Whether the next bytes may go straight to the socket, now that this turn's are out."""
        self.direct = not self._out and self._state == OPEN and self._tls is None

    def _end_output(self) -> None:
        """All is sent, once there was a way to. Say so, and wait for the other side to hang up too.

        Closing at once would answer what it has sent meanwhile with a reset, and a reset throws
        away what it has not read yet: the very reply that said why it is being closed.
        """
        if self._input != FLOWING:
            self.abort()
            return
        if self._tls is not None and self._tls.shaking_hands:
            return
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.abort(error.strerror or str(error))
            return
        self._give_up_in(self.limits.linger_s)
        self._watch()

    # --- housekeeping ---------------------------------------------------------------------------

    def _give_up_in(self, delay_s: float) -> None:
        """Stop waiting for the other side then, and no earlier."""
        if self._timer is not None:
            self.reactor.cancel(self._timer)
        self._timer = self.reactor.call_later(delay_s, self.abort)

    def _watch(self) -> None:
        """Tell the selector what this connection waits for, if that has changed."""
        if self._state == CLOSING:
            reading = not self._out and self._input == FLOWING
        else:
            reading = not self._paused and not self._waiting and self._input == FLOWING
        interest = (EVENT_READ if reading else 0) | (EVENT_WRITE if self._blocked else 0)
        if interest != self._interest:
            self.reactor.watch(self.sock, self._interest, interest, self)
            self._interest = interest

    def _leave_groups(self) -> None:
        for group in self.groups:
            group.discard(self)

    def destroy(self) -> None:
        """Close the socket and tell the handler. Called by the loop, when the turn is over."""
        del self.reactor.connections[self.id]
        self._leave_groups()
        self._state = CLOSED
        if self._interest:
            self.reactor.watch(self.sock, self._interest, 0, self)
            self._interest = 0
        self._blocked = False  # a closed socket is not to be watched again
        if self._timer is not None:
            self.reactor.cancel(self._timer)
            self._timer = None  # it knows us: whoever is gone should need no garbage collector
        self.sock.close()
        try:
            self.handler.connection_lost(self, self._reason)
        except Exception:
            log.exception("%s: a handler failed on connection_lost", self.peer)
