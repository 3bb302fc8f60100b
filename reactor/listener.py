"""Listener: a bound socket and the connections that come in on it."""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import stat
from collections.abc import Callable
from contextlib import suppress
from selectors import EVENT_READ
from typing import TYPE_CHECKING

from reactor.connection import Connection
from reactor.interfaces import Loop
from reactor.limits import ConnectionLimits
from reactor.tls import TlsLayer

if TYPE_CHECKING:
    from reactor.handler import Handler
    from reactor.timers import Timer

log = logging.getLogger("reactor")

Address = tuple[str, int] | str  # (host, port), or the path of a Unix socket

BACKLOG = 4096  # the kernel cuts it to its own limit (net.core.somaxconn)
ACCEPT_BURST = 64  # accepted in one turn, so that a rush of arrivals doesn't hold up who is here
ACCEPT_BACKOFF_S = 1.0  # how long nobody is accepted once the process has no descriptor left

OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Listener:
    """Accepts connections on one address for a handler. Made by `Reactor.listen`."""

    def __init__(
        self,
        reactor: Loop,
        sock: socket.socket,
        handler: Handler,
        limits: ConnectionLimits,
        tls: ssl.SSLContext | None = None,
        refusal: bytes = b"",
        path: str = "",
    ) -> None:
        self._reactor = reactor
        self._sock = sock
        self._accept = _accept_of(sock)
        self._handler = handler
        self._limits = limits
        self.tls = tls  # may be replaced, for connections from then on
        self._refusal = refusal  # what somebody reads whom we have no descriptor for
        self._reserve = _open_reserve()  # given up to be able to refuse
        self._path = path  # of a Unix socket
        self._made = _file_at(path)
        self._backoff: Timer | None = None  # ends the time in which nobody is let in
        self._exhausted = False
        self._accepting = False
        self._open = True
        self.address: Address = _address_of(sock)
        if not isinstance(self.address, str):
            _set_options(sock)
        self.resume_accepting()

    def resume_accepting(self) -> None:
        """Accept again after `pause_accepting`."""
        if self._open and not self._accepting:
            if self._reserve is None:
                self._reserve = _open_reserve()
            self._accepting = True
            self._reactor.watch(self._sock, 0, EVENT_READ, self)

    def pause_accepting(self) -> None:
        """Leave who connects to wait in the kernel's queue."""
        if self._backoff is not None:
            self._reactor.cancel(self._backoff)
        if self._accepting:
            self._accepting = False
            self._reactor.watch(self._sock, EVENT_READ, 0, self)

    def close(self) -> None:
        """Stop listening. Connections that were accepted live on. Closing twice does nothing."""
        if not self._open:
            return
        self.pause_accepting()
        self._open = False
        if self._made is not None:  # before the socket: then a successor may put its own there
            with suppress(OSError):  # somebody tidied up before us, or we may not any more
                if os.path.samestat(os.lstat(self._path), self._made):
                    os.unlink(self._path)
        self._sock.close()
        if self._reserve is not None:
            os.close(self._reserve)
        self._reactor.forget(self)

    def ready(self, _mask: int) -> None:
        """Somebody is at the door. Called by the loop."""
        for _ in range(ACCEPT_BURST):
            if not self._accepting:
                return
            try:
                sock, peer = self._accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in OUT_OF_RESOURCES:
                    self._out_of_descriptors(error)
                    return
                log.debug("%s: accept: %s", self.name, error)  # it left before we opened
                continue
            self._accepted(sock, peer)

    @property
    def name(self) -> str:
        """The address, for people to read."""
        return format_address(self.address)

    def _accepted(self, sock: socket.SocketType, peer: object) -> None:
        self._exhausted = False
        sock.setblocking(False)
        layer = TlsLayer(self.tls) if self.tls is not None else None
        name = format_address(peer[:2]) if isinstance(peer, tuple) else self.name
        connection = Connection(self._reactor, sock, name, self._handler, self._limits, layer)
        try:
            self._handler.connection_made(connection)
        except Exception:
            log.exception("%s: a handler failed on connection_made", name)
            connection.abort("internal error")

    def _out_of_descriptors(self, error: OSError) -> None:
        """Tell those at the door, then leave it shut for a while: asking again at once would
        only spin. Said once in the log, until someone gets in again."""
        if not self._exhausted:
            self._exhausted = True
            log.error("%s: can't accept: %s; refusing until there is room", self.name, error)
        self._refuse_waiting()
        self.pause_accepting()
        self._backoff = self._reactor.call_later(ACCEPT_BACKOFF_S, self.resume_accepting)

    def _refuse_waiting(self) -> None:
        for _ in range(ACCEPT_BURST):
            if self._reserve is not None:
                os.close(self._reserve)
            try:
                sock, _peer = self._sock.accept()
                with sock, suppress(OSError):  # this one gave up, or has said nothing yet
                    sock.setblocking(False)
                    sock.send(self._refusal)
                    sock.recv(self._limits.read_max_bytes)  # unread input would undo the sending
            except OSError:
                return  # nobody is left at the door
            finally:
                self._reserve = _open_reserve()


