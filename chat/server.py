"""ChatServer: where it listens, how it runs and stops, and how a program embeds it."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from functools import partial
from secrets import token_hex
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar

from chat.config import Config, changed
from chat.core import ChatCore
from chat.core.commands import Command
from chat.core.events import Event, Refused
from chat.dialects import ADMIN, DIALECTS
from chat.durable import DurableShell
from chat.entrance import handler_for
from chat.handlers import AdminHandler
from chat.http import answer, turn_away
from chat.local import LocalUser
from chat.parsing import WEBSOCKET, ConfigError
from chat.shell import Shell
from chat.store import Store, StoreError
from reactor import Address, Reactor, format_address

T = TypeVar("T")

EPOCH_BYTES = 8  # so that no two runs have the same
DAY_S = 86_400.0
NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}  # ::1 has a name also where IPv6 is off
SHUTDOWN_S = 5.0  # how long a stopping server waits for people to read the last lines


class ChatServer:
    """A chat server that is bound when it has been made, and runs as you like:

        with ChatServer(port=0) as server: ...      # in a thread of its own
        server.serve_forever()                      # here, until `stop`
        server.run_once(timeout=0)                  # a step at a time, from a loop of yours

    Settings are Config's fields, given by name (files also as a Path) or as a Config. A reactor or
    an opened store that is given becomes the server's own, and ends with it. Raises OSError when an
    address can't be had, ssl.SSLError or OSError for a certificate that is no good, StoreError for
    a store that is, ConfigError for a setting that can't be, or needs a package that isn't there.
    `stop` and `join` may be called from any thread; so may a local user's methods. `epoch` (see
    ChatCore) is drawn anew where there is no store, unless it is given, as for a run that is to be
    the same again.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        reactor: Reactor | None = None,
        opened_store: Store | None = None,
        wall_clock: Callable[[], float] = time.time,
        epoch: str = "",
        **settings: Any,
    ) -> None:
        plain = {k: os.fspath(v) if isinstance(v, os.PathLike) else v for k, v in settings.items()}
        self.config = replace(config or Config(), **plain)
        self.reactor = reactor or Reactor()
        self._store = opened_store
        self._tls: ssl.SSLContext | None = None  # what is spoken by the listeners that are ours
        self._ends = ExitStack()  # what is to be closed with the server: its files
        self._recording = ""  # the file that we began
        # Of what threads ask against each other where nobody runs the loop yet, and against its
        # beginning and its end. A signal's handler may ask, too, in the midst of any of it.
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._loop_thread: int | None = None  # who runs the loop, or stepped it last
        self._at_rest = threading.Event()  # cleared while `serve_forever` runs
        self._at_rest.set()
        self._stopping = False
        self._closed = False
        try:
            self._shell = self._make_shell(wall_clock, epoch or token_hex(EPOCH_BYTES))
            self.core = self._shell.core
            self._take_over_settings()
            self._listen()
        except BaseException:
            self.reactor.close()
            self._ends.close()
            if self._recording:  # of nothing; and the next try needs a file that is not there
                with suppress(OSError):  # what is to be told is why the start failed
                    os.unlink(self._recording)
            raise

    # --- running --------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._begin(None)
        self._thread = threading.Thread(target=self._serve, name="chat-server", daemon=True)
        try:
            self._thread.start()
        except BaseException:  # the system has no thread left; and nobody else could close us
            self._at_rest.set()
            self.close()
            raise
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
        """Serve until `stop`, and clean up. Raises RuntimeError where it is served already, as it
        is in a `with`, or was closed: each server runs once."""
        self._begin(threading.get_ident())
        self._serve()

    def _begin(self, thread: int | None) -> None:
        """It is run from here on, by that thread, or by one that is yet to begin."""
        with self._lock:  # two loops on the same sockets would take from one another what they read
            self._check_may_run()
            self._loop_thread = thread
            self._at_rest.clear()
            if self._closed:  # just now, by a signal's handler
                self._at_rest.set()
                self._check_may_run()

    def _check_may_run(self) -> None:
        if self._closed:
            raise RuntimeError("the server has stopped")
        if not self._at_rest.is_set():
            raise RuntimeError("the server runs already")

    def _serve(self) -> None:
        self._take_loop()
        try:
            self.reactor.run()
        finally:
            try:
                self._end()
            finally:
                self._at_rest.set()

    def run_once(self, timeout: float | None = None) -> None:
        """One turn of the loop: wait up to `timeout` seconds (None: as long as it takes), handle
        what there is, and send the answers. Raises RuntimeError where `serve_forever` runs, or has
        run."""
        self._check_may_run()
        self._take_loop()
        self.reactor.run_once(timeout)

    def _take_loop(self) -> None:
        """It is this thread's from here on, once what others do to it just now is done."""
        thread = threading.get_ident()
        if self._loop_thread != thread:
            with self._lock:
                self._loop_thread = thread

    def fileno(self) -> int:
        """For another loop to watch; see `Reactor.fileno` for the timers."""
        return self.reactor.fileno()

    def timeout(self) -> float | None:
        """Seconds until `run_once` has something to do of itself, up to a day; None: not before an
        event."""
        return self.reactor.timeout()

    @property
    def address(self) -> tuple[str, int]:
        """Where the server listens: (host, port), with the real port."""
        first = self._addresses[0]
        assert isinstance(first, tuple)  # `_listen` begins with the host and the port
        return first

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
        """Tell everyone, and give everything back at once. Done by `serve_forever`; a loop of yours
        does it itself. While `serve_forever` runs, a callback or a signal's handler may: it ends
        after this turn. So may any other thread, which waits until it has ended.
        """
        with self._lock:  # or another thread could begin to run it just now
            if self._at_rest.is_set():
                self._end()
                return
        self.reactor.stop()
        if self._loop_thread != threading.get_ident():
            self._at_rest.wait()

    def reconfigure(self, config: Config) -> list[str]:
        """Take over what can change in a running server, the certificate included. Returns the
        names of the settings that have changed, but need a restart. In the loop's thread only.

        Raises ssl.SSLError or OSError for a certificate that is no good; nothing has changed then.
        """
        context = _tls_context(config)
        before = asdict(self.config.limits)
        self.config, waits = changed(self.config, config)
        new = {k: v for k, v in asdict(self.config.limits).items() if v != before[k]}
        limits = replace(self.core.world.limits, **new)  # what else an administrator set, stays
        self.core.configure(limits, self.config.settings, self._shell.wall_clock())
        self._take_over_settings()
        if self._tls is not None and context is not None:
            for listener in self.reactor.listeners:
                if listener.tls is self._tls:
                    listener.tls = context
            self._tls = context
        return waits

    # --- users in this process ------------------------------------------------------------------

    def join(self, name: str) -> LocalUser:
        """A user without a socket. Raises Refusal, as when the name is taken, or TypeError."""
        return self._in_loop(self._shell.join, name, self)

    def ask(self, user: LocalUser, command: Command) -> list[Event]:
        """For LocalUser.ask."""
        return self._in_loop(self._shell.ask, user, command)

    def leave(self, user: LocalUser) -> None:
        """For LocalUser.leave."""
        if not self._closed:
            self._in_loop(self._shell.leave, user, "left")

    def drop(self, user: LocalUser, reason: str) -> None:
        """For a LocalUser that does not listen."""
        self.reactor.call_soon(self._shell.leave, user, reason)

    def _in_loop(self, work: Callable[..., T], *args: Any) -> T:
        """Do something in the loop's thread, and wait for what it returns or raises. Where no
        thread has run the loop yet, whoever asks does it, one after the other."""
        if not self._closed and self._loop_thread == threading.get_ident():
            return self._at_once(work, *args)
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(work(*args))
            except Exception as error:  # noqa: BLE001 - it is raised again in the thread that asked
                result.set_exception(error)

        with self._lock:
            if self._closed:
                raise RuntimeError("the server has stopped")
            if self._loop_thread is None:
                return self._at_once(work, *args)
            self.reactor.call_soon_threadsafe(run)
        return result.result()

    def _at_once(self, work: Callable[..., T], *args: Any) -> T:
        self.reactor.call_soon(_nothing)  # a loop that watches `fileno` is to send the answers
        return work(*args)

    # --- the store ------------------------------------------------------------------------------

    def _make_shell(self, wall_clock: Callable[[], float], epoch: str) -> Shell:
        """With a store, if one is given, or the configuration names one. Raises StoreError."""
        config, reactor = self.config, self.reactor
        if config.store and self._store is None:
            self._store = Store(config.store, config.store_sync)
        store = self._store
        if store is None:
            core = self._make_core(epoch=epoch)
            return Shell(core, reactor, wall_clock, self._stop_if_empty, self.stop)
        self._ends.callback(store.close)
        core = self._make_core(durable=True, epoch=store.epoch)
        try:
            return DurableShell(core, reactor, wall_clock, self._stop_if_empty, self.stop, store)
        except ValueError as error:  # a record that somebody else has written
            raise StoreError(f"{config.store}: {error}") from error

    def _make_core(self, *, epoch: str, durable: bool = False) -> ChatCore:
        """One that is recorded, if the configuration names a file for it. Raises OSError."""
        limits, settings = self.config.limits, self.config.settings
        if not self.config.record:
            return ChatCore(limits, settings, durable=durable, epoch=epoch)
        from chat.testing.recording import Recorder  # noqa: PLC0415 - few need it

        opener = partial(os.open, mode=0o600)  # what people say is in it
        file = open(  # noqa: SIM115 - until the server is closed
            self.config.record, "x", encoding="ascii", opener=opener
        )
        self._recording = self.config.record
        recorder = Recorder(file, limits, settings, durable=durable, epoch=epoch)
        self._ends.callback(_close_at_last, file)
        self._ends.callback(recorder.close)
        return recorder

    def _take_over_settings(self) -> None:
        """Those that the core knows nothing of."""
        self._shell.idle.set_timeout(self.config.idle_timeout)
        self._shell.origins = frozenset(map(str.lower, self.config.origin))
        if isinstance(self._shell, DurableShell):
            self._shell.keep_messages = self.config.keep_messages
            self._shell.keep_s = self.config.keep_days * DAY_S

    # --- listening and stopping -----------------------------------------------------------------

    def _listen(self) -> None:
        """Bind everything that the configuration asks for. Raises OSError or ssl.SSLError."""
        self._tls = _tls_context(self.config)
        self._addresses: list[Address] = []
        self._listen_on((self.config.host, self.config.port), "")
        for listen in self.config.listen:
            self._listen_on(listen.address, listen.dialect)
        if self.config.unix:
            self._listen_on(self.config.unix, "")
        # Where there are no Unix sockets, as on Windows, who asks for a store alone has that.
        if self.config.admin or (self.config.store and hasattr(socket, "AF_UNIX")):
            self._listen_for_admins(self.config.admin_socket)

    def _listen_on(self, where: Address, name: str) -> None:
        """All the addresses that a name stands for; who can read a Unix socket needs no TLS.
        `name` is a dialect's, or `ws`; without one, every dialect is spoken."""
        on_wire = not isinstance(where, str)
        tls = self._tls if on_wire else None
        try:
            handler = handler_for(self._shell, name, is_local=not on_wire)
        except ImportError as error:
            raise ConfigError(f"listen {name}:{format_address(where)}: {error}") from None
        refusal = b"" if tls else _server_full(name)
        bound: list[Address] = []
        for address in _resolve(*where) if on_wire else [where]:
            try:
                listener = self.reactor.listen(address, handler, tls=tls, refusal=refusal)
            except OSError as error:
                problem = _naming(format_address(address), error)
                if error.errno not in NOT_HERE:
                    raise problem from None
                continue
            bound.append(listener.address)
            if not isinstance(where, str) and where[1] == 0:
                break  # the system would choose another port for each
        if not bound:
            raise problem
        self._addresses += bound

    def _listen_for_admins(self, path: str) -> None:
        """Nobody but the server's own user, and root, can open the socket."""
        try:
            handler, refusal = AdminHandler(self._shell), ADMIN.render(Refused("server-full"))
            self.reactor.listen(path, handler, mode=0o600, refusal=refusal)
        except OSError as error:
            raise _naming(path, error) from None

    def _end(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if not self._stopping:
            self._begin_stop()
        self.reactor.run_once(0)  # answers those threads that asked before the lock was ours
        self.reactor.close()
        self._ends.close()

    def _begin_stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        for listener in list(self.reactor.listeners):
            listener.close()
        self.reactor.call_later(SHUTDOWN_S, self._give_up)
        for connection in self.reactor.connections.values():
            if not getattr(connection.handler, "has_session", True):
                turn_away(connection, 503, "The server is shutting down.")
        self._shell.perform_all(self.core.shut_down(self._shell.wall_clock()))
        self._stop_if_empty()

    def _give_up(self) -> None:
        for connection in list(self.reactor.connections.values()):
            connection.abort("shutdown")
        self.reactor.stop()

    def _stop_if_empty(self) -> None:
        if self._stopping and not self.reactor.connections:
            self.reactor.stop()


def _server_full(name: str) -> bytes:
    """What somebody reads on such a listener for whom there is no room."""
    if name == WEBSOCKET:
        return answer(503)
    return DIALECTS[name or "line"].render(Refused("server-full"))


def _close_at_last(file: TextIO) -> None:
    """What could not be written, and was said to be, is not said once more."""
    with suppress(OSError):
        file.close()


def _nothing() -> None:
    """For a turn that is only to flush."""


def _resolve(host: str, port: int) -> list[Address]:
    """Every address that a name stands for (`localhost` has two), on one port."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        error.filename = f"host {host!r}"
        raise
    except UnicodeError:  # a part of it is empty, or longer than 63 letters
        raise OSError(errno.EINVAL, "no such name can be", f"host {host!r}") from None
    hosts = dict.fromkeys(str(address[0]) for *_, address in found)
    return [(name, port) for name in hosts]


def _naming(name: str, error: OSError) -> OSError:
    """The same error, with the name of what could not be had, once."""
    # In its own words, as `os.strerror` knows none for Windows's sockets; Python adds the address.
    reason, _, _ = (error.strerror or str(error)).partition(" (while attempting to bind on ")
    return OSError(error.errno, reason, name)


def _tls_context(config: Config) -> ssl.SSLContext | None:
    if not config.tls_cert:
        return None
    for path in (config.tls_cert, config.tls_key):
        with open(path, "rb"):  # `ssl` would not say which of them isn't there
            pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a password, OpenSSL would ask for one at the terminal, and the server wait.
        context.load_cert_chain(config.tls_cert, config.tls_key, password="")
    except ssl.SSLError as error:
        problem = "not a certificate and its key, in PEM and without a password"
        error.strerror = f"{config.tls_cert}, {config.tls_key}: {problem}"
        raise
    return context
