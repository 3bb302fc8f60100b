"""Makes a picture of `chat connect`: a server, two of these clients and a user of `nc`.

    python3 -m tests.demo.client                # makes tests/demo/client.svg, and client.ans
    cat tests/demo/client.ans                   # what the terminal showed, to be seen in another

Needs tmux and nc, and what the extra `client` installs.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.demo.scene import NAMAN, PROMPT, SERVER, YUDI
from tests.demo.screen import Screen, rows_of
from tests.demo.svg import draw
from tests.demo.tmux import SHELL, DemoError, Tmux, missing, wait_until

WIDTH, HEIGHT = 80, 18  # all that happens fills it
TITLE: Final = "chat connect: Naman among friends"
PICTURE: Final = Path(__file__).with_name("client.svg")
CAPTURED: Final = Path(__file__).with_name("client.ans")

CLEO: Final = "Cleo"  # has nothing but nc
CURSOR_AT: Final = re.compile(r"\x1b\[(\d+);(\d+)H")
THEME: Final = 'theme = "dark"\n'  # as the picture is


class Step(NamedTuple):
    """`who` types a line; then the text is to be seen in the pane of `sees`."""

    who: str
    types: str
    sees: str
    text: str


HALF_TYPED: Final = "on my way, just one more te"


def scene(port: int) -> tuple[Step, ...]:
    """All that happens. At its end Naman has begun another line."""
    return (*_coming_in(port), *TALK)


def _coming_in(port: int) -> tuple[Step, ...]:
    connect = f"python3 -m chat connect 127.0.0.1:{port} --room tea --room work --name"
    return (
        Step(SERVER, f"python3 -m chat --port {port}", SERVER, "listening on"),
        Step(NAMAN, f"{connect} {NAMAN}", NAMAN, "online"),
        Step(NAMAN, "/topic Oolong or Darjeeling?", NAMAN, "has set the topic"),
        Step(YUDI, f"{connect} {YUDI}", NAMAN, "Yudi has joined."),
        Step(CLEO, f"nc localhost {port}", CLEO, "nc localhost"),
        Step(CLEO, f"LOGIN {CLEO}", CLEO, "OK"),
        Step(CLEO, "JOIN tea", NAMAN, "Cleo has joined."),
    )


TALK: Final = (
    Step(NAMAN, "hi everyone! Which one shall it be?", YUDI, "shall it be?"),
    Step(YUDI, "Oolong, Naman, what else?", NAMAN, "what else?"),
    Step(CLEO, "SAY tea whatever is warm: I only have nc here", NAMAN, "nc here"),
    Step(NAMAN, "/me puts the kettle on", YUDI, "kettle on"),
    Step(CLEO, "ME tea brings three cups", NAMAN, "three cups"),
    Step(CLEO, "DM Naman is there any cake left?", NAMAN, "any cake left?"),
    Step(NAMAN, "/reply behind the flour, tell nobody", CLEO, "tell nobody"),
    Step(
        YUDI,
        "I found the good leaves, the ones from the hills. Three minutes in the pot, and not "
        "a second more!",
        NAMAN,
        "second more!",
    ),
    Step(YUDI, "/room work", YUDI, "1:tea"),
    Step(YUDI, "the build is green again", NAMAN, "work(1)"),
    Step(YUDI, "Naman, will you look at the release?", NAMAN, "work(2!)"),
    Step(YUDI, "/away the release", NAMAN, "Yudi is away"),
    Step(CLEO, "SAY tea he always does that", NAMAN, "does that"),
    Step(NAMAN, "/users", NAMAN, "In tea (3)"),
)


class Stage:
    """A window of tmux for each of them, as large as the picture."""

    def __init__(self, tmux: Tmux) -> None:
        self._tmux = tmux
        self._panes = {SERVER: tmux.ask(":", "#{pane_id}")}
        for who in (NAMAN, YUDI, CLEO):
            pane = tmux.run("new-window", "-P", "-F", "#{pane_id}", SHELL).strip()
            self._panes[who] = pane

    def play(self, steps: Sequence[Step]) -> None:
        """One thing after the other. Raises DemoError when it does not go as written."""
        for who in self._panes:
            self._wait_for(who, PROMPT)
        for step in steps:
            self.type(step.who, step.types)
            self.press(step.who, "Enter")
            self._wait_for(step.sees, step.text)

    def type(self, who: str, text: str) -> None:
        """Type something, and see it there."""
        self.press(who, "-l", text)
        self._wait_for(who, text)

    def press(self, who: str, *key: str) -> None:
        """Press one key."""
        self._tmux.run("send-keys", "-t", self._panes[who], *key)

    def capture(self, who: str) -> str:
        """What a pane shows, as what would make a terminal show it, the cursor's place last."""
        pane = self._panes[who]
        shown = self._tmux.run("capture-pane", "-e", "-N", "-p", "-t", pane)
        column, row = map(int, self._tmux.ask(pane, "#{cursor_x} #{cursor_y}").split())
        return f"{shown}\x1b[{row + 1};{column + 1}H"

    def _wait_for(self, who: str, text: str) -> None:
        # Without blanks: there are some more where a line is wrapped.
        words = "".join(text.split())
        try:
            wait_until(
                lambda: words in "".join("".join(self._lines(who)).split()),
                f"{text!r} in the window of {who}",
            )
        except DemoError as error:
            error.add_note("\n".join(self._lines(who)))
            raise

    def _lines(self, who: str) -> list[str]:
        return self._tmux.lines(self._panes[who])


def capture(port: int) -> str:
    """Play the scene; return what Naman sees. Raises DemoError when it does not go as written."""
    tmux = Tmux(WIDTH, HEIGHT)
    with tempfile.TemporaryDirectory(prefix="demo-") as own:
        settings = Path(own, "reactor-chat")
        settings.mkdir()
        (settings / "client.toml").write_text(THEME, encoding="utf-8")
        # Nobody's settings, and what is typed here goes into nobody's history.
        tmux.environment |= {"XDG_CONFIG_HOME": own, "XDG_STATE_HOME": own}
        with tmux:
            stage = Stage(tmux)
            stage.play(scene(port))
            stage.type(NAMAN, HALF_TYPED)
            captured = stage.capture(NAMAN)
            stage.press(NAMAN, "C-c")  # clears the line, so that another leaves
            return captured


def picture(captured: str) -> str:
    """The text of an SVG file. Raises ValueError for what is no capture."""
    place = CURSOR_AT.search(captured)
    if place is None:
        raise ValueError("nobody captured this: it has no cursor")
    cursor = (int(place[2]) - 1, int(place[1]) - 1)
    rows = tuple(rows_of(captured[: place.start()]))
    return draw(Screen(WIDTH, HEIGHT, rows, cursor), TITLE)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.demo.client", description=TITLE)
    parser.add_argument("--port", type=int, default=4000, help="of the server (4000)")
    parser.add_argument("--output", type=Path, default=PICTURE, help="where to write it")
    options = parser.parse_args(arguments)
    if reason := missing():
        sys.exit(f"client: {reason}")
    try:
        captured = capture(options.port)
    except DemoError as error:
        sys.exit("\n".join([f"client: {error}", *getattr(error, "__notes__", [])]))
    options.output.with_suffix(".ans").write_text(captured, encoding="utf-8")
    options.output.write_text(picture(captured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
