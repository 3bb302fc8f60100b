"""The screen, without a terminal: what a person does to it that no key does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from chat.client.screen import _Screen
from chat.client.settings import Settings
from tests.chatting import DEADLINE_S
from tests.client.standin import StandIn


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
