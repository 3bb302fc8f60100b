"""The promise of the store: what anybody was shown outlives `kill -9`, once and in order.

A real server under load is killed when somebody has heard a random number of messages, which is
in the middle of a turn as often as not, and started again on the same file. What a run does is
not quite in its seed, as the server runs beside it; but most of it is:

    KILL_SEED=123 pytest tests/e2e/test_kill.py
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from chat.core import LOBBY
from tests.chatting import Client
from tests.e2e.crowd import Person, Text, talk
from tests.programs import Server, running_server

SEED = int(os.environ.get("KILL_SEED") or SystemRandom().randrange(1 << 32))
STORES = 2  # at a time: one server starts while the other one works
KILLS = 26  # of each
HEARD_MAX = 300  # messages, before a kill
HISTORY_COUNT = 60  # more than the server has in memory
LIVES_OF_RECORDS = 10
DEEDS_AT_ONCE_MAX = 4
DEEDS_MAX = 10  # so many times that, before a kill
PASSWORD = "open sesame"

Kept = dict[str, list[tuple[int, str, Text]]]


def crowd() -> list[Person]:
    """Speakers and listeners in three rooms, in both dialects."""
    return [
        Person("Ann", "line", (LOBBY, "hall"), speaks=True),
        Person("Ben", "line", (LOBBY, "hall", "yard"), speaks=True),
        Person("Cleo", "slash", ("hall",), speaks=True),
        Person("Dan", "slash", ("yard",), speaks=True),
        Person("Eve", "slash", (LOBBY,), speaks=True),
        Person("Kim", "line", (LOBBY, "hall", "yard"), speaks=False),
        Person("Lea", "line", (LOBBY,), speaks=False),
        Person("Max", "slash", ("hall",), speaks=False),
        Person("Ned", "slash", ("yard",), speaks=False),
        Person("Ola", "slash", (LOBBY,), speaks=False),
    ]


def serve(path: Path) -> AbstractContextManager[Server]:
    """A server that does not slow anybody down."""
    return running_server(
        *("0", "--store", str(path), "--rate-limit", "0", "--idle-timeout", "0"),
        *("--admin", str(path.with_suffix(".admin")), "--log-level", "warning"),
    )


def kill(server: Server) -> None:
    """As the system does when there is no memory left."""
    server.signal(signal.SIGKILL)
    assert server.wait() == -signal.SIGKILL


def query(path: Path, sql: str) -> list[Any]:
    """Ask the file itself."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def kept(path: Path) -> Kept:
    """What is in the store: by room, number, name and text of each message."""
    rows = query(
        path,
        "SELECT key, messages.seq, messages.name, text FROM messages JOIN rooms ON id = room"
        " ORDER BY room, messages.seq",
    )
    found: Kept = defaultdict(list)
    for room, seq, name, text in rows:
        found[room].append((seq, name, Text.read(text)))
    return found


# --- messages -------------------------------------------------------------------------------------


def check_whole(found: Kept) -> None:
    """Numbers without gaps; everything once, from whom it says, and in the order of sending."""
    for room, messages in found.items():
        assert [seq for seq, _, _ in messages] == [*range(1, len(messages) + 1)]
        assert all((text.room, text.speaker) == (room, name) for _, name, text in messages)
    said: dict[tuple[int, str], list[int]] = defaultdict(list)
    for messages in found.values():
        in_order: dict[tuple[int, str], int] = {}
        for _, _, text in messages:
            assert in_order.get((text.life, text.speaker), 0) < text.number
            in_order[text.life, text.speaker] = text.number
            said[text.life, text.speaker].append(text.number)
    for numbers in said.values():  # in all rooms: what was sent first is never what is missing
        assert sorted(numbers) == [*range(1, len(numbers) + 1)]


def check_heard(found: Kept, person: Person) -> None:
    """What somebody heard is what is kept, from the first that was said in this life, in order,
    and up to some message that nobody may have heard."""
    for room in person.rooms:
        heard = [text for text in person.heard if text.room == room]
        said = [text for _, _, text in found[room] if text.life == person.life]
        others = [text for text in said if text.speaker != person.name]
        assert heard == others[: len(heard)], person.name


def check_history(found: Kept, person: Person) -> None:
    """The server itself tells the same."""
    for room in person.rooms:
        past = person.ask(f"HISTORY {room} {HISTORY_COUNT}", "PING", until="PONG")
        told = [Text.read(line.rpartition(" ")[2]) for line in past if line.startswith("PAST")]
        assert told == [text for _, _, text in found[room][-HISTORY_COUNT:]]


