"""What people may do, and how much of it: held against what happens, event by event.

Each rule gets the server's core after the fact, whose input brought the event about, the line
that they had sent last, and the event; it says what is wrong, if anything is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from math import inf
from typing import Any, Final

from chat.core import events
from chat.core.engine import ChatCore
from chat.core.events import Event
from chat.core.records import Ban
from chat.core.session import REFILL_S, State
from chat.core.world import LOBBY

HASHED: Final = "hash of "
"""What stands before a password in place of its hash."""

HISTORY: Final = (
    re.compile(rb"\s*/?history(?:\s+[^\d\s]\S*)?\s+(\d+)", re.IGNORECASE),
    re.compile(rb'\{"type": "history", .*"count": (\d+)'),
)
"""How many messages somebody asks for, in text and in JSON."""

Problems = Iterator[str]


def alike(name: str) -> str:
    """The form under which names must be one. Our own: that of the server may be wrong."""
    return unicodedata.normalize("NFKC", name).casefold()


def rules_broken(core: ChatCore, session: int, line: bytes, event: Event) -> Problems:
    """What is wrong with something that has just happened."""
    rule = _RULES.get(type(event))
    if rule is not None:
        yield from rule(core, session, line, event)


# --- names ----------------------------------------------------------------------------------------


def _renamed(core: ChatCore, session: int, line: bytes, event: events.Renamed) -> Problems:
    if alike(event.old) != alike(event.new):
        yield from _named(core, session, line, events.LoggedIn(event.new))


def _named(core: ChatCore, session: int, line: bytes, event: events.LoggedIn) -> Problems:
    account = core.world.accounts.get(alike(event.name))
    if account is not None:
        password = account.password.removeprefix(HASHED).encode()
        if password not in line:
            yield f"#{session} is {event.name}, whose password was not given: {line!r}"


# --- rooms ----------------------------------------------------------------------------------------


def _joined(core: ChatCore, _session: int, _line: bytes, event: events.Joined) -> Problems:
    world = core.world
    room, user = world.rooms[alike(event.room)], world.sessions[event.session]
    if _holds(room.charter.bans, event.name, event.at):
        yield f"{event.name} is banned from {event.room}, and came in"
    crowded = len(room.members) > world.limits.room_members_max
    if crowded and alike(event.room) != LOBBY and not world.operates(user, alike(event.room)):
        yield f"{event.name} came into {event.room}, which was full"
    if len(user.rooms) > max(1, world.limits.rooms_per_user_max):
        yield f"{event.name} is in {len(user.rooms)} rooms"


def _said(core: ChatCore, _session: int, _line: bytes, event: events.Said) -> Problems:
    if _holds(core.world.rooms[alike(event.room)].charter.mutes, event.name, event.at):
        yield f"{event.name} is muted in {event.room}, and spoke"


def _status(core: ChatCore, _session: int, _line: bytes, event: events.StatusChanged) -> Problems:
    rooms = [core.world.rooms[alike(room)] for room in event.rooms if event.text]
    if any(_holds(room.charter.mutes, event.name, event.at) for room in rooms):
        yield f"{event.name} is muted, and said something by going away"


def _moderated(core: ChatCore, session: int, _line: bytes, event: events.Moderated) -> Problems:
    world, key = core.world, alike(event.room)
    by, room = world.sessions.get(session), world.rooms.get(key)
    if room is None:
        return
    to_oneself = by is not None and alike(by.name) == alike(event.name)
    if by is not None and not to_oneself and not world.operates(by, key):
        yield f"{by.name} is no operator of {event.room}, and yet: {event}"
    names = [alike(member.name) for member in room.members.values()]
    if event.deed in {"kicked", "banned"} and alike(event.name) in names:
        yield f"{event.name} was {event.deed} from {event.room}, and is still there"


def _recalled(core: ChatCore, session: int, line: bytes, event: events.Recalled) -> Problems:
    numbers = [said.seq for said in event.messages]
    if numbers and numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        yield f"#{session} recalls messages {numbers}"
    asked = [int(found[1]) for form in HISTORY if (found := form.match(line))]
    if not asked:
        return
    if len(numbers) > asked[0]:
        yield f"#{session} asked for {asked[0]} messages and recalls {len(numbers)}"
    room = core.world.rooms.get(alike(event.room))
    if room is not None and not core.world.durable:  # else the limit may have changed meanwhile
        most = min(asked[0], core.world.limits.history_read_max)
        due = [said.seq for said in room.history][-most:]
        if numbers != due:
            yield f"#{session} recalls messages {numbers} where it should {due}"


def _holds(bans: tuple[tuple[str, Ban], ...], name: str, now: float) -> bool:
    return any(alike(ban.name) == alike(name) and ban.holds(now) for _, ban in bans)


# --- the server -----------------------------------------------------------------------------------


def still_here(core: ChatCore, target: str) -> Problems:
    """Whom the server is closed to from now on: a name, an address, or a network of them."""
    for session in core._sessions.values():
        meant = alike(session.name) == alike(target) or _is_within(session.address, target)
        if meant and session.state is not State.OPERATOR:
            yield f"{target} is kept out, and #{session.id} {session.name} is still there"


def _is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


_RULES: Final[dict[type[Event], Callable[[ChatCore, int, bytes, Any], Problems]]] = {
    events.LoggedIn: _named,
    events.Renamed: _renamed,
    events.Joined: _joined,
    events.Said: _said,
    events.StatusChanged: _status,
    events.Moderated: _moderated,
    events.Recalled: _recalled,
}

# --- how fast -------------------------------------------------------------------------------------

FREE: Final = re.compile(rb'\s*/?quit\s*|\{"type": "quit".*', re.IGNORECASE)


class Bucket:
    """No fewer tokens than a session can have left, if each of its lines takes but one."""

    def __init__(self, core: ChatCore, now: float) -> None:
        self._core = core
        self._tokens: float = core.world.limits.rate_burst or inf
        self._full = self._most = self._tokens
        self._at = self._changed_at = now

    def fill(self, now: float) -> None:
        """A line is looked at, and perhaps held."""
        limits = self._core.world.limits
        full = limits.rate_burst or inf
        if now - self._changed_at > REFILL_S:  # it was filled since, and so cut
            self._most = self._full
        if full != self._full:
            self._full, self._changed_at = full, now
            self._most = max(self._most, full)
        gained = max(0.0, now - self._at) * limits.rate_per_s if limits.rate_burst else inf
        self._tokens = min(self._tokens + gained, self._most)
        self._at = now

    def take(self, line: bytes) -> Problems:
        """It is handled."""
        limits = self._core.world.limits
        if not limits.rate_burst or FREE.fullmatch(line):
            return
        self._tokens -= 1
        # What comes in between two refillings may come on top of a bucket that was full.
        if self._tokens < -limits.rate_per_s * REFILL_S - 1e-6:
            yield f"{line!r} was handled {-self._tokens:.3f} lines too early"
