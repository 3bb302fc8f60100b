"""The client at a terminal: what was said, the status line, and the line that one types."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import (
    CompleteEvent,
    get_common_complete_suffix,
)
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, is_searching, vi_navigation_mode
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import (
    BufferControl,
    CompletionsMenu,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import SearchToolbar

from chat.client import acts, exits
from chat.client.controls import Completions, Lines, Masked
from chat.client.conversation import Conversation
from chat.client.keys import TypedHistory, vi_keys
from chat.client.lines import Line
from chat.client.link import Link, NoConnectionError
from chat.client.model import Model, Room
from chat.client.patience import Patience
from chat.client.settings import Settings
from chat.client.show import Look, status
from chat.client.themes import styles
from chat.client.typed import Clear, Quit, SayFile, lines_of, parse
from chat.client.viewport import Viewport

REDRAW_S: Final = 0.02  # however much arrives, the screen is not drawn more often
ESCAPE_S: Final = 0.1  # so long may the rest of a key with Alt take
INPUT_ROWS_MAX: Final = 6
MENU_ROWS_MAX: Final = 8
ENDING: Final = [each for each in signal.Signals if each.name in {"SIGTERM", "SIGHUP"}]
DRAIN_S: Final = 2.0  # of waiting for what was said last, in which the server takes none of it


def run(settings: Settings, prefix: str, history: Path) -> int:
    """Talk until somebody has enough of it; returns the exit status."""
    return asyncio.run(_Screen(settings, prefix, history).run())


def _nowhere() -> None:
    """What is printed from now on nobody can read."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(null, stream.fileno())
    os.close(null)


