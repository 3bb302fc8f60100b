"""What the tests of the core share: a core with people around it, in a time of its own.

`Chat` does for the core what a server does, by a reading of its own of what the actions mean: it
keeps who is in which audience, gives held lines back when their time has come, and collects for
each person, byte for byte, what they would read. On the way it checks after every input that the
world is sound, that a refusal changed nothing, and that no action is one that can't be done.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from chat.core import ChatCore, Limits, Settings
from chat.core import actions as acts
from chat.core.actions import Action, Audience
from chat.core.commands import Command
from chat.core.dialect import Dialect, Rendered
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event, Said
from chat.core.jobs import CheckPassword, HashPassword, Job, Outcome
from chat.core.records import Record
from chat.core.text import fold
from chat.core.world import World
from chat.dialects import DIALECTS, JsonDialect
from tests.dialects.schema import check_sent

LINE = DIALECTS["line"]
NOW = 1_700_000_000.0  # an ordinary number of seconds since the epoch, with an ordinary rounding

UNLIMITED = Limits(rate_burst=0)


def contents(world: World) -> dict[str, object]:
    """All that a world is, as plain data in its order: equal worlds have equal contents."""
    return {
        "limits": world.limits,
        "sessions": [(key, *_user(user)) for key, user in world.sessions.items()],
        "users": [(key, *_user(user)) for key, user in world.users.items()],
        "rooms": [
            (key, room.name, room.charter, room.seq, room.epoch, _members(room), [*room.history])
            for key, room in world.rooms.items()
        ],
        "operators": {key: sorted(room.operators) for key, room in world.rooms.items()},
        "remembered": [(key, room.seq, room.epoch) for key, room in world.remembered.items()],
        "ended": world.ended,
        "accounts": [*world.accounts.items()],
        "bans": [*world.bans.items()],
        "unsettled": [(room.name, said) for room, said in world.unsettled],
        "guests": world.guests,
    }


def _members(room: Any) -> list[tuple[object, ...]]:
    return [(member, *_user(user)) for member, user in room.members.items()]


def _user(user: Any) -> tuple[object, ...]:
    return (user.name, user.session, user.rooms, user.away, user.idle)


class RecordingCore(ChatCore):
    """A core that keeps its entries, and sees to it that a refused one changed nothing."""

    def __init__(
        self, limits: Limits | None, settings: Settings | None, *, durable: bool, epoch: str
    ) -> None:
        super().__init__(limits, settings, durable=durable, epoch=epoch)
        self.entries: list[Entry[Any]] = []

    def commit(self, entry: Entry[Any]) -> tuple[Event, ...]:
        """As every core does."""
        self.entries.append(entry)
        before = contents(self.world)
        try:
            return super().commit(entry)
        except Refusal:
            assert contents(self.world) == before, f"refused, and yet changed the world: {entry}"
            raise


class Person:
    """One session, from the outside: what it has read, and what it has still to say."""

    def __init__(self, session: int, dialect: Dialect) -> None:
        self.session = session
        self.dialect = dialect
        self.unread: list[Rendered] = []
        self.closed = ""  # why the server ended it
        self.gone = False  # nothing reaches it any more, whoever ended it
        self.waiting: deque[bytes] = deque()  # typed, but not taken yet
        self.held_until: float | None = None


class Chat:
    """A core and people with names, for whom sessions are connected, fed and read.

    `users` are logged in from the start, under the names by which the test calls them.
    """

    def __init__(
        self,
        *users: str,
        limits: Limits | None = None,
        settings: Settings | None = None,
        now: float = NOW,
        durable: bool = False,
        epoch: str = "",
    ) -> None:
        self.made_with = limits, settings
        self.epoch = epoch
        self.core = RecordingCore(limits, settings, durable=durable, epoch=epoch)
        self.durable = durable
        self.full = False  # the store: it can keep nothing
        self.records: list[Record] = []  # what it keeps
        self.messages: list[Said] = []
        self.forgotten: list[str] = []
        self.turn: list[Action] = []  # what waits for it: see `_store`
        self.jobs: dict[int, Job] = {}
        self.stopped = False
        self.now = now
        self.people: dict[str, Person] = {}
        self.inputs: list[tuple[Any, ...]] = []  # for `replayed`
        self.outputs: list[list[Action]] = []
        self._sessions: dict[int, Person] = {}
        self._members: dict[Audience, dict[int, Person]] = {}
        self.gathering = False  # a turn of several inputs: until `end_turn`
        for user in users:
            self.connect(user)
            self.send(user, f"LOGIN {user}")
        self.read_all()

    # --- what people do -------------------------------------------------------------------------

    def connect(self, who: str, dialect: Dialect = LINE, address: str = "") -> None:
        """Someone connects; under a name that only the test knows."""
        person = Person(len(self._sessions) + 1, dialect)
        self.people[who] = self._sessions[person.session] = person
        self._input("connect", person.session, dialect, self.now, address)

    def speak(self, who: str, dialect: Dialect) -> None:
        """Someone who has said nothing yet turns out to speak another dialect."""
        person = self.people[who]
        person.dialect = dialect
        self._input("speak", person.session, dialect, self.now)

    def send(self, who: str, *lines: str | bytes) -> None:
        """Someone sends lines, which wait their turn if they have to."""
        person = self.people[who]
        person.waiting.extend(ln if isinstance(ln, bytes) else _encode(ln) for ln in lines)
        if person.held_until is None:
            self._feed(person)

    def too_long(self, who: str) -> None:
        """Someone sends a line that is over the limit."""
        self._input("receive_too_long", self.people[who].session, self.now)

    def ask(self, who: str, command: Command) -> None:
        """Someone in the server's own process asks for something."""
        self._input("submit", self.people[who].session, command, self.now)

    def lose(self, who: str, reason: str = "connection lost") -> None:
        """Someone's connection ends; what they had still to say is lost with it."""
        person = self.people[who]
        person.gone = True
        person.waiting.clear()
        self._input("disconnect", person.session, reason, self.now)

    def time_out(self, who: str) -> None:
        """Someone was silent for too long."""
        self._input("time_out", self.people[who].session, self.now)

    def shut_down(self) -> None:
        """The server stops."""
        self._input("shut_down", self.now)

    def configure(self, limits: Limits | None = None, settings: Settings | None = None) -> None:
        """The server reads its settings again."""
        self._input("configure", limits or Limits(), settings or Settings(), self.now)

    def tidy(self) -> None:
        """The server forgets what there is no more room for."""
        self._input("tidy", self.now)

    def wait(self, seconds: float) -> None:
        """Time passes; lines that were held are given again as soon as they may be."""
        end = self.now + seconds
        while due := min(self._held(), key=_held_until, default=None):
            if _held_until(due) > end:
                break
            self.now = max(self.now, _held_until(due))
            due.held_until = None
            self._feed(due)
        self.now = end

    # --- what people see ------------------------------------------------------------------------

    def read(self, who: str) -> bytes:
        """What someone has been sent since they read last."""
        return b"".join(self.take(who))

    def lines(self, who: str) -> list[str]:
        """The same, as the lines that are on their screen."""
        text = self.read(who).decode()
        assert not text or text.endswith("\n")
        return text.split("\n")[:-1]

    def take(self, who: str) -> list[Any]:
        """The same, piece by piece: for people whose dialect is not made of bytes."""
        person = self.people[who]
        pieces, person.unread = person.unread, []
        return pieces

    def objects(self, who: str) -> list[dict[str, Any]]:
        """The same, for people who speak JSON."""
        return [json.loads(line) for line in self.lines(who)]

    def read_all(self) -> dict[str, list[str]]:
        """What everyone has been sent, without those who were sent nothing."""
        read = {who: self.lines(who) for who in self.people}
        return {who: lines for who, lines in read.items() if lines}

    def closed(self, who: str) -> str:
        """Why the server ended someone's session; empty if it didn't."""
        return self.people[who].closed

    def members(self, audience: Audience) -> list[str]:
        """Who hears what is published to an audience."""
        inside = self._members.get(audience, {}).values()
        return [who for who, person in self.people.items() if person in inside]

    # --- what a server does ---------------------------------------------------------------------

    def _held(self) -> Iterator[Person]:
        return (p for p in self._sessions.values() if p.held_until is not None and not p.gone)

    def _feed(self, person: Person) -> None:
        while person.waiting and person.held_until is None and person.session not in self.jobs:
            self._input("receive", person.session, person.waiting.popleft(), self.now)

    def _input(self, method: str, *arguments: Any) -> None:
        self.inputs.append((method, *arguments))
        actions = getattr(self.core, method)(*arguments) or []
        self.outputs.append(actions)
        for action in actions:
            self._perform(action)
        self.core.world.check_invariants()
        assert not any(session.tag for session in self.core._sessions.values()), "not answered"
        if self.turn and not self.gathering:
            self.end_turn()

    def _perform(self, action: Action) -> None:
        # These are about what comes in, or may not come after it.
        at_once = (acts.Hold, acts.RunJob, acts.Save, acts.Forget)
        if self.turn and not isinstance(action, at_once):
            self.turn.append(action)
        else:
            _PERFORM[type(action)](self, action)

    def end_turn(self) -> None:
        """The store keeps what was said, or can't; then everyone hears of it."""
        turn, self.turn = self.turn, []
        stores = [action for action in turn if isinstance(action, acts.Store)]
        if not self.full:
            self.messages.extend([action.message for action in stores])
        self._input("settle", not self.full, self.now)
        for action in turn:
            if not isinstance(action, acts.Store):
                self._perform(action)
            elif self.full and not self._sessions[action.message.session].gone:
                self._input("refuse", action)
            elif self.full:
                assert self.core.refuse(action)  # for nobody: the connection is no more
            else:
                for then in action.then:
                    self._perform(then)

    def finish_jobs(self, outcome: Outcome = None) -> None:
        """What people wait for is done: passwords are "hashed" by writing them backwards. An
        `outcome` is that of all of them."""
        jobs, self.jobs = self.jobs, {}
        for session, job in jobs.items():
            self._input("finish", session, outcome or _work(self, job), self.now)
            person = self._sessions[session]
            if person.waiting and person.held_until is None:
                self._feed(person)

    def fail_jobs(self) -> None:
        """None of them could be done."""
        for session in [*self.jobs]:
            del self.jobs[session]
            self._input("finish", session, None, self.now)

    def _send(self, action: acts.Send) -> None:
        person = self._sessions[action.session]
        assert not person.gone, f"after the end of {action.session}: {action}"
        assert action.data, f"something to say about nothing: {action}"
        if isinstance(person.dialect, JsonDialect):
            check_sent(action.data)
        person.unread.append(action.data)

    def _publish(self, action: acts.Publish) -> None:
        members = self._members[action.audience]
        assert members, f"to an audience in which nobody is: {action}"
        for session, person in members.items():
            assert person.dialect.name == action.audience.dialect
            if session != action.but:
                self._send(acts.Send(session, action.data))

    def _enter(self, action: acts.Enter) -> None:
        members = self._members.setdefault(action.audience, {})
        assert action.session not in members
        members[action.session] = self._sessions[action.session]

    def _exit(self, action: acts.Exit) -> None:
        del self._members[action.audience][action.session]

    def _close(self, action: acts.Close) -> None:
        person = self._sessions[action.session]
        assert not person.gone, "closed twice"
        assert action.reason
        person.closed = action.reason
        person.gone = True

    def _hold(self, action: acts.Hold) -> None:
        person = self._sessions[action.session]
        person.waiting.appendleft(action.line)
        person.held_until = self.now + action.delay_s
        assert person.held_until > self.now, "time stands still"

    def _run_job(self, action: acts.RunJob) -> None:
        """Jobs take a while: see `finish_jobs`."""
        assert action.session not in self.jobs
        self.jobs[action.session] = action.job

    def _save(self, action: acts.Save) -> None:
        """What a store does that is as good as memory; or none at all, if it is `full`."""
        if not self.full:
            self.records.extend(action.records)
        self._input("saved", not self.full, self.now)

    def _store(self, action: acts.Store) -> None:
        """Messages are kept when the turn ends, and what came after them waits."""
        self.turn.append(action)

    def _forget(self, action: acts.Forget) -> None:
        self.forgotten.append(action.key)
        self.messages = [said for said in self.messages if fold(said.room) != action.key]

    def _stop_server(self, _action: acts.StopServer) -> None:
        self.stopped = True

    def _report(self, action: acts.Report) -> None:
        assert action.session in self._sessions
        assert action.what


