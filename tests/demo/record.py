"""Records the demo: a server and two users of `nc` in three panes of a tmux.

    python3 -m tests.demo.record                # makes tests/demo/chat.cast
    asciinema play tests/demo/chat.cast

Needs tmux and nc.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.demo import cast
from tests.demo.recording import Recording
from tests.demo.scene import CTRL_C, NAMAN, PROMPT, SERVER, YUDI, Step, scene
from tests.demo.tmux import SHELL, DemoError, Tmux, missing, wait_until

WIDTH, HEIGHT = 100, 28
CLIENT_HEIGHT = 16
TITLE: Final = "reactor-chat: a server and two nc users"
LABELS: Final = {SERVER: "server", NAMAN: "client 1: Naman", YUDI: "client 2: Yudi"}

LOOKS: Final = {
    "pane-border-status": "top",
    "pane-border-lines": "single",
    "pane-border-format": " #{?pane_active,#[bold],}#{pane_title}#[nobold] ",
    "pane-border-style": "fg=colour244",
    "pane-active-border-style": "fg=colour37",
}

THINK_S = 0.7  # before someone begins to type
KEY_S = (0.07, 0.17)
BLANK_S = 0.08  # fingers take a little longer over a new word


class Stage:
    """The panes, and the people who type in them."""

    def __init__(self, tmux: Tmux, recording: Recording, panes: dict[str, str]) -> None:
        self._tmux = tmux
        self._recording = recording
        self._panes = panes
        self._rhythm = random.Random(0)  # the same fingers in each recording

    def play(self, step: Step) -> None:
        """Have one line typed, and wait for what comes of it."""
        if step.chapter:
            self._recording.mark(step.chapter)
        self._tmux.run("select-pane", "-t", self._panes[step.who])
        self._recording.take()
        self._recording.let_pass(THINK_S)
        before = [self._count(who, text) for who, text in step.sees]
        if step.types == CTRL_C:
            self._press(step.who, CTRL_C)
        else:
            self._type(step.who, step.types)
            self._press(step.who, "Enter")
        for (who, text), count in zip(step.sees, before, strict=True):
            self._wait_for(who, text, count + 1)
        self._recording.take()
        self._recording.let_pass(step.pause_s)

    def wait_for_start(self) -> None:
        """The shells are there, and so is the first picture."""
        for who in self._panes:
            self._wait_for(who, PROMPT, 1)
        last = LABELS[YUDI]
        wait_until(lambda: self._recording.has(last), "the first picture", self._recording.take)

    def _type(self, who: str, line: str) -> None:
        for column, key in enumerate(line, start=self._column(who) + 1):
            self._press(who, "-l", key)
            self._wait_for_column(who, column)
            self._recording.take()
            self._recording.let_pass(self._rhythm.uniform(*KEY_S) + BLANK_S * (key == " "))

    def _press(self, who: str, *key: str) -> None:
        self._tmux.run("send-keys", "-t", self._panes[who], *key)

    def _column(self, who: str) -> int:
        return int(self._tmux.ask(self._panes[who], "#{cursor_x}"))

    def _count(self, who: str, text: str) -> int:
        return sum(text in line for line in self._tmux.lines(self._panes[who]))

    def _wait_for_column(self, who: str, column: int) -> None:
        # The column, as a blank makes no difference to a line that is compared without its ends.
        wait_until(lambda: self._column(who) == column, "a key to be echoed", self._recording.take)

    def _wait_for(self, who: str, text: str, count: int) -> None:
        try:
            wait_until(
                lambda: self._count(who, text) >= count,
                f"{text!r} in the pane {LABELS[who]!r}",
                self._recording.take,
            )
        except DemoError as error:
            error.add_note("\n".join(self._tmux.lines(self._panes[who])))
            raise


def open_panes(tmux: Tmux) -> dict[str, str]:
    """The server above, its users side by side below; each pane's number by whose it is."""
    for option, value in LOOKS.items():
        tmux.run("set", "-gq", option, value)  # quietly: not every tmux has all of them
    split = ("split-window", "-P", "-F", "#{pane_id}", "-t")
    server = tmux.ask(":", "#{pane_id}")
    naman = tmux.run(*split, server, "-v", "-l", str(CLIENT_HEIGHT), SHELL).strip()
    yudi = tmux.run(*split, naman, "-h", SHELL).strip()
    panes = {SERVER: server, NAMAN: naman, YUDI: yudi}
    for who, pane in panes.items():
        tmux.run("select-pane", "-t", pane, "-T", LABELS[who])
    tmux.run("select-pane", "-t", server)
    return panes


def record(port: int) -> cast.Cast:
    """Play the scene and record it. Raises DemoError when it does not go as written."""
    with Tmux(WIDTH, HEIGHT) as tmux:
        panes = open_panes(tmux)
        with Recording(tmux, TITLE) as recording:
            stage = Stage(tmux, recording, panes)
            stage.wait_for_start()
            for step in scene(port):
                stage.play(step)
            return recording.finish()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.demo.record", description=TITLE)
    parser.add_argument("--port", type=int, default=4000, help="of the server (4000)")
    parser.add_argument("--output", type=Path, default=cast.CAST, help="where to write it")
    options = parser.parse_args(arguments)
    if reason := missing():
        sys.exit(f"record: {reason}")
    try:
        cast.write(options.output, record(options.port))
    except DemoError as error:
        sys.exit("\n".join([f"record: {error}", *getattr(error, "__notes__", [])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
