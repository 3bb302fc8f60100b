"""The protocol as a few dictionaries: who is called what, who is where, and what each is to read.

It knows nothing of the core, and does not parse: it is told what somebody asks, and says, in the
words of each one's dialect, what everyone reads because of it. Accounts, bans, topics and history
are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from chat.core.errors import ERRORS, Code
from chat.core.settings import Settings
from chat.testing.machine.spellings import LOBBY, Text, Word

Dialect = Literal["line", "slash"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    # what happened        to the line dialect            to the slash dialect
    "greeted": ("{text}", "{text}"),
    "named": ("OK", "You are now {name}."),
    "entered": ("OK", "Welcome to room {room}!\nCurrent users: {names}"),
    "departed": ("OK", "You have left room {room}."),
    "logged in": ("INFO {name} joined the chat", "{name} has joined the room."),
    "joined": ("INFO {name} joined {room}", "{name} has joined the room."),
    "left": ("INFO {name} left {room}", "{name} has left the room."),
    "said": ("SAID {room} {name} {text}", "{name}: {text}"),
    "said in the lobby": ("MSG {name} {text}", "{name}: {text}"),
    "told": ("DM {name} {text}", "[private] {name}: {text}"),
    "renamed": ("INFO {old} is now {name}", "{old} is now {name}."),
    "disconnected": ("INFO {name} disconnected", "{name} has disconnected."),
    "ponged": ("PONG", "Error: unknown command /ping. Try /help."),
    "said goodbye": ("BYE", "Goodbye!"),
}

SLASH_REFUSALS: Final[dict[str, str]] = {
    "unknown-command": "Error: unknown command {detail}. Try /help.",
    "not-in-room": "You are in no room. /join one first.",
}
"""The others are `Error: ` and a sentence; in the line dialect, all are `ERR` and the code."""


def words(dialect: Dialect, what: str, **fields: str) -> str:
    """What somebody who speaks a dialect reads about what happened."""
    return WORDS[what][dialect == "slash"].format(**fields)


@dataclass(eq=False)
class Person:
    """One connection. `name` is empty before the login; `rooms` are keys, first joined first;
    `due`, the lines that they are to read."""

    dialect: Dialect
    name: str = ""
    key: str = ""
    rooms: list[str] = field(default_factory=list)
    due: list[str] = field(default_factory=list)

    def read(self, what: str, **fields: str) -> None:
        """Be told of something."""
        self.due += words(self.dialect, what, **fields).split("\n")

    def read_names(self, names: Iterable[str]) -> None:
        """Be told who is somewhere."""
        if self.dialect == "line":
            self.due += [f"USER {name}" for name in names]
        else:
            self.due.append(f"Current users: {', '.join(names)}")

    def refuse(self, code: Code, detail: str = "") -> None:
        """Be told that something can't be."""
        sentence = SLASH_REFUSALS.get(code, f"Error: {ERRORS[code]}").format(detail=detail)
        self.due.append(sentence if self.dialect == "slash" else f"ERR {code}")


@dataclass(eq=False)
class Room:
    """`name` is spelled as by whoever came first."""

    name: str
    members: list[Person] = field(default_factory=list)


