"""Client: who is at the other end of a simulated connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reactor.testing.sockets import FakeListener, FakeSocket
from reactor.timers import Timer

if TYPE_CHECKING:
    from reactor.testing.network import Network

READ_BYTES = 65_536


class Client:
    """Sends what it is told to, as far as there is room; reads what comes, unless it is told not
    to. `on_data` is called with what was read, `on_end` once, when there is no more."""

    def __init__(self, network: Network, sock: FakeSocket) -> None:
        self.sock = sock
        self.received = bytearray()
        self.ended = False  # the server sends no more
        self.was_reset = False
        self.on_data: Callable[[bytes], object] = self.received.extend
        self.on_end: Callable[[], object] = _nothing
        self._network = network
        self._unsent = bytearray()
        self._ending = False  # to send no more, after that
        self._reading = True
        self._pace: tuple[int, float] | None = None  # bytes at a time, and seconds between
        self._next: Timer | None = None  # when it goes on
        sock.watcher = self

    # --- what it may be told --------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send all of it, as soon as there is room."""
        self._unsent += data
        self._soon()

    def send_end(self) -> None:
        """Send no more, after what is still to be sent; go on reading."""
        self._ending = True
        self._soon()

    def stop_reading(self) -> None:
        """Let what comes fill the buffers."""
        self._reading = False

    def read(self) -> None:
        """Read on, as fast as it comes."""
        self._reading, self._pace = True, None
        if self._next is not None:  # at its old pace, which may be a slow one
            self._network.cancel(self._next)
            self._next = None
        self._soon()

    def read_slowly(self, size: int, every_s: float) -> None:
        """Read on, but no more than `size` bytes every `every_s` seconds."""
        self._reading, self._pace = True, (size, every_s)
        self._soon()

    def fall_silent(self) -> None:
        """Send nothing more and read nothing more, without hanging up: a cable is cut."""
        self._unsent.clear()
        self._reading = self._ending = False

    def hang_up(self) -> None:
        """Go; more than once is once. What is not sent yet never will be."""
        self._unsent.clear()
        self.sock.close()

    def reset(self) -> None:
        """Go as a crashed machine goes."""
        self._unsent.clear()
        self.sock.reset()

    @property
    def is_gone(self) -> bool:
        """It has hung up, or was hung up on."""
        return self.sock.closed or self.ended

    # --- for the network ------------------------------------------------------------------------

    def stir(self, _sock: FakeSocket | FakeListener) -> None:
        """There may be something to read, or room to send."""
        self._soon()

    def _soon(self, delay_s: float = 0.0) -> None:
        if self._next is None:
            self._next = self._network.call_later(delay_s, self._go_on)

    def _go_on(self) -> None:
        self._next = None
        if self.sock.closed:
            return
        self._send()
        if self._reading and not self.ended:
            self._read()

    def _send(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: self.sock.send(bytes(self._unsent))]
            if self._ending and not self.sock.broken:
                self.sock.shutdown(1)
        except BlockingIOError:
            return
        except OSError:  # what it reads will tell
            self._unsent.clear()

    def _read(self) -> None:
        size, every_s = self._pace or (READ_BYTES, 0.0)
        try:
            data = self.sock.recv(size)
        except BlockingIOError:
            return
        except OSError:
            data, self.was_reset = b"", True
        if data:
            self.on_data(data)
            self._soon(every_s)
        else:
            self.ended = True
            self.on_end()


def _nothing() -> None:
    """For who doesn't ask."""
