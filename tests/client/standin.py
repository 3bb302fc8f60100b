"""A small server of the JSON dialect, to lose connections to: it can hang up on everyone, forget
what it was told to confirm, and keep a ghost of who has gone."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.chatting import DEADLINE_S

TIME = "2026-11-21T14:03:07.125Z"


class StandIn:
    """What survives a restart is what it is: rooms with their messages."""

    def __init__(self, epoch: str = "e1") -> None:
        self.epoch = epoch
        self.rooms: dict[str, list[dict[str, Any]]] = {}
        self.users: dict[ServerConnection, str] = {}
        self.members: dict[str, set[ServerConnection]] = {}
        self.taken: set[str] = set()
        self.refused: dict[str, str] = {}  # by type of request: the code of an error
        self.deaf = 0  # so many says are kept and never confirmed: the connection breaks first
        self.heard: list[dict[str, Any]] = []
        self.taking = asyncio.Event()  # while it is clear, nothing that is said is taken
        self.taking.set()
        self.port = 0
        self._server: Server | None = None

    async def start(self) -> StandIn:
        """Listen, on the same port as before if there was one."""
        self._server = await serve(self._serve, "127.0.0.1", self.port)
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def stop(self) -> None:
        """Hang up on everyone, without a word."""
        if self._server is not None:
            await self.drop()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def drop(self) -> None:
        """Hang up on everyone, but go on."""
        for socket in list(self.users):
            socket.transport.abort()

    async def hold(self, held: bool) -> None:
        """Take nothing that is said, or all of it again."""
        if held:
            self.taking.clear()
        else:
            self.taking.set()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"ws://127.0.0.1:{self.port}"

    def texts(self, room: str = "tea") -> list[str]:
        """What was said in a room."""
        return [message["text"] for message in self.rooms.get(room, [])]

    async def say(self, sender: str, text: str, room: str = "tea") -> None:
        """Someone says something."""
        await self._publish(room, sender, {"text": text})

    async def _serve(self, socket: ServerConnection) -> None:
        await _send(socket, type="welcome", epoch=self.epoch, limits={"text_max_chars": 8192})
        with suppress(ConnectionClosed):
            async for frame in socket:
                asked = json.loads(frame)
                self.heard.append(asked)
                await self._answer(socket, asked)
        name = self.users.pop(socket, "")
        for members in self.members.values():
            members.discard(socket)
        for other in self.users:
            with suppress(ConnectionClosed):
                await _send(other, type="status", **{"from": name}, status="offline", time=TIME)

    async def _answer(self, socket: ServerConnection, asked: dict[str, Any]) -> None:
        kind, given = asked["type"], {"id": asked.get("id")}
        if kind in self.refused:
            code = self.refused[kind]
            await _send(socket, type="error", code=code, text=f"No: {code}.", **given)
        elif kind == "quit":
            await socket.close()
        elif method := getattr(self, f"_{kind}", None):
            await method(socket, asked, given)
        else:
            await _send(socket, type="ok", **given)

    async def _login(self, socket: Any, asked: dict[str, Any], given: dict[str, Any]) -> None:
        name = asked["name"]
        if name in {*self.taken, *self.users.values()}:
            text = "That name is in use. Choose another."
            await _send(socket, type="error", code="username-taken", text=text, **given)
            return
        self.users[socket] = name
        await _send(socket, type="ok", name=name, **given)

    async def _join(self, socket: Any, asked: dict[str, Any], given: dict[str, Any]) -> None:
        room = asked["room"]
        for other in self.members.setdefault(room, set()):
            await _send(other, type="join", room=room, **{"from": self.users[socket]}, time=TIME)
        self.members[room].add(socket)
        users = [{"name": self.users[other], "status": "active"} for other in self.members[room]]
        await _send(socket, type="ok", room=room, topic="", users=users, **given)
        await _send(socket, **self._last(room, 0))

    def _last(self, room: str, seq: int) -> dict[str, Any]:
        messages = [said for said in self.rooms.get(room, []) if said["seq"] > seq][-50:]
        answer = {"type": "history", "room": room, "epoch": self.epoch, "complete": True}
        return {**answer, "messages": messages}

    async def _resume(self, socket: Any, asked: dict[str, Any], given: dict[str, Any]) -> None:
        same = asked["epoch"] == self.epoch
        answer = self._last(asked["room"], asked["seq"] if same else 0)
        await _send(socket, **answer | {"complete": same}, **given)

    async def _say(self, socket: Any, asked: dict[str, Any], given: dict[str, Any]) -> None:
        await self.taking.wait()
        name, more = self.users[socket], {"text": asked["text"], **given}
        if asked.get("act"):
            more["act"] = True
        message = await self._publish(asked["room"], name, more, but=socket)
        if self.deaf:
            self.deaf -= 1
            socket.transport.abort()
            return
        await _send(socket, type="ok", room=asked["room"], seq=message["seq"], time=TIME, **given)

    async def _private(self, socket: Any, asked: dict[str, Any], given: dict[str, Any]) -> None:
        for other, name in self.users.items():
            if name == asked["to"]:
                sender = {"from": self.users[socket]}
                await _send(other, type="private", text=asked["text"], time=TIME, **sender)
        await _send(socket, type="ok", **given)

    async def _publish(
        self, room: str, sender: str, more: dict[str, Any], but: Any = None
    ) -> dict[str, Any]:
        said = self.rooms.setdefault(room, [])
        message = {"type": "message", "room": room, "seq": len(said) + 1, "time": TIME}
        message |= {"from": sender, **more}
        said.append(message)
        for socket in self.members.get(room, set()) - {but}:
            await _send(socket, **message)
        return message


async def _send(socket: ServerConnection, **fields: Any) -> None:
    await socket.send(json.dumps(fields))


class Aside:
    """The stand-in in a thread of its own, for clients that are programs of their own."""

    def __init__(self) -> None:
        self.server = StandIn()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self.server.start())
        return self

    def __exit__(self, *_exception: object) -> None:
        self.do(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Have the server do something, and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(DEADLINE_S)