class Model:
    """What should be. Each method is something that a person does, and adds to what is due."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.users: list[Person] = []  # in the order in which they got a name
        self.rooms = {LOBBY: Room(LOBBY)}

    # --- coming and going -------------------------------------------------------------------------

    def connect(self, dialect: Dialect) -> Person:
        """Whoever speaks the slash dialect has a name at once, of the server's choice."""
        person = Person(dialect)
        if self.settings.greeting:
            person.read("greeted", text=self.settings.greeting)
        if dialect == "slash":
            self.users.append(person)
        return person

    def login(self, who: Person, name: Word) -> None:
        """Have a name, and be in the lobby."""
        if who.name:
            who.refuse("already-logged-in")
        elif self._may_be_called(who, name):
            self._call(who, name)
            self.users.append(who)
            if self.settings.join_notices:
                self._tell(self.rooms[LOBBY].members, "logged in", name=who.name)
            self._enter(who, LOBBY)

    def nick(self, who: Person, name: Word) -> None:
        """Have another name; all who are in a room with them hear of it, once."""
        if self._is_in(who) and self._may_be_called(who, name):
            old = who.name
            self._call(who, name)
            if name.shown != old:
                self._tell(self.neighbours(who), "renamed", old=old, name=who.name)

    def quit(self, who: Person) -> None:
        """Say goodbye."""
        self.lose(who)
        who.read("said goodbye")

    def lose(self, who: Person) -> None:
        """Be gone, however that came about: all who were in a room with them hear of it, once."""
        neighbours = self.neighbours(who)
        for key in list(who.rooms):
            self._exit(who, key)
        if who in self.users:
            self.users.remove(who)
            self._tell(neighbours, "disconnected", name=who.name)

    # --- rooms ------------------------------------------------------------------------------------

    def join(self, who: Person, room: Word) -> None:
        """Come into a room, which is made if there is none. In the slash dialect, leave the one
        before."""
        if not self._is_in(who):
            return
        if not room.key:
            who.refuse("invalid-room-name")
        elif room.key in who.rooms:
            who.refuse("already-in-room")
        else:
            for key in list(who.rooms) if who.dialect == "slash" else ():
                self._leave(who, key)
            there = self.rooms.setdefault(room.key, Room(room.shown))
            self._tell(there.members, "joined", name=who.name, room=there.name)
            self._enter(who, room.key)
            names = ", ".join([member.name for member in there.members])
            who.read("entered", room=there.name, names=names)

    def leave(self, who: Person, room: Word) -> None:
        """Go out of a room; in the slash dialect, of the one they are in."""
        if self._is_in(who) and (key := self._own_room(who, room)):
            who.read("departed", room=self.rooms[key].name)
            self._leave(who, key)

    def names(self, who: Person, room: Word) -> None:
        """Ask who is in a room."""
        if self._is_in(who):
            if room.key in self.rooms:
                who.read_names([member.name for member in self.rooms[room.key].members])
            else:
                who.refuse("no-such-room")

    def who(self, who: Person) -> None:
        """Ask who is on the server."""
        if self._is_in(who):
            who.read_names([user.name for user in self.users])

    # --- talking ----------------------------------------------------------------------------------

    def say(self, who: Person, room: Word, text: Text) -> None:
        """Say something to a room; in the slash dialect, to the one they are in."""
        heard = text.heard(who.dialect)
        if not heard and who.dialect == "slash":
            return  # an empty line
        if not self._is_in(who):
            return
        if not heard:
            who.refuse("empty-message")
        elif key := self._own_room(who, room):
            there = self.rooms[key]
            but = None if self.settings.echo else who
            what = "said in the lobby" if key == LOBBY else "said"
            hearers = [member for member in there.members if member is not but]
            self._tell(hearers, what, room=there.name, name=who.name, text=heard)

    def msg(self, who: Person, text: Text) -> None:
        """The same, to the lobby; in the slash dialect, to the room they are in."""
        self.say(who, Word(LOBBY, LOBBY, LOBBY), text)

    def dm(self, who: Person, name: Word, text: Text) -> None:
        """Say something to one user alone."""
        heard = text.heard(who.dialect)
        if not self._is_in(who):
            return
        to = [user for user in self.users if user.key == name.key]
        if not heard:
            who.refuse("empty-message")
        elif not to or not name.key:
            who.refuse("no-such-user")
        else:
            to[0].read("told", name=who.name, text=heard)

    def ping(self, who: Person) -> None:
        """See whether the server is there. The slash dialect has no such thing: who asks is told
        so, which is as good."""
        who.read("ponged")

    # --- what follows from it ---------------------------------------------------------------------

    def neighbours(self, who: Person) -> list[Person]:
        """All others who are in a room with somebody."""
        members = [member for key in who.rooms for member in self.rooms[key].members]
        return [member for member in dict.fromkeys(members) if member is not who]

    def _tell(self, people: Iterable[Person], what: str, **fields: str) -> None:
        for person in people:
            person.read(what, **fields)

    def _call(self, who: Person, name: Word) -> None:
        who.name, who.key = name.shown, name.key
        who.read("named", name=who.name)

    def _is_in(self, who: Person) -> bool:
        if who not in self.users:
            who.refuse("not-logged-in")
        return who in self.users

    def _may_be_called(self, who: Person, name: Word) -> bool:
        if not name.key:
            who.refuse("invalid-username")
        elif any(user.key == name.key for user in self.users if user is not who):
            who.refuse("username-taken")
        else:
            return True
        return False

    def _own_room(self, who: Person, room: Word) -> str:
        """Its key; empty if they are not in it, and have been told so."""
        if who.dialect == "slash" and who.rooms:
            return who.rooms[0]
        if who.dialect == "line" and room.key not in self.rooms:
            who.refuse("no-such-room")
        elif room.key not in who.rooms:
            who.refuse("not-in-room")
        else:
            return room.key
        return ""

    def _enter(self, who: Person, key: str) -> None:
        who.rooms.append(key)
        self.rooms[key].members.append(who)

    def _leave(self, who: Person, key: str) -> None:
        there = self.rooms[key]
        self._exit(who, key)
        self._tell(there.members, "left", name=who.name, room=there.name)

    def _exit(self, who: Person, key: str) -> None:
        """The last to go ends a room; the lobby stays."""
        who.rooms.remove(key)
        self.rooms[key].members.remove(who)
        if not self.rooms[key].members and key != LOBBY:
            del self.rooms[key]
