"""What the client knows: the rooms one is in, who is there, and what was said.

Everything has its bound. Rooms are kept under the folded form of their names, as names are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from chat.client.lines import Line, mentions
from chat.client.wire import Heard
from chat.core.text import fold

SCROLLBACK_MAX: Final = 2_000  # lines of a room: an evening, and half a megabyte
ROOMS_MAX: Final = 100  # twice as many as a server lets one be in
HELD_MAX: Final = 1_000  # messages that wait for the history that goes before them
HOME: Final = ""  # what is shown while one is in no room; not a name that a room can have

Status = Literal["active", "away", "offline"]


@dataclass(slots=True)
class Room:
    """A room, or a place to show lines in. `epoch` and `seq` say what was the last of it that
    one has seen, for the server."""

    name: str
    joined: bool = False
    epoch: str = ""
    seq: int = 0
    topic: str = ""
    members: dict[str, tuple[str, str]] = field(default_factory=dict)  # folded: name, status
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=SCROLLBACK_MAX))
    counted: int = 0  # lines that ever were
    cleared: int = 0  # lines before this are not shown
    unread: int = 0
    mentioned: bool = False
    held: deque[Heard] | None = None  # messages that came while an answer to `resume` is due

    @property
    def names(self) -> list[str]:
        """Who is there."""
        return sorted((name for name, _ in self.members.values()), key=fold)


class Model:
    """`told(room, line)` is called for every new line but those of old history."""

    def __init__(self, told: Callable[[Room, Line], object] = lambda _room, _line: None) -> None:
        self.me = ""
        self.away = False
        self.rooms: dict[str, Room] = {HOME: Room(HOME)}
        self.current = self.rooms[HOME]
        self.correspondent = ""  # to whom a /reply goes
        self.elsewhere: list[str] = []  # rooms of which one has heard
        self.people: list[str] = []  # and users
        self._told = told

    # --- rooms --------------------------------------------------------------------------------

    @property
    def joined(self) -> list[Room]:
        """The rooms that one is in."""
        return [room for room in self.rooms.values() if room.joined]

    @property
    def listed(self) -> list[Room]:
        """What can be switched to, in the order in which it came up."""
        return [room for room in self.rooms.values() if room.name != HOME]

    def room(self, name: str) -> Room | None:
        """A room that is known; none is, that has no name."""
        return self.rooms.get(fold(name)) if name else None

    def open(self, name: str) -> Room | None:
        """A room, known from now on; None if there are too many."""
        room = self.room(name)
        if room is None and name and len(self.rooms) < ROOMS_MAX:
            room = self.rooms[fold(name)] = Room(name)
        return room

    def switch(self, room: Room) -> None:
        """Show a room."""
        self.current = room
        room.unread, room.mentioned = 0, False

    def forget(self, room: Room) -> None:
        """Show it no more."""
        if room.name == HOME:
            return
        del self.rooms[fold(room.name)]
        if self.current is room:
            self.switch(self.listed[-1] if self.listed else self.rooms[HOME])

    def enter(self, name: str, topic: str, users: Iterable[Heard]) -> Room | None:
        """One is in a room now."""
        room = self.open(name)
        if room is not None:
            room.joined, room.topic = True, topic
            room.members = {}
            for user in users:
                self.arrive(room, user.text("name"), user.text("status"))
        return room

    def arrive(self, room: Room, name: str, status: str = "active") -> None:
        """Someone is in a room."""
        if name:
            room.members[fold(name)] = (name, status or "active")

    # --- lines --------------------------------------------------------------------------------

    def add(self, room: Room, line: Line, *, old: bool = False) -> None:
        """A line for a room, and the day if it is another. `old`: from before one's time; nobody is
        told."""
        day = datetime.fromtimestamp(line.at).date()
        if room.lines and day != datetime.fromtimestamp(room.lines[-1].at).date():
            room.lines.append(Line("notice", f"{day:%A, %d %B %Y}", line.at))
            room.counted += 1
        room.lines.append(line)
        room.counted += 1
        if old:
            return
        said = line.kind in {"message", "act", "private"}
        if said and not line.own and room is not self.current:
            room.unread += 1
            room.mentioned |= line.mention
        self._told(room, line)

    def say(self, line: Line) -> None:
        """A line for what is shown now."""
        self.add(self.current, line)

    # --- what was said ------------------------------------------------------------------------

    def message(self, room: Room, heard: Heard, now: float, *, old: bool = False) -> None:
        """Something said in a room, if it was not shown yet."""
        seq = heard.number("seq")
        if seq and seq <= room.seq:
            return
        room.seq = max(room.seq, seq)
        self.add(room, self.line_of(heard, now), old=old)

    def line_of(self, heard: Heard, now: float) -> Line:
        """A message as a line."""
        who, text = heard.text("from"), heard.text("text")
        own = fold(who) == fold(self.me)
        kind: Literal["act", "message"] = "act" if heard.true("act") else "message"
        return Line(kind, text, heard.at(now), who, own, not own and mentions(text, self.me))

    def history(self, room: Room, heard: Heard, now: float, *, resumed: bool) -> None:
        """What was said before one came, or (`resumed`) while one was away. Those that came
        meanwhile, and were held, follow it."""
        epoch = heard.text("epoch")
        if epoch != room.epoch:  # another count of messages: none of them was shown yet
            room.epoch, room.seq = epoch, 0
        if resumed and not heard.true("complete"):
            self.add(room, Line("system", "There may be messages missing here.", now))
        for message in heard.objects("messages"):
            self.message(room, message, now, old=not resumed)
        self.release(room, now)

    def hold(self, room: Room) -> None:
        """Messages wait until `history` has told what goes before them."""
        room.held = deque(maxlen=HELD_MAX)

    def release(self, room: Room, now: float) -> None:
        """Nothing goes before them any more."""
        held, room.held = room.held or (), None
        for message in held:
            self.message(room, message, now)
