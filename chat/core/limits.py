"""The bounds on what people can do, each with its reason. Units stand in the names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

LIMIT_MAX: Final = 1_000_000_000
"""Of any limit: no machine holds more of anything, and a calendar goes on for so many seconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound that the core keeps. Those on bytes and sockets are the reactor's.

    Raises ValueError, which names the field, for one that can't be.
    """

    clients_max: int = 10_000
    """Sessions at a time. A connection more is told `server-full`, and so refused before the
    system does it, where that allows as many descriptors."""

    clients_per_address_max: int = 200
    """Of these from one address: an office; else one machine could keep everybody out. Who comes
    from this machine isn't counted: that may be a proxy, with all the world behind it. 0: any
    number."""

    username_max_chars: int = 32
    """Longer ones push the text that follows them off a terminal's line."""

    room_name_max_chars: int = 64
    """Rooms are typed more rarely than names, and may say more."""

    topic_max_chars: int = 300
    """A sentence or two: everyone who joins reads it."""

    room_members_max: int = 1_000
    """Users in a room; the lobby, where everyone begins, has room for all of `clients_max`."""

    rooms_max: int = 1_000
    """Rooms at a time. Each takes memory for its history, and joining makes them."""

    rooms_per_user_max: int = 50
    """Rooms that one user is in: leaving them all is one step, which has to stay short."""

    history_kept: int = 50
    """Messages of a room that are kept in memory for those who come later."""

    text_max_chars: int = 8192
    """One message. What comes over a wire is bounded by its line already; what a program says
    in process, by this."""

    away_after_s: int = 600
    """Silence after which people look away from their screen. 0: nobody can tell."""

    told_at_once: int = 200
    """Of who is away, or back, without having said so, in one step, which has to stay short: as
    many people, rooms of theirs and messages about it."""

    rate_burst: int = 20
    """Lines that a session may send at once: a pasted paragraph. 0 turns the rate limit off."""

    rate_per_s: float = 10.0
    """Lines a second after that: faster than anyone types, too slow to drown a room."""

    accounts_max: int = 100_000
    """Registered names: all of them are kept in memory, half a kilobyte each."""

    password_min_chars: int = 8
    """The shortest that NIST SP 800-63B allows."""

    password_max_chars: int = 128
    """A sentence; hashing reads all of it."""

    attempts_per_account_burst: int = 5
    """Wrong passwords for one name, from one address, at once: more than anyone needs who knows
    theirs."""

    attempts_per_account_per_s: float = 0.1
    """After that, one in ten seconds: three million a year, of which none guesses a good one."""

    attempts_in_all_burst: int = 50
    """Wrong passwords for one name from everywhere: ten addresses that guess don't keep its owner
    out."""

    attempts_in_all_per_s: float = 1.0
    """After that, one a second, however many machines there are to guess: thirty million a year."""

    attempts_per_address_burst: int = 50
    """From one address; there may be an office behind it."""

    attempts_per_address_per_s: float = 1.0
    """After that, one a second: hashing takes a core 0.2 s."""

    attempts_tracked_max: int = 10_000
    """Accounts, addresses, and the two together, whose attempts are counted; a hundred bytes
    each."""

    jobs_max: int = 1_000
    """Passwords that wait to be hashed, mostly: a few minutes' work. More are sent away."""

    rooms_owned_max: int = 10
    """Rooms that one account owns. They are there even when empty, and count as `rooms_max` only
    while somebody is in them."""

    rooms_kept_max: int = 10_000
    """Rooms that have an owner, in all: a kilobyte each, with the charter."""

    rooms_remembered_max: int = 100_000
    """Rooms that are gone, and whose history is kept by the store: a name and a number in memory.
    Of more, the one left longest ago is forgotten, with its history."""

    forgotten_at_once: int = 100
    """Of those, in one step, which has to stay short."""

    bans_per_room_max: int = 200
    """Bans, and as many mutes and operators. They are saved together, and looked through one by
    one."""

    bans_per_room_max_chars: int = 16_384
    """Of all names and reasons in a room's bans, and in its mutes: 200, with a sentence each. With
    each topic they are saved anew; a megabyte, which 200 can be, held up everyone for 16 ms."""

    bans_max: int = 10_000
    """Names and addresses that are kept out of the server."""

    reason_max_chars: int = 200
    """Of a kick or ban: as a topic, but less of it."""

    ban_max_s: float = 315_360_000.0
    """Ten years. Whoever is to be kept out for longer is kept out for good."""

    history_read_max: int = 1_000
    """Messages that one may ask for at a time."""

    history_read_max_bytes: int = 262_144
    """What they may be in all: well below what a connection may be owed."""

    def __post_init__(self) -> None:
        for field in fields(self):
            limit, may_be_broken = getattr(self, field.name), type(field.default) is float
            is_number = type(limit) is int or (may_be_broken and type(limit) is float)
            if may_be_broken and not (is_number and 0 < limit <= LIMIT_MAX):
                raise ValueError(f"{field.name} is a number over 0, up to {LIMIT_MAX}: {limit!r}")
            if not may_be_broken and not (is_number and 0 <= limit <= LIMIT_MAX):
                raise ValueError(f"{field.name} is a whole number up to {LIMIT_MAX}: {limit!r}")
