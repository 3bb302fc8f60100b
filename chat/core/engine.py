"""ChatCore: input in, actions out. Pure: time is part of the input, and nothing else is asked.

The way of a line:

    line - dialect.parse -> command - gate -> entry - commit -> events - deliver -> actions

The same inputs give the same actions, byte for byte, so that a run can be recorded as its
inputs and replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from math import inf
from typing import Any, Final

from chat.core.actions import Action, Forget, Hold, RunJob, Save, Send, Store
from chat.core.addresses import is_within, prefix
from chat.core.attempts import Attempts
from chat.core.commands import (
    Administer,
    Away,
    Back,
    Command,
    Disconnect,
    Enrol,
    Malformed,
    Recall,
    Register,
    SetLimit,
    Settle,
    Tagged,
    Tidy,
)
from chat.core.delivery import Delivery
from chat.core.dialect import Dialect
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import (
    Done,
    Entered,
    Event,
    Excluded,
    Expelled,
    Greeted,
    IdledOut,
    Recalled,
    Refused,
    RoomForgotten,
    ShutDown,
    SlowedDown,
)
from chat.core.jobs import CheckPassword, HashPassword, Job, Outcome, ReadHistory
from chat.core.limits import Limits
from chat.core.records import Record
from chat.core.registry import ASKS, CHANGES, READS, REGISTRY, SAVES, SERVER, Effect, Row
from chat.core.session import REFILL_S, REFUSED_IN, Session, State
from chat.core.settings import Settings
from chat.core.text import fold
from chat.core.world import World

HOLD_MIN_S: Final = 0.001
"""A shorter wait than this can be less than what `now` can tell apart: time would stand still."""


class ChatCore:
    """A whole chat server without a socket.

    Announce a session with `connect`, hand over what it sends with `receive`, say that it is
    gone with `disconnect`; do what the returned actions say, in order. `now` is always the time
    in seconds since the epoch. Session numbers are the caller's to give; one may be given again if
    nothing was received of the session that had it. Input for a session that has ended is ignored,
    as it may have crossed a Close on its way.

    `durable`: there is a store. Then what outlives the server is saved before it is true, and what
    is said is kept before it is heard (the actions Save and Store); `load` brings it back. `epoch`
    is a text that no other run has had, unless it goes on with the same store.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        settings: Settings | None = None,
        *,
        durable: bool = False,
        epoch: str = "",
    ) -> None:
        self.world = World(limits, durable=durable, epoch=epoch)
        self._delivery = Delivery(settings or Settings(), durable=durable)
        self._deliver = self._delivery.deliver
        self._sessions = self._delivery.sessions
        self._attempts = Attempts()
        self._jobs: dict[int, tuple[Job, str]] = {}  # by the session that waits; its tag
        self._saving: tuple[Session, Entry[Any], str] | None = None
        self._stopping = False

    @property
    def settings(self) -> Settings:
        """How it looks just now."""
        return self._delivery.settings

    def load(self, records: Iterable[Record], rooms: Iterable[tuple[str, str, int]]) -> None:
        """What a store holds, before anyone is there: records, and of each room in which something
        was said its key (folded name), name and last `seq`, the one left longest ago first."""
        self.world.load(records, rooms)

    # --- input ----------------------------------------------------------------------------------

    def connect(
        self, session_id: int, dialect: Dialect, now: float, address: str = ""
    ) -> list[Action]:
        """Someone is there who speaks this dialect, from this address (without a port); empty:
        from this very machine, and so neither banned nor limited by it."""
        session = Session(session_id, dialect, self.world.limits, now, address)
        try:
            self._check_may_come_in(session, now)
        except Refusal as refusal:
            self._delivery.add(session)
            actions = self._deliver((Refused(refusal.code),), session)
            self._delivery.close(session, f"refused: {refusal.code}", actions)
            return actions
        self._delivery.add(session)
        greeting = self._delivery.settings.greeting
        actions = self._arrive(session, now)
        return actions + (self._deliver((Greeted(greeting),), session) if greeting else [])

    def speak(self, session_id: int, dialect: Dialect, now: float) -> list[Action]:
        """A session that has said nothing yet turns out to speak another dialect."""
        session = self._sessions.get(session_id)
        if session is None or session.dialect is dialect:
            return []
        session.dialect = dialect
        return self._arrive(session, now)

    def receive(self, session_id: int, line: bytes, now: float) -> list[Action]:
        """A session sent a line (without its line end)."""
        session = self._sessions.get(session_id)
        if session is None:
            return []
        command: Any = session.dialect.parse(line)
        tag = ""
        if type(command) is Tagged:
            command, tag = command.command, command.tag
        row = REGISTRY[type(command)]
        tokens = session.tokens - row.cost
        if tokens < 0 or not 0 <= now - session.filled_at <= REFILL_S:
            session.refill(self.world.limits, now)
            tokens = session.tokens - min(row.cost, self.world.limits.rate_burst)
            if tokens < 0 and session.state is not State.OPERATOR:
                return self._hold(session, line, -tokens)
        session.tokens = tokens
        if tag:
            session.tag = tag
            return self._handle(session, command, row, now) + self._answered(session)
        return self._handle(session, command, row, now)

    def receive_too_long(self, session_id: int, now: float) -> list[Action]:
        """A session sent a line over the limit. Nobody kept it, so that it can't be held: it is
        answered at once, and the lines after it wait the longer."""
        session = self._sessions.get(session_id)
        if session is None:
            return []
        row = REGISTRY[Malformed]
        session.refill(self.world.limits, now)
        session.tokens -= row.cost
        return self._handle(session, Malformed("line-too-long"), row, now)

    def submit(self, session_id: int, command: Command, now: float) -> list[Action]:
        """A session asks for something without having to wait its turn: a program in process."""
        session = self._sessions.get(session_id)
        if session is None:
            return []
        session.refill(self.world.limits, now)  # so much is known of when it was heard
        return self._handle(session, command, REGISTRY[type(command)], now)

    def disconnect(self, session_id: int, reason: str, now: float) -> list[Action]:
        """A session's connection is gone."""
        session = self._sessions.get(session_id)
        if session is None:
            return []
        actions = self._handle(session, Disconnect(reason), REGISTRY[Disconnect], now)
        self._delivery.forget(session)
        return actions

    def time_out(self, session_id: int, now: float) -> list[Action]:
        """Nothing was heard of a session for too long."""
        session = self._sessions.get(session_id)
        if session is None:
            return []
        reason = "idle timeout"
        actions = self._handle(session, Disconnect(reason), REGISTRY[Disconnect], now)
        actions += self._deliver((IdledOut(),), session)
        self._delivery.close(session, reason, actions)
        return actions

    def shut_down(self, now: float) -> list[Action]:
        """The server stops: everyone is told, nobody is told of everyone else. Nobody comes in
        after it."""
        self._stopping = True
        actions: list[Action] = []
        for session in list(self._sessions.values()):
            actions += self._deliver((ShutDown(),), session)
            self.commit(Entry(now, session.id, session.name, Disconnect("shutdown")))
            self._delivery.close(session, "shutdown", actions)
        self._delivery.empty()
        return actions

    def configure(self, limits: Limits, settings: Settings, now: float) -> None:
        """Go on with other limits and settings. Who is over a new limit already may stay."""
        self._delivery.settings = settings
        old = asdict(self.world.limits)
        for name, value in asdict(limits).items():
            if value != old[name]:
                self.commit(Entry(now, 0, "", SetLimit(name, value)))
        for session in self._sessions.values():
            session.tokens = min(session.tokens, limits.rate_burst or inf)

    # --- what the shell did ----------------------------------------------------------------------

    def finish(self, session_id: int, outcome: Outcome, now: float) -> list[Action]:
        """What a RunJob came to; None if it failed."""
        job, tag = self._jobs.pop(session_id)
        session = self._sessions.get(session_id)
        if session is None:
            return []
        session.tag = tag
        if outcome is None:
            return self._deliver((Refused("try-again"),), session)
        if isinstance(job, CheckPassword):
            account = self.world.accounts.get(job.account)
            if not outcome or account is None or account.password != job.stored:
                return self._deliver((Refused("wrong-password"),), session)
            self._attempts.give_back(job, session.address)
            return self._handle(session, job.then, REGISTRY[type(job.then)], now)
        if isinstance(job, HashPassword):
            command = Register(job.name, str(outcome), job.lobby)
            return self._handle(session, command, _HASHED, now)
        return self._deliver((self._recalled(job, outcome, session),), session)

    def knows(self, session_id: int) -> bool:
        """Whether a session is there: it was let in, and is not over."""
        return session_id in self._sessions

    def waits_for(self, session_id: int) -> bool:
        """Whether a RunJob of a session is still to be finished."""
        return session_id in self._jobs

    def saved(self, kept: bool, now: float) -> list[Action]:
        """Whether the records of the last Save are kept. If not, nothing has happened."""
        assert self._saving is not None, "nothing is being saved"
        (session, entry, tag), self._saving = self._saving, None
        session.tag = tag
        if not kept:
            return self._deliver((Refused("not-saved"),), session)
        return self._tell(self.commit(entry), session, now) + self._answered(session)

    def settle(self, kept: bool, now: float) -> None:
        """Whether all messages of the Stores since the last time are kept. If not, none is, and
        nobody has said them; who tried is to be told so (`refuse`)."""
        self.commit(Entry(now, 0, "", Settle(kept)))

    def refuse(self, store: Store) -> list[Action]:
        """A message could not be kept. Who said it is told, even if they have left since."""
        said, refused = store.message, Refused("not-saved")
        answer = store.dialect.answer(refused, said.tag) if said.tag else None
        return [Send(said.session, answer or store.dialect.render(refused))]

    def tidy(self, now: float) -> list[Action]:
        """Forget what there is no more room for, and see who is away. To be called every few
        seconds; each call is short."""
        events = self.commit(Entry(now, 0, "", Tidy()))
        forgotten = [Forget(event.key) for event in events if isinstance(event, RoomForgotten)]
        return [*forgotten, *self._look_around(now)]

    def _look_around(self, now: float) -> list[Action]:
        """Whoever has sent no line for long is away; who was away for that, and has, is back."""
        actions: list[Action] = []
        limits, users = self.world.limits, self.world.sessions
        silent_since = now - (limits.away_after_s or inf)
        left = limits.told_at_once
        for session in self._sessions.values():
            user = users.get(session.id)
            silent = session.filled_at <= silent_since
            if user is None or (user.away if silent else not user.idle):
                continue
            command: Command = Away(idle=True) if silent else Back(idle=True)
            told = self._handle(session, command, REGISTRY[type(command)], now)
            actions += told
            left -= 1 + len(user.rooms) + len(told)
            if left <= 0:
                break
        return actions

    # --- the seam -------------------------------------------------------------------------------

    def commit(self, entry: Entry[Any]) -> tuple[Event, ...]:
        """Apply an entry. The world changes here and nowhere else, and what happens depends on
        nothing but the world and the entry. Raises Refusal, and has changed nothing then.
        """
        happened: Any = REGISTRY[type(entry.command)].handler(self.world, entry)
        return happened if type(happened) is tuple else self.world.run(happened)

    # --- the way of a command -------------------------------------------------------------------

    def _check_may_come_in(self, session: Session, now: float) -> None:
        if self._stopping:
            raise Refusal("shutting-down")
        if type(session.dialect.arrival) is Administer:
            return
        if len(self._sessions) >= self.world.limits.clients_max:
            raise Refusal("server-full")
        if self._delivery.sites.is_full(session.address, self.world.limits):
            raise Refusal("rate-limited")
        if self.world.ban_on(session.address, now):
            raise Refusal("banned")

    def _answered(self, session: Session) -> list[Action]:
        """What is tagged has an answer, also where all that there is to say is told to a room."""
        return self._deliver((Done(),), session) if session.tag else []

    def _handle(self, session: Session, command: Command, row: Row, now: float) -> list[Action]:
        """Through the gate, into an entry, out as actions."""
        entry = Entry(now, session.id, session.name, command)
        happened: Any
        try:
            if session.state not in row.states:
                raise Refusal(REFUSED_IN[session.state] if row.states - SERVER else "not-allowed")
            if row.role is not None:
                row.role(self.world, entry)
            if row.effect is CHANGES:
                happened = self.commit(entry)
            elif row.effect is READS:
                happened = row.handler(self.world, entry)
            else:
                return _OUTSIDE[row.effect](self, session, entry, now)
        except Refusal as refusal:
            happened = (Refused(refusal.code, refusal.detail),)
        return self._deliver(happened, session)

    def _ask(self, session: Session, entry: Entry[Any], now: float) -> list[Action]:
        """Answer, or have something done first. Raises Refusal; also for too many attempts, and
        for a program that doesn't wait for an answer."""
        asked: Any = REGISTRY[type(entry.command)].handler(self.world, entry)
        if type(asked) is tuple:
            return self._deliver(asked, session)
        if session.id in self._jobs:
            raise Refusal("try-again")
        self._attempts.check(asked, session.address, self.world.limits, now, len(self._jobs))
        self._jobs[session.id] = asked, session.tag
        session.tag = ""
        return [RunJob(session.id, asked)]

    def _recalled(self, job: ReadHistory, messages: Any, session: Session) -> Recalled:
        room = self.world.rooms.get(job.key)
        if room is None or session.id not in room.members or room.epoch != job.epoch:
            # Put out meanwhile, with the others or alone: what was read may be from behind that.
            return Recalled(job.room, (), job.epoch, complete=False)
        next_seq = room.seq - room.unsettled + 1
        first = messages[0].seq if messages else next_seq
        wanted = max(1, next_seq - job.count) if job.since is None else job.since + 1
        return Recalled(job.room, messages, job.epoch, complete=first == wanted)

    def _save(self, session: Session, entry: Entry[Any], now: float) -> list[Action]:
        """Commit an entry, but what it changes for good is saved first. Raises Refusal."""
        if self.world.durable:
            steps: Any = REGISTRY[type(entry.command)].handler(self.world, entry)
            if records := next(steps):
                self._saving = session, entry, session.tag
                session.tag = ""
                return [Save(records)]
        return self._tell(self.commit(entry), session, now)

    def _tell(self, happened: tuple[Event, ...], session: Session, now: float) -> list[Action]:
        """What was committed; whom it keeps out of the server is sent away."""
        actions = self._deliver(happened, session)
        for event in happened:
            if isinstance(event, Excluded):
                actions += self._send_away(event, now)
            elif isinstance(event, Entered) and session.dialect.reads_history:
                recall = Recall(event.room, self.world.limits.history_kept)
                actions += self._handle(session, recall, REGISTRY[Recall], now)
        return actions

    def _send_away(self, event: Excluded, now: float) -> list[Action]:
        """Whoever is here, and is kept out from now on."""
        actions: list[Action] = []
        network = prefix(event.target)  # once, and not for each of them: there may be 10,000
        for session in list(self._sessions.values()):
            here = fold(session.name) == event.target or is_within(session.address, network)
            if here and session.state is not State.OPERATOR:
                told = Expelled(session.id, session.name, event.reason, banned=True)
                actions += self._deliver((told,), session)
                actions += self._handle(session, Disconnect("banned"), REGISTRY[Disconnect], now)
                self._delivery.close(session, "banned", actions)
        return actions

    def _arrive(self, session: Session, now: float) -> list[Action]:
        command = session.dialect.arrival
        return self._handle(session, command, REGISTRY[type(command)], now) if command else []

    def _hold(self, session: Session, line: bytes, missing: float) -> list[Action]:
        """Over its rate nothing is refused or lost: the line waits, and says so the first time."""
        actions = [] if session.slowed else self._deliver((SlowedDown(),), session)
        session.slowed = True
        delay_s = max(missing / self.world.limits.rate_per_s, HOLD_MIN_S)
        actions.append(Hold(session.id, line, delay_s))
        return actions


_HASHED: Final = replace(REGISTRY[Register], states=REGISTRY[Enrol].states)
"""Nobody asks for Register: it would be with a password that is not hashed."""

_OUTSIDE: Final[dict[Effect, Callable[[ChatCore, Session, Entry[Any], float], list[Action]]]] = {
    ASKS: ChatCore._ask,
    SAVES: ChatCore._save,
}
"""The effects that may need something done by the shell before there is an answer."""
