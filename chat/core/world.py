"""The shared truth: users and rooms. Plain data, and the few ways in which it can change.

Only `ChatCore.commit` makes it change, by way of the handlers; whoever else has it reads.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from chat.core.events import Said
from chat.core.limits import Limits
from chat.core.text import fold

LOBBY = "lobby"  # the room in which everyone is who has no other (every user of the line dialect)


@dataclass(slots=True, eq=False)
class User:
    """Someone who is logged in, and in these rooms (their keys, first joined first)."""

    name: str
    session: int
    rooms: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Room:
    """A room. `seq` is the number of the last message in it; `members` are keyed by session;
    `history` holds the last messages."""

    name: str
    topic: str = ""
    seq: int = 0
    members: dict[int, User] = field(default_factory=dict)
    history: deque[Said] = field(default_factory=deque)


class World:
    """Everything that sessions share. Names are looked up by their folded form (`text.fold`)."""

    __slots__ = ("guests", "limits", "rooms", "sessions", "users")

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.guests = 0  # how many have been named so far
        self.sessions: dict[int, User] = {}  # by session, in the order of login
        self.users: dict[str, User] = {}  # by folded name
        self.rooms: dict[str, Room] = {}  # by folded name
        self.add_room(LOBBY)

    def add_user(self, name: str, session: int) -> User:
        """Someone logs in. The name must be free."""
        user = User(name, session)
        self.sessions[session] = user
        self.users[fold(name)] = user
        return user

    def rename_user(self, user: User, name: str) -> None:
        """The new name must be free, or the user's own in other letters."""
        del self.users[fold(user.name)]
        user.name = name
        self.users[fold(name)] = user

    def remove_user(self, user: User) -> None:
        """Someone is gone, out of every room as well."""
        for key in user.rooms:
            self._remove_member(user, key)
        del self.sessions[user.session]
        del self.users[fold(user.name)]

    def add_room(self, name: str) -> Room:
        """A room is there, with nobody in it yet."""
        room = self.rooms[fold(name)] = Room(name)
        room.history = deque(maxlen=self.limits.history_kept)
        return room

    def enter(self, user: User, key: str) -> None:
        """A user comes into a room that they are not in."""
        self.rooms[key].members[user.session] = user
        user.rooms = (*user.rooms, key)

    def leave(self, user: User, key: str) -> None:
        """A user goes out of a room that they are in. The last to leave ends it."""
        user.rooms = tuple([room for room in user.rooms if room != key])
        self._remove_member(user, key)

    def rooms_of(self, user: User) -> tuple[str, ...]:
        """The names of the rooms that a user is in, first joined first."""
        return tuple([self.rooms[key].name for key in user.rooms])

    def neighbours(self, user: User) -> tuple[int, ...]:
        """The sessions that are in a room with the user, but not in the user's first one."""
        first, *others = user.rooms or ("",)
        known = self.rooms[first].members if first else {}
        sessions = dict.fromkeys([s for key in others for s in self.rooms[key].members])
        return tuple([session for session in sessions if session not in known])

    def _remove_member(self, user: User, key: str) -> None:
        room = self.rooms[key]
        del room.members[user.session]
        if not room.members and key != LOBBY:
            del self.rooms[key]

    def check_invariants(self) -> None:
        """Raise AssertionError if the parts contradict each other. For tests and simulations."""
        assert list(self.sessions) == [user.session for user in self.sessions.values()]
        assert set(self.users.values()) == set(self.sessions.values())
        assert all(fold(user.name) == key for key, user in self.users.items())
        for user in self.sessions.values():
            assert len(set(user.rooms)) == len(user.rooms)
            assert all(self.rooms[key].members.get(user.session) is user for key in user.rooms)
        for key, room in self.rooms.items():
            assert fold(room.name) == key
            assert room.members or key == LOBBY
            assert [said.seq for said in room.history] == [
                *range(room.seq - len(room.history) + 1, room.seq + 1)
            ]
            assert all(key in user.rooms for user in room.members.values())
            assert all(self.sessions[session] is user for session, user in room.members.items())
