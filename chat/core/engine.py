"""ChatCore: input in, actions out. Pure: time is part of the input, and nothing else is asked.

The way of a line:

    line - dialect.parse -> command - gate -> entry - commit -> events - deliver -> actions

The same inputs give the same actions, byte for byte, so that a run can be recorded as its
inputs and replayed.
"""

from __future__ import annotations

from typing import Any, Final

from chat.core.actions import Action, Hold, Report
from chat.core.commands import Command, Disconnect, Malformed
from chat.core.delivery import Delivery
from chat.core.dialect import Dialect
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event, Greeted, IdledOut, Refused, ShutDown, SlowedDown
from chat.core.limits import Limits
from chat.core.registry import REGISTRY, Row
from chat.core.session import REFILL_S, REFUSED_IN, Session
from chat.core.settings import Settings
from chat.core.world import World

HOLD_MIN_S: Final = 0.001
"""A shorter wait than this can be less than what `now` can tell apart: time would stand still."""


class ChatCore:
    """A whole chat server without a socket.

    Announce a session with `connect`, hand over what it sends with `receive`, say that it is
    gone with `disconnect`; do what the returned actions say, in order. `now` is always the time
    in seconds since the epoch. Session numbers are the caller's to give, each to be used once.
    Input for a session that has ended is ignored, as it may have crossed a Close on its way.
    """

    def __init__(self, limits: Limits | None = None, settings: Settings | None = None) -> None:
        self.world = World(limits)
        self._delivery = Delivery(settings or Settings())
        self._deliver = self._delivery.deliver
        self._sessions = self._delivery.sessions

    # --- input ----------------------------------------------------------------------------------

    def connect(self, session_id: int, dialect: Dialect, now: float) -> list[Action]:
        """Someone is there who speaks this dialect."""
        session = Session(session_id, dialect, self.world.limits, now)
        full = len(self._sessions) >= self.world.limits.clients_max
        self._sessions[session_id] = session
        if full:
            actions = self._deliver((Refused("server-full"),), session)
            self._delivery.close(session, "server full", actions)
            return [*actions, Report(session_id, "refused: server full")]
        greeting = self._delivery.settings.greeting
        actions = self._deliver((Greeted(greeting),), session) if greeting else []
        return actions + self._arrive(session, now)

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
        command = session.dialect.parse(line)
        row = REGISTRY[type(command)]
        tokens = session.tokens - row.cost
        if tokens < 0 or now - session.filled_at > REFILL_S:
            session.refill(self.world.limits, now)
            tokens = session.tokens - min(row.cost, self.world.limits.rate_burst)
            if tokens < 0:
                return self._hold(session, line, -tokens)
        session.tokens = tokens
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
        return self._handle(session, command, REGISTRY[type(command)], now)

    def disconnect(self, session_id: int, reason: str, now: float) -> list[Action]:
        """A session's connection is gone."""
        session = self._sessions.get(session_id)
        if session is None:
            return []
        actions = self._handle(session, Disconnect(reason), REGISTRY[Disconnect], now)
        del self._sessions[session_id]
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

    def shut_down(self) -> list[Action]:
        """The server stops: everyone is told, nobody is told of everyone else."""
        actions: list[Action] = []
        for session in list(self._sessions.values()):
            actions += self._deliver((ShutDown(),), session)
            self._delivery.close(session, "shutdown", actions)
        return actions

    def configure(self, limits: Limits, settings: Settings) -> None:
        """Go on with other limits and settings. Who is over a new limit already may stay."""
        self.world.limits = limits
        self._delivery.settings = settings
        for session in self._sessions.values():
            session.tokens = min(session.tokens, limits.rate_burst)

    # --- the seam -------------------------------------------------------------------------------

    def commit(self, entry: Entry[Any]) -> tuple[Event, ...]:
        """Apply an entry. The world changes here and nowhere else, and what happens depends on
        nothing but the world and the entry. Raises Refusal, and has changed nothing then."""
        return REGISTRY[type(entry.command)].handler(self.world, entry)

    # --- the way of a command -------------------------------------------------------------------

    def _handle(self, session: Session, command: Command, row: Row, now: float) -> list[Action]:
        """Through the gate, into an entry, out as actions."""
        try:
            if session.state not in row.states:
                raise Refusal(REFUSED_IN[session.state])
            entry = Entry(now, session.id, session.name, command)
            happened = self.commit(entry) if row.changes else row.handler(self.world, entry)
        except Refusal as refusal:
            happened = (Refused(refusal.code, refusal.detail),)
        return self._deliver(happened, session)

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
