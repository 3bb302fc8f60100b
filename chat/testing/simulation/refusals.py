"""What somebody is refused: whether there was a reason. That there was none to do what is done
instead of being refused, `rules.py` sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chat.core.commands import CURRENT, Administer, Readmit, Tagged, Tell, Unmute
from chat.core.dialect import Dialect
from chat.core.engine import ChatCore
from chat.core.errors import Code
from chat.core.events import Refused
from chat.core.text import RESERVED
from chat.testing.simulation.picture import alike
from chat.testing.simulation.rules import Case, Problems, can_be_a_name, counted_as, is_within


def unfounded(case: Case, refused: Refused) -> Problems:
    """What is wrong with a refusal of the line that was handled last. Reasons that are not in the
    table, and commands that have no name or room, are not looked into."""
    is_due = _REASONS.get(refused.code)
    session = case.core._sessions.get(case.session)
    if is_due is None or session is None or not case.line:
        return
    command: Any = session.dialect.parse(case.line)
    if type(command) is Tagged:
        command = command.command
    if not is_due(case, command):
        yield f"#{case.session} {session.name} was told {refused.code} to {case.line!r}: why?"


def refusal_at_the_door(core: ChatCore, dialect: Dialect, now: float, address: str) -> Code | None:
    """What somebody is to be told who has just come; None: nothing, as they may come in."""
    limits, here = core.world.limits, list(core._sessions.values())
    site = counted_as(address)
    if core._stopping:
        return "shutting-down"
    if type(dialect.arrival) is Administer:
        return None
    if len(here) >= limits.clients_max:
        return "server-full"
    from_there = [session for session in here if site and counted_as(session.address) == site]
    if from_there and len(from_there) >= limits.clients_per_address_max > 0:
        return "rate-limited"
    bans = [target for target, ban in core.world.bans.items() if ban.holds(now)]
    return "banned" if any(is_within(address, target) for target in bans) else None


def _rooms(case: Case, command: Any) -> list[str]:
    """Those that a command is about: one that it names, or those that somebody is in."""
    room = getattr(command, "room", CURRENT)
    return [alike(room)] if room != CURRENT else case.picture.rooms_of(case.session)


def _name(case: Case) -> str:
    return case.core._sessions[case.session].name


def _is_muted(case: Case, command: Any) -> bool:
    rooms = _rooms(case, command)
    return any(case.picture.holds("muted", room, _name(case), case.now) for room in rooms)


def _is_banned(case: Case, command: Any) -> bool:
    """From the room, or from the server under that name; from a room that they are in, under it."""
    name = getattr(command, "name", _name(case))
    ban = case.core.world.bans.get(alike(name))
    if ban is not None and ban.holds(case.now):
        return True
    rooms = _rooms(case, command)
    return any(case.picture.holds("banned", room, name, case.now) for room in rooms)


def _is_taken(case: Case, command: Any) -> bool:
    name = alike(command.name)
    return name in RESERVED or case.picture.names.get(name, case.session) != case.session


def _is_no_name(case: Case, command: Any) -> bool:
    return not can_be_a_name(command.name, case.core.world.limits.username_max_chars)


def _is_no_room_name(case: Case, command: Any) -> bool:
    return not can_be_a_name(command.room, case.core.world.limits.room_name_max_chars)


def _is_outside(case: Case, command: Any) -> bool:
    here = case.picture.rooms_of(case.session)
    return not here if command.room == CURRENT else alike(command.room) not in here


def _is_inside(case: Case, command: Any) -> bool:
    return alike(command.room) in case.picture.rooms_of(case.session)


def _is_nobody(case: Case, command: Any) -> bool:
    """Of whom something is to be said alone. Those that are put out may be here, and elsewhere."""
    return not isinstance(command, Tell) or alike(command.to) not in case.picture.names


def _is_full(case: Case, command: Any) -> bool:
    members = case.picture.members.get(alike(command.room), {})
    return len(members) >= case.core.world.limits.room_members_max


def _is_registered(case: Case, command: Any) -> bool:
    return alike(command.name) in case.core.world.accounts


def _is_not_registered(case: Case, command: Any) -> bool:
    return not _is_registered(case, command)


def _is_free(case: Case, command: Any) -> bool:
    """There is no such ban or mute, or it has run out."""
    if isinstance(command, Readmit):
        ban = case.core.world.bans.get(alike(command.target))
        return ban is None or not ban.holds(case.now)
    deed = "muted" if isinstance(command, Unmute) else "banned"
    holds = case.picture.holds
    return not all(holds(deed, room, command.name, case.now) for room in _rooms(case, command))


_REASONS: Final[dict[Code, Callable[[Case, Any], bool]]] = {
    "muted": _is_muted,
    "banned": _is_banned,
    "username-taken": _is_taken,
    "invalid-username": _is_no_name,
    "invalid-room-name": _is_no_room_name,
    "not-in-room": _is_outside,
    "already-in-room": _is_inside,
    "no-such-user": _is_nobody,
    "no-such-ban": _is_free,
    "room-full": _is_full,
    "password-required": _is_registered,
    "not-registered": _is_not_registered,
}