def _accept_of(sock: socket.socket) -> Callable[[], tuple[socket.SocketType, object]]:
    """What `accept` does, but for a Python class around the socket: 3 us of an arrival's 70, and 64
    bytes of each connection."""
    accept, make = getattr(sock, "_accept", None), socket.SocketType
    if accept is None:  # a simulated one, whose own are simulated, too
        return sock.accept
    family, kind, proto = int(sock.family), int(sock.type), sock.proto

    def accepted() -> tuple[socket.SocketType, object]:
        descriptor, peer = accept()
        return make(family, kind, proto, descriptor), peer

    return accepted


def _file_at(path: str) -> os.stat_result | None:
    """To know it again. None where there is no file, as in a network without a kernel."""
    try:
        return os.lstat(path) if path else None
    except OSError:
        return None


def _open_reserve() -> int | None:
    """A descriptor to give up later. None while another thread has taken the last one."""
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None


def bind(address: Address, *, mode: int | None = None) -> socket.socket:
    """A listening, non-blocking socket on an address. Raises OSError when that can't be had.

    `mode`: a Unix socket's permissions, such as 0o600.
    """
    if isinstance(address, str):
        sock = _bind_unix(address, mode)
    else:
        host, port = address
        family, _, _, _, resolved = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        dualstack = host == "::" and socket.has_dualstack_ipv6()
        sock = socket.create_server(
            resolved[:2], family=family, backlog=BACKLOG, dualstack_ipv6=dualstack
        )
    sock.setblocking(False)
    return sock


def _bind_unix(path: str, mode: int | None) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):  # as on Windows
        raise OSError(errno.EAFNOSUPPORT, "Python has no Unix sockets on this system")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale_socket(path)
        sock.bind(path)
        if mode is not None:
            os.chmod(path, mode)
        sock.listen(BACKLOG)
    except BaseException:  # ValueError, for what is no path
        sock.close()
        raise
    return sock


def _remove_stale_socket(path: str) -> None:
    """Remove what a server that was killed left behind; never a file, nor a socket in use."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)


def format_address(address: Address | tuple[object, ...]) -> str:
    """An address as people write it: 127.0.0.1:4000, [::1]:4000 or a path."""
    if isinstance(address, str):
        return address
    host, port = address
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def _set_options(sock: socket.socket) -> None:
    """What accepted connections inherit from the socket that they came in on."""
    # The loop joins a turn's lines itself; waiting for more (Nagle) would only delay them.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Finds out about a peer that vanished without a word, where no idle timeout does.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _address_of(sock: socket.socket) -> Address:
    name = sock.getsockname()
    if isinstance(name, bytes):  # Linux's without a file, which begins with a NUL: @name
        return os.fsdecode(name).replace("\0", "@")
    return name if isinstance(name, str) else (name[0], name[1])
