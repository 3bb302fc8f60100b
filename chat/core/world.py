"""The shared truth: users, rooms, accounts and bans. Plain data, and the few ways in which it can
change.

Only `ChatCore.commit` makes it change, by way of the handlers; whoever else has it reads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace

from chat.core.addresses import Prefix, prefix, prefixes
from chat.core.events import Event, Said
from chat.core.limits import Limits
from chat.core.records import Account, Ban, Charter, Record
from chat.core.text import fold

LOBBY = "lobby"  # the room in which everyone is who has no other (every user of the line dialect)


@dataclass(slots=True, eq=False)
class User:
    """Someone who is logged in, and in these rooms (their keys, first joined first)."""

    name: str
    session: int
    rooms: tuple[str, ...] = ()
    away: bool = False
    idle: bool = False  # away, and never said so


Steps = Generator[tuple[Record, ...], None, tuple[Event, ...]]
"""What a handler returns that may change what outlives the server: it yields the records, perhaps
none, once, before it changes anything; when they are saved and in the world, it goes on."""


@dataclass(slots=True, eq=False)
class Room:
    """A room. `seq` is the number of the last message in it; `members` are keyed by session;
    `operators` are sessions, beside those that the charter names; `history` holds the last
    messages, without the `unsettled` newest ones: those that the store does not have yet. Within an
    `epoch`, no other room of that name has used the same numbers."""

    name: str
    charter: Charter
    seq: int = 0
    members: dict[int, User] = field(default_factory=dict)
    operators: set[int] = field(default_factory=set)
    history: deque[Said] = field(default_factory=deque)
    unsettled: int = 0
    epoch: str = ""


class World:
    """Everything that sessions share. Names are looked up by their folded form (`text.fold`)."""

    __slots__ = (
        "accounts",
        "bans",
        "durable",
        "ended",
        "epoch",
        "guests",
        "limits",
        "networks",
        "remembered",
        "rooms",
        "sessions",
        "unsettled",
        "users",
    )

    def __init__(
        self, limits: Limits | None = None, *, durable: bool = False, epoch: str = ""
    ) -> None:
        self.limits = limits or Limits()
        self.epoch = epoch  # of the rooms; of those made after one was forgotten, with a number
        self.ended = 0  # rooms of which nobody knows any more what numbers they used
        self.durable = durable  # there is a store behind it
        self.guests = 0  # how many have been named so far
        self.sessions: dict[int, User] = {}  # by session, in the order of login
        self.users: dict[str, User] = {}  # by folded name
        self.rooms: dict[str, Room] = {}  # by folded name
        self.remembered: dict[str, Room] = {}  # gone, but for their history in the store
        self.accounts: dict[str, Account] = {}  # by folded name
        self.bans: dict[str, Ban] = {}  # from the server; by folded name, or by network
        self.networks: dict[Prefix, str] = {}  # those of the bans that are on networks
        self.unsettled: list[tuple[Room, Said]] = []  # said, but not known to be kept
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
        """A room is there, with nobody in it yet: a new one, or one that was left once."""
        key = fold(name)
        room = self.remembered.pop(key, None) or self._new_room(name)
        room.name, room.charter = name, Charter(name)
        room.history = deque(maxlen=self.limits.history_kept)
        self.rooms[key] = room
        return room

    def _new_room(self, name: str) -> Room:
        epoch = f"{self.epoch}.{self.ended}" if self.ended else self.epoch
        return Room(name, Charter(name), epoch=epoch)

    def enter(self, user: User, key: str) -> None:
        """A user comes into a room that they are not in."""
        self.rooms[key].members[user.session] = user
        user.rooms = (*user.rooms, key)

    def leave(self, user: User, key: str) -> None:
        """A user goes out of a room that they are in. The last to leave ends it."""
        user.rooms = tuple([room for room in user.rooms if room != key])
        self._remove_member(user, key)

    def rooms_of(self, user: User) -> tuple[str, ...]:
        """The names of the rooms that a user is in, the fullest first: there, all are told at
        once."""
        return tuple([self.rooms[key].name for key in self._fullest_first(user)])

    def away(self, users: Iterable[User]) -> tuple[str, ...]:
        """The names of those of the users who are away."""
        return tuple([user.name for user in users if user.away])

    def neighbours(self, user: User) -> tuple[int, ...]:
        """The sessions that are in a room with the user, but not in the fullest one."""
        first, *others = self._fullest_first(user) or ("",)
        known = self.rooms[first].members if first else {}
        sessions = dict.fromkeys([s for key in others for s in self.rooms[key].members])
        return tuple([session for session in sessions if session not in known])

    def _fullest_first(self, user: User) -> list[str]:
        return sorted(user.rooms, key=lambda key: -len(self.rooms[key].members))

    def _remove_member(self, user: User, key: str) -> None:
        room = self.rooms[key]
        del room.members[user.session]
        room.operators.discard(user.session)
        if not room.members:
            self.end_if_over(key)

    def end_if_over(self, key: str) -> None:
        """A room in which nobody is ends, unless it has an owner. Its number goes on counting
        where it left off, if there is a store to hold what was said."""
        room = self.rooms[key]
        if room.members or room.charter.owner or key == LOBBY:
            return
        del self.rooms[key]
        room.operators.clear()
        room.history = deque(maxlen=0)  # what is unsettled may still be put into it
        if self.durable and room.seq:
            self.remembered[key] = room
        elif room.seq:
            self.ended += 1

    def forget(self, key: str) -> None:
        """A room that was remembered is no more."""
        del self.remembered[key]
        self.ended += 1

    # --- what outlives the server -----------------------------------------------------------------

    def put(self, records: tuple[Record, ...]) -> None:
        """What they say is true from here on."""
        for record in records:
            self._put(record)

    def _put(self, record: Record) -> None:
        content = record.content
        if record.kind == "charter":
            room = self.rooms.get(record.key) or self.add_room(record.key)
            if isinstance(content, Charter):
                room.charter = content
            else:
                room.charter = replace(room.charter, owner="")
            room.name = room.charter.name
            self.end_if_over(record.key)
        elif isinstance(content, Account):
            self.accounts[record.key] = content
        elif record.kind == "account":
            self.accounts.pop(record.key, None)
        else:
            self._put_ban(record.key, content if isinstance(content, Ban) else None)

    def _put_ban(self, key: str, ban: Ban | None) -> None:
        number = prefix(key)
        if ban is None:
            self.bans.pop(key, None)
        else:
            self.bans[key] = ban
        if number is not None and ban is None:
            self.networks.pop(number, None)
        elif number is not None:
            self.networks[number] = key

    def run(self, steps: Steps) -> tuple[Event, ...]:
        """All the steps of a handler; what they save is saved, if there is a store."""
        self.put(next(steps))
        try:
            next(steps)
        except StopIteration as end:
            events: tuple[Event, ...] = end.value
            return events
        raise AssertionError("records are saved together, or not at all")

    def operates(self, user: User, key: str) -> bool:
        """Whether a user is an operator of a room: as a member, or by the charter."""
        room = self.rooms[key]
        if user.session in room.operators:
            return True
        name = fold(user.name)
        return name in self.accounts and name in (room.charter.owner, *room.charter.operators)

    def ban_on(self, address: str, now: float) -> Ban | None:
        """What keeps an address out of the server, if anything does."""
        for number in prefixes(address) if self.networks else ():
            ban = self.bans.get(self.networks.get(number, ""))
            if ban is not None and ban.holds(now):
                return ban
        return None

    def settle(self, kept: bool) -> None:
        """What was said since the last time is in the store now; or nobody ever said it."""
        for room, said in self.unsettled:
            room.unsettled = 0
            if kept:
                room.history.append(said)
            else:
                room.seq -= 1
        self.unsettled.clear()

    def load(self, records: Iterable[Record], rooms: Iterable[tuple[str, str, int]]) -> None:
        """What the store holds, before anyone is there: records, and each room's key, name and
        last `seq`, the one left longest ago first."""
        for key, name, seq in rooms:
            room = self.rooms.get(key)
            if room is None:
                room = self.remembered[key] = self._new_room(name)
            room.seq = seq
        self.put(tuple(records))

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
            assert room.members or room.charter.owner or key == LOBBY
            settled = room.seq - room.unsettled
            assert [said.seq for said in room.history] == [
                *range(settled - len(room.history) + 1, settled + 1)
            ]
            assert room.operators <= set(room.members)
            assert all(key in user.rooms for user in room.members.values())
            assert all(self.sessions[session] is user for session, user in room.members.items())
        assert not self.remembered.keys() & self.rooms.keys()
        assert not any(room.members for room in self.remembered.values())
        assert not {room.charter.owner for room in self.rooms.values()} - {"", *self.accounts}
