"""Scenario: all that a simulated run is made of, drawn from its seed. Plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from random import Random
from typing import Any, Final

from chat.config import Config
from chat.core import Limits
from chat.parsing import WEBSOCKET, Listen, Rate
from chat.testing.simulation.admin_scripts import AS_ADMIN
from chat.testing.simulation.json_scripts import IN_JSON
from chat.testing.simulation.scripts import IN_LINES, WITH_SLASHES, Manner, Script, draw_script
from reactor import Address, ConnectionLimits
from reactor.testing import Faults

ADDRESS: Final = ("10.0.0.1", 4000)
SLASH_ADDRESS: Final = ("10.0.0.1", 4001)
JSON_ADDRESS: Final = ("10.0.0.1", 4002)
# No file can be there: a listener that closes removes its own.
ADMIN_PATH: Final = "/dev/null/admin"
UNIX_PATH: Final = "/dev/null/unix"

MIXTURES: Final[tuple[tuple[Manner, ...], ...]] = (
    (IN_LINES, IN_LINES, WITH_SLASHES),
    (IN_LINES, WITH_SLASHES, IN_JSON),
    (IN_JSON,),
)
"""Who may come together. A run with nobody in it who needs more than the standard library is one
that does without: see `needs_websocket`."""

PEOPLE_MAX = 12
ADMINISTERED = 0.3  # how often somebody looks after the server
OWN_ADDRESSES: Final[dict[str, Address]] = {
    "line": UNIX_PATH,
    "slash": SLASH_ADDRESS,
    "json": JSON_ADDRESS,
    "admin": ADMIN_PATH,
}

PACES_S = (0.02, 1.0, 30.0, 2_000.0)  # between two deeds of somebody, in the mean
PULSE_PACE_MAX_S = 300.0  # where a heart beats every second, quiet days take long to simulate


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run, before it begins. Anything in it may be replaced."""

    seed: int
    config: Config
    limits: Limits
    connection_limits: ConnectionLimits
    faults: Faults
    scripts: tuple[Script, ...]
    durable: bool
    """There is a store, if only a simulated one."""

    store_failures: float = 0.0
    """How many commits fail, between 0 and 1."""

    crashes: tuple[int, ...] = ()
    """The server is killed in the midst of its so-many-th call of the system; started again, it
    begins to count anew for the next one."""

    stops: tuple[int, ...] = ()
    """It is told to stop after so many, the same way; when it has, it is started again."""

    stays: bool = False
    """Everyone who is there at the end stays for the server's last stop."""

    descriptors_max: int = 0
    """Connections that the process can have at a time; 0: any number."""

    reloads: tuple[tuple[float, Config], ...] = ()
    """When it is told to read its configuration again, and what it reads then."""

    clock_jumps: tuple[tuple[float, float], ...] = field(default=())
    """When the time of day is set, and by how many seconds it then jumps."""

    @property
    def needs_websocket(self) -> bool:
        """The server needs the extra `websocket`, for the people that there are."""
        return any(listen.dialect == WEBSOCKET for listen in self.config.listen)


def draw(seed: int) -> Scenario:
    """The scenario of a seed: always the same."""
    random = Random(f"scenario {seed}")
    durable = random.random() < 0.6
    mixture = random.choice(MIXTURES)
    pace_s = min(random.choice(PACES_S), PULSE_PACE_MAX_S if IN_JSON in mixture else inf)
    manners = [random.choice(mixture) for _ in range(random.randint(1, PEOPLE_MAX))]
    manners += [AS_ADMIN] * (random.random() < ADMINISTERED)
    scripts = [
        draw_script(Random(f"script {seed} {number}"), number, pace_s, manner)
        for number, manner in enumerate(manners)
    ]
    limits = _limits(random)
    config = _config(random, limits, manners)
    return Scenario(
        seed=seed,
        config=config,
        limits=replace(limits, **reloaded(config.limits)),
        connection_limits=_connection_limits(random),
        faults=Faults.drawn(random),
        scripts=tuple(scripts),
        durable=durable,
        store_failures=random.choice((0.0, 0.0, 0.1, 0.5)),
        crashes=tuple([random.randint(1, 2_000) for _ in range(random.choice((0, 0, 1, 3)))]),
        stops=tuple([random.randint(1, 2_000) for _ in range(random.choice((0, 0, 1)))]),
        stays=random.random() < 0.5,
        descriptors_max=random.choice((0, 0, 0, 3)),
        reloads=tuple(_reloads(random, config)),
        clock_jumps=random.choice(((), (), ((random.random() * 60, random.gauss(0, 3600)),))),
    )


