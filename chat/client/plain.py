"""The client without a terminal: lines in, lines out, for pipes and files."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from concurrent.futures import CancelledError
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final, TextIO

from chat.client import exits
from chat.client.acts import act, complain
from chat.client.conversation import Conversation
from chat.client.lines import Line
from chat.client.link import Link, NoConnectionError
from chat.client.model import Model, Room
from chat.client.settings import Settings
from chat.client.typed import Clear, Quit, SayFile, parse

GIVE_UP_S: Final = 60.0  # where nobody watches, nobody would end it
LINE_MAX_BYTES: Final = 65_536  # with its end
AHEAD_MAX: Final = 100  # lines that are read, or sent, before those before them are answered


def run(settings: Settings, prefix: str) -> int:
    """Say what comes in, show what others say; returns the exit status."""
    settings = replace(settings, give_up=settings.give_up or GIVE_UP_S)
    return asyncio.run(_Plain(settings, prefix).run())


class _Plain:
    def __init__(self, settings: Settings, prefix: str) -> None:
        self._settings = settings
        self._talk = Conversation(Model(self._told), settings.name, settings.rooms, prefix)
        self._link = Link(self._talk, settings, self._changed)
        self._news = asyncio.Event()
        self._wrong = False
        self._at_end = False  # of the lines that come in
        self._unusable = False  # a standard stream

    async def run(self) -> int:
        try:
            await self._link.first()
        except NoConnectionError as error:
            self._print(f"chat: {error}", sys.stderr)
            return exits.LOST
        try:
            await self._speak(self._link.start(self._news.set))
        finally:  # Ctrl-C, too, hangs up
            await self._link.leave()
        return self._farewell()

    def _farewell(self) -> int:
        why = self._link.lost_for_good or self._talk.refused
        if why:
            self._print(f"chat: {why}", sys.stderr)
        if self._talk.unsent:
            count = f"{self._talk.unsent}{'' if self._at_end else ' or more'}"
            self._print(f"chat: {count} not sent", sys.stderr)
        if self._link.lost_for_good or self._talk.unsent:
            return exits.LOST
        if self._unusable:
            return exits.USAGE
        return exits.REFUSED if self._wrong or self._talk.refused else exits.FINE

    async def _speak(self, link: asyncio.Task[None]) -> None:
        """Take lines to the end; then wait until the server has all of them."""
        lines: _Lines = asyncio.Queue(AHEAD_MAX)
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read, args=(loop, lines), daemon=True).start()
        read = self._next(lines)
        while not link.done():
            self._news.clear()
            if self._talk.state == "asking" and (self._at_end or self._talk.unsent):
                break  # nobody is there to be asked
            if self._at_end and self._talk.state == "ready" and not self._talk.unsent:
                break
            if read.done() and not self._at_end and self._listening:
                line = read.result()
                self._at_end = line is None or not self._take(line)
                read = self._next(lines)
                continue
            await self._news.wait()
        read.cancel()

    @property
    def _listening(self) -> bool:
        """Whether to take another line. What it means depends on the answers to the commands
        before it, but not on those to what was said."""
        says = all(request.type in {"say", "private"} for request in self._talk.outbox.typed)
        state = self._talk.state
        return says and state in {"ready", "asking"} and self._talk.unsent < AHEAD_MAX

    def _next(self, lines: _Lines) -> asyncio.Task[bytes | OSError | None]:
        task = asyncio.create_task(lines.get())
        task.add_done_callback(lambda _: self._news.set())
        return task

    def _take(self, line: bytes | OSError) -> bool:
        """A line came in. False: it was the last."""
        if isinstance(line, OSError):
            self._unusable = True
            self._print(f"chat: standard input: {line.strerror}", sys.stderr)
            return False
        what, now = parse(line.decode(errors="replace"), self._talk.here), time.time()
        if len(line) > LINE_MAX_BYTES:
            complain(self._talk, f"That line is too long: {LINE_MAX_BYTES} bytes at most.", now)
            return True
        if isinstance(what, Quit):
            return False
        if isinstance(what, Clear | SayFile):
            complain(self._talk, "That is for a terminal.", now)
        else:
            act(self._talk, what, now)
        self._link.wake()
        return True

    def _told(self, room: Room, line: Line) -> None:
        aside = line.kind in {"error", "system"}
        self._wrong |= line.kind == "error"
        if line.own and line.kind != "private":
            return  # who said it knows
        stamp = datetime.fromtimestamp(line.at).strftime(self._settings.time_format)
        text = " ".join(part for part in (stamp, room.name, line.head + line.text) if part)
        self._print(text, sys.stderr if aside else sys.stdout)

    def _print(self, text: str, stream: TextIO) -> None:
        """What can't be written is no reason to say less of what comes in."""
        try:
            print(text, file=stream, flush=True)
        except OSError as error:  # Python would say so once more at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if stream is sys.stdout and not isinstance(error, BrokenPipeError):
                self._unusable = True
                self._print(f"chat: standard output: {error.strerror}", sys.stderr)

    def _changed(self) -> None:
        self._news.set()


_Lines = asyncio.Queue[bytes | OSError | None]


def _read(loop: asyncio.AbstractEventLoop, lines: _Lines) -> None:
    """In a thread of its own, as not everything that comes in can be waited for otherwise."""
    # Not sys.stdin: Python could not close that at its end, while this thread waits for it.
    typed = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115
    with suppress(RuntimeError, CancelledError):  # the loop has ended, or ends with this line
        with suppress(AttributeError, OSError):  # Windows has it for pipes alone, or not at all
            os.set_blocking(typed.fileno(), True)  # else a pause would look like the end
        line: bytes | OSError | None = b""
        while isinstance(line, bytes):
            try:
                line = _line(typed) or None
            except OSError as error:  # `0>file`, or the disk
                line = error
            with closing(lines.put(line)) as put:  # what nobody awaits, Python would complain about
                asyncio.run_coroutine_threadsafe(put, loop).result()


def _line(typed: BinaryIO) -> bytes:
    """The next line. Of one that is too long there is so much that this can be told."""
    line = part = typed.readline(LINE_MAX_BYTES + 1)
    while len(part) > LINE_MAX_BYTES and not part.endswith(b"\n"):
        part = typed.readline(LINE_MAX_BYTES + 1)
    return line
