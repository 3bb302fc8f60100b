"""A real connection: lost and made again, with a server that can do both."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import ssl
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import ClientConnection

from chat.client import link
from chat.client.conversation import Conversation
from chat.client.link import ANSWER_MAX_CHARS, Link, NoConnectionError, delay_s
from chat.client.model import Model
from chat.client.settings import Settings
from chat.client.typed import Ask, parse
from tests.client.standin import StandIn

DEADLINE_S = 10.0
FAST = Settings(retry_first=0.01, retry_max=0.05)


def test_delays() -> None:
    settings = Settings(retry_first=0.5, retry_max=30.0)
    longest = [delay_s(attempt, settings, 1.0) for attempt in range(1, 10)]
    assert longest == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert delay_s(3, settings, 0.0) == 1.0
    assert delay_s(10**9, settings, 1.0) == 30.0


class Person:
    """Someone with a link, who waits for things to happen."""

    def __init__(self, server: StandIn, settings: Settings = FAST, name: str = "ann") -> None:
        self.talk = Conversation(Model(self._told), name, ["tea"], f"{name}-")
        self.lines: list[str] = []
        self._changes = asyncio.Event()
        settings = Settings(
            server.url,
            retry_first=settings.retry_first,
            retry_max=settings.retry_max,
            give_up=settings.give_up,
        )
        self.link = Link(self.talk, settings, self._changes.set)
        self.task: asyncio.Task[None] | None = None

    def _told(self, _room: object, line: object) -> None:
        self.lines.append(f"{getattr(line, 'head')}{getattr(line, 'text')}")  # noqa: B009

    async def enter(self) -> None:
        """Connect, and come into tea."""
        await self.link.first()
        self.task = self.link.start(self._changes.set)
        await self.until(lambda: self.talk.state == "ready")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self._changes.clear()
                await self._changes.wait()

    def type(self, line: str) -> None:
        """Type something for the server."""
        act = parse(line, self.talk.here)
        assert isinstance(act, Ask)
        self.talk.ask(act, 0.0)
        self.link.wake()

    async def leave(self) -> None:
        """Hang up, and wait for the end."""
        async with asyncio.timeout(DEADLINE_S):
            await self.link.leave()


def play(scene: Callable[[StandIn], Awaitable[None]]) -> None:
    async def whole() -> None:
        server = await StandIn().start()
        try:
            await scene(server)
        finally:
            await server.stop()

    asyncio.run(whole())


def test_talking() -> None:
    async def scene(server: StandIn) -> None:
        ann, bob = Person(server), Person(server, name="bob")
        await ann.enter()
        await bob.enter()
        ann.type("hello")
        await ann.until(lambda: not ann.talk.unsent)
        await bob.until(lambda: "ann: hello" in bob.lines)
        await ann.until(lambda: ann.talk.latency_s is not None)
        await ann.leave()
        await bob.leave()
        assert ann.link.lost_for_good == ann.talk.refused == ""

    play(scene)


def test_a_server_that_restarts() -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server)
        await ann.enter()
        ann.type("one")
        await ann.until(lambda: not ann.talk.unsent)
        await server.stop()
        await ann.until(lambda: ann.talk.state == "away")
        for text in ("two", "three"):
            ann.type(text)
        await server.say("bob", "missed")
        await server.start()
        await ann.until(lambda: not ann.talk.unsent)
        assert server.texts() == ["one", "missed", "two", "three"]
        assert ann.lines.count("bob: missed") == 1
        assert [line for line in ann.lines if line.startswith(("ann:", "bob:"))] == [
            *("ann: one", "bob: missed", "ann: two", "ann: three")
        ]
        await ann.leave()

    play(scene)


def test_what_arrived_but_was_never_confirmed_is_not_sent_again() -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server)
        await ann.enter()
        server.deaf = 1
        ann.type("once")
        await ann.until(lambda: ann.talk.state != "ready")
        await ann.until(lambda: ann.talk.state == "ready" and not ann.talk.unsent)
        assert server.texts() == ["once"]
        assert ann.lines.count("ann: once") == 1
        await ann.leave()

    play(scene)


def test_a_ghost_of_oneself() -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server)
        await ann.enter()
        server.taken.add("ann")
        await server.drop()
        await ann.until(lambda: "The name ann is still in use: trying again." in ann.lines)
        server.taken.clear()
        await ann.until(lambda: ann.talk.state == "ready")
        await ann.leave()

    play(scene)


def test_a_connection_that_is_silent_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(server: StandIn) -> None:
        async def ping(_connection: ClientConnection) -> asyncio.Future[float]:
            return asyncio.get_running_loop().create_future()

        monkeypatch.setattr(link, "PONG_S", 0.01)
        monkeypatch.setattr(ClientConnection, "ping", ping)
        ann = Person(server)
        await ann.link.first()
        ann.task = ann.link.start(bool)
        await ann.until(lambda: "The connection is lost: no answer." in ann.lines)
        monkeypatch.undo()
        await ann.until(lambda: ann.talk.state == "ready")
        await ann.leave()

    play(scene)


def test_who_answers_the_words_before_a_ping_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server)
        for text in "12345":
            ann.type(text)
        never: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        pongs = [never, pong]

        async def ping(_connection: object) -> asyncio.Future[float]:
            return pongs.pop()

        async def answer() -> None:
            """One in each turn of the loop, which is no longer than a PONG_S of nothing."""
            while typed := ann.talk.outbox.typed:
                ann.talk.outbox.answered(typed[0].id)
                await asyncio.sleep(0)
            pong.set_result(0.25)

        monkeypatch.setattr(link, "PONG_S", 0.0)
        monkeypatch.setattr(link, "PING_S", 0.0)
        monkeypatch.setattr(ClientConnection, "ping", ping)
        answering = asyncio.create_task(answer())
        nobody = ClientConnection.__new__(ClientConnection)
        assert await ann.link._measure(nobody) == "no answer"  # to the ping after that
        assert ann.talk.latency_s == 0.25
        await answering

    play(scene)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ECONNREFUSED, "Connect call failed ('::1', 1)"), "Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (ssl.SSLError(1, "[SSL] no"), "TLS: refused"),
        (TimeoutError(), "no answer"),
        (ValueError("a\x1b[2J\nb"), "a[2J b"),
    ],
)
def test_reasons(error: Exception, why: str) -> None:
    assert link.reason(error) == why


def test_nobody_is_there() -> None:
    async def scene(server: StandIn) -> None:
        await server.stop()
        with pytest.raises(NoConnectionError, match="Connection refused"):
            await Person(server).link.first()

    play(scene)


def response(status: str, body: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def redirect(*places: str) -> bytes:
    fields = "".join(f"Location: {place}\r\n" for place in places)
    return f"HTTP/1.1 301 Moved\r\n{fields}Content-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("spoken", "why"),
    [
        (b"hello, this is no HTTP\r\n\r\n", "no WebSocket is spoken there; if it has TLS: wss://"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "no WebSocket is spoken there; if it has TLS: wss://"),
        (b"", "no WebSocket is spoken there; if it has TLS: wss://"),
        (
            response("426 Upgrade Required", "WebSocket needs:\npip install it\n"),
            "HTTP 426: WebSocket needs: pip install it",
        ),
        (response("503 Unavailable", "\x1b[2J\u202efull\n"), "HTTP 503: [2Jfull"),
        (response("429 Too Many", "x" * 10_000), f"HTTP 429: {'x' * ANSWER_MAX_CHARS}"),
        (response("404 Not Found", "<html>", "text/html"), "HTTP 404: Not Found"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP 403: Forbidden"),
        (redirect("ws://127.0.0.1:99999/"), "Port out of range"),
        (redirect("/a", "/b"), ""),
    ],
)
def test_a_server_that_answers_something_else(spoken: bytes, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = StandIn()
        server.port = listener.getsockname()[1]

        async def scene() -> None:
            first = asyncio.create_task(Person(server).link.first())
            accepted, _ = await asyncio.to_thread(listener.accept)
            with accepted:
                accepted.sendall(spoken)
                accepted.shutdown(socket.SHUT_WR)
                with pytest.raises(NoConnectionError) as caught:
                    await first
                assert str(caught.value).startswith(f"{server.url}: {why}")
                assert str(caught.value).removeprefix(f"{server.url}: ").isprintable()

        asyncio.run(scene())


@pytest.mark.parametrize("proxy", ["127.0.0.1:1", "http://127.0.0.1:99999", "http://[::1"])
def test_a_proxy_whose_address_is_none(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    async def scene() -> None:
        server = StandIn()
        with pytest.raises(NoConnectionError) as caught:
            await Person(server).link.first()
        assert str(caught.value).startswith("ws://chat.example.org: ")
        assert str(caught.value).isprintable()

    for name in ("ws_proxy", "socks_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setattr(StandIn, "url", "ws://chat.example.org")
    asyncio.run(scene())


def test_giving_up() -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server, Settings(retry_first=0.01, retry_max=0.01, give_up=0.05))
        await ann.enter()
        await server.stop()
        assert ann.task is not None
        async with asyncio.timeout(DEADLINE_S):
            await ann.task
        assert ann.link.lost_for_good == "no connection for 0.05 s"

    play(scene)


def test_giving_up_at_a_server_that_lets_nobody_in() -> None:
    async def scene(server: StandIn) -> None:
        server.refused["login"] = "server-full"
        ann = Person(server, Settings(retry_first=0.01, retry_max=0.01, give_up=0.05))
        await ann.link.first()
        async with asyncio.timeout(DEADLINE_S):
            await ann.link.start(bool)
        assert ann.link.lost_for_good == "no connection for 0.05 s"
        assert ann.lines == ["The connection is lost: No: server-full."]

    play(scene)


def test_a_server_that_refuses_for_good() -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server)
        await ann.enter()
        (connection,) = server.users
        await connection.send(json.dumps({"type": "system", "code": "expelled", "text": "Out."}))
        await connection.close(1008, "banned")
        assert ann.task is not None
        async with asyncio.timeout(DEADLINE_S):
            await ann.task
        assert ann.talk.refused == "Out."

    play(scene)


@pytest.mark.parametrize(("code", "refused"), [(1008, "a[2Jb"), (1001, "")])
def test_the_reason_of_a_close_is_safe_to_show(code: int, refused: str) -> None:
    async def scene(server: StandIn) -> None:
        ann = Person(server)
        await ann.enter()
        (connection,) = server.users
        await connection.close(code, "a\x1b[2Jb")
        await ann.until(lambda: "The connection is lost: a[2Jb." in ann.lines)
        assert ann.talk.refused == refused
        await ann.leave()

    play(scene)
