"""Shell: does for the core what it can't do itself, and tells it what happens.

Sockets, timers and the time of day are here; what they mean is not. The reactor's callbacks
become the core's inputs (ChatHandler), the core's actions become calls of the reactor (Shell).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from chat.core import ChatCore, actions
from chat.core.actions import Action, Audience, Send
from chat.core.commands import Command, Login
from chat.core.dialect import Dialect
from chat.core.errors import Refusal
from chat.core.events import Event, Refused, Told
from chat.dialects import DIALECTS, LOCAL
from chat.dialects.detect import HTTP_REFUSAL, detect
from chat.idle import IdleClock
from chat.local import Host, LocalGroup, LocalUser
from reactor import Connection, Group, Handler, Reactor

log = logging.getLogger("chat")

LOGGED_INPUT_MAX_BYTES = 200  # of a line that a bug of ours choked on


class Shell:
    """The core, and what it acts on. A session's number is its connection's, or local user's."""

    def __init__(
        self,
        core: ChatCore,
        reactor: Reactor,
        wall_clock: Callable[[], float],
        connection_lost: Callable[[], object],
    ) -> None:
        self.core = core
        self.reactor = reactor
        self.wall_clock = wall_clock  # seconds since the epoch: the core's time
        self.connection_lost = connection_lost  # told after each, when the core has been
        self.idle = IdleClock(reactor, self._time_out)
        self.locals: dict[int, LocalUser] = {}
        self._groups: dict[Audience, Group | LocalGroup] = {}

    # --- users in this process ------------------------------------------------------------------

    def join(self, name: str, host: Host) -> LocalUser:
        """A user in this process. Raises Refusal, as when the name is taken."""
        user = LocalUser(host, self.reactor.next_id())
        self.locals[user.session] = user
        try:
            self._answers(user, self.core.connect(user.session, LOCAL, self.wall_clock()))
            self.ask(user, Login(name))
        except Refusal:
            self.leave(user, "refused")
            raise
        return user

    def ask(self, user: LocalUser, command: Command) -> list[Event]:
        """What a local user is answered. Raises Refusal."""
        if user.session not in self.locals:
            raise Refusal("not-logged-in")
        return self._answers(user, self.core.submit(user.session, command, self.wall_clock()))

    def _answers(self, user: LocalUser, happened: list[Action]) -> list[Event]:
        """Do everything but what is for the one who asked: that is the answer."""
        answers: list[Event] = []
        for action in happened:
            mine = isinstance(action, Send) and action.session == user.session
            data: Any = action.data if isinstance(action, Send) else None
            if mine and not isinstance(data, Told):  # a message to oneself happens, too
                answers.append(data)
            else:
                self.perform(action)
        for answer in answers:
            if isinstance(answer, Refused):
                raise Refusal(answer.code, answer.detail)
        return answers

    def leave(self, user: LocalUser, reason: str) -> None:
        """A local user is gone."""
        if user.session in self.locals:
            self.perform_all(self.core.disconnect(user.session, reason, self.wall_clock()))
            del self.locals[user.session]  # not before: it has to be found to be taken out of rooms
            user.close(reason)

    def end_locals(self) -> None:
        """The server is no more."""
        for user in self.locals.values():
            user.close("shutdown")

    # --- the core's actions ---------------------------------------------------------------------

    def perform_all(self, happened: list[Action]) -> None:
        """Do what the core wants done, in order."""
        for action in happened:
            self.perform(action)

    def perform(self, action: Action) -> None:
        """Do one thing that the core wants done."""
        _PERFORM[type(action)](self, action)

    def _time_out(self, connection: Connection) -> None:
        self.perform_all(self.core.time_out(connection.id, self.wall_clock()))

    def _peer(self, session: int) -> Any:
        """Who is at the other end: a Connection or a LocalUser, whose faces are alike."""
        return self.reactor.connections.get(session) or self.locals.get(session)

    def _send(self, action: actions.Send) -> None:
        peer = self._peer(action.session)
        if peer is not None:  # None: the core could not be told that it is gone, a bug of ours
            peer.write(action.data)

    def _publish(self, action: actions.Publish) -> None:
        but = None if action.but is None else self._peer(action.but)
        self._groups[action.audience].send(action.data, but)

    def _enter(self, action: actions.Enter) -> None:
        group = self._groups.get(action.audience)
        if group is None:
            local = action.audience.dialect == LOCAL.name
            group = self._groups[action.audience] = LocalGroup() if local else Group(self.reactor)
        group.add(self._peer(action.session))

    def _exit(self, action: actions.Exit) -> None:
        group = self._groups[action.audience]
        peer = self._peer(action.session)
        if peer is not None:
            group.discard(peer)
        if not len(group):
            del self._groups[action.audience]

    def _close(self, action: actions.Close) -> None:
        peer = self._peer(action.session)
        self.locals.pop(action.session, None)
        if peer is not None:
            peer.close(action.reason)

    def _hold(self, action: actions.Hold) -> None:
        connection = self.reactor.connections[action.session]
        connection.put_back(action.line)
        connection.pause_reading()
        connection.heard_at = self.reactor.now + action.delay_s  # not idle before it is handled
        self.reactor.call_later(action.delay_s, connection.resume_reading)

    def _report(self, action: actions.Report) -> None:
        connection = self.reactor.connections.get(action.session)
        where = connection.peer if connection is not None else "in process"
        user = {"user": action.name} if action.name else {}
        note(where, action.session, action.what, **user)


