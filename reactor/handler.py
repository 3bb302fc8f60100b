"""What the program that uses the reactor is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reactor.connection import Connection


class Handler:
    """The callbacks of a listener's connections; override what you need.

    One handler serves all connections of a listener and is told which one spoke; what belongs to
    a single connection goes into its `context`. An exception that leaves a callback is logged
    with the input that caused it and closes that connection alone.
    """

    __slots__ = ()

    def connection_made(self, connection: Connection) -> None:
        """Someone connected (and, under TLS, will have to shake hands first)."""

    def line_received(self, connection: Connection, line: bytes) -> None:
        """A whole line came in, without its line end."""

    def line_too_long(self, connection: Connection) -> None:
        """A line went over the limit and is being skipped. The connection lives on."""

    def eof_received(self, connection: Connection) -> None:
        """The other side sends no more, and all of its lines were handled. Closes by default."""
        connection.close()

    def connection_lost(self, connection: Connection, reason: str) -> None:
        """The connection is gone, for whatever reason. Called once, and last."""

    def loggable(self, line: bytes) -> bytes:
        """What of a line may stand in a log when handling it failed; by default, its size."""
        return b"(%d bytes)" % len(line)