_PERFORM: dict[type[Action], Callable[[Chat, Any], None]] = {
    acts.Send: Chat._send,
    acts.Publish: Chat._publish,
    acts.Enter: Chat._enter,
    acts.Exit: Chat._exit,
    acts.Close: Chat._close,
    acts.Hold: Chat._hold,
    acts.RunJob: Chat._run_job,
    acts.Save: Chat._save,
    acts.Store: Chat._store,
    acts.Forget: Chat._forget,
    acts.StopServer: Chat._stop_server,
    acts.Report: Chat._report,
}


def _work(chat: Chat, job: Job) -> Outcome:
    if isinstance(job, CheckPassword):
        return job.stored == job.password[::-1]
    if isinstance(job, HashPassword):
        return job.password[::-1]
    since = job.since or 0
    said = [said for said in chat.messages if fold(said.room) == job.key and said.seq > since]
    return tuple(said[-job.count :])


def _held_until(person: Person) -> float:
    assert person.held_until is not None
    return person.held_until


def _encode(line: str) -> bytes:
    """UTF-8; a byte that is none can be had as a surrogate, as Python's file names have it."""
    return line.encode(errors="surrogateescape")


def replayed(chat: Chat) -> list[list[Action]]:
    """The actions of a fresh core that is given all that `chat` was given."""
    core = ChatCore(*chat.made_with, durable=chat.durable, epoch=chat.epoch)
    return [getattr(core, method)(*arguments) or [] for method, *arguments in chat.inputs]
