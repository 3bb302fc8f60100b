"""Users in this process: a bot, a bridge, a test. No socket; commands in, events out."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chat.core import LOBBY
from chat.core.commands import Command, Say, Tell, Who
from chat.core.events import Event, UsersListed

if TYPE_CHECKING:
    from chat.server import ChatServer

EVENTS_MAX = 10_000  # unheard events; beyond them a local user is dropped, as a slow reader is


class LocalUser:
    """A user without a connection. Made by `ChatServer.join`; usable from any thread.

    Iterating over it waits for events and ends when it has left or the server has stopped.
    """

    def __init__(self, server: ChatServer, session: int) -> None:
        self.session = session
        self._server = server
        self._events: queue.Queue[Event | None] = queue.Queue()

    def say(self, text: str, room: str = LOBBY) -> None:
        """Say something in a room. Raises Refusal, as all requests do."""
        self.ask(Say(room, text))

    def tell(self, to: str, text: str) -> None:
        """Say something to one user alone."""
        self.ask(Tell(to, text))

    def who(self) -> tuple[str, ...]:
        """The names of all users, in the order of login."""
        (answer,) = self.ask(Who())
        assert isinstance(answer, UsersListed)
        return answer.names

    def ask(self, command: Command) -> list[Event]:
        """Any command at all; returns what the server answers. Raises Refusal."""
        return self._server.ask(self, command)

    def leave(self) -> None:
        """Disconnect. Leaving twice is leaving once."""
        self._server.leave(self)

    def next_event(self, timeout: float | None = None) -> Event | None:
        """The next thing that happened, waited for up to `timeout` seconds (None: for ever, so
        never when the server is stepped by this very thread). None when there is nothing."""
        try:
            event = self._events.get(timeout != 0, timeout)
        except queue.Empty:
            return None
        if event is None:
            self._events.put(None)  # the end stays the end, whoever asks next
        return event

    def __iter__(self) -> Iterator[Event]:
        while (event := self.next_event()) is not None:
            yield event

    # --- for the server ---------------------------------------------------------------------------

    def write(self, event: Event) -> None:
        """Something happened."""
        if self._events.qsize() < EVENTS_MAX:
            self._events.put(event)
        else:
            self._server.drop(self, "too slow a reader")

    def close(self, _reason: str) -> None:
        """Nothing more will happen."""
        self._events.put(None)


class LocalGroup:
    """The members of an audience who are in this process: the face of a Group, for events."""

    def __init__(self) -> None:
        self._members: dict[LocalUser, None] = {}

    def __len__(self) -> int:
        return len(self._members)

    def add(self, member: LocalUser) -> None:
        """Let a user hear what is said from now on."""
        self._members[member] = None

    def discard(self, member: LocalUser) -> None:
        """Let a user hear nothing more."""
        self._members.pop(member, None)

    def send(self, event: Event, but: LocalUser | None = None) -> None:
        """Tell every member, except `but`."""
        for member in self._members:
            if member is not but:
                member.write(event)
