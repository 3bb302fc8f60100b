"""The connection: made, lost, made again. What it means is the conversation's business."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidMessage,
    InvalidStatus,
    WebSocketException,
)

from chat.client.conversation import Conversation
from chat.client.settings import Settings
from chat.core.text import visible

CONNECT_S: Final = 10.0
CLOSE_S: Final = 2.0
PING_S: Final = 10.0  # between two measures of the latency
PONG_S: Final = 20.0  # without an answer to one, the connection is lost
TICK_S: Final = 0.5
FRAME_MAX_BYTES: Final = 8 * 2**20  # a thousand long messages, as JSON
ANSWER_MAX_CHARS: Final = 300  # of the text with which a server refuses a WebSocket
REFUSED: Final = 1008  # the code with which a server closes for good
BROKEN: Final = 1006  # what stands for a code where there was none
LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}


class NoConnectionError(Exception):
    """There is no server: one line that says why."""


def delay_s(attempt: int, settings: Settings, chance: float) -> float:
    """How long to wait before attempt 1, 2 ...: twice as long each time, up to the maximum; then
    half of it to all of it, as `chance` (0 to 1) has it, so that not everyone comes at once."""
    longest = min(settings.retry_max, settings.retry_first * 2.0 ** min(attempt - 1, 30))
    return longest * (0.5 + chance / 2)


class Link:
    """Keeps a conversation connected. `changed` is called after everything that happens to it.

    It ends when there is no more to do: the person has left, or the server refuses, or it has been
    away for too long (`lost_for_good`). `first`, `start`, `leave`: in this order."""

    def __init__(
        self, talk: Conversation, settings: Settings, changed: Callable[[], object]
    ) -> None:
        self.lost_for_good = ""
        self._talk = talk
        self._settings = settings
        self._changed = changed
        self._wanted = asyncio.Event()  # to send something
        self._leaving = False
        self._connection: ClientConnection | None = None
        self._away_since = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There may be something to send."""
        self._wanted.set()

    async def first(self) -> None:
        """Connect. Raises NoConnectionError."""
        self._connection = await self._connect()
        self._talk.opened(time.time())

    def start(self, ended: Callable[[], object]) -> asyncio.Task[None]:
        """Stay connected, or try to, from now on."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: ended())
        return self._task

    async def _run(self) -> None:
        attempt = 0
        while not self._over:
            if self._connection is not None:
                started = time.monotonic()
                await self._serve(self._connection)
                self._connection = None
                # Who is thrown out at once waits longer each time, as if nobody were there.
                if time.monotonic() - started >= self._settings.retry_max:
                    attempt = 0
                continue
            if self._given_up():
                return
            attempt += 1
            await self._rest(delay_s(attempt, self._settings, random.random()))
            if not self._over:
                await self._try()

    async def leave(self) -> None:
        """Say goodbye and hang up."""
        self._leaving = True
        self._wanted.set()
        if self._connection is not None:
            with suppress(ConnectionClosed, TimeoutError):
                await asyncio.wait_for(self._connection.send('{"type":"quit"}'), CLOSE_S)
            await self._connection.close()
        if self._task is not None:
            self._task.cancel()  # it may be waiting for a server that does not answer
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def _over(self) -> bool:
        return self._leaving or bool(self._talk.refused)

    def _given_up(self) -> bool:
        limit = self._settings.give_up
        if limit and time.monotonic() - self._away_since >= limit:
            self.lost_for_good = f"no connection for {limit:g} s"
        return bool(self.lost_for_good)

    async def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over and (left := until - time.monotonic()) > 0:
            self._talk.retry_s = left
            self._changed()
            await asyncio.sleep(min(TICK_S, left))
        self._talk.retry_s = None

    async def _try(self) -> None:
        with suppress(NoConnectionError):  # it is tried again, and the status line tells
            await self.first()
        self._changed()

    async def _connect(self) -> ClientConnection:
        url = self._settings.url
        proxy: Literal[True] | None = None if urlsplit(url).hostname in LOOPBACK else True
        try:
            return await connect(
                url,
                proxy=proxy,
                open_timeout=CONNECT_S,
                close_timeout=CLOSE_S,
                ping_interval=None,
                max_size=FRAME_MAX_BYTES,
            )
        except (OSError, WebSocketException, ImportError, ValueError, LookupError) as error:
            # The last two: a redirect, or a proxy, whose address is none.
            raise NoConnectionError(f"{url}: {reason(error)}{_advice(error, url)}") from None

    async def _serve(self, connection: ClientConnection) -> None:
        """One connection, until it ends."""
        tasks = [
            asyncio.create_task(work(connection))
            for work in (self._receive, self._send, self._measure, self._tick)
        ]
        self._wanted.set()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # The others see first that it is closed; who receives has read all that came before.
            why = "".join(task.result() for task in done) or await tasks[0]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if connection.close_code == REFUSED and not self._talk.refused:
            self._talk.refused = visible(connection.close_reason or "the server refuses")
        if not self._leaving:
            if self._talk.state == "ready":  # to be sent away at the door is to be away
                self._away_since = time.monotonic()
            self._talk.lost(why, time.time())
            self._changed()
            await connection.close()

    async def _receive(self, connection: ClientConnection) -> str:
        try:
            async for frame in connection:
                self._talk.received(frame, time.time())
                self._wanted.set()
                self._changed()
        except ConnectionClosed:
            pass  # the code tells more
        if connection.close_code == BROKEN:
            return "it broke"
        why = visible(connection.close_reason or "")
        return why or f"closed by the server ({connection.close_code})"

    async def _send(self, connection: ClientConnection) -> str:
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                for frame in self._talk.frames():
                    await connection.send(frame)
        except ConnectionClosed:
            return ""

    async def _measure(self, connection: ClientConnection) -> str:
        try:
            while True:
                pong = asyncio.ensure_future(await connection.ping())
                self._talk.latency_s = await self._ponged(pong)
                self._changed()
                await asyncio.sleep(PING_S)
        except TimeoutError:
            return "no answer"
        except ConnectionClosed:
            return ""

    async def _ponged(self, pong: asyncio.Future[float]) -> float:
        """How long it took. A server that holds back who says too much at once comes to the ping
        behind the words, which it answers one after the other. Raises TimeoutError."""
        while True:
            first = self._talk.outbox.typed[:1]
            done, _ = await asyncio.wait([pong], timeout=PONG_S)
            if done:
                return pong.result()
            if not first or first == self._talk.outbox.typed[:1]:
                raise TimeoutError

    async def _tick(self, connection: ClientConnection) -> str:  # noqa: ARG002 - as the others
        while not (self._talk.drop or self._talk.refused):
            await asyncio.sleep(TICK_S)
            self._talk.tick(time.time())
            self._wanted.set()
        return self._talk.drop or self._talk.refused


def reason(error: BaseException) -> str:
    """In one line."""
    for kind, tell in REASONS:
        if isinstance(error, kind) and (told := tell(error)):
            return _line(told)
    return _line(str(error)) or "no answer"


def _tls(error: ssl.SSLError) -> str:
    told = [getattr(error, name, "") for name in ("verify_message", "reason")]
    return f"TLS: {next(filter(None, told), 'refused')}"


def _http(error: InvalidStatus) -> str:
    """The status, and what the server says about it in words of its own, if these are for people
    and not for a browser."""
    response = error.response
    kinds = response.headers.get_all("Content-Type")
    is_plain = any(kind.lower().startswith("text/plain") for kind in kinds)
    body = bytes(response.body or b"").decode(errors="replace") if is_plain else ""
    told = (_line(body) or _line(response.reason_phrase))[:ANSWER_MAX_CHARS]
    return f"HTTP {response.status_code}: {told}"


def _system(error: OSError) -> str:
    """asyncio puts an address where the system's own words should be."""
    return os.strerror(error.errno) if error.errno else ""


REASONS: Final[tuple[tuple[type[BaseException], Callable[[Any], str]], ...]] = (
    (ssl.SSLError, _tls),
    (socket.gaierror, lambda error: error.strerror),
    (OSError, _system),
    (InvalidStatus, _http),
    (InvalidMessage, lambda _error: "no WebSocket is spoken there"),
)
"""How an error is told; the first row that fits has it."""


def _advice(error: BaseException, url: str) -> str:
    """Who has TLS can't be told from who speaks something else again, as neither speaks HTTP."""
    parts = urlsplit(url)
    if not isinstance(error, InvalidMessage) or parts.scheme != "ws":
        return ""
    return f"; if it has TLS: {parts._replace(scheme='wss').geturl()}"


def _line(text: str) -> str:
    return visible(" ".join(text.split()))
