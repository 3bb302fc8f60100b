"""What is true of a simulated server at the end of every turn. One function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Final

from chat.core.records import Record, encode
from chat.core.session import State
from chat.core.world import LOBBY, Room, World
from chat.heartbeat import PERIOD_S
from chat.idle import TICKS_PER_S
from chat.server import DAY_S, SHUTDOWN_S, ChatServer
from chat.shell import TIDY_S
from chat.testing.simulation.model_store import ModelStore
from chat.testing.simulation.watch import Watch
from reactor import Connection
from reactor.loop import GATHER_ROUNDS
from reactor.testing import Network

LATE_S: Final = 1 / TICKS_PER_S + 0.01  # a tick, and what rounding may add
TIMERS_PER_CONNECTION: Final = 4  # idle, held, closing; and one that is cancelled
TOLD_MAX: Final = 200  # in one look around; no simulated server has so much to tell
DIALECTS: Final = 3  # that are spoken in rooms: a group each
TIMERS: Final = 16  # of the server's own, and those of the listeners

Problems = Iterator[str]


class Turn:
    """What the invariants look at."""

    def __init__(
        self, network: Network, server: ChatServer, watch: Watch, store: ModelStore | None
    ) -> None:
        self.network = network
        faults = network.faults
        self.slowness_s = faults.late_s + 2 * (1 + GATHER_ROUNDS) * faults.turn_s
        self.server = server
        self.watch = watch
        self.store = store
        self.waiting: set[int] = set()  # ids of those connections that we make wait
        self.waited_at: dict[int, float] = {}  # when we last did, by the connection's id
        self.reloaded_at = 0.0
        self.stopping_at: float | None = None  # since when
        # By session: those who are not shown as what they are, silent or not, and since when.
        self.mistaken: dict[int, tuple[bool, float]] = {}

    @property
    def world(self) -> World:
        """The core's."""
        return self.server.core.world

    @property
    def connections(self) -> list[Connection]:
        """Those that are not closed."""
        return list(self.server.reactor.connections.values())


# --- after every turn, or each in which something was ready ---------------------------------------


def nothing_is_left_to_do(turn: Turn) -> Problems:
    """What a turn had to say has left with it."""
    if not turn.server.reactor.turn.is_over:
        yield "a turn ended with something left to do"


def buffers_are_bounded(turn: Turn) -> Problems:
    """In both directions."""
    for connection in turn.connections:
        limits = connection.limits
        if connection.is_open and connection.get_write_buffer_size() > limits.output_max_bytes:
            yield f"{connection} is owed {connection.get_write_buffer_size()} bytes"
        waiting = sum(map(len, connection._waiting))
        if waiting > 2 * limits.read_max_bytes + 2 * limits.line_max_bytes:
            yield f"{connection}: {waiting} bytes of lines wait"


def the_silent_are_gone(turn: Turn) -> Problems:
    """After the idle timeout and a tick, or two beats of the heart. Who is made to wait by us is
    not silent."""
    now = turn.network.clock.now
    for connection in turn.connections:
        most_s = _silence_max_s(turn, connection)
        if connection.id in turn.waiting:  # until this turn, at least
            turn.waited_at[connection.id] = now
            turn.waiting.discard(connection.id)
        if connection.has_waiting_lines or connection.is_paused:
            turn.waiting.add(connection.id)
        sock = connection.sock
        waited_at = turn.waited_at.get(connection.id, connection.opened_at)
        heard_at = max(sock.heard_at, waited_at)  # type: ignore[attr-defined]
        silent = connection.is_open and connection.id not in turn.waiting
        reloading = now - turn.reloaded_at <= LATE_S + turn.slowness_s
        if silent and now - heard_at > most_s and not reloading:
            yield f"{connection} has been silent for {now - heard_at:.3f} s, and is still there"


def _silence_max_s(turn: Turn, connection: Connection) -> float:
    """The heart beats in turns of the loop: each may be late."""
    if hasattr(connection.framer, "awaits_pong"):
        return 2 * PERIOD_S * (1 + turn.slowness_s) + LATE_S
    timeout_s = turn.server.config.idle_timeout
    timed = timeout_s and getattr(connection.handler, "is_timed", False)
    return timeout_s + LATE_S + turn.slowness_s if timed else inf


