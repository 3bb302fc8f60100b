"""What people may do, and how much of it: held against what happens, event by event.

Each rule gets the case and the event, and says what is wrong, if anything is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from math import inf
from typing import Any, Final, NamedTuple

from chat.core import events
from chat.core.engine import ChatCore
from chat.core.events import Event
from chat.core.limits import Limits
from chat.core.session import REFILL_S, State
from chat.core.text import RESERVED
from chat.core.world import LOBBY, Room
from chat.testing.simulation.picture import Picture, alike

HASHED: Final = "hash of "
"""What stands before a password in place of its hash."""

HISTORY: Final = (
    re.compile(rb"\s*/?history(?:\s+[^\d\s]\S*)?\s+(\d+)", re.IGNORECASE),
    re.compile(rb'\{"type": "history", .*"count": (\d+)'),
)
"""How many messages somebody asks for, in text and in JSON."""

Problems = Iterator[str]


class Case(NamedTuple):
    """Where it happens: the core after the fact, what is known of everyone, whose input brought it
    about, the line that they had sent last, and the time of day."""

    core: ChatCore
    picture: Picture
    session: int
    line: bytes
    now: float


def rules_broken(case: Case, event: Event) -> Problems:
    """What is wrong with something that has just happened."""
    rule = _RULES.get(type(event))
    if rule is not None:
        yield from rule(case, event)


# --- names ----------------------------------------------------------------------------------------


def can_be_a_name(name: str, most_chars: int) -> bool:
    """As it is written, and as it is compared: our own way of looking at it."""
    return all(
        0 < len(form) <= most_chars
        and unicodedata.category(form[0])[0] != "M"
        and all(char in "_-." or unicodedata.category(char)[0] in "LMN" for char in form)
        for form in (name, alike(name))
    )


def _renamed(case: Case, event: events.Renamed) -> Problems:
    if alike(event.old) == alike(event.new):
        return
    yield from _named(case, events.LoggedIn(event.new))
    for room in event.rooms:
        if case.picture.holds("muted", room, event.old, event.at):
            yield f"{event.old} is muted in {room}, and is {event.new} now"
        if case.picture.holds("banned", room, event.new, event.at):
            yield f"{event.new} is banned from {room}, and somebody there has that name now"


def _named(case: Case, event: events.LoggedIn) -> Problems:
    if not can_be_a_name(event.name, case.core.world.limits.username_max_chars):
        yield f"#{case.session} is {event.name!r}, which is no name"
    if alike(event.name) in RESERVED:
        yield f"#{case.session} is {event.name}, as none but the server is"
    account = case.core.world.accounts.get(alike(event.name))
    if account is not None:
        password = account.password.removeprefix(HASHED).encode()
        if password not in case.line:
            yield f"#{case.session} is {event.name}, and did not give its password: {case.line!r}"


# --- rooms ----------------------------------------------------------------------------------------


def _joined(case: Case, event: events.Joined) -> Problems:
    world = case.core.world
    room, user = world.rooms[alike(event.room)], world.sessions[event.session]
    if not can_be_a_name(event.room, world.limits.room_name_max_chars):
        yield f"{event.name} came into {event.room!r}, which is no name of a room"
    if case.picture.holds("banned", event.room, event.name, event.at):
        yield f"{event.name} is banned from {event.room}, and came in"
    crowded = len(room.members) > world.limits.room_members_max
    if crowded and alike(event.room) != LOBBY and not world.operates(user, alike(event.room)):
        yield f"{event.name} came into {event.room}, which was full"
    if len(user.rooms) > max(1, world.limits.rooms_per_user_max):
        yield f"{event.name} is in {len(user.rooms)} rooms"


def _said(case: Case, event: events.Said) -> Problems:
    yield from _spoke(case, event, event.room)
    if event.session in case.picture.away:
        yield f"{event.name} speaks, and is still away"
    if len(event.text) > case.core.world.limits.text_max_chars:
        yield f"{event.name} says {len(event.text)} characters at once"


def _topic_set(case: Case, event: events.TopicSet) -> Problems:
    yield from _spoke(case, event, event.room)
    if len(event.topic) > case.core.world.limits.topic_max_chars:
        yield f"{event.name} sets a topic of {len(event.topic)} characters"


def _spoke(
    case: Case, event: events.Said | events.TopicSet | events.StatusChanged, room: str
) -> Problems:
    if case.picture.holds("muted", room, event.name, event.at):
        yield f"{event.name} is muted in {room}, and spoke: {event}"


def _status(case: Case, event: events.StatusChanged) -> Problems:
    for room in event.rooms if event.text else ():
        yield from _spoke(case, event, room)
    silent_s = event.at - case.picture.heard_at.get(event.session, event.at)
    most_s = case.core.world.limits.away_after_s
    if event.away and event.idle and (not most_s or silent_s < most_s - REFILL_S):
        yield f"{event.name} was thought away after {silent_s:.3f} s of silence"


def _moderated(case: Case, event: events.Moderated) -> Problems:
    world, key = case.core.world, alike(event.room)
    by, room = world.sessions.get(case.session), world.rooms.get(key)
    if room is None:
        return
    to_oneself = by is not None and alike(by.name) == alike(event.name)
    if by is not None and not to_oneself and not world.operates(by, key):
        yield f"{by.name} is no operator of {event.room}, and yet: {event}"
    names = [alike(member.name) for member in room.members.values()]
    if event.deed in {"kicked", "banned"} and alike(event.name) in names:
        yield f"{event.name} was {event.deed} from {event.room}, and is still there"


# --- what is shown --------------------------------------------------------------------------------


def _users_listed(case: Case, event: events.UsersListed) -> Problems:
    yield from _listed(case, event.names, event.away, set(case.picture.names.values()))


def _members_listed(case: Case, event: events.MembersListed | events.Entered) -> Problems:
    members = set(case.picture.members.get(alike(event.room), ()))
    yield from _listed(case, event.names, event.away, members)


def _listed(
    case: Case, names: tuple[str, ...], away: tuple[str, ...], sessions: set[int]
) -> Problems:
    picture = case.picture
    here, absent = picture.known_as(sessions), picture.known_as(sessions & picture.away)
    if (sorted(map(alike, names)), sorted(map(alike, away))) != (sorted(here), sorted(absent)):
        yield f"#{case.session} is shown {names}, {away} away, where {here} are, {absent} away"


def _bans_listed(case: Case, event: events.BansListed) -> Problems:
    for deed, listed in (("banned", event.bans), ("muted", event.mutes)):
        shown = {alike(ban.name) for ban in listed}
        are = case.picture.all_that(deed, event.room, case.now)
        if shown != are:
            yield f"#{case.session} is shown {shown} as {deed} in {event.room}, and {are} are"


def _recalled(case: Case, event: events.Recalled) -> Problems:
    core, session, line = case.core, case.session, case.line
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
        due = _latest(room, asked[0], core.world.limits)
        if numbers != due:
            yield f"#{session} recalls messages {numbers} where it should {due}"


def _latest(room: Room, count: int, limits: Limits) -> list[int]:
    """The numbers of what is to be recalled, as far as it is not too much."""
    due = [*room.history][-min(count, limits.history_read_max) :]
    while sum([len(said.text.encode()) for said in due]) > limits.history_read_max_bytes:
        due.pop(0)
    return [said.seq for said in due]


# --- the server -----------------------------------------------------------------------------------


def still_here(core: ChatCore, target: str) -> Problems:
    """Whom the server is closed to from now on: a name, an address, or a network of them."""
    for session in core._sessions.values():
        meant = alike(session.name) == alike(target) or is_within(session.address, target)
        if meant and session.state is not State.OPERATOR:
            yield f"{target} is kept out, and #{session.id} {session.name} is still there"


def is_within(address: str, network: str) -> bool:
    """Whether an address is one of a network; False for what is none."""
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


def counted_as(address: str) -> str:
    """Who is counted as one: an address, or the 64 bits that one of IPv6 begins with. Nothing for
    who comes from this very machine."""
    if not address or ip_address(address).is_loopback:
        return ""
    return str(ip_network(f"{address}/{64 if ':' in address else 32}", strict=False))


_RULES: Final[dict[type[Event], Callable[[Case, Any], Problems]]] = {
    events.LoggedIn: _named,
    events.Renamed: _renamed,
    events.Joined: _joined,
    events.Said: _said,
    events.StatusChanged: _status,
    events.Moderated: _moderated,
    events.TopicSet: _topic_set,
    events.UsersListed: _users_listed,
    events.MembersListed: _members_listed,
    events.Entered: _members_listed,
    events.BansListed: _bans_listed,
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
