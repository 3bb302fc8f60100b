"""Who is told of an event: from events to actions, by way of each listener's dialect.

A room's members are divided into audiences, one per dialect, so that an event is rendered once
per dialect and published once per audience, whatever the size of the room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chat.core import events
from chat.core.actions import Action, Audience, Close, Enter, Exit, Publish, Report, Send
from chat.core.dialect import Dialect
from chat.core.events import Event
from chat.core.session import Session
from chat.core.settings import Settings


class Delivery:
    """Knows the sessions and the audiences, and nothing of the world."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sessions: dict[int, Session] = {}
        # By room: who speaks what there, and how many do.
        self._audiences: dict[str, dict[Dialect, tuple[Audience, int]]] = {}

    def deliver(self, event: Event, session: Session) -> list[Action]:
        """The actions that an event calls for. `session` is whose input brought it about."""
        return _ROUTES[type(event)](self, event, session)

    def reply(self, event: Event, session: Session) -> list[Action]:
        """To nobody but who asked."""
        return [Send(session.id, session.dialect.render(event))]

    def publish(self, event: Event, room: str, but: int | None) -> list[Action]:
        """To a whole room, except perhaps to one session."""
        return [
            Publish(audience, dialect.render(event), but)
            for dialect, (audience, _) in self._audiences.get(room, {}).items()
        ]

    def said(self, event: events.Said, _session: Session) -> list[Action]:
        """Seed 1 echoes to the sender, seeds 0 and 2 don't."""
        return self.publish(event, event.room, None if self.settings.echo else event.session)

    def told(self, event: events.Told, _session: Session) -> list[Action]:
        """To one session, whichever dialect it speaks."""
        return self.reply(event, self.sessions[event.to])

    def logged_in(self, event: events.LoggedIn, session: Session) -> list[Action]:
        """The session has a name from here on."""
        session.log_in(event.name)
        return [*self.reply(event, session), Report(session.id, "logged in", event.name)]

    def renamed(self, event: events.Renamed, session: Session) -> list[Action]:
        """News for the others in each of the user's rooms."""
        session.name = event.new
        actions: list[Action] = []
        for room in event.rooms:
            actions += self.publish(event, room, event.session)
        return actions

    def joined(self, event: events.Joined, session: Session) -> list[Action]:
        """News for those in the room, where they want it, and one more of them afterwards."""
        actions: list[Action] = []
        if self.settings.join_notices:
            actions += self.publish(event, event.room, event.session)
        actions.append(Enter(session.id, self._enter(session.dialect, event.room)))
        return actions

    def disconnected(self, event: events.Disconnected, session: Session) -> list[Action]:
        """News for those who remain."""
        actions: list[Action] = []
        for room in event.rooms:
            actions.append(Exit(session.id, self._exit(session.dialect, room)))
            actions += self.publish(event, room, None)
        return actions

    def said_goodbye(self, event: events.SaidGoodbye, session: Session) -> list[Action]:
        """The answer, then the end."""
        return [*self.reply(event, session), *self.close(session, "quit")]

    def close(self, session: Session, reason: str) -> list[Action]:
        """The session is over; what still comes in for it will find none."""
        del self.sessions[session.id]
        return [Close(session.id, reason)]

    def _enter(self, dialect: Dialect, room: str) -> Audience:
        audiences = self._audiences.setdefault(room, {})
        audience, size = audiences.get(dialect) or (Audience(room, dialect.name), 0)
        audiences[dialect] = audience, size + 1
        return audience

    def _exit(self, dialect: Dialect, room: str) -> Audience:
        audiences = self._audiences[room]
        audience, size = audiences[dialect]
        if size > 1:
            audiences[dialect] = audience, size - 1
        else:
            del audiences[dialect]
        if not audiences:
            del self._audiences[room]
        return audience


_Route = Callable[[Delivery, Any, Session], list[Action]]

_ROUTES: Final[dict[type[Event], _Route]] = {
    events.Greeted: Delivery.reply,
    events.Done: Delivery.reply,
    events.LoggedIn: Delivery.logged_in,
    events.Joined: Delivery.joined,
    events.Said: Delivery.said,
    events.Told: Delivery.told,
    events.Renamed: Delivery.renamed,
    events.Disconnected: Delivery.disconnected,
    events.Refused: Delivery.reply,
    events.UsersListed: Delivery.reply,
    events.CommandsListed: Delivery.reply,
    events.Ponged: Delivery.reply,
    events.SaidGoodbye: Delivery.said_goodbye,
    events.SlowedDown: Delivery.reply,
    events.IdledOut: Delivery.reply,
    events.ShutDown: Delivery.reply,
}
