"""Who is told of an event: from events to actions, by way of each listener's dialect.

A room's members are divided into audiences, one per dialect, so that an event is rendered once
per dialect and published once per audience, whatever the size of the room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from chat.core import events
from chat.core.actions import Action, Audience, Close, Enter, Exit, Publish, Report, Send
from chat.core.dialect import Dialect
from chat.core.events import Event
from chat.core.session import Session
from chat.core.settings import Settings


class Delivery:
    """Knows the sessions and the audiences, and nothing of the world.

    Every route adds to the list of actions that `deliver` has begun.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sessions: dict[int, Session] = {}
        # By room, then by the dialect's name: who speaks what there, and how many do.
        self._audiences: dict[str, dict[str, tuple[Dialect, Audience, int]]] = {}

    def deliver(self, happened: Iterable[Event], session: Session) -> list[Action]:
        """What events call for, in order. `session` is whose input brought them about."""
        actions: list[Action] = []
        for event in happened:
            _ROUTES[type(event)](self, event, session, actions)
        return actions

    def reply(self, event: Event, session: Session, actions: list[Action]) -> None:
        """To nobody but who asked."""
        if data := session.dialect.render(event):
            actions.append(Send(session.id, data))

    def publish(self, event: Event, room: str, but: int | None, actions: list[Action]) -> None:
        """To a whole room, except perhaps to one session."""
        for dialect, audience, _ in self._audiences.get(room, _NOBODY).values():
            actions.append(Publish(audience, dialect.render(event), but))

    def said(self, event: events.Said, _session: Session, actions: list[Action]) -> None:
        """Seed 1 echoes to the sender, seeds 0 and 2 don't."""
        but = None if self.settings.echo else event.session
        self.publish(event, event.room, but, actions)

    def told(self, event: events.Told, _session: Session, actions: list[Action]) -> None:
        """To one session, whichever dialect it speaks."""
        self.reply(event, self.sessions[event.to], actions)

    def logged_in(self, event: events.LoggedIn, session: Session, actions: list[Action]) -> None:
        """The session has a name from here on."""
        session.log_in(event.name)
        self.reply(event, session, actions)
        actions.append(Report(session.id, "logged in", event.name))

    def renamed(self, event: events.Renamed, session: Session, actions: list[Action]) -> None:
        """News for everyone who is in a room with the user."""
        session.name = event.new
        self._tell_neighbours(event, event.session, actions)

    def joined(self, event: events.Joined, session: Session, actions: list[Action]) -> None:
        """News for those in the room, and one more of them afterwards. That someone came into the
        lobby by logging in is news only where it is asked for (seed 1)."""
        if self.settings.join_notices or not event.by_login:
            self.publish(event, event.room, event.session, actions)
        actions.append(Enter(session.id, self._enter(session.dialect, event.room)))

    def left(self, event: events.Left, session: Session, actions: list[Action]) -> None:
        """News for those who remain in the room."""
        actions.append(Exit(session.id, self._exit(session.dialect, event.room)))
        self.publish(event, event.room, None, actions)

    def disconnected(
        self, event: events.Disconnected, session: Session, actions: list[Action]
    ) -> None:
        """News for those who remain; the session has no name from here on."""
        session.log_out()
        for room in event.rooms:
            actions.append(Exit(session.id, self._exit(session.dialect, room)))
        self._tell_neighbours(event, None, actions)

    def _tell_neighbours(
        self, event: events.Renamed | events.Disconnected, but: int | None, actions: list[Action]
    ) -> None:
        if event.rooms:
            self.publish(event, event.rooms[0], but, actions)
        for session in event.others:
            self.reply(event, self.sessions[session], actions)

    def topic_set(self, event: events.TopicSet, _session: Session, actions: list[Action]) -> None:
        """Who set it hears it, too: that is the answer."""
        self.publish(event, event.room, None, actions)

    def said_goodbye(
        self, event: events.SaidGoodbye, session: Session, actions: list[Action]
    ) -> None:
        """The answer, then the end."""
        self.reply(event, session, actions)
        self.close(session, "quit", actions)

    def close(self, session: Session, reason: str, actions: list[Action]) -> None:
        """The session is over; what still comes in for it will find none."""
        del self.sessions[session.id]
        actions.append(Close(session.id, reason))

    def _enter(self, dialect: Dialect, room: str) -> Audience:
        audiences = self._audiences.setdefault(room, {})
        known = audiences.get(dialect.name)
        first, audience, size = known or (dialect, Audience(room, dialect.name), 0)
        audiences[dialect.name] = first, audience, size + 1
        return audience

    def _exit(self, dialect: Dialect, room: str) -> Audience:
        audiences = self._audiences[room]
        first, audience, size = audiences[dialect.name]
        if size > 1:
            audiences[dialect.name] = first, audience, size - 1
        else:
            del audiences[dialect.name]
        if not audiences:
            del self._audiences[room]
        return audience


_NOBODY: Final[dict[str, tuple[Dialect, Audience, int]]] = {}

_Route = Callable[[Delivery, Any, Session, list[Action]], None]

_ROUTES: Final[dict[type[Event], _Route]] = {
    events.Greeted: Delivery.reply,
    events.Done: Delivery.reply,
    events.LoggedIn: Delivery.logged_in,
    events.Named: Delivery.reply,
    events.Joined: Delivery.joined,
    events.Entered: Delivery.reply,
    events.Left: Delivery.left,
    events.Departed: Delivery.reply,
    events.Said: Delivery.said,
    events.Told: Delivery.told,
    events.TopicSet: Delivery.topic_set,
    events.TopicShown: Delivery.reply,
    events.RoomsListed: Delivery.reply,
    events.MembersListed: Delivery.reply,
    events.Recalled: Delivery.reply,
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
