"""What the reactor tells of a connection, as the core's inputs: one handler per listener."""

from __future__ import annotations

import logging
import sys

from chat.core import actions
from chat.core.dialect import Dialect
from chat.dialects import ADMIN, ADMIN_JSON
from chat.dialects.base import first_word
from chat.shell import Shell, note
from reactor import Connection, Handler

LOGGED_INPUT_MAX_BYTES = 200  # of a line that a bug of ours choked on


class ChatHandler(Handler):
    """What the reactor tells, as the core's inputs. One per listener: it knows the dialect.

    A connection's number is its session's number; its `context` is the shell's IdleClock's.
    """

    __slots__ = ("_core", "_dialect", "_is_local", "_shell")

    is_timed = True  # silence for too long is the end

    def __init__(self, shell: Shell, dialect: Dialect, *, is_local: bool = False) -> None:
        self._shell = shell
        self._core = shell.core
        self._dialect = dialect
        self._is_local = is_local  # on a Unix socket: nobody has an address

    def connection_made(self, connection: Connection) -> None:
        """Someone is at the door."""
        note(connection.peer, connection.id, "opened", logging.DEBUG)
        self.begin(connection)
        self._shell.idle.add(connection)

    def begin(self, connection: Connection) -> None:
        """A session begins."""
        shell = self._shell
        shell.keep_tidy()
        address, now = self.address_of(connection), shell.wall_clock()
        shell.perform_all(self._core.connect(connection.id, self._dialect, now, address))

    def address_of(self, connection: Connection) -> str:
        """Where somebody comes from, without the port; empty: from this very machine."""
        if self._is_local:
            return ""
        return sys.intern(connection.peer.rpartition(":")[0].strip("[]"))

    def line_received(self, connection: Connection, line: bytes) -> None:
        """The way of every message. What it costs is what the server costs."""
        shell = self._shell
        for action in self._core.receive(connection.id, line, shell.wall_clock()):
            shell.table[type(action)](shell, action)

    def line_too_long(self, connection: Connection) -> None:
        """A line that nobody kept."""
        shell = self._shell
        shell.perform_all(self._core.receive_too_long(connection.id, shell.wall_clock()))

    def eof_received(self, connection: Connection) -> None:
        """`printf ... | nc -N`: everything was handled, the answers are still to be sent."""
        self.end(connection, "closed by client")

    def end(self, connection: Connection, reason: str) -> None:
        """A session ends that nothing more will come of."""
        self._disconnected(connection, reason)
        self._shell.perform(actions.Close(connection.id, reason))

    def connection_lost(self, connection: Connection, reason: str) -> None:
        """However it ended."""
        shell = self._shell
        shell.idle.discard(connection)
        self._disconnected(connection, reason)
        seconds = shell.reactor.time() - connection.opened_at
        note(connection.peer, connection.id, "closed", reason=reason, seconds=seconds)
        shell.connection_lost()

    def loggable(self, line: bytes) -> bytes:
        """The verb alone: what stands behind it may be a message or a password."""
        return first_word(line)[:LOGGED_INPUT_MAX_BYTES]

    def _disconnected(self, connection: Connection, reason: str) -> None:
        shell = self._shell
        shell.perform_all(self._core.disconnect(connection.id, reason, shell.wall_clock()))


class AdminHandler(ChatHandler):
    """For the socket of the server's administration, where there may be silence."""

    __slots__ = ()

    is_timed = False

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, ADMIN, is_local=True)

    def line_received(self, connection: Connection, line: bytes) -> None:
        """`json` asks for answers in JSON from then on."""
        shell = self._shell
        if line.strip().lower() == b"json":
            shell.perform_all(shell.core.speak(connection.id, ADMIN_JSON, shell.wall_clock()))
        else:
            super().line_received(connection, line)
