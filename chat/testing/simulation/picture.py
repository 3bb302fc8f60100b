"""Picture: who is who, who is where, and who is away, muted or banned, as it comes of what has
happened. Of the server's own tables it believes nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Iterable
from math import inf
from typing import Any, Final

from chat.core import events
from chat.core.events import Event
from chat.core.records import Ban, Charter

Listed = dict[str, dict[str, float]]
"""By room and name, both folded: until when."""


def alike(name: str) -> str:
    """The form under which names must be one. Our own: that of the server may be wrong."""
    return unicodedata.normalize("NFKC", name).casefold()


class Picture:
    """`rooms` are those that there are: of one that is over, nothing is true any more. `charters`:
    what was settled before the server began. What can't be goes into `problems`."""

    def __init__(
        self, rooms: Container[str], charters: Iterable[Charter], problems: list[str]
    ) -> None:
        self.names: dict[str, int] = {}  # sessions by folded name
        self.members: dict[str, dict[int, None]] = {}  # sessions by folded name of the room
        self.away: set[int] = set()  # sessions
        self.idle: set[int] = set()  # those of them who have never said so
        self.heard_at: dict[int, float] = {}  # by session: the time of day of its last line
        self._listed: dict[str, Listed] = {"banned": {}, "muted": {}}
        self._rooms = rooms
        self._problems = problems
        for charter in charters:
            self._settle("banned", charter.name, charter.bans)
            self._settle("muted", charter.name, charter.mutes)

    def note(self, session: int, event: Event) -> None:
        """Something has happened, by this session's doing."""
        note = _NOTES.get(type(event))
        if note is not None:
            note(self, session, event)

    def forget_rooms(self) -> None:
        """All of what has just happened is noted: what is settled about a room ends with it."""
        for listed in self._listed.values():
            for room in [room for room in listed if room not in self._rooms]:
                del listed[room]

    # --- what it shows --------------------------------------------------------------------------

    def holds(self, deed: str, room: str, name: str, now: float) -> bool:
        """Whether somebody is `banned` or `muted` in a room."""
        return now < self._listed[deed].get(alike(room), {}).get(alike(name), 0.0)

    def all_that(self, deed: str, room: str, now: float) -> set[str]:
        """Who is, by their folded names."""
        listed = self._listed[deed].get(alike(room), {})
        return {name for name, until in listed.items() if now < until}

    def rooms_of(self, session: int) -> list[str]:
        """The folded names of the rooms that somebody is in."""
        return [room for room, members in self.members.items() if session in members]

    def neighbours(self, session: int) -> set[int]:
        """Everyone who is in a room with somebody; themselves, too."""
        rooms = [members for members in self.members.values() if session in members]
        return {session}.union(*rooms)

    def known_as(self, sessions: Iterable[int]) -> set[str]:
        """Their folded names."""
        names = {session: name for name, session in self.names.items()}
        return {names[session] for session in sessions if session in names}

    # --- what has happened ----------------------------------------------------------------------

    def _settle(self, deed: str, room: str, bans: tuple[tuple[str, Ban], ...]) -> None:
        self._listed[deed][alike(room)] = {name: ban.until or inf for name, ban in bans}

    def _logged_in(self, session: int, event: events.LoggedIn | events.Named) -> None:
        holder = self.names.setdefault(alike(event.name), session)
        if holder != session:
            self._problems.append(f"#{session} is {event.name}, as is #{holder}")

    def _renamed(self, session: int, event: events.Renamed) -> None:
        if alike(event.old) != alike(event.new):
            self.names.pop(alike(event.old), None)
        self._logged_in(session, events.Named(event.new))

    def _joined(self, _session: int, event: events.Joined) -> None:
        self.members.setdefault(alike(event.room), {})[event.session] = None

    def _left(self, _session: int, event: events.Left | events.Removed) -> None:
        self._leave(event.session, alike(event.room))

    def _disconnected(self, _session: int, event: events.Disconnected) -> None:
        self.names.pop(alike(event.name), None)
        self.away.discard(event.session)
        self.idle.discard(event.session)
        for room in event.rooms:
            self._leave(event.session, alike(room))

    def _leave(self, session: int, room: str) -> None:
        del self.members[room][session]
        if not self.members[room]:
            del self.members[room]

    def _status(self, _session: int, event: events.StatusChanged) -> None:
        for who, is_so in ((self.away, event.away), (self.idle, event.away and event.idle)):
            (who.add if is_so else who.discard)(event.session)

    def _moderated(self, _session: int, event: events.Moderated) -> None:
        room, name = alike(event.room), alike(event.name)
        until = event.at + event.seconds if event.seconds else inf
        if event.deed in self._listed:
            self._listed[event.deed].setdefault(room, {})[name] = until
        elif (undone := event.deed.removeprefix("un")) in self._listed:
            self._listed[undone].get(room, {}).pop(name, None)

    def _closed(self, _session: int, event: events.RoomClosed) -> None:
        for listed in self._listed.values():
            listed.pop(alike(event.room), None)


_NOTES: Final[dict[type[Event], Callable[[Any, int, Any], None]]] = {
    events.LoggedIn: Picture._logged_in,
    events.Named: Picture._logged_in,
    events.Renamed: Picture._renamed,
    events.Joined: Picture._joined,
    events.Left: Picture._left,
    events.Removed: Picture._left,
    events.Disconnected: Picture._disconnected,
    events.StatusChanged: Picture._status,
    events.Moderated: Picture._moderated,
    events.RoomClosed: Picture._closed,
}
