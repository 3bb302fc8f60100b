"""ChatServer: the core with sockets around it, and the way to embed both.

The shell is thin: it gives the core its inputs, with the time, and does what the actions say.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from chat.config import Config, changed
from chat.core import ChatCore, actions
from chat.core.actions import Action, Audience, Send
from chat.core.commands import Command, Login
from chat.core.dialect import Dialect
from chat.core.errors import Refusal
from chat.core.events import Event, Refused
from chat.dialects import DIALECTS, LOCAL
from chat.local import LocalGroup, LocalUser
from reactor import Address, Connection, Group, Handler, Reactor

log = logging.getLogger("chat")

T = TypeVar("T")

SHUTDOWN_S = 5.0  # how long a stopping server waits for people to read the last lines
LOOK_AGAIN_S = 60.0  # at a connection whose idle timeout was turned off while it was open
LOGGED_INPUT_MAX_BYTES = 200  # of a line that a bug of ours choked on


class ChatServer:
    """A chat server that is bound when it has been made, and runs as you like:

        with ChatServer(port=0) as server: ...      # in a thread of its own
        server.serve_forever()                      # here, until `stop`
        server.run_once(timeout=0)                  # a step at a time, from a loop of yours

    Settings are Config's fields, given by name or as a Config. Raises OSError when an address
    can't be had, ssl.SSLError or OSError for a certificate that is no good. `stop` and `join`
    may be called from any thread; so may a local user's methods.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        reactor: Reactor | None = None,
        wall_clock: Callable[[], float] = time.time,
        **settings: Any,
    ) -> None:
        self.config = replace(config or Config(), **settings)
        self.reactor = reactor or Reactor()
        self.core = ChatCore(self.config.limits, self.config.settings)
        self.wall_clock = wall_clock
        self._groups: dict[Audience, Group | LocalGroup] = {}
        self._locals: dict[int, LocalUser] = {}
        self._lock = threading.Lock()  # of what other threads ask against the end of the loop
        self._thread: threading.Thread | None = None
        self._loop_thread: int | None = None  # who runs the loop, if anyone does
        self._stopping = False
        self._closed = False
        try:
            self._listen()
        except BaseException:
            self.reactor.close()
            raise

    # --- running --------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, name="chat-server", daemon=True)
        self._thread.start()
        self._loop_thread = self._thread.ident
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def serve_forever(self) -> None:
        """Serve until `stop`, and clean up."""
        self._loop_thread = threading.get_ident()
        try:
            self.reactor.run()
        finally:
            self.close()

    def run_once(self, timeout: float | None = None) -> None:
        """One turn of the loop: wait up to `timeout` seconds (None: as long as it takes), handle
        what there is, and send the answers."""
        self.reactor.run_once(timeout)

    def fileno(self) -> int:
        """For another loop to watch; see `Reactor.fileno` for the timers."""
        return self.reactor.fileno()

    def timeout(self) -> float | None:
        """Seconds until `run_once` has something to do of itself; None: not before an event."""
        return self.reactor.timeout()

    @property
    def address(self) -> Address:
        """Where the server listens: (host, port), with the real port."""
        return self.addresses[0]

    @property
    def addresses(self) -> list[Address]:
        """All the places where it listens."""
        return self._addresses

    @property
    def stopped(self) -> bool:
        """`stop` was asked for and everyone is gone: a loop that steps the server can end."""
        return self._closed or (self._stopping and not self.reactor.connections)

    def stop(self) -> None:
        """Tell everyone, send what is due to them for up to SHUTDOWN_S seconds, and end. Returns
        at once; from any thread; more than once is once."""
        self.reactor.call_soon_threadsafe(self._begin_stop)

    def close(self) -> None:
        """Give everything back at once. Done by `serve_forever`; a loop of yours does it itself."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._loop_thread = None
        self._end_locals()
        if not self._stopping:
            self._begin_stop()
        self.reactor.run_once(0)  # answers those threads that asked before the lock was ours
        self.reactor.close()

    def reconfigure(self, config: Config) -> list[str]:
        """Take over what can change in a running server, the certificate included. Returns the
        names of the settings that have changed, but need a restart. In the loop's thread only.

        Raises ssl.SSLError or OSError for a certificate that is no good; nothing has changed then.
        """
        context = _tls_context(config)
        self.config, waits = changed(self.config, config)
        self.core.configure(self.config.limits, self.config.settings)
        for listener in self.reactor.listeners:
            if listener.tls is not None and context is not None:
                listener.tls = context
        return waits

    # --- users in this process ------------------------------------------------------------------

    def join(self, name: str) -> LocalUser:
        """A user without a socket. Raises Refusal, as when the name is taken."""
        return self._in_loop(self._join, name)

    def ask(self, user: LocalUser, command: Command) -> list[Event]:
        """For LocalUser.ask."""
        return self._in_loop(self._ask, user, command)

    def leave(self, user: LocalUser) -> None:
        """For LocalUser.leave."""
        if not self._closed:
            self._in_loop(self._leave, user, "left")

    def drop(self, user: LocalUser, reason: str) -> None:
        """For a LocalUser that does not listen."""
        self.reactor.call_soon(self._leave, user, reason)

    def _join(self, name: str) -> LocalUser:
        user = LocalUser(self, self.reactor.next_id())
        self._locals[user.session] = user
        try:
            self._answers(user, self.core.connect(user.session, LOCAL, self.wall_clock()))
            self._ask(user, Login(name))
        except Refusal:
            self._leave(user, "refused")
            raise
        return user

    def _ask(self, user: LocalUser, command: Command) -> list[Event]:
        if user.session not in self._locals:
            raise Refusal("not-logged-in")
        return self._answers(user, self.core.submit(user.session, command, self.wall_clock()))

    def _answers(self, user: LocalUser, happened: list[Action]) -> list[Event]:
        """Do everything but what is for the one who asked: that is the answer."""
        answers: list[Event] = []
        for action in happened:
            if isinstance(action, Send) and action.session == user.session:
                answers.append(action.data)
            else:
                self.perform(action)
        for answer in answers:
            if isinstance(answer, Refused):
                raise Refusal(answer.code, answer.detail)
        return answers

    def _leave(self, user: LocalUser, reason: str) -> None:
        if self._locals.pop(user.session, None) is not None:
            self.perform_all(self.core.disconnect(user.session, reason, self.wall_clock()))
            user.close(reason)

    def _in_loop(self, work: Callable[..., T], *args: Any) -> T:
        """Do something in the loop's thread, and wait for what it returns or raises."""
        if not self._closed and self._loop_thread in {None, threading.get_ident()}:
            return work(*args)
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(work(*args))
            except Exception as error:  # noqa: BLE001 - it is raised again in the thread that asked
                result.set_exception(error)

        with self._lock:
            if self._closed:
                raise RuntimeError("the server has stopped")
            self.reactor.call_soon_threadsafe(run)
        return result.result()

    # --- the core's actions ---------------------------------------------------------------------

    def perform_all(self, happened: list[Action]) -> None:
        """Do what the core wants done, in order."""
        for action in happened:
            self.perform(action)

    def perform(self, action: Action) -> None:
        """Do one thing that the core wants done."""
        _PERFORM[type(action)](self, action)

    def _peer(self, session: int) -> Any:
        """Who is at the other end: a Connection or a LocalUser, whose faces are alike."""
        return self.reactor.connections.get(session) or self._locals.get(session)

    def _send(self, action: actions.Send) -> None:
        self._peer(action.session).write(action.data)

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
        self._locals.pop(action.session, None)
        peer = self._peer(action.session)
        if peer is not None:
            peer.close(action.reason)

    def _hold(self, action: actions.Hold) -> None:
        connection = self.reactor.connections[action.session]
        connection.put_back(action.line)
        connection.pause_reading()
        self.reactor.call_later(action.delay_s, connection.resume_reading)

    def _report(self, action: actions.Report) -> None:
        connection = self.reactor.connections.get(action.session)
        where = connection.peer if connection is not None else "in process"
        user = {"user": action.name} if action.name else {}
        note(where, action.session, action.what, **user)

    # --- listening and stopping -----------------------------------------------------------------

    def _listen(self) -> None:
        """Bind everything that the configuration asks for. Raises OSError or ssl.SSLError."""
        context = _tls_context(self.config)
        main = [(self.config.host, self.config.port)]
        self._addresses: list[Address] = []
        for address in [address for host, port in main for address in _resolve(host, port)]:
            self._listen_on(address, DIALECTS["line"], context)
        for listen in self.config.listen:
            plain = isinstance(listen.address, str)
            self._listen_on(listen.address, DIALECTS[listen.dialect], None if plain else context)
        if self.config.unix:
            self._listen_on(self.config.unix, DIALECTS["line"], None)

    def _listen_on(self, address: Address, dialect: Dialect, tls: ssl.SSLContext | None) -> None:
        full = dialect.render(Refused("server-full"))
        handler = ChatHandler(self, dialect)
        listener = self.reactor.listen(address, handler, tls=tls, refusal=b"" if tls else full)
        self._addresses.append(listener.address)

    def _begin_stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        for listener in list(self.reactor.listeners):
            listener.close()
        self.perform_all(self.core.shut_down())
        self.reactor.call_later(SHUTDOWN_S, self._give_up)
        self.check_stopped()

    def _give_up(self) -> None:
        for connection in list(self.reactor.connections.values()):
            connection.abort("shutdown")

    def _end_locals(self) -> None:
        for user in list(self._locals.values()):
            user.close("shutdown")

    def check_stopped(self) -> None:
        """End the loop if the server is stopping and the last connection is gone."""
        if self._stopping and not self.reactor.connections:
            self.reactor.stop()