def the_silent_are_away(turn: Turn) -> Problems:
    """And who only looked like it is back: as soon as the core has looked around. Where it may not
    tell everyone at once, each time there is one less."""
    picture, limits = turn.watch.picture, turn.world.limits
    now, time_of_day = turn.network.clock.now, turn.server._shell.wall_clock()
    rounds = 1 if limits.told_at_once >= TOLD_MAX else 2 * len(picture.names) + 1
    for session in picture.names.values():
        silent_s = time_of_day - picture.heard_at[session]
        silent = 0 < limits.away_after_s < silent_s
        if session not in picture.away if silent else session in picture.idle:
            before, since = turn.mistaken.get(session, (silent, now))
            since = since if silent is before else now  # it was the other mistake
            turn.mistaken[session] = silent, since
            if now - since > rounds * (TIDY_S + turn.slowness_s):
                yield f"#{session} was silent for {silent_s:.3f} s: away is {not silent}"
        else:
            turn.mistaken.pop(session, None)


def the_closing_are_gone(turn: Turn) -> Problems:
    """Sooner or later, whatever the other side does."""
    now, since = turn.network.clock.now, turn.watch.closing_at
    for connection in turn.connections:
        if not connection.is_open:
            limits = connection.limits
            most_s = LATE_S + turn.slowness_s + limits.flush_s + limits.linger_s
            if now - since.setdefault(connection.id, now) > most_s:
                yield f"{connection} is still being closed"


def a_stopping_server_stops(turn: Turn) -> Problems:
    """Whoever does not read, and nobody else comes in."""
    server, now = turn.server, turn.network.clock.now
    if not server._stopping:
        return
    if turn.stopping_at is None:
        turn.stopping_at = now
    if server.reactor.listeners:
        yield "the server stops, and still listens"
    if not server.stopped and now - turn.stopping_at > SHUTDOWN_S + LATE_S + turn.slowness_s:
        yield f"the server has been stopping for {now - turn.stopping_at:.3f} s"


def tables_are_bounded(turn: Turn) -> Problems:
    """By the limits, and by how many are here."""
    limits, world, core = turn.world.limits, turn.world, turn.server.core
    shell, reactor = turn.server._shell, turn.server.reactor
    here = len(reactor.connections)
    admins = sum([s.state is State.OPERATOR for s in core._sessions.values()])
    owned = sum([bool(room.charter.owner) for room in world.rooms.values()])
    bounds = {
        "sessions": (len(core._sessions), min(limits.clients_max + admins, here)),
        "users": (len(world.sessions), len(core._sessions)),
        "rooms without an owner": (len(world.rooms) - owned, max(1, limits.rooms_max)),
        "rooms with an owner": (owned, limits.rooms_kept_max),
        "accounts": (len(world.accounts), limits.accounts_max),
        "jobs": (len(core._jobs), limits.jobs_max),
        "bans": (len(world.bans), limits.bans_max),
        "bans, mutes or operators": (
            max(map(_settled, world.rooms.values())),
            limits.bans_per_room_max,
        ),
        "attempts": (len(core._attempts._buckets), limits.attempts_tracked_max),
        "groups": (0 if turn.server._stopping else len(shell._groups), DIALECTS * len(world.rooms)),
        "idle ticks": (len(shell.idle._ticks), here),
        "timers": (len(reactor._timers), TIMERS_PER_CONNECTION * here + TIMERS),
    }
    for name, (size, most) in bounds.items():
        if size > most:
            yield f"there are {size} {name}, and may be {most}"


def _settled(room: Room) -> int:
    charter = room.charter
    return max(map(len, (charter.bans, charter.mutes, charter.operators)))


# --- after every turn in which something has changed ----------------------------------------------


def the_world_is_one(turn: Turn) -> Problems:
    """Its parts agree with each other, and with what has happened."""
    try:
        turn.world.check_invariants()
    except (AssertionError, KeyError) as error:
        yield f"the world contradicts itself: {error!r}"
    picture = turn.watch.picture
    names = {key: user.session for key, user in turn.world.users.items()}
    if names != picture.names:
        yield f"names: the world has {names}, of what happened {picture.names} would come"
    members = {key: dict.fromkeys(r.members) for key, r in turn.world.rooms.items() if r.members}
    if members != picture.members:
        yield f"rooms: the world has {members}, of what happened {picture.members} would come"
    away = {user.session for user in turn.world.sessions.values() if user.away}
    if away != picture.away:
        yield f"away: the world has {away}, of what happened {picture.away} would come"


def everyone_is_there(turn: Turn) -> Problems:
    """Every user has a connection: whose is lost has no name any more, and is in no room."""
    gone = turn.world.sessions.keys() - turn.server.reactor.connections.keys()
    if gone:
        yield f"sessions {sorted(gone)} have users, but no connections"