def _config(random: Random, limits: Limits, manners: list[Manner]) -> Config:
    host, port = ADDRESS
    listen = [Listen("slash", SLASH_ADDRESS)]
    listen += [Listen(WEBSOCKET, JSON_ADDRESS)] * (IN_JSON in manners)
    return Config(
        host=host,
        port=port,
        listen=tuple(listen),
        unix=UNIX_PATH,
        admin=ADMIN_PATH if AS_ADMIN in manners else "",
        greeting=random.choice(("", "", "Welcome!")),
        max_clients=limits.clients_max,
        max_per_address=limits.clients_per_address_max,
        **_manners(random),
    )


def _manners(random: Random) -> dict[str, Any]:
    """What may change while it runs."""
    return {
        "echo": random.random() < 0.3,
        "join_notices": random.random() < 0.3,
        "idle_timeout": random.choice((0.0, 0.0, 5.0, 60.0, 3_600.0)),
        "rate_limit": random.choice((Rate(0, 0.0), Rate(20, 10.0), Rate(5, 2.0))),
        "away_after": random.choice((600, 0, 5, 60)),
        "keep_messages": random.choice((0, 0, 5)),
        "keep_days": random.choice((0.0, 0.0, 0.01, 1.0)),
    }


def _reloads(random: Random, config: Config) -> Iterator[tuple[float, Config]]:
    """Now and then, once: early, or when the quiet ones have begun, too."""
    for _ in range(random.choice((0, 0, 1))):
        again = replace(config, **_manners(random), max_per_address=random.choice((1, 200)))
        yield random.choice((1.0, 100.0, 3_000.0)) * random.random(), again


def _limits(random: Random) -> Limits:
    """The usual ones, or such that everybody runs into them."""
    if random.random() < 0.5:
        return Limits()
    return Limits(
        clients_max=random.choice((3, 6, 10_000)),
        clients_per_address_max=random.choice((0, 1, 2, 200)),
        username_max_chars=random.choice((8, 32)),
        topic_max_chars=random.choice((8, 300)),
        room_members_max=random.choice((2, 1_000)),
        rooms_max=random.choice((2, 4)),
        rooms_per_user_max=random.choice((1, 3)),
        history_kept=random.choice((1, 5, 50)),
        text_max_chars=random.choice((100, 8_192, 8_192)),
        jobs_max=random.choice((1, 3)),
        rooms_remembered_max=random.choice((0, 2)),
        rooms_owned_max=random.choice((0, 1)),
        rooms_kept_max=random.choice((0, 1)),
        accounts_max=random.choice((1, 3)),
        attempts_tracked_max=random.choice((1, 10_000)),
        bans_per_room_max=random.choice((1, 200)),
        bans_max=random.choice((1, 10_000)),
        history_read_max_bytes=random.choice((4_000, 262_144)),
    )


def _connection_limits(random: Random) -> ConnectionLimits:
    """The usual ones, or such that a slow reader is noticed after a few lines."""
    if random.random() < 0.3:
        return ConnectionLimits()
    return ConnectionLimits(
        read_max_bytes=random.choice((100, 65_536)),
        high_water_bytes=random.choice((100, 4_096)),
        output_max_bytes=random.choice((5_000, 20_000)),
    )


def reloaded(limits: Limits) -> dict[str, Any]:
    """Those that come of the configuration."""
    names = ("rate_burst", "rate_per_s", "away_after_s", "clients_per_address_max")
    return {name: getattr(limits, name) for name in names}
