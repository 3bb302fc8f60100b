"""A tmux client in a terminal that is ours: what it writes there is the recording."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import subprocess
import termios
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from tests.demo.cast import MARKER, OUTPUT, Cast, Event
from tests.demo.tmux import DemoError, Tmux

QUIET_S = 0.01  # tmux has painted what there was when nothing more comes for so long
GONE_S = 5.0
READ_BYTES = 65_536

# Without the alternate screen, the last picture stays where it was played.
NO_ALTERNATE_SCREEN: Final = ",*:smcup@:rmcup@"

# tmux asks the terminal what it is. Played back, the answers would arrive at somebody's prompt.
QUESTIONS: Final = re.compile(r"\x1b\[[>=]?0?[cq]|\x1b\]1[01];\?(?:\x1b\\|\x07)|\x1b\[\?7727h")

# What tmux itself does in leaving, but it clears the screen; here, a last line for a prompt.
FAREWELL: Final = "\x1b[r\x1b(B\x1b[m\x1b[?1l\x1b>\x1b[?12l\x1b[?25h\x1b[?1004l\x1b[{row};1H\x1b[K"


class Recording:
    """The times in it are made up: the clock stands still but for `let_pass`. So it can be made
    as fast as the machine allows, and be read at leisure."""

    def __init__(self, tmux: Tmux, title: str) -> None:
        self._tmux = tmux
        self._title = title
        self._now = 0.0
        self._events: list[Event] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def __enter__(self) -> Self:
        width, height = self._tmux.size
        self._tmux.run("set", "-g", "terminal-overrides", NO_ALTERNATE_SCREEN)
        self._terminal, far_end = pty.openpty()
        termios.tcsetwinsize(far_end, (height, width))
        self._client = subprocess.Popen(
            self._tmux.command("attach-session"),
            env=self._tmux.environment,
            stdin=far_end,
            stdout=far_end,
            stderr=far_end,
            start_new_session=True,
        )
        os.close(far_end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        # Its last words would have nowhere to go but this terminal, which nobody reads any more.
        os.close(self._terminal)
        self._client.wait(GONE_S)

    def take(self, quiet_s: float = QUIET_S) -> None:
        """Record what the client writes until it is quiet."""
        while select.select([self._terminal], [], [], quiet_s)[0]:
            text = self._decoder.decode(self._read())
            if self._events and self._events[-1][:2] == (self._now, OUTPUT):
                text = self._events.pop().data + text
            self._events.append(Event(self._now, OUTPUT, text))

    def _read(self) -> bytes:
        data = b""
        with suppress(OSError):  # how Linux says that nobody is at the other end
            data = os.read(self._terminal, READ_BYTES)
        if not data:
            raise DemoError("the tmux client has ended")
        return data

    def has(self, text: str) -> bool:
        """Whether the client has painted it, in one go."""
        return any(text in event.data for event in self._events)

    def let_pass(self, seconds: float) -> None:
        """Move the clock of the recording on."""
        self._now = round(self._now + seconds, 3)

    def mark(self, chapter: str) -> None:
        """A chapter begins; players can jump to it."""
        self._events.append(Event(self._now, MARKER, chapter))

    def finish(self) -> Cast:
        """The recording; the client is to be gone soon."""
        width, height = self._tmux.size
        self._events.append(Event(self._now, OUTPUT, FAREWELL.format(row=height)))
        events = [event._replace(data=QUESTIONS.sub("", event.data)) for event in self._events]
        return Cast(width, height, self._title, tuple(event for event in events if event.data))