def the_expelled_are_gone(turn: Turn) -> Problems:
    """Whoever was told to go."""
    here = turn.server.core._sessions.keys() & turn.watch.expelled
    turn.watch.expelled.clear()
    if here:
        yield f"sessions {sorted(here)} were told to go, and are still there"


def audiences_are_members(turn: Turn) -> Problems:
    """The groups, on whose behalf all is sent, are those of the rooms."""
    heard: dict[str, set[int]] = {}
    for audience, group in turn.server._shell._groups.items():
        members = {getattr(member, "id", 0) for member in group._members}
        heard.setdefault(audience.room, set()).update(members)
    open_ones = {c.id for c in turn.connections if c.is_open}
    for room in turn.world.rooms.values():
        missing = (room.members.keys() & open_ones) - heard.get(room.name, set())
        excess = (heard.get(room.name, set()) & open_ones) - room.members.keys()
        if missing or excess:
            yield f"{room.name}: {sorted(missing)} hear nothing, {sorted(excess)} should not"


def what_is_true_is_kept(turn: Turn) -> Problems:
    """Accounts, bans and charters: saved before they are true."""
    if turn.store is None:
        return
    world, kept = turn.world, set(turn.store.records())
    records = [Record("account", key, account) for key, account in world.accounts.items()]
    records += [Record("ban", key, ban) for key, ban in world.bans.items()]
    records += [
        Record("charter", key, room.charter)
        for key, room in world.rooms.items()
        if room.charter.owner
    ]
    for record in records:
        if encode(record) not in kept:
            yield f"{record} is true, but not saved"


# --- when everybody is gone -----------------------------------------------------------------------


def nobody_is_left(turn: Turn) -> Problems:
    """Everyone hung up, long ago: the server is as it was when it began. Or it has stopped, when
    nobody takes anyone out of the groups any more, nor waits for what workers do."""
    core, shell, reactor = turn.server.core, turn.server._shell, turn.server.reactor
    stopped = turn.server.stopped
    left = {
        "connections": list(reactor.connections),
        "sockets": list(range(turn.network.accepted)),
        "sessions": list(core._sessions),
        "names": list(turn.world.users),
        "jobs": [] if stopped else list(core._jobs),
        "groups": [] if stopped else list(shell._groups),
        "audiences": list(core._delivery._audiences),
        "ticks": list(shell.idle._ticks),
        "heartbeats": [connection for part in shell.heartbeat._parts for connection in part],
        "rooms": [
            key for key, room in turn.world.rooms.items() if not room.charter.owner and key != LOBBY
        ],
    }
    for name, items in left.items():
        if items:
            yield f"everybody is gone, but there are {name} left: {items}"


def what_is_over_is_forgotten(turn: Turn) -> Problems:
    """By and by: of rooms that are gone, no more are remembered than may be."""
    count, most = len(turn.world.remembered), turn.world.limits.rooms_remembered_max
    if count > most:
        yield f"{count} rooms are remembered, and may be {most}"


def what_is_old_is_gone(turn: Turn) -> Problems:
    """From the store, as the configuration has it: the last look around was after the last word."""
    config, store = turn.server.config, turn.store
    now, most_s = turn.server._shell.wall_clock(), config.keep_days * DAY_S + 2 * TIDY_S
    for messages in store.messages() if store is not None else ():
        if config.keep_messages and len(messages) > config.keep_messages:
            yield f"{len(messages)} messages are kept of a room"
        if config.keep_days and messages and now - messages[0].at > most_s:
            yield f"a message is kept that is {now - messages[0].at:.3f} s old"


EVERY_TURN: Final[tuple[Callable[[Turn], Problems], ...]] = (
    nothing_is_left_to_do,
    the_silent_are_gone,
    the_silent_are_away,
    the_closing_are_gone,
    a_stopping_server_stops,
)
BUSY_TURNS: Final[tuple[Callable[[Turn], Problems], ...]] = (
    buffers_are_bounded,
    tables_are_bounded,
)
CHANGED_TURNS: Final[tuple[Callable[[Turn], Problems], ...]] = (
    the_world_is_one,
    everyone_is_there,
    the_expelled_are_gone,
    audiences_are_members,
    what_is_true_is_kept,
)
THE_END: Final[tuple[Callable[[Turn], Problems], ...]] = (
    nobody_is_left,
    what_is_over_is_forgotten,
    what_is_old_is_gone,
)
STOPPED: Final[tuple[Callable[[Turn], Problems], ...]] = (nobody_is_left,)
