"""The package `websockets`, with its own asyncio server and `broadcast`.

Run with `python3 -m tests.bench.peers.websockets_chat PORT`.
"""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve

rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)
numbers: Counter[str] = Counter()


async def chat(client: ServerConnection) -> None:
    """One client, until it is gone."""
    name = ""
    try:
        async for message in client:
            asked = json.loads(message)
            if asked["type"] == "login":
                name = asked["name"]
            elif asked["type"] == "join":
                rooms[asked["room"]].add(client)
            elif asked["type"] == "say":
                say(client, name, asked)
            elif asked["type"] == "ping":
                await client.send(packed({"type": "pong"}))
    finally:
        for members in rooms.values():
            members.discard(client)


def say(client: ServerConnection, name: str, asked: dict[str, Any]) -> None:
    room = asked["room"]
    numbers[room] += 1
    now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    message = {"type": "message", "room": room, "seq": numbers[room], "time": now}
    broadcast(rooms[room] - {client}, packed(message | {"from": name, "text": asked["text"]}))


def packed(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))


async def main(port: int) -> None:
    # No pings: nobody here is lost, and the load generator doesn't answer them.
    async with serve(chat, "127.0.0.1", port, ping_interval=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
