"""Users in this process: a bot, a bridge, a test. No socket; commands in, events out."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Protocol

from chat.core import LOBBY
from chat.core.commands import Command, Say, Tell, Who
from chat.core.events import Event, UsersListed

EVENTS_MAX = 10_000  # unheard events; beyond them a local user is dropped, as a slow reader is


class Host(Protocol):
    """What a local user asks of its server, from any thread."""

    def ask(self, user: LocalUser, command: Command) -> list[Event]:
        """Put a command to the server; returns its answer. Raises Refusal."""
        ...

    def leave(self, user: LocalUser) -> None:
        """Disconnect."""
        ...

    def drop(self, user: LocalUser, reason: str) -> None:
        """It does not listen: disconnect it as soon as may be. From the loop's thread."""
        ...


class LocalUser:
    """A user without a connection. Made by `ChatServer.join`; usable from any thread.

    Iterating over it waits for events (of `chat.core.events`: Said, Told, Joined ...) and ends when
    it has left or the server has stopped. Requests raise Refusal; TypeError for what is of the
    wrong type; RuntimeError once the server has stopped.
    """

    def __init__(self, host: Host, session: int) -> None:
        self.session = session
        self._host = host
        self._events: queue.Queue[Event | None] = queue.Queue()

    def say(self, text: str, room: str = LOBBY) -> None:
        """Say something in a room."""
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
        """Any command at all, of `chat.core.commands`; returns what the server answers.

        For Enrol and Authenticate, which hash a password, the whole server waits some tenths of a
        second.
        """
        return self._host.ask(self, command)

    def leave(self) -> None:
        """Disconnect. Leaving twice is leaving once."""
        self._host.leave(self)

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

    # --- for the server -------------------------------------------------------------------------

    def write(self, event: Event) -> None:
        """Something happened."""
        if self._events.qsize() < EVENTS_MAX:
            self._events.put(event)
        else:
            self._host.drop(self, "too slow a reader")

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
