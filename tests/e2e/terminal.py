"""A terminal with `chat connect` in it, looked at as text."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.chatting import DEADLINE_S
from tests.demo.tmux import DemoError, Tmux

POLL_S = 0.02
WIDTH, HEIGHT = 80, 14


class Terminal:
    """Someone at a terminal; `home` is where their settings and their history are."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        command = shlex.join([sys.executable, "-m", "chat", "connect", *arguments])
        # What it says at the end is to be read, too.
        self._tmux = Tmux(WIDTH, HEIGHT, f"{command}; echo status $?; exec sh")
        self._tmux.environment |= environment | {
            "HOME": str(home),
            "INPUTRC": str(home / "inputrc"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
        }

    def __enter__(self) -> Self:
        self._tmux.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._tmux.__exit__(None, None, None)

    @property
    def colours(self) -> bool:
        """Whether there are any on the screen."""
        return "\x1b[38;" in self._tmux.run("capture-pane", "-p", "-e")

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        shown = self._tmux.run("capture-pane", "-p")
        return [line.rstrip() for line in shown.split("\n")]

    @property
    def said(self) -> list[str]:
        """The lines above the status line, without their times."""
        upper = self.lines[: next(at for at, line in enumerate(self.lines) if is_status(line))]
        return [line[6:] if line[2:3] == ":" else line for line in upper if line]

    @property
    def status(self) -> str:
        """The status line."""
        return next((line for line in self.lines if is_status(line)), "")

    def type(self, text: str) -> None:
        """Press the keys of a text."""
        self._tmux.run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names of them."""
        self._tmux.run("send-keys", *keys)

    def enter(self, text: str) -> None:
        """Type a line."""
        self.type(text)
        self.press("Enter")

    def paste(self, text: str) -> None:
        """Paste, as a terminal does that says where it begins and ends."""
        self._tmux.run("set-buffer", text)
        self._tmux.run("paste-buffer", "-p")

    def resize(self, width: int, height: int) -> None:
        """Make the window another size."""
        self._tmux.run("resize-window", "-x", str(width), "-y", str(height))

    def expect(self, text: str) -> None:
        """It has to be on the screen soon."""
        self._wait(lambda: any(text in line for line in self.lines), text)

    def expect_no(self, text: str) -> None:
        """It has to be gone from the screen soon."""
        self._wait(lambda: not any(text in line for line in self.lines), f"no {text}")

    def expect_input(self, text: str) -> None:
        """It has to stand in the last line that is not empty, soon."""
        self._wait(lambda: [line for line in self.lines if line][-1:] == [text], f"input {text!r}")

    def expect_status(self, text: str) -> None:
        """It has to be in the status line soon."""
        self._wait(lambda: text in self.status, f"status {text!r}")

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                raise DemoError(f"waited for {what}:\n" + "\n".join(self.lines))
            time.sleep(POLL_S)


def is_status(line: str) -> bool:
    """Whether it is the status line."""
    return line.startswith((" online ", " offline ", " connecting ", " no name "))