_PERFORM: Final[dict[type[Action], Callable[[Shell, Any], None]]] = {
    actions.Send: Shell._send,
    actions.Publish: Shell._publish,
    actions.Enter: Shell._enter,
    actions.Exit: Shell._exit,
    actions.Close: Shell._close,
    actions.Hold: Shell._hold,
    actions.Report: Shell._report,
}


class ChatHandler(Handler):
    """What the reactor tells, as the core's inputs. One per listener: it knows the dialect.

    A connection's number is its session's number; its `context` is the shell's IdleClock's.
    """

    __slots__ = ("_core", "_dialect", "_shell")

    def __init__(self, shell: Shell, dialect: Dialect) -> None:
        self._shell = shell
        self._core = shell.core
        self._dialect = dialect

    def connection_made(self, connection: Connection) -> None:
        """A session begins."""
        shell = self._shell
        note(connection.peer, connection.id, "opened", logging.DEBUG)
        shell.idle.add(connection)
        shell.perform_all(self._core.connect(connection.id, self._dialect, shell.wall_clock()))

    def line_received(self, connection: Connection, line: bytes) -> None:
        """The way of every message. What it costs is what the server costs."""
        shell = self._shell
        for action in self._core.receive(connection.id, line, shell.wall_clock()):
            _PERFORM[type(action)](shell, action)

    def line_too_long(self, connection: Connection) -> None:
        """A line that nobody kept."""
        shell = self._shell
        shell.perform_all(self._core.receive_too_long(connection.id, shell.wall_clock()))

    def eof_received(self, connection: Connection) -> None:
        """`printf ... | nc -N`: everything was handled, the answers are still to be sent."""
        self._disconnected(connection, "closed by client")
        connection.close("closed by client")

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
        return line.split(None, 1)[0][:LOGGED_INPUT_MAX_BYTES] if line.split() else b""

    def _disconnected(self, connection: Connection, reason: str) -> None:
        shell = self._shell
        shell.perform_all(self._core.disconnect(connection.id, reason, shell.wall_clock()))


class DetectingHandler(ChatHandler):
    """For a port where every dialect is spoken: the first line tells which it is.

    Until then a session speaks the line dialect, so that there can be a greeting. What it turns
    out to speak has a handler of its own, which takes the connection over.
    """

    __slots__ = ("_handlers",)

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, DIALECTS["line"])
        self._handlers = {name: ChatHandler(shell, DIALECTS[name]) for name in DIALECTS}

    def line_received(self, connection: Connection, line: bytes) -> None:
        """The first, unless it is empty."""
        name = detect(line)
        if name is None:
            super().line_received(connection, line)  # which counts it
        elif name == "http":
            connection.write(HTTP_REFUSAL)
            connection.close("HTTP")
        else:
            handler = connection.handler = self._handlers[name]
            if handler._dialect is not self._dialect:
                shell = self._shell
                speak = shell.core.speak(connection.id, handler._dialect, shell.wall_clock())
                shell.perform_all(speak)
            handler.line_received(connection, line)


def note(
    where: str, number: int, what: str, level: int = logging.INFO, /, **details: object
) -> None:
    """One line of log about a connection; never anything that someone said.

    The fields are the record's `args`, where a formatter that wants them apart finds them.
    """
    if log.isEnabledFor(level):
        fields = {"peer": where, "connection": number, "event": what, **details}
        log.log(level, "%(peer)s #%(connection)d %(event)s" + _DETAILS[tuple(details)], fields)


_DETAILS: Final[dict[tuple[str, ...], str]] = {
    (): "",
    ("user",): " as %(user)s",
    ("reason", "seconds"): " after %(seconds).3f s: %(reason)s",
}
