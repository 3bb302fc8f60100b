"""The screen, without a terminal: what a person does to it that no key does."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from chat.client.screen import ENDING, _Screen
from chat.client.settings import Settings
from tests.chatting import DEADLINE_S
from tests.client.standin import StandIn
from tests.programs import ROOT


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PipeInput]:
    """What is typed; what is printed goes to a file, as a screen may give up what it prints to."""
    with (
        (tmp_path / "printed").open("w") as printed,
        create_pipe_input() as keyboard,
        create_app_session(keyboard, DummyOutput()),
    ):
        monkeypatch.setattr(sys, "stdout", printed)
        monkeypatch.setattr(sys, "stderr", printed)
        yield keyboard


def screen(server: StandIn, folder: Path) -> _Screen:
    return _Screen(Settings(server.url, "ann", ("tea",)), "x", folder / "history")


def play(scene: Callable[[StandIn], Awaitable[None]]) -> None:
    async def whole() -> None:
        server = await StandIn().start()
        try:
            async with asyncio.timeout(DEADLINE_S):
                await scene(server)
        finally:
            await server.stop()

    asyncio.run(whole())


async def until(condition: Callable[[], bool]) -> None:
    """Let others go on until something is so."""
    while not condition():
        await asyncio.sleep(0)


def test_what_was_said_before_the_terminal_went_away_is_sent(
    keyboard: PipeInput, tmp_path: Path
) -> None:
    async def scene(server: StandIn) -> None:
        await server.hold(True)
        ann = screen(server, tmp_path)
        running = asyncio.create_task(ann.run())
        keyboard.send_text("hi\r")
        await until(lambda: ann._talk.state == "ready" and ann._talk.unsent > 0)
        keyboard.close()
        await until(lambda: not ann._app.is_running)
        await server.hold(False)
        assert await running == 0
        assert server.texts() == ["hi"]

    play(scene)


def test_an_interrupt_that_is_no_key(keyboard: PipeInput, tmp_path: Path) -> None:
    async def scene(server: StandIn) -> None:
        ann = screen(server, tmp_path)
        running = asyncio.create_task(ann.run())
        keyboard.send_text("half a line")
        await until(lambda: ann._buffer.text == "half a line")
        ann._app.key_processor.send_sigint()
        assert ann._buffer.text == ""
        keyboard.send_text("\x04")
        assert await running == 0

    play(scene)


def test_where_no_terminal_says_hup() -> None:
    """As on Windows."""
    code = "import signal\ndel signal.SIGHUP\nimport chat.client.screen"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=DEADLINE_S, check=True)


def test_where_a_loop_takes_no_signals(
    keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""

    async def scene(server: StandIn) -> None:
        loop = asyncio.get_running_loop()
        theirs = loop.add_signal_handler, loop.remove_signal_handler
        for change in theirs:
            monkeypatch.setattr(loop, change.__name__, _refusing(change))
        running = asyncio.create_task(screen(server, tmp_path).run())
        keyboard.send_text("\x04")
        assert await running == 0

    play(scene)


def _refusing(change: Callable[..., object]) -> Callable[..., object]:
    """For those of ours; what the screen itself wants to know is its own affair."""

    def changed(number: int, *callback: object) -> object:
        if number in ENDING:
            raise NotImplementedError
        return change(number, *callback)

    return changed
