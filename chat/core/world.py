"""The shared truth: users and rooms. Plain data, and the few ways in which it can change.

Only `ChatCore.commit` makes it change, by way of the handlers; whoever else has it reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """A room. `seq` is the number of the last message in it; `members` are keyed by session."""

    name: str
    seq: int = 0
    members: dict[int, User] = field(default_factory=dict)


class World:
    """Everything that sessions share. Names are looked up by their folded form (`text.fold`)."""

    __slots__ = ("limits", "rooms", "sessions", "users")

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.sessions: dict[int, User] = {}  # by session, in the order of login
        self.users: dict[str, User] = {}  # by folded name
        self.rooms: dict[str, Room] = {LOBBY: Room(LOBBY)}  # by folded name

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
            del self.rooms[key].members[user.session]
        del self.sessions[user.session]
        del self.users[fold(user.name)]

    def enter(self, user: User, key: str) -> None:
        """A user comes into a room that they are not in."""
        self.rooms[key].members[user.session] = user
        user.rooms = (*user.rooms, key)

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
            assert all(key in user.rooms for user in room.members.values())
            assert all(self.sessions[session] is user for session, user in room.members.items())
