"""TinySlash: the slash dialect, as little of it as is right; and faults of it."""

from __future__ import annotations

from typing import Final

from tests.testing import shared_faults as shared
from tests.testing.shared_faults import planted
from tests.testing.tiny_chat import Someone, TinyChat


class TinySlash(TinyChat):
    """Gives people numbers for names."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[Someone, str] = {}
        self.came = 0

    def welcome(self, one: Someone) -> None:
        self.came += 1
        one.name = f"user{self.came}"

    def line(self, one: Someone, data: bytes) -> None:
        one.lines += 1
        text = self.decoded(data).strip()
        verb, _, rest = text.partition(" ")
        if text and not text.startswith("/"):
            self.do_msg(one, text)
        elif does := getattr(self, f"do_{verb[1:]}", None):
            does(one, rest)
        else:
            self.unknown(one, text)

    def members(self, room: str) -> list[Someone]:
        return [one for one in self.everyone if self.rooms.get(one) == room]

    def tell_room(self, room: str, line: str, but: Someone | None = None) -> None:
        for one in self.members(room):
            if one is not but:
                self.write(one, line)

    def do_msg(self, one: Someone, text: str) -> None:
        if text and one in self.rooms:
            self.tell_room(self.rooms[one], f"{one.name}: {text}", but=one)

    def do_join(self, one: Someone, room: str) -> None:
        self.rooms[one] = room
        names = ", ".join(member.name for member in self.members(room))
        self.write(one, f"Welcome to room {room}!\nCurrent users: {names}")
        self.tell_room(room, f"{one.name} has joined the room.", but=one)

    def do_leave(self, one: Someone, _rest: str) -> None:
        room = self.rooms.pop(one, "")
        self.tell_room(room, f"{one.name} has left the room.")

    def do_quit(self, one: Someone, _rest: str) -> None:
        self.flush(one)
        self.lost(one)

    def gone(self, one: Someone) -> None:
        self.tell_room(self.rooms.get(one, ""), f"{one.name} has disconnected.")


class AsksForNames(TinySlash):
    """The first line of a connection is a name: that is allowed, too."""

    def welcome(self, one: Someone) -> None:
        one.owed += b"Your name? "

    def line(self, one: Someone, data: bytes) -> None:
        if one.name:
            super().line(one, data)
        else:
            one.name = self.decoded(data).strip()


class ListsTheOthersAlone(TinySlash):
    def write(self, one: Someone, line: str) -> None:
        start, users, names = line.partition("Current users: ")
        others = [name for name in names.split(", ") if name != one.name]
        super().write(one, start + users + ", ".join(others))


class IsOneBigRoom(TinySlash):
    def tell_room(self, _room: str, line: str, but: Someone | None = None) -> None:
        for room in set(self.rooms.values()):
            super().tell_room(room, line, but)


class SaysFromNowhere(TinySlash):
    def do_msg(self, one: Someone, text: str) -> None:
        if one not in self.rooms:
            for room in set(self.rooms.values()):
                self.tell_room(room, f"{one.name}: {text}")
        super().do_msg(one, text)


class NeverLetsGo(TinySlash):
    def do_leave(self, one: Someone, rest: str) -> None:
        room = self.rooms[one]
        super().do_leave(one, rest)
        self.rooms[one] = room


class SpeaksOnAfterLeaving(TinySlash):
    """Who has left a room hears nothing of it, and is heard there."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[Someone, str] = {}

    def do_leave(self, one: Someone, rest: str) -> None:
        self.left[one] = self.rooms[one]
        super().do_leave(one, rest)

    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text)
        if one not in self.rooms:
            self.tell_room(self.left[one], f"{one.name}: {text}")


class SaysNothingAloud(TinySlash):
    """Without a blank at the end."""

    def unknown(self, one: Someone, text: str) -> None:
        if text:
            super().unknown(one, text)
        else:
            self.tell_room(self.rooms[one], f"{one.name}:")


class EchoesSometimes(TinySlash):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text)
        if one.lines > 3:
            self.write(one, f"{one.name}: {text}")


class StaysOnTheLine(TinySlash):
    def do_quit(self, one: Someone, _rest: str) -> None:
        self.write(one, "Goodbye!")


class SaysCommandsAloud(TinySlash):
    def unknown(self, one: Someone, text: str) -> None:
        self.do_msg(one, text)


class SaysNothingOfCommands(TinySlash):
    def unknown(self, one: Someone, _text: str) -> None:
        """And nothing to anyone."""


FAULTS: Final[dict[type[TinyChat], set[str]]] = {
    ListsTheOthersAlone: {"join"},
    IsOneBigRoom: {"rooms-apart"},
    SaysFromNowhere: {"no-room"},
    SpeaksOnAfterLeaving: {"no-room"},
    SaysNothingAloud: {"empty-lines"},
    NeverLetsGo: {"leave", "no-room"},
    EchoesSometimes: {"echo"},
    StaysOnTheLine: {"quit"},
    SaysCommandsAloud: {"unknown-command"},
    SaysNothingOfCommands: {"unknown-command"},
    planted(shared.SaysOneWord, TinySlash): {"variety"},
    planted(shared.SwapsWhatDoraSays, AsksForNames): {"order"},
    planted(shared.HasFewSeats, TinySlash): {"ten-users", "slow-reader"},
    planted(shared.HangsUpOnEmptyLines, TinySlash): {"empty-lines"},
    planted(shared.KeepsCarriageReturns, TinySlash): {"crlf"},
    planted(shared.TakesPacketsForLines, TinySlash): {"byte-by-byte"},
    planted(shared.ReadsAPacketsLastLines, AsksForNames): {"one-packet"},
    planted(shared.NeverHangsUp, TinySlash): {"half-close"},
    planted(shared.DropsWhatHasNoEnd, TinySlash): {"last-line"},
    planted(shared.TellsNobodyOfResets, TinySlash): {"disconnect-reset"},
    planted(shared.FallsOverResets, TinySlash): {"resets"},
    planted(shared.FallsOverLongLines, TinySlash): {"long-line"},
    planted(shared.FallsOverBytes, TinySlash): {"not-utf-8"},
    planted(shared.WaitsForSlowReaders, TinySlash): {"slow-reader"},
}
