"""Watch: looks on while a simulated server runs, and says what is not as it must be.

It believes nobody. From what goes into the core, and from the events that come out of
`ChatCore.commit`, it makes a picture of its own of who is where and under what name, and of what
everyone is to be shown next; what people are really shown they compare with that (`people.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chat.core import actions, events
from chat.core.actions import Action
from chat.core.commands import Settle
from chat.core.entry import Entry
from chat.core.events import Event, Said
from chat.core.text import fold
from chat.heartbeat import PERIOD_S
from chat.server import ChatServer
from chat.testing.model_store import MARK, ModelStore
from chat.testing.people import Visit
from reactor import LINE_MAX_BYTES, TOO_LONG
from reactor.testing import FakeSocket, Network


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
        self.names: dict[str, int] = {}  # sessions by folded name
        self.members: dict[str, dict[int, None]] = {}  # sessions by folded name of the room
        self.said: dict[bytes, Said] = {}  # by their marks
        self.sessions: dict[int, Visit] = {}
        self._network = network
        self._server = server
        self._core = server.core
        self._store = store
        self._visits = visits  # by the number of the client's socket
        self._pending: list[tuple[bytes, list[tuple[Visit, bytes]]]] = []  # said, but not kept yet
        network.on_send = self._sending
        for name in ("connect", "disconnect", "receive", "receive_too_long", "commit", "time_out"):
            watched = getattr(self, f"_{name}")
            setattr(self._core, name, _between(watched, getattr(self._core, name)))

    # --- what goes into the core ----------------------------------------------------------------

    def _connect(self, real: Callable[..., list[Action]], session: int, *rest: Any) -> list[Action]:
        sock: Any = self._server.reactor.connections[session].sock
        self.sessions[session] = self._visits[sock.other.number]
        return real(session, *rest)

    def _disconnect(self, real: Callable[..., Any], session: int, reason: str, now: float) -> Any:
        """Who is given up for not answering has been silent for a whole period."""
        if reason == "no pong":
            heard_at = self.sessions[session].client.sock.other.heard_at
            silent_s = self._network.clock.now - heard_at
            if silent_s < PERIOD_S - 1e-6:
                self._problem(f"#{session} was thought gone after {silent_s:.3f} s")
        return real(session, reason, now)

    def _receive(
        self, real: Callable[..., list[Action]], session: int, line: bytes, now: float
    ) -> list[Action]:
        happened = real(session, line, now)
        if not any(type(action) is actions.Hold for action in happened):
            self._taken_up(session, line)
        return happened

    def _receive_too_long(self, real: Callable[..., Any], session: int, now: float) -> Any:
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
        elif line is TOO_LONG and len(visit.begun) > LINE_MAX_BYTES:
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
        silent_s = self._network.clock.now - sock.heard_at
        here = connection.is_open  # else there is nothing to end
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
            note = _NOTES.get(type(event))
            if note is not None:
                note(self, entry.session, event)
        return happened

    def _logged_in(self, session: int, event: events.LoggedIn | events.Named) -> None:
        holder = self.names.setdefault(fold(event.name), session)
        if holder != session:
            self._problem(f"#{session} is {event.name}, as is #{holder}")

    def _renamed(self, session: int, event: events.Renamed) -> None:
        if fold(event.old) != fold(event.new):
            self.names.pop(fold(event.old), None)
        self._logged_in(session, events.Named(event.new))

    def _joined(self, _session: int, event: events.Joined) -> None:
        self.members.setdefault(fold(event.room), {})[event.session] = None

    def _left(self, _session: int, event: events.Left | events.Removed) -> None:
        self._leave(event.session, fold(event.room))

    def _disconnected(self, _session: int, event: events.Disconnected) -> None:
        self.names.pop(fold(event.name), None)
        for room in event.rooms:
            self._leave(event.session, fold(room))

    def _leave(self, session: int, room: str) -> None:
        del self.members[room][session]
        if not self.members[room]:
            del self.members[room]

    def _spoken(self, _session: int, said: Said) -> None:
        """Whoever is in the room now is to be shown it, once it is kept."""
        marks = MARK.findall(said.text.encode())
        if not marks:
            return
        self.said.update(dict.fromkeys(marks, said))
        echo = self._core._delivery.settings.echo
        due = [
            (self.sessions[session], self.sessions[session].shown(said))
            for session in self.members[fold(said.room)]
            if echo or session != said.session
        ]
        if said.tag:
            sender = self.sessions[said.session]
            due.append((sender, sender.acknowledged(said)))
        self._pending.append((marks[0], due))
        if self._store is None:
            self._settle(kept=True)

    def _settle(self, kept: bool) -> None:
        pending, self._pending = self._pending, []
        for mark, due in pending if kept else ():
            if self._store is not None and mark not in self._store.kept:
                self._problem(f"{mark!r} is to be heard, but it is not kept")
            for visit, line in due:
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


_NOTES: Final[dict[type[Event], Callable[[Any, int, Any], None]]] = {
    events.LoggedIn: Watch._logged_in,
    events.Named: Watch._logged_in,
    events.Renamed: Watch._renamed,
    events.Joined: Watch._joined,
    events.Left: Watch._left,
    events.Removed: Watch._left,
    events.Disconnected: Watch._disconnected,
    events.Said: Watch._spoken,
}
