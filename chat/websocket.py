"""The way in for WebSocket: a request in HTTP, then a dialect in frames.

It needs the extra `websocket` (see `reactor.websocket`), so it is imported where it is used.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from chat.core.addresses import network
from chat.core.dialect import Dialect
from chat.core.events import Event
from chat.dialects import JSON
from chat.handlers import ChatHandler
from chat.http import turn_away, turned_away_with
from chat.shell import Shell
from reactor import Connection, ConnectionLimits, Handler
from reactor.websocket import HandshakeRefused, WebSocketFramer, text_frame

log = logging.getLogger("chat")

# A message may be this long: the longest text in UTF-8 is half of it, and the rest is for escapes.
# Less is read of it in a turn than elsewhere: 680 of the smallest frames, which take 4 ms, or 50
# that are inflated to 3 MB, to be kept while they wait.
LIMITS: Final = ConnectionLimits(line_max_bytes=65_536, read_max_bytes=4096)

HEAD_MAX_LINES = 100  # of a request; browsers send 20
HEAD_MAX_BYTES = 16_384  # and 1 KiB, or more with cookies

DEFAULT_PORTS = {"http": 80, "https": 443}

CODES: Final = {
    "shutdown": 1001,
    "refused": 1008,
    "banned": 1008,
    "kicked": 1008,
}
"""Of a close, by the reason for it (RFC 6455, 7.4); any other is 1000, the normal end."""


class Framed:
    """Another dialect, whose lines are frames here: what is said to many is framed once for all of
    them. It renders an event as one line."""

    name = "ws"

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.arrival = dialect.arrival
        self.reads_history = dialect.reads_history
        self.parse = dialect.parse

    def render(self, event: Event) -> bytes:
        """A frame; empty if there is nothing to say."""
        line = self._dialect.render(event)
        return text_frame(line[:-1]) if line else b""

    def answer(self, event: Event, tag: str) -> bytes:
        """The same, to who asked for it."""
        return text_frame(self._dialect.answer(event, tag)[:-1])


DIALECT: Dialect = Framed(JSON)
"""What is spoken in WebSocket's frames."""


def is_welcome(origin: str | None, host: str, allowed: Collection[str]) -> bool:
    """Whether a page from this origin may connect to this host: one from there may, and so may a
    site that is allowed. Without an origin it is no page, but a program.

    That a page is from there, its name alone doesn't show: whoever owns the name may have it mean
    this machine all of a sudden (DNS rebinding). A certificate does, and an address.
    """
    if origin is None or origin.lower() in allowed:
        return True
    try:
        site = urlsplit(origin)
        default = DEFAULT_PORTS[site.scheme]
        here = urlsplit(f"//{host}")
        same_port = (site.port or default) == (here.port or default)
    except (KeyError, ValueError):
        return False
    name = site.hostname or ""
    is_sure = site.scheme == "https" or name == "localhost" or network(name) is not None
    return is_sure and bool(name) and name == here.hostname and same_port