class _Screen:
    def __init__(self, settings: Settings, prefix: str, history: Path) -> None:
        self._settings = settings
        self._talk = Conversation(Model(self._told), settings.name, settings.rooms, prefix)
        self._link = Link(self._talk, settings, self._changed)
        self._viewport = Viewport(Look(settings.time_format), get_cwidth)
        self._lines = Lines(self._talk, self._viewport)
        self._question = ""
        self._yes: Callable[[], object] = bool
        self._completer = Completions(self._talk.model)
        self._buffer = Buffer(
            history=TypedHistory(history),
            completer=self._completer,
            accept_handler=self._entered,
            multiline=False,
        )
        self._app = self._application()

    # --- the life of it -----------------------------------------------------------------------

    async def run(self) -> int:
        print(f"Connecting to {self._settings.url} ...", file=sys.stderr)
        try:
            await self._link.first()
        except NoConnectionError as error:
            print(f"chat: {error}", file=sys.stderr)
            return exits.LOST
        self._link.start(self._exit)
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # on Windows, where nobody sends any
            for number in ENDING:
                loop.add_signal_handler(number, self._exit)
        try:
            await self._app.run_async()
        except (EOFError, OSError):  # the terminal is gone; what was said is to go out all the same
            _nowhere()
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGTERM)  # while SIGHUP has nothing left to end
        with suppress(asyncio.CancelledError):  # Ctrl-C is no key for us any more
            await self._drain()
        await self._link.leave()
        return self._farewell()

    async def _drain(self) -> None:
        """What was said just before leaving is on its way, which may be slow."""
        if self._talk.state == "ready" and self._talk.unsent:
            print(f"Sending {self._talk.unsent} more ... (Ctrl-C: leave now)", file=sys.stderr)
        patience = Patience(DRAIN_S)
        while self._talk.state == "ready" and patience.lasts(self._talk.unsent, time.monotonic()):
            await asyncio.sleep(REDRAW_S)

    def _farewell(self) -> int:
        why, unsent = self._link.lost_for_good or self._talk.refused, self._talk.unsent
        if why:
            print(f"chat: {why}", file=sys.stderr)
        if unsent:
            print(f"chat: {unsent} not sent", file=sys.stderr)
        if not (why or unsent):
            print("Goodbye!")
        if self._link.lost_for_good or unsent:
            return exits.LOST
        return exits.REFUSED if why else exits.FINE

    def _exit(self) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit()

    # --- the screen ---------------------------------------------------------------------------

    def _application(self) -> Application[None]:
        asking = Condition(lambda: bool(self._question))
        search = SearchToolbar()
        prompt = Window(
            BufferControl(
                self._buffer, [Masked()], search_buffer_control=search.control, preview_search=True
            ),
            height=Dimension(min=1, max=INPUT_ROWS_MAX),
            wrap_lines=True,
            dont_extend_height=True,
            get_line_prefix=self._prompt,
        )
        question = Window(
            FormattedTextControl(lambda: [("class:mention", self._question)]), height=1
        )
        body = HSplit(
            [
                Window(self._lines),
                Window(FormattedTextControl(self._status), height=1),
                ConditionalContainer(question, asking),
                prompt,
                search,
            ]
        )
        menu = Float(CompletionsMenu(MENU_ROWS_MAX), xcursor=True, ycursor=True)
        colours = styles(self._settings.theme, self._settings.colours)
        vi = vi_keys(self._settings.keys)
        app: Application[None] = Application(
            Layout(FloatContainer(body, [menu]), focused_element=prompt),
            Style(list(colours.items())),
            key_bindings=self._keys(asking),
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
            reverse_vi_search_direction=True,  # as in a shell: `/` looks back
            full_screen=True,
            min_redraw_interval=REDRAW_S,
        )
        app.timeoutlen = app.ttimeoutlen = ESCAPE_S
        return app

    def _status(self) -> Any:
        columns = self._app.output.get_size().columns
        return status(self._talk, columns, get_cwidth, more=self._viewport.back > 0)

    def _prompt(self, number: int, wrapped: int) -> Any:
        if number or wrapped:
            return [("class:prompt", "  ")]
        return [("class:prompt", ": " if vi_navigation_mode() else "> ")]

    def _told(self, _room: Room, line: Line) -> None:
        if line.mention and self._settings.bell:
            self._app.output.bell()

    def _changed(self) -> None:
        self._app.invalidate()

    # --- the keys -----------------------------------------------------------------------------

    def _keys(self, asking: Condition) -> KeyBindings:
        keys = KeyBindings()
        empty = Condition(lambda: not self._buffer.text)
        keys.add("c-c", filter=~is_searching)(lambda _: self._interrupted())
        keys.add("<sigint>")(lambda _: self._interrupted())
        keys.add("c-d", filter=empty & ~is_searching)(lambda _: self._leave())
        keys.add("tab")(lambda _: self._complete())
        keys.add("s-tab")(lambda _: self._buffer.complete_previous())
        keys.add("pageup")(lambda _: self._scroll(1))
        keys.add("pagedown")(lambda _: self._scroll(-1))
        keys.add("c-z")(lambda _: self._app.suspend_to_background())
        keys.add("c-l")(lambda _: self._app.renderer.clear())
        for number in "123456789":
            keys.add("escape", number)(lambda event: self._numbered(event.key_sequence[-1].key))
        keys.add("y", filter=asking, eager=True)(lambda _: self._answer(True))
        for key in ("<any>", "n", "escape", "enter"):
            keys.add(key, filter=asking, eager=True)(lambda _: self._answer(False))
        return keys

    def _complete(self) -> None:
        """At once, and not when there is time for it: the next key may be there already."""
        if self._buffer.complete_state:
            self._buffer.complete_next()
            return
        document = self._buffer.document
        event = CompleteEvent(completion_requested=True)
        found = list(self._completer.get_completions(document, event))
        if len(found) == 1:
            self._buffer.apply_completion(found[0])
        elif common := get_common_complete_suffix(document, found):
            self._buffer.insert_text(common)
        elif found:
            self._buffer.start_completion()

    def _interrupted(self) -> None:
        if self._question:
            self._answer(False)
        elif self._buffer.text:
            self._buffer.reset()
        else:
            self._leave()

    def _numbered(self, number: str) -> None:
        acts.switch(self._talk, number, time.time())

    def _scroll(self, pages: int) -> None:
        self._viewport.back = max(0, self._viewport.back + pages * max(1, self._lines.height - 1))

    # --- what is typed ------------------------------------------------------------------------

    def _entered(self, buffer: Buffer) -> bool:
        """Enter. True: what was typed stays there."""
        lines = lines_of(buffer.text)
        self._viewport.back = 0
        if len(lines) < 2:
            self._do(lines[0] if lines else "")
            return False
        if why := acts.too_many(lines):
            acts.complain(self._talk, why, time.time())
            return True
        self._ask(f"Say {len(lines)} lines? y/n", lambda: self._say(lines))
        return True

    def _do(self, line: str) -> None:
        what, now = parse(line, self._talk.here), time.time()
        if isinstance(what, Clear):
            self._viewport.clear(self._talk.model.current)
        elif isinstance(what, Quit):
            self._leave()
        elif isinstance(what, SayFile):
            self._say_file(what.path)
        else:
            acts.act(self._talk, what, now)
        self._link.wake()

    def _say_file(self, path: str) -> None:
        try:
            lines = acts.read_lines(path)
        except ValueError as error:
            acts.complain(self._talk, str(error), time.time())
            return
        self._ask(f"Say {len(lines)} lines of {path}? y/n", lambda: self._say(lines))

    def _say(self, lines: list[str]) -> None:
        acts.say_lines(self._talk, lines, time.time())
        self._buffer.reset()
        self._link.wake()

    def _leave(self) -> None:
        waiting = self._talk.unsent
        if waiting and self._talk.state != "ready":
            self._ask(f"{waiting} not sent yet. Leave? y/n", self._exit)
        else:
            self._exit()

    def _ask(self, question: str, yes: Callable[[], object]) -> None:
        self._question, self._yes = question, yes

    def _answer(self, yes: bool) -> None:
        self._question = ""
        if yes:
            self._yes()
