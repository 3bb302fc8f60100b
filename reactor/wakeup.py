"""How another thread, or a signal handler, ends the loop's wait."""

from __future__ import annotations

import signal
import socket


class Wakeup:
    """A socket pair: a byte sent into one end makes the other readable, and so ends `select`.

    A pipe would do on Unix; a socket pair also does where `select` takes sockets alone.
    """

    def __init__(self, pair: tuple[socket.socket, socket.socket] | None = None) -> None:
        self._reader, self._writer = pair or socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._on_signals = False

    def fileno(self) -> int:
        """The end to be watched for reading."""
        return self._reader.fileno()

    def wake(self) -> None:
        """End the loop's wait, now or the next time it begins one. Safe from any thread."""
        try:
            self._writer.send(b"\0")
        except OSError:
            # Full: a wake-up is on its way already. Closed: there is no loop left to wake.
            return

    def wake_on_signals(self) -> None:
        """Have every signal wake the loop that has a handler. In the main thread only: there the
        handlers run, but the system may give a signal to another, or as it is about to wait. On
        Windows, none ends a wait."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._on_signals = True

    def ready(self, _mask: int) -> None:
        """Forget the wake-ups that have arrived: all of them were for this turn."""
        try:
            while len(self._reader.recv(4096)) == 4096:
                pass
        except BlockingIOError:  # exactly a multiple of 4096 were waiting
            return

    def close(self) -> None:
        """Give both ends back."""
        if self._on_signals:
            self._on_signals = False
            signal.set_wakeup_fd(-1)  # the number may soon be another's
        self._reader.close()
        self._writer.close()