class WebSocketHandler(ChatHandler):
    """For a port where WebSocket is spoken, and for those elsewhere who turn out to speak it. There
    may be silence: the heartbeat tells who is there."""

    __slots__ = ()

    is_timed = False

    def __init__(self, shell: Shell, *, is_local: bool = False) -> None:
        super().__init__(shell, DIALECT, is_local=is_local)

    def begin(self, connection: Connection) -> None:
        """No session begins before the request was granted, so there must not be too many; nor from
        one address, of which the core doesn't know yet."""
        limits, address = self._core.world.limits, self.address_of(connection)
        if len(self._shell.reactor.connections) > limits.clients_max:
            turn_away(connection, 503)
        elif self._shell.requesting.is_full(address, limits):
            turn_away(connection, 429)
        else:
            self._shell.requesting.add(address)
            connection.handler = Request(self, super().begin)

    def decided(self, connection: Connection) -> None:
        """A request was granted, or nothing came of it."""
        self._shell.requesting.discard(self.address_of(connection))

    def take_over(self, connection: Connection, line: bytes) -> None:
        """Of a session in another dialect, `line` was the first: it is over, before anything that
        is said in that dialect could get in front of the answer to the request. Who was refused at
        the door has none, and is about to be told so."""
        if not self._core.knows(connection.id):
            connection.pause_reading()
            return
        self._disconnected(connection, "speaks WebSocket")
        self._shell.commit()  # with a store, what that session was told may wait for it until now
        self.begin(connection)
        if connection.is_open:
            connection.handler.line_received(connection, line)

    def upgrade(self, connection: Connection, request: bytes) -> None:
        """A request is complete. Raises HandshakeRefused."""
        shell = self._shell

        def welcomed(origin: str | None, host: str) -> bool:
            return is_welcome(origin, host, shell.origins)

        framer = WebSocketFramer(request, LIMITS.line_max_bytes, CODES, welcomed)
        connection.write(framer.replies)
        framer.replies = b""
        connection.framer, connection.handler, connection.limits = framer, self, LIMITS
        self.decided(connection)
        shell.idle.discard(connection)
        shell.heartbeat.add(connection, framer)

    def eof_received(self, connection: Connection) -> None:
        """The other side said goodbye, hung up, or broke the rules."""
        framer = connection.framer
        problem = framer.problem if isinstance(framer, WebSocketFramer) else ""
        self.end(connection, f"WebSocket: {problem}" if problem else "closed by client")

    def connection_lost(self, connection: Connection, reason: str) -> None:
        """However it ended."""
        self._shell.heartbeat.discard(connection)
        if isinstance(connection.framer, WebSocketFramer):
            connection.framer.close()
        super().connection_lost(connection, reason)

    def loggable(self, line: bytes) -> bytes:
        """Its size: who would say where in it a password stands?"""
        return Handler.loggable(self, line)


class Request(Handler):
    """One connection's request: its lines are collected up to the empty one, then it is granted or
    turned away. `begin` is called when it was granted."""

    __slots__ = ("_begin", "_handler", "_head", "_size")

    has_session = False  # so that the core can't end it
    is_timed = True

    def __init__(self, handler: WebSocketHandler, begin: Callable[[Connection], None]) -> None:
        self._handler = handler
        self._begin = begin
        self._head: list[bytes] = []
        self._size = 0

    def line_received(self, connection: Connection, line: bytes) -> None:
        """A line of it. The first says whether there is any use in reading on."""
        status = 0 if self._head else turned_away_with(line)
        self._size += len(line)
        if status:
            turn_away(connection, status)
        elif len(self._head) > HEAD_MAX_LINES or self._size > HEAD_MAX_BYTES:
            turn_away(connection, 400)
        else:
            self._head.append(line)
            if not line:
                connection.pause_reading()
                connection.reactor.call_soon(self._decide, connection)

    def line_too_long(self, connection: Connection) -> None:
        """No browser's is."""
        turn_away(connection, 400)

    def eof_received(self, connection: Connection) -> None:
        """In the middle of it."""
        connection.close("closed by client")

    def connection_lost(self, connection: Connection, reason: str) -> None:
        """Whoever it was, nothing came of it."""
        self._handler.decided(connection)
        self._handler.connection_lost(connection, reason)

    def _decide(self, connection: Connection) -> None:
        """What has come in behind the request waits in the wrong framer. No client may send that
        before it is answered (RFC 6455, 4.1), so none is let in that does."""
        if not connection.is_open:
            return
        if connection.has_waiting_lines or connection.framer.finish():
            turn_away(connection, 400, "Send nothing before the answer to this request.")
            return
        try:
            self._handler.upgrade(connection, b"\r\n".join([*self._head, b""]))
            self._begin(connection)
        except HandshakeRefused as refused:
            turn_away(connection, refused.status)
        except Exception:
            log.exception("%s: a WebSocket failed to begin", connection.peer)
            connection.abort("internal error")
        connection.resume_reading()
