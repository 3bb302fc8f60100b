"""The ways in: which handler a listener has, and those that look at the first line."""

from __future__ import annotations

from chat.core.dialect import Dialect
from chat.dialects import DIALECTS
from chat.dialects.detect import detect
from chat.handlers import ChatHandler
from chat.http import turn_away, turned_away_with
from chat.shell import Shell
from reactor import Connection

GREETED = "A greeting comes first here; WebSocket needs a listener of its own (--listen ws:PORT)."


class DetectingHandler(ChatHandler):
    """For a port where every dialect is spoken: the first line tells which it is.

    Until then a session speaks the line dialect, so that there can be a greeting. What it turns
    out to speak has a handler of its own, which takes the connection over.
    """

    __slots__ = ("_handlers",)

    def __init__(self, shell: Shell, *, is_local: bool = False) -> None:
        super().__init__(shell, DIALECTS["line"], is_local=is_local)
        self._handlers = {name: ChatHandler(shell, DIALECTS[name]) for name in DIALECTS}

    def line_received(self, connection: Connection, line: bytes) -> None:
        """The first, unless it is empty."""
        name = detect(line)
        if name is None:
            super().line_received(connection, line)  # which counts it
        elif name == "http":
            self._to_websocket(connection, line)
        else:
            handler = connection.handler = self._handlers[name]
            if handler._dialect is not self._dialect:
                shell = self._shell
                speak = shell.core.speak(connection.id, handler._dialect, shell.wall_clock())
                shell.perform_all(speak)
            handler.line_received(connection, line)

    def _to_websocket(self, connection: Connection, line: bytes) -> None:
        if status := turned_away_with(line):
            turn_away(connection, status)
        elif self._core.settings.greeting:
            turn_away(connection, 426, GREETED)
        else:
            try:
                from chat.websocket import WebSocketHandler  # noqa: PLC0415 - not all can
            except ImportError as error:
                turn_away(connection, 426, str(error))
            else:
                handler = WebSocketHandler(self._shell, is_local=self._is_local)
                handler.take_over(connection, line)


class BoundHandler(ChatHandler):
    """For a port of one dialect. From there, too, no page is to chat (see `chat/http.py`)."""

    __slots__ = ("_handler",)

    def __init__(self, shell: Shell, dialect: Dialect, *, is_local: bool = False) -> None:
        super().__init__(shell, dialect, is_local=is_local)
        self._handler = ChatHandler(shell, dialect, is_local=is_local)

    def line_received(self, connection: Connection, line: bytes) -> None:
        """The first, unless it is empty."""
        name = detect(line)
        if name == "http":
            turn_away(connection, turned_away_with(line) or 426)
            return
        if name is not None:
            connection.handler = self._handler
        super().line_received(connection, line)


def handler_for(shell: Shell, name: str, *, is_local: bool) -> ChatHandler:
    """Of a listener for what has this name: a dialect, `ws`, or everything (""). Raises
    ImportError where there is no WebSocket."""
    if not name:
        return DetectingHandler(shell, is_local=is_local)
    if name in DIALECTS:
        return BoundHandler(shell, DIALECTS[name], is_local=is_local)
    from chat.websocket import WebSocketHandler  # noqa: PLC0415 - not all can

    return WebSocketHandler(shell, is_local=is_local)
