"""Who is told of an event: from events to actions, by way of each listener's dialect.

A room's members are divided into audiences, one per dialect, so that an event is rendered once
per dialect and published once per audience, whatever the size of the room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from chat.core import events
from chat.core.actions import (
    Action,
    Audience,
    Close,
    Enter,
    Exit,
    Publish,
    Report,
    Send,
    StopServer,
    Store,
)
from chat.core.dialect import Dialect, Rendered
from chat.core.events import Event
from chat.core.session import Session, State
from chat.core.settings import Settings
from chat.core.sites import Sites
from chat.core.text import fold


class Delivery:
    """Knows the sessions and the audiences, and nothing of the world.

    Every route adds to the list of actions that `deliver` has begun.
    """

    def __init__(self, settings: Settings, *, durable: bool) -> None:
        self.settings = settings
        self.durable = durable  # what is said has to be kept before anyone hears it
        self.sessions: dict[int, Session] = {}
        self.sites = Sites()
        # By room, then by the dialect's name: who speaks what there, and how many do.
        self._audiences: dict[str, dict[str, tuple[Dialect, Audience, int]]] = {}

    def add(self, session: Session) -> None:
        """A session begins."""
        self.sessions[session.id] = session
        self.sites.add(session.address)

    def forget(self, session: Session) -> None:
        """A session has ended."""
        del self.sessions[session.id]
        self.sites.discard(session.address)

    def deliver(self, happened: Iterable[Event], session: Session) -> list[Action]:
        """What events call for, in order. `session` is whose input brought them about."""
        actions: list[Action] = []
        for event in happened:
            _ROUTES[type(event)](self, event, session, actions)
        return actions

    def reply(self, event: Event, session: Session, actions: list[Action]) -> None:
        """To nobody but who asked. The first answer carries the tag, if there was one."""
        if session.tag:
            tag, session.tag = session.tag, ""
            actions.append(Send(session.id, session.dialect.answer(event, tag)))
        else:
            self.tell(event, session, actions)

    def tell(self, event: Event, session: Session, actions: list[Action]) -> None:
        """To one session, which may have asked for something else."""
        if data := session.dialect.render(event):
            actions.append(Send(session.id, data))

    def publish(self, event: Event, room: str, but: int | None, actions: list[Action]) -> None:
        """To a whole room, except perhaps to one session."""
        for dialect, audience, _ in self._audiences.get(room, _NOBODY).values():
            if data := dialect.render(event):
                actions.append(Publish(audience, data, but))

    def said(self, event: events.Said, session: Session, actions: list[Action]) -> None:
        """Seed 1 echoes to the sender, seeds 0 and 2 don't. Who tagged it is answered."""
        but = None if self.settings.echo else event.session
        then = actions
        if self.durable:
            then = []
            actions.append(Store(fold(event.room), event, then, session.dialect))
        self.publish(event, event.room, but, then)
        if session.tag:
            self.reply(event, session, then)

    def told(self, event: events.Told, _session: Session, actions: list[Action]) -> None:
        """To one session, whichever dialect it speaks."""
        self.tell(event, self.sessions[event.to], actions)

    def logged_in(self, event: events.LoggedIn, session: Session, actions: list[Action]) -> None:
        """The session has a name from here on."""
        session.log_in(event.name)
        self.reply(event, session, actions)
        actions.append(Report(session.id, "logged in", event.name))

    def registered(self, event: events.Registered, session: Session, actions: list[Action]) -> None:
        """News for who asked, and for the log; the answer comes with it."""
        self.tell(event, session, actions)
        actions.append(Report(session.id, "registered", event.name))

    def renamed(self, event: events.Renamed, session: Session, actions: list[Action]) -> None:
        """News for everyone who is in a room with the user."""
        session.name = event.new
        self._tell_neighbours(event, event.session, actions)

    def status_changed(
        self, event: events.StatusChanged, session: Session, actions: list[Action]
    ) -> None:
        """News for everyone who is in a room with the user, and for the user: not everyone who is
        back has said so."""
        self._tell_neighbours(event, None, actions)
        if not event.rooms:
            self.tell(event, session, actions)

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

    def removed(self, event: events.Removed, _session: Session, actions: list[Action]) -> None:
        """No news: that came before."""
        dialect = self.sessions[event.session].dialect
        actions.append(Exit(event.session, self._exit(dialect, event.room)))

    def moderated(self, event: events.Moderated, session: Session, actions: list[Action]) -> None:
        """News for the room, and for who it is about, wherever they are."""
        self.publish(event, event.room, None, actions)
        if event.session is not None:
            self.tell(event, self.sessions[event.session], actions)
        actions.append(_about(session.id, f"{event.deed} in {event.room}", event.name))

    def room_closed(
        self, event: events.RoomClosed, _session: Session, actions: list[Action]
    ) -> None:
        """News for the room."""
        self.publish(event, event.room, None, actions)

    def announced(self, event: events.Announced, _session: Session, actions: list[Action]) -> None:
        """News for all the world."""
        for session in self.sessions.values():
            if session.state is not State.OPERATOR:
                self.tell(event, session, actions)

    def expelled(self, event: events.Expelled, _session: Session, actions: list[Action]) -> None:
        """News for who it is about."""
        self.tell(event, self.sessions[event.session], actions)
        actions.append(_about(event.session, "expelled", event.name))

    def excluded(self, event: events.Excluded, session: Session, actions: list[Action]) -> None:
        """For the log; those who are here already hear of it from the engine."""
        actions.append(_about(session.id, "keeps out", event.target))

    def ended(self, event: events.Ended, _session: Session, actions: list[Action]) -> None:
        """The end of someone, who knows why."""
        self.close(self.sessions[event.session], event.reason, actions)

    def administering(
        self, _event: events.Administering, session: Session, actions: list[Action]
    ) -> None:
        """The session may do what the server's administration may from here on."""
        session.state = State.OPERATOR
        actions.append(Report(session.id, "administers the server"))

    def connections_listed(
        self, _event: events.ConnectionsListed, session: Session, actions: list[Action]
    ) -> None:
        """The world knows only of those who have a name."""
        rows = [(s.id, s.address, s.dialect.name, s.name) for s in self.sessions.values()]
        self.reply(events.ConnectionsListed(tuple(rows)), session, actions)

    def stats_shown(
        self, event: events.StatsShown, session: Session, actions: list[Action]
    ) -> None:
        """The same."""
        self.reply(replace(event, connections=len(self.sessions)), session, actions)

    def stopped(self, _event: events.Stopped, _session: Session, actions: list[Action]) -> None:
        """What the rest of the server is told of it."""
        actions.append(StopServer())

    def disconnected(
        self, event: events.Disconnected, _session: Session, actions: list[Action]
    ) -> None:
        """News for those who remain; the session has no name from here on."""
        session = self.sessions[event.session]
        session.log_out()
        for room in event.rooms:
            actions.append(Exit(session.id, self._exit(session.dialect, room)))
        self._tell_neighbours(event, None, actions)

    def _tell_neighbours(
        self,
        event: events.Renamed | events.Disconnected | events.StatusChanged,
        but: int | None,
        actions: list[Action],
    ) -> None:
        if event.rooms:
            self.publish(event, event.rooms[0], but, actions)
        rendered: dict[str, Rendered] = {}  # by the dialect's name: there may be thousands of them
        for other in event.others:
            dialect = self.sessions[other].dialect
            if dialect.name not in rendered:
                rendered[dialect.name] = dialect.render(event)
            if data := rendered[dialect.name]:
                actions.append(Send(other, data))

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
        self.forget(session)
        actions.append(Close(session.id, reason))

    def empty(self) -> None:
        """There are no rooms and no sessions any more."""
        self._audiences.clear()

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


