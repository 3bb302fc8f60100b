"""A tmux server that is nobody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]  # where `python3 -m chat` finds the package
# Not a login shell: those read files that set a prompt. And some `sh -c` forget the prompt.
SHELL: Final = "exec env PS1='$ ' sh"
DEADLINE_S = 20.0
POLL_S = 0.01


class DemoError(Exception):
    """The scene did not go as it is written."""


class Tmux:
    """Has its socket in a directory of its own, reads no configuration, and inherits no
    environment: nothing on the screen can tell who made the recording, or where."""

    def __init__(self, width: int, height: int, program: str = SHELL) -> None:
        self.size = (width, height)
        self._program = program
        self._directory = tempfile.TemporaryDirectory(prefix="demo-")
        self._command = ("tmux", "-u", "-L", "demo", "-f", os.devnull)
        self.environment = {
            # The same Python that runs this, so that `python3` is one that has what it needs.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "LC_CTYPE": "C.UTF-8",
            "SHELL": "/bin/sh",
            "TERM": "xterm-256color",
            "TMUX_TMPDIR": self._directory.name,
            "TZ": "UTC",
        }

    def __enter__(self) -> Self:
        width, height = map(str, self.size)
        self.run("new-session", "-d", "-x", width, "-y", height, self._program)
        self.run("set", "-g", "status", "off")
        self.run("set", "-g", "automatic-rename", "off")  # for it all borders are painted again
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        with self._directory:
            with suppress(DemoError):
                self._end_programs()
            with suppress(DemoError):  # it may have gone with its last program
                self.run("kill-server")

    def command(self, *arguments: str) -> list[str]:
        """A command line for this server."""
        return [*self._command, *arguments]

    def run(self, *arguments: str) -> str:
        """Run a tmux command; return what it prints. Raises DemoError with what it complains."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise DemoError(f"tmux {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def lines(self, pane: str) -> list[str]:
        """What a pane shows, without blanks at the ends."""
        shown = self.run("capture-pane", "-p", "-J", "-t", pane)
        return [line.rstrip() for line in shown.rstrip().split("\n")]

    def ask(self, pane: str, question: str) -> str:
        """The value of one of tmux's formats, for a pane."""
        return self.run("display-message", "-p", "-t", pane, question).strip()

    def _end_programs(self) -> None:
        # Not left to the hangup: who ends by that leaves nothing to wait for.
        for pane in self.run("list-panes", "-a", "-F", "#{pane_id}").split():
            self.run("send-keys", "-t", pane, "C-c")
        wait_until(self._only_shells, "the programs to end")

    def _only_shells(self) -> bool:
        running = self.run("list-panes", "-a", "-F", "#{pane_current_command}")
        return set(running.split()) <= {"sh"}


def wait_until(
    condition: Callable[[], bool], what: str, rest: Callable[[float], object] = time.sleep
) -> None:
    """Look again and again, with a rest between, until the deadline. Raises DemoError then."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(f"waited {DEADLINE_S:g} s for {what}")
        rest(POLL_S)


def missing() -> str | None:
    """What is not installed here, if anything."""
    absent = [program for program in ("tmux", "nc") if shutil.which(program) is None]
    return f"not installed: {', '.join(absent)}" if absent else None