_PERFORM: Final[dict[type[Action], Callable[[ChatServer, Any], None]]] = {
    actions.Send: ChatServer._send,
    actions.Publish: ChatServer._publish,
    actions.Enter: ChatServer._enter,
    actions.Exit: ChatServer._exit,
    actions.Close: ChatServer._close,
    actions.Hold: ChatServer._hold,
    actions.Report: ChatServer._report,
}


class ChatHandler(Handler):
    """What the reactor tells, as the core's inputs. One per listener: it knows the dialect.

    A connection's number is its session's number; its `context` is its idle timer, if it has one.
    """

    __slots__ = ("_core", "_dialect", "_server")

    def __init__(self, server: ChatServer, dialect: Dialect) -> None:
        self._server = server
        self._core = server.core
        self._dialect = dialect

    def connection_made(self, connection: Connection) -> None:
        """A session begins."""
        server = self._server
        note(connection.peer, connection.id, "opened")
        idle_s = server.config.idle_timeout
        if idle_s:
            connection.context = server.reactor.call_later(idle_s, self._check_idle, connection)
        server.perform_all(self._core.connect(connection.id, self._dialect, server.wall_clock()))

    def line_received(self, connection: Connection, line: bytes) -> None:
        """The way of every message. What it costs is what the server costs."""
        server = self._server
        for action in self._core.receive(connection.id, line, server.wall_clock()):
            _PERFORM[type(action)](server, action)

    def line_too_long(self, connection: Connection) -> None:
        """A line that nobody kept."""
        server = self._server
        server.perform_all(self._core.receive_too_long(connection.id, server.wall_clock()))

    def eof_received(self, connection: Connection) -> None:
        """`printf ... | nc -N`: everything was handled, the answers are still to be sent."""
        self._disconnected(connection, "closed by client")
        connection.close("closed by client")

    def connection_lost(self, connection: Connection, reason: str) -> None:
        """However it ended."""
        server = self._server
        if connection.context is not None:
            server.reactor.cancel(connection.context)
        self._disconnected(connection, reason)
        seconds = server.reactor.time() - connection.opened_at
        note(connection.peer, connection.id, "closed", reason=reason, seconds=seconds)
        server.check_stopped()

    def loggable(self, line: bytes) -> bytes:
        """The verb alone: what stands behind it may be a message or a password."""
        return line.split(None, 1)[0][:LOGGED_INPUT_MAX_BYTES] if line.split() else b""

    def _disconnected(self, connection: Connection, reason: str) -> None:
        server = self._server
        server.perform_all(self._core.disconnect(connection.id, reason, server.wall_clock()))

    def _check_idle(self, connection: Connection) -> None:
        """Idle is who has sent nothing for so long and has nothing waiting to be handled. Looking
        when the time is up, instead of moving the timer on every line, keeps lines cheap."""
        server = self._server
        idle_s = server.config.idle_timeout
        reactor = server.reactor
        due = connection.heard_at + idle_s
        if connection.has_waiting_lines or not idle_s:
            reactor.rearm(connection.context, reactor.now + (idle_s or LOOK_AGAIN_S))
        elif due > reactor.now:
            reactor.rearm(connection.context, due)
        else:
            server.perform_all(self._core.time_out(connection.id, server.wall_clock()))


def note(where: str, number: int, what: str, **details: object) -> None:
    """One line of log about a connection; never anything that someone said.

    The fields are the record's `args`, where a formatter that wants them apart finds them.
    """
    if log.isEnabledFor(logging.INFO):
        fields = {"peer": where, "connection": number, "event": what, **details}
        log.info("%(peer)s #%(connection)d %(event)s" + _DETAILS[tuple(details)], fields)


_DETAILS: Final[dict[tuple[str, ...], str]] = {
    (): "",
    ("user",): " as %(user)s",
    ("reason", "seconds"): " after %(seconds).3f s: %(reason)s",
}


def _resolve(host: str, port: int) -> list[Address]:
    """Every address that a name stands for (`localhost` has two), on one port."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((str(address[0]), port) for *_, address in found))


def _tls_context(config: Config) -> ssl.SSLContext | None:
    if not config.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config.tls_cert, config.tls_key)
    return context
