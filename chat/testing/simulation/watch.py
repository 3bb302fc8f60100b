"""Watch: looks on while a simulated server runs, and says what is not as it must be.

It believes nobody. From what goes into the core, and from the events that come out of
`ChatCore.commit`, it makes a picture of its own of who is where and under what name (`picture.py`),
and of what everyone is to be shown next; what people are really shown they compare with that
(`people.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from chat.core import actions, events
from chat.core.actions import Action
from chat.core.commands import Settle
from chat.core.entry import Entry
from chat.core.events import Event, Said
from chat.core.limits import Limits
from chat.core.session import State
from chat.heartbeat import PERIOD_S
from chat.server import ChatServer
from chat.testing.simulation.model_store import MARK, ModelStore
from chat.testing.simulation.people import NEWS, Visit
from chat.testing.simulation.picture import Picture, alike
from chat.testing.simulation.refusals import refusal_at_the_door, unfounded
from chat.testing.simulation.rules import Bucket, Case, counted_as, rules_broken, still_here
from reactor import LINE_MAX_BYTES, TOO_LONG, ConnectionLimits
from reactor.testing import FakeSocket, Network

OPERATOR: Final = State.OPERATOR
UNLIKELY: Final = 20  # times the mean of an exponential distribution
WAKE_S: Final = 5.0
"""So much later, at most, is taken up what another thread asks for; most of it, for a selector that
does not tell of everything."""

ENDS: Final = re.compile(
    "quit|idle timeout|closed by client|too slow a reader|kicked|banned|shutdown|refused: .*"
    "|no pong|speaks WebSocket|WebSocket: .*|HTTP .*"
)
"""Why connections end, apart from what goes wrong on the network."""

SHOWN: Final = (events.Recalled, events.UsersListed, events.MembersListed, events.BansListed)
"""What somebody asks for without changing anything."""

Due = list[tuple[Visit, bytes]]  # who is to be shown which line


@dataclass(frozen=True, slots=True)
class Pending:
    """What a message leads to, once it is known to be kept, or not to be; or an answer that has to
    wait for that, and is due in any case."""

    mark: bytes  # of the message; empty for an answer
    if_kept: Due
    if_not: Due


class Watch:
    """Of one server, from its beginning to its end. What is wrong goes into `problems`."""

    def __init__(
        self,
        network: Network,
        server: ChatServer,
        store: ModelStore | None,
        visits: dict[int, Visit],
        problems: list[str],
    ) -> None:
        self.problems = problems
        self.changed = False  # something was committed since `check` looked
        self.picture = Picture(server.core.world.rooms, store.charters() if store else (), problems)
        self.said: dict[bytes, Said] = {}  # by their marks
        self.sessions: dict[int, Visit] = {}
        self.expelled: list[int] = []  # sessions
        self.closing_at: dict[int, float] = {}  # since when, by the connection's id
        self._network = network
        self._server = server
        self._core = server.core
        self._store = store
        self._visits = visits  # by the number of the client's socket
        self._pending: list[Pending] = []  # said, but not kept yet
        self._asked: dict[int, bytes] = {}  # the line that was handled last, by session
        self._buckets: dict[int, Bucket] = {}
        self._held_until: dict[int, float] = {}  # by session: its last line that had to wait
        self._refusal: str | None = None  # the last
        network.on_send = self._sending
        for name in ("connect", "disconnect", "receive", "receive_too_long", "commit", "time_out"):
            watched = getattr(self, f"_{name}")
            setattr(self._core, name, _between(watched, getattr(self._core, name)))
        for name in ("_deliver", "_tell"):
            setattr(self._core, name, _between(getattr(self, name), getattr(self._core, name)))
        requesting: Any = server._shell.requesting
        requesting.is_full = _between(self._may_not_ask, requesting.is_full)
        reactor: Any = server.reactor
        reactor.call_soon_threadsafe = _between(self._wake, reactor.call_soon_threadsafe)

    # --- what goes into the core ----------------------------------------------------------------

    def _connect(self, real: Callable[..., list[Action]], session: int, *rest: Any) -> list[Action]:
        sock: Any = self._server.reactor.connections[session].sock
        self.sessions[session] = self._visits[sock.other.number]
        self._asked[session] = b""
        dialect, now, address = rest
        self._buckets[session] = Bucket(self._core, now)
        self.picture.heard_at[session] = now
        self._refusal = None
        due = refusal_at_the_door(self._core, dialect, now, address)
        happened = real(session, *rest)
        if self._refusal != due:
            self._problem(f"#{session} from {address} was told {self._refusal}, and not {due}")
        return happened

    def _may_not_ask(self, real: Callable[..., bool], address: str, limits: Limits) -> bool:
        """For a WebSocket, as too many do so from there who are not granted one yet."""
        peers = [
            connection.peer.rpartition(":")[0].strip("[]")
            for connection in self._server.reactor.connections.values()
            if not getattr(connection.handler, "has_session", True)
        ]
        site, most = counted_as(address), limits.clients_per_address_max
        full = 0 < most <= [counted_as(peer) for peer in peers].count(site) and site != ""
        if real(address, limits) != full:
            self._problem(f"{address} is turned away: {not full}, as {peers} ask")
        return full

    def _disconnect(self, real: Callable[..., Any], session: int, reason: str, now: float) -> Any:
        if session in self.sessions:  # else it had only asked for a WebSocket
            self._ended(session, reason)
        return real(session, reason, now)

    def _ended(self, session: int, reason: str) -> None:
        """Perhaps twice: when it is given up, and when it is gone."""
        visit = self.sessions[session]
        sock = visit.client.sock.other
        if not ENDS.fullmatch(reason) and not sock.broken:
            self._problem(f"#{session} was closed where nothing had gone wrong: {reason}")
        if reason == "closed by client" and visit.ending and visit.typed and not visit.has_left:
            self._problem(f"#{session} has ended, and {visit.typed[0]!r} was not taken up")
        silent_s = self._network.clock.now - sock.heard_at
        if reason == "no pong" and silent_s < PERIOD_S - 1e-6:
            self._problem(f"#{session} was thought gone after {silent_s:.3f} s")
        if reason == "quit" and sock.closed and sock.incoming.arrived and not sock.broken:
            self._cut_off(session)

    def _cut_off(self, session: int) -> None:
        """What had come in was not read: the client is reset, and may not read what it was sent."""
        now = self._network.clock.now
        waited_s = now - self.closing_at.get(session, now)
        if waited_s < ConnectionLimits().linger_s:
            self._problem(f"#{session} was closed in the middle of what it sent")

    def _receive(
        self, real: Callable[..., list[Action]], session: int, line: bytes, now: float
    ) -> list[Action]:
        before, self._asked[session] = self._asked[session], line
        self.picture.heard_at[session] = now
        self._buckets[session].fill(now)
        known = self._core._sessions.get(session)
        # One that is over takes up nothing; the administration has no rate.
        has_rate = known is not None and known.state is not OPERATOR
        happened = real(session, line, now)
        for action in happened:
            if type(action) is actions.Hold:
                self._held_until[session] = self._network.clock.now + action.delay_s
                self._asked[session] = before
                return happened
        self._taken_up(session, line)
        if has_rate:
            self.problems += self._buckets[session].take(line)
        visit = self.sessions[session]
        if happened and (pong := visit.ponged(line)):
            self._told([(visit, pong)])
        return happened

    def _told(self, due: Due) -> None:
        """Behind all that was said before, and may still have to be kept."""
        self._pending.append(Pending(b"", due, due))
        if len(self._pending) == 1:
            self._settle(kept=True)

    def _receive_too_long(self, real: Callable[..., Any], session: int, now: float) -> Any:
        self._buckets[session].fill(now)
        self.picture.heard_at[session] = now
        self._taken_up(session, TOO_LONG)
        return real(session, now)

    def _taken_up(self, session: int, line: bytes) -> None:
        """A line was handled: the next one that was typed, or something was lost on the way."""
        visit = self.sessions[session]
        if visit.typed:
            typed = visit.typed.popleft()
            if self._hung_up(session) and (typed is TOO_LONG or typed.startswith(line)):
                return  # in the middle of a line, which ends there
            if typed != line or (typed is TOO_LONG) != (line is TOO_LONG):
                self._problem(f"#{session}: {line!r} was handled where {typed!r} was typed")
        elif (
            line is TOO_LONG
            and len(visit.begun.removesuffix(b"\r")) > LINE_MAX_BYTES
            and not visit.skipping
        ):
            visit.skipping = True
        elif not (self._hung_up(session) and visit.begun.startswith(line)):
            self._problem(f"#{session}: {line!r} was handled, which nobody typed")

    def _hung_up(self, session: int) -> bool:
        sock: Any = self._server.reactor.connections[session].sock
        ended: bool = sock.incoming.ended
        return ended

    def _time_out(self, real: Callable[..., Any], session: int, now: float) -> Any:
        connection = self._server.reactor.connections[session]
        sock: Any = connection.sock
        heard_at = max(sock.heard_at, self._held_until.get(session, 0.0))
        silent_s = self._network.clock.now - heard_at
        here = connection.is_open  # else there is nothing to end
        if here and (connection.has_waiting_lines or connection.is_paused):
            self._problem(f"#{session} was thought idle while it was made to wait")
        if here and silent_s < self._server.config.idle_timeout - 1e-6:
            self._problem(f"#{session} was thought idle after {silent_s:.3f} s")
        return real(session, now)

    # --- what comes out of it -------------------------------------------------------------------

    def _commit(
        self, real: Callable[[Entry[Any]], tuple[Event, ...]], entry: Entry[Any]
    ) -> tuple[Event, ...]:
        happened = real(entry)
        if isinstance(entry.command, Settle):
            self._settle(entry.command.kept)
        for event in happened:
            self.changed = True
            self.picture.note(entry.session, event)
            if type(event) is Said:
                self._spoken(event)
            elif type(event) is events.StatusChanged:
                self._news(event, self.picture.neighbours(event.session))
        self.picture.forget_rooms()
        self._judge(entry.session, happened)
        return happened

    def _deliver(self, real: Callable[..., Any], happened: Any, session: Any) -> Any:
        self._judge(session.id, [event for event in happened if type(event) in SHOWN])
        for event in happened:
            if type(event) is events.Refused:
                self._refusal = event.code
                self.problems += unfounded(self._case(session.id), event)
            elif type(event) is events.Announced:
                people = [s.id for s in self._core._sessions.values() if s.state is not OPERATOR]
                self._news(event, people)
        self.expelled += [event.session for event in happened if type(event) is events.Expelled]
        return real(happened, session)

    def _tell(self, real: Callable[..., Any], happened: Any, *rest: Any) -> Any:
        told = real(happened, *rest)
        for event in happened:
            if type(event) is events.Excluded:
                self.problems += still_here(self._core, event.target)
        return told

    def _judge(self, session: int, happened: Iterable[Event]) -> None:
        for event in happened:
            self.problems += rules_broken(self._case(session), event)

    def _case(self, session: int) -> Case:
        line, now = self._asked.get(session, b""), self._server._shell.wall_clock()
        return Case(self._core, self.picture, session, line, now)

    def _wake(self, real: Callable[..., Any], callback: Callable[..., Any], *rest: Any) -> None:
        """Another thread asks for something."""
        clock = self._network.clock
        asked_at = clock.now
        # A wake-up is under way like all that is sent: once in a billion times for so long.
        late_s = WAKE_S + UNLIKELY * self._network.faults.delay_s

        def called() -> None:
            if clock.now - asked_at > late_s:
                self._problem(f"the loop woke up {clock.now - asked_at:.3f} s late")
            callback(*rest)

        real(called)

    def _spoken(self, said: Said) -> None:
        """Whoever is in the room now is to be shown it, once it is kept."""
        marks = MARK.findall(said.text.encode())
        if not marks:
            return
        self.said.update(dict.fromkeys(marks, said))
        echo = self._core._delivery.settings.echo
        due = [
            (self.sessions[session], self.sessions[session].shown(said))
            for session in self.picture.members[alike(said.room)]
            if echo or session != said.session
        ]
        sender = self.sessions[said.session]
        if said.tag:
            due.append((sender, sender.acknowledged(said)))
        self._pending.append(Pending(marks[0], due, [(sender, sender.refused(said))]))
        if self._store is None:
            self._settle(kept=True)

    def _news(
        self, event: events.StatusChanged | events.Announced, sessions: Iterable[int]
    ) -> None:
        """For each of them, in what they speak so far. What is told to who is about to ask for a
        WebSocket is no frame, and nobody looks at it."""
        due = []
        for session in sessions if NEWS.search(event.text.encode()) else ():
            visit, spoken = self.sessions[session], self._core._sessions[session].dialect
            if spoken is visit.dialect or spoken.name == "ws":
                due.append((visit, visit.shown(event)))
            elif visit.person.script.dialect != "json":
                due.append((visit, spoken.render(event)[:-1]))
        if due:
            self._told(due)

    def _settle(self, kept: bool) -> None:
        pending, self._pending = self._pending, []
        for each in pending:
            mark = each.mark
            if kept and mark and self._store is not None and mark not in self._store.kept:
                self._problem(f"{mark!r} is to be heard, but it is not kept")
            for visit, line in each.if_kept if kept else each.if_not:
                visit.due.append(line)

    # --- what leaves ----------------------------------------------------------------------------

    def _sending(self, sock: FakeSocket, data: bytes) -> None:
        """By the marks alone: whoever it is for looks at the rest."""
        if self._store is not None and b"<s" in data:
            for mark in self.said.keys() & set(MARK.findall(data)) - self._store.kept:
                self._problem(f"{sock.name} is sent {mark!r}, which is not kept")

    def _problem(self, what: str) -> None:
        self.problems.append(what)


def _between(watched: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: watched(real, *arguments)