def _about(session: int, what: str, name: str) -> Report:
    """For the log: something that is about someone else, if it is about anyone."""
    return Report(session, f"{what}: {name}" if name else what)


_NOBODY: Final[dict[str, tuple[Dialect, Audience, int]]] = {}

_Route = Callable[[Delivery, Any, Session, list[Action]], None]

_ROUTES: Final[dict[type[Event], _Route]] = {
    events.Greeted: Delivery.reply,
    events.Done: Delivery.reply,
    events.LoggedIn: Delivery.logged_in,
    events.Named: Delivery.reply,
    events.Registered: Delivery.registered,
    events.Joined: Delivery.joined,
    events.Entered: Delivery.reply,
    events.Left: Delivery.left,
    events.Departed: Delivery.reply,
    events.Said: Delivery.said,
    events.Told: Delivery.told,
    events.StatusChanged: Delivery.status_changed,
    events.Welcomed: Delivery.reply,
    events.TopicSet: Delivery.topic_set,
    events.TopicShown: Delivery.reply,
    events.RoomsListed: Delivery.reply,
    events.MembersListed: Delivery.reply,
    events.Recalled: Delivery.reply,
    events.Moderated: Delivery.moderated,
    events.Removed: Delivery.removed,
    events.BansListed: Delivery.reply,
    events.Administering: Delivery.administering,
    events.Announced: Delivery.announced,
    events.Expelled: Delivery.expelled,
    events.Ended: Delivery.ended,
    events.Excluded: Delivery.excluded,
    events.ExclusionsListed: Delivery.reply,
    events.ConnectionsListed: Delivery.connections_listed,
    events.RoomClosed: Delivery.room_closed,
    events.LimitsListed: Delivery.reply,
    events.StatsShown: Delivery.stats_shown,
    events.Stopped: Delivery.stopped,
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