def live_and_die(path: Path, random: Random) -> None:
    """One life after another on one file."""
    people = crowd()
    for life in range(KILLS + 1):
        with serve(path) as server:
            found = kept(path)
            check_whole(found)
            for person in people if life else ():
                check_heard(found, person)
            for person in people:
                person.come(server.port, life)
            check_history(found, people[1])
            if life < KILLS:
                talk(people, random, random.randint(1, HEARD_MAX))
                kill(server)
                for person in people:
                    person.read_rest()


def test_what_was_heard_is_kept(tmp_path: Path) -> None:
    print(f"KILL_SEED={SEED}")
    paths = [tmp_path / f"{number}.db" for number in range(STORES)]
    randoms = [Random(SEED + number) for number in range(STORES)]
    with ThreadPoolExecutor(STORES) as pool:
        list(pool.map(live_and_die, paths, randoms))  # raises what they raise


# --- records --------------------------------------------------------------------------------------


State = tuple[str, tuple[str, ...]]  # of a room: its topic, and who is banned from it


class Owner:
    """Who owns a room and settles things about it."""

    def __init__(self) -> None:
        self.states: list[State] = [("", ())]  # one more with each deed that was sent
        self.done = 0  # deeds that were answered, or found done

    def settle(self, client: Client, random: Random) -> None:
        """Send a few deeds at once."""
        client.send(*[self._next(random) for _ in range(random.randint(1, DEEDS_AT_ONCE_MAX))])

    def answered(self, lines: list[str]) -> None:
        """What was done is told to the room."""
        self.done += sum(line.startswith("INFO") for line in lines)

    def check(self, path: Path) -> None:
        """What was answered is true, and of the rest so much as was done before the end."""
        found = query(path, "SELECT value FROM records WHERE kind = 'charter' AND key = 'den'")
        charter = json.loads(found[0][0]) if found else {"topic": "", "bans": []}
        state = charter["topic"], tuple(ban[0] for ban in charter["bans"])
        assert state in self.states[self.done :], (state, self.states, self.done)
        self.done = self.states.index(state, self.done)
        del self.states[self.done + 1 :]

    def _next(self, random: Random) -> str:
        topic, banned = self.states[-1]
        number = len(self.states)
        deed = random.choice(("TOPIC", "BAN", "UNBAN") if banned else ("TOPIC", "BAN"))
        name = random.choice(banned) if deed == "UNBAN" else f"{deed}{number}".lower()
        if deed == "TOPIC":
            self.states.append((name, banned))
        elif deed == "BAN":
            self.states.append((topic, (*banned, name)))
        else:
            self.states.append((topic, tuple(other for other in banned if other != name)))
        return f"{deed} den {name}"


def settle_until_killed(server: Server, owner: Owner, random: Random) -> None:
    """The owner settles things; the end comes in the middle of it."""
    client = server.connect()
    client.send(f"{'LOGIN' if owner.done else 'REGISTER'} Owner {PASSWORD}", "JOIN den")
    client.expect("OK", "OK")
    for _ in range(random.randint(1, DEEDS_MAX)):
        owner.settle(client, random)
        owner.answered(client.read(1))
    owner.settle(client, random)
    if random.random() < 0.5:
        owner.answered(client.read(1))
    kill(server)
    owner.answered(client.read_rest())


def test_what_was_answered_is_kept(tmp_path: Path) -> None:
    """Topics and bans, and names that were registered meanwhile."""
    print(f"KILL_SEED={SEED}")
    random, path, owner = Random(SEED), tmp_path / "chat.db", Owner()
    registered: list[str] = []
    for life in range(LIVES_OF_RECORDS):
        with serve(path) as server:
            owner.check(path)
            accounts = query(path, "SELECT key FROM records WHERE kind = 'account'")
            assert {row[0] for row in accounts}.issuperset(registered)
            newcomer = server.connect()
            newcomer.send(f"REGISTER new{life} {PASSWORD}")
            settle_until_killed(server, owner, random)
            if newcomer.read_rest()[:1] == ["OK"]:
                registered.append(f"new{life}")
    with serve(path) as server:
        owner.check(path)
        returning = server.connect()
        returning.send(f"LOGIN {registered[-1]} {PASSWORD}")
        returning.expect("OK")
