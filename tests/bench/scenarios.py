"""What is measured: one row of SCENARIOS and one function each.

A scenario has cases (how many clients, how many messages a second). Its function starts a server,
puts one case on it, and returns the figures that its columns name.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tests.bench.client import LoadError
from tests.bench.load import SENDERS, WINDOW, Delivery, Load
from tests.bench.logins import Logins
from tests.bench.machine import Cores, cpu_seconds, resident_kib
from tests.bench.report import Column, Figures
from tests.bench.servers import (
    LINE_SERVERS,
    PLAIN,
    STORING,
    WEBSOCKET_SERVERS,
    Running,
    Server,
    start,
)
from tests.bench.speech import LINES, LOBBY, SLASH, WEBSOCKET

# Time in which a message that was delivered twice shows up, and a server's memory settles.
SETTLE_S = 0.2
# With fewer windows than this in a run, its start, when all of them open at once, would count.
WINDOWS_MIN = 4
STEP_S = 0.01  # the resolution of CPU times
# How often those who log in are looked at; no message is under way then.
LOOK_S = 0.25
ROOMS = tuple(f"r{number:02}" for number in range(50))  # as many as one may be in
MIXED = (LINES, SLASH, WEBSOCKET)
ROOM_MEMBERS_MAX = 1000  # of this server's


@dataclass(frozen=True)
class Settings:
    """How large and how long the scenarios are."""

    cores: Cores
    clients: tuple[int, ...] = (10, 100, 1000)
    """Cases of the closed loop."""
    websockets: tuple[int, ...] = (100, 500, ROOM_MEMBERS_MAX)
    """The same for WebSocket."""
    closed_cpu_s: float = 1.2
    """Server CPU time that a closed run should take, so that its steps don't matter."""
    closed_max_s: float = 10.0
    """Wall-clock time that a closed run may take, unless MESSAGES_MIN takes longer."""
    rates: tuple[int, ...] = (100, 1000)
    """Cases of the paced load, messages a second in total."""
    paced_clients: int = 100
    paced_s: float = 10.0
    logins: int = 100
    connections: int = 10_000
    idle_s: float = 5.0


@dataclass(frozen=True)
class Scenario:
    """One table: `run` measures one server in one case."""

    key: str
    title: Callable[[Settings], str]
    case_heading: str
    cases: Callable[[Settings], tuple[int, ...]]
    columns: tuple[Column, ...]
    run: Callable[[Server, int, Settings], Figures]
    servers: tuple[Server, ...] = LINE_SERVERS
    """Those that can do it."""


def run_closed(server: Server, clients: int, settings: Settings) -> Figures:
    """As fast as the window lets the senders, for about `closed_cpu_s` of the server's time."""
    with Load() as load, start(server, settings.cores.server) as running:
        load.login(running.port, clients)
        return _closed(load, running, settings)


def run_websocket(
    server: Server,
    clients: int,
    settings: Settings,
    rooms: Sequence[str] = ROOMS[:1],
    senders: int = SENDERS,
) -> Figures:
    """The same in frames. A room that is full lets nobody else in."""
    senders = min(senders, clients // 2)
    with (
        Load([WEBSOCKET], rooms, senders) as load,
        start(server, settings.cores.server) as running,
    ):
        load.gather(running.port, clients)
        if server == PLAIN and len(rooms) == 1 and clients == ROOM_MEMBERS_MAX:
            load.be_refused(running.port, b'"code":"room-full"')
        return _closed(load, running, settings)


def _closed(load: Load, running: Running, settings: Settings) -> Figures:
    load.closed(load.senders * WINDOW, check_all=True)
    messages = _calibrate(load, running, settings)
    run, cpu = _timed(running, partial(load.closed, messages))
    load.idle(SETTLE_S)
    return _figures(run, cpu)


def run_paced(server: Server, rate: int, settings: Settings) -> Figures:
    """`rate` messages a second in total, evenly spaced, for `paced_s` seconds."""
    with Load() as load, start(server, settings.cores.server) as running:
        load.login(running.port, settings.paced_clients)
        return _paced(load, running, rate, settings)


def run_websocket_paced(server: Server, rate: int, settings: Settings) -> Figures:
    """The same in frames."""
    with Load([WEBSOCKET], ROOMS[:1]) as load, start(server, settings.cores.server) as running:
        load.gather(running.port, settings.paced_clients)
        return _paced(load, running, rate, settings)


def run_mixed(server: Server, rate: int, settings: Settings) -> Figures:
    """The same, with a third of the clients in each of three dialects, all in the lobby."""
    with (
        Load(MIXED, [LOBBY]) as load,
        start(server, settings.cores.server) as running,
    ):
        load.gather(running.port, settings.paced_clients)
        return _paced(load, running, rate, settings)


def _paced(load: Load, running: Running, rate: int, settings: Settings) -> Figures:
    load.closed(SENDERS * WINDOW, check_all=True)
    messages = _whole(rate * settings.paced_s)
    run, cpu = _timed(running, partial(load.paced, messages, rate))
    load.idle(SETTLE_S)
    return _figures(run, cpu)


def run_logins(server: Server, count: int, settings: Settings) -> Figures:
    """The highest rate while `count` more clients log in with passwords, until all of them have;
    for `paced_s` seconds if there are none."""
    with (
        Load() as load,
        Logins(count) as logins,
        start(server, settings.cores.server, logins.names) as running,
    ):
        load.login(running.port, settings.paced_clients)
        load.closed(SENDERS * WINDOW, check_all=True)
        latencies, seconds = _while_logging_in(load, logins, running, settings)
    return {**_latencies(latencies), "login_s": seconds if count else 0.0}


def _while_logging_in(
    load: Load, logins: Logins, running: Running, settings: Settings
) -> tuple[list[int], float]:
    """The messages' latencies, and how long it took."""
    rate = max(settings.rates)
    least_s = 0.0 if logins.names else settings.paced_s
    latencies: list[int] = []
    started = time.monotonic()
    logins.begin(running.port)
    while logins.look() or time.monotonic() - started < least_s:
        latencies += load.paced(_whole(rate * LOOK_S), rate).latencies_us
    return latencies, time.monotonic() - started


def run_connections(server: Server, clients: int, settings: Settings) -> Figures:
    """Log in that many clients, a few at a time, and let them be silent."""
    with Load() as load, start(server, settings.cores.server) as running:
        memory, cpu = resident_kib(running.pid), cpu_seconds(running.pid)
        load.login(running.port, clients)
        login_cpu = cpu_seconds(running.pid) - cpu
        load.idle(SETTLE_S)
        memory = resident_kib(running.pid) - memory
        cpu = cpu_seconds(running.pid)
        load.idle(settings.idle_s)
        idle_cpu = cpu_seconds(running.pid) - cpu
    return {
        "memory_kib": memory / clients,
        "login_us": login_cpu / clients * 1e6,
        "idle_percent": idle_cpu / settings.idle_s * 100,
    }


def _calibrate(load: Load, running: Running, settings: Settings) -> int:
    """Warm the server up; returns the messages that take it about `closed_cpu_s`."""
    window = load.senders * WINDOW
    messages = window
    while True:
        run, cpu = _timed(running, partial(load.closed, messages))
        if cpu >= settings.closed_cpu_s / 10 or run.seconds >= settings.closed_max_s / 10:
            break
        messages *= 4
    scale = min(settings.closed_cpu_s / max(cpu, STEP_S), settings.closed_max_s / run.seconds)
    return _whole(max(messages * scale, WINDOWS_MIN * window), load.senders)


def _whole(messages: float, senders: int = SENDERS) -> int:
    """Rounded to the same number for each sender, at least one."""
    return max(1, round(messages / senders)) * senders


def _timed(running: Running, work: Callable[[], Delivery]) -> tuple[Delivery, float]:
    """What `work` returns, and the CPU seconds that the server used meanwhile."""
    before = cpu_seconds(running.pid)
    run = work()
    return run, cpu_seconds(running.pid) - before


def _figures(run: Delivery, cpu: float) -> Figures:
    if not run.deliveries:
        raise LoadError("nothing was due to anybody")
    return {
        "deliveries": run.deliveries,
        "seconds": run.seconds,
        "deliveries_per_s": run.deliveries / run.seconds,
        "cpu_us": cpu / run.deliveries * 1e6,
        **_latencies(run.latencies_us),
        **{f"p99_{name}_ms": _latencies(found)["p99_ms"] for name, found in run.by_speech.items()},
        "batch": run.batch,
        "server_percent": cpu / run.seconds * 100,
        "generator_percent": run.busy * 100,
    }


def _latencies(found_us: list[int]) -> Figures:
    """What half of the messages stayed under, what 99 of 100 did, and the worst."""
    ordered = sorted(found_us)
    last = len(ordered) - 1
    parts = {"p50_ms": 0.5, "p99_ms": 0.99, "max_ms": 1.0}
    return {key: ordered[int(last * part + 0.5)] / 1000 for key, part in parts.items()}


CPU = Column("cpu_us", "CPU µs/delivery", 3)
BATCH = Column("batch", "messages/read", 1)
LATENCY = (Column("p50_ms", "p50 ms", 2), Column("p99_ms", "p99 ms", 2))
WORST = Column("max_ms", "max ms", 2)
CLOSED = (
    Column("deliveries_per_s", "deliveries/s", 0),
    CPU,
    *LATENCY,
    BATCH,
    Column("server_percent", "server busy %", 0),
)
GENERATOR = Column("generator_percent", "generator busy %", 0)

SCENARIOS = (
    Scenario(
        key="closed",
        title=lambda _: f"Closed loop: {SENDERS} senders, {WINDOW} messages of each under way",
        case_heading="clients",
        cases=lambda settings: settings.clients,
        columns=CLOSED,
        run=run_closed,
    ),
    Scenario(
        key="paced",
        title=lambda settings: f"Paced: {settings.paced_clients} clients, evenly spaced messages",
        case_heading="messages/s",
        cases=lambda settings: settings.rates,
        columns=(CPU, *LATENCY, BATCH),
        run=run_paced,
    ),
    Scenario(
        key="websocket",
        title=lambda _: f"WebSocket, closed loop: {SENDERS} senders, one room",
        case_heading="clients",
        cases=lambda settings: settings.websockets,
        columns=(*CLOSED, GENERATOR),
        run=run_websocket,
        servers=WEBSOCKET_SERVERS,
    ),
    Scenario(
        key="rooms",
        title=lambda _: f"WebSocket, closed loop: {len(ROOMS)} rooms, a sender in each",
        case_heading="clients",
        cases=lambda settings: settings.websockets,
        columns=(*CLOSED, GENERATOR),
        run=partial(run_websocket, rooms=ROOMS, senders=len(ROOMS)),
        servers=WEBSOCKET_SERVERS,
    ),
    Scenario(
        key="few-senders",
        title=lambda _: f"WebSocket, closed loop: {len(ROOMS)} rooms, {SENDERS} senders in all",
        case_heading="clients",
        cases=lambda settings: settings.websockets,
        columns=(*CLOSED, GENERATOR),
        run=partial(run_websocket, rooms=ROOMS),
        servers=WEBSOCKET_SERVERS,
    ),
    Scenario(
        key="websocket-paced",
        title=lambda settings: (
            f"WebSocket, paced: {settings.paced_clients} clients, evenly spaced messages"
        ),
        case_heading="messages/s",
        cases=lambda settings: settings.rates,
        columns=(CPU, *LATENCY, WORST, BATCH),
        run=run_websocket_paced,
        servers=WEBSOCKET_SERVERS,
    ),
    Scenario(
        key="mixed",
        title=lambda settings: (
            f"Paced, {settings.paced_clients} clients in one room: a third speak lines, a third "
            "slash, a third WebSocket"
        ),
        case_heading="messages/s",
        cases=lambda settings: settings.rates,
        columns=(
            CPU,
            *(Column(f"p99_{one.name}_ms", f"p99 ms {one.name}", 2) for one in MIXED),
        ),
        run=run_mixed,
        servers=(PLAIN,),
    ),
    Scenario(
        key="logins",
        title=lambda settings: (
            f"Logins with passwords, all at once, beside {settings.paced_clients} clients and "
            f"{max(settings.rates):,} messages/s"
        ),
        case_heading="logins",
        cases=lambda settings: (0, settings.logins),
        columns=(*LATENCY, WORST, Column("login_s", "s until all are in", 1)),
        run=run_logins,
        servers=(STORING,),
    ),
    Scenario(
        key="connections",
        title=lambda _: "Connections: logged in, then silent",
        case_heading="clients",
        cases=lambda settings: (settings.connections,),
        columns=(
            Column("memory_kib", "KiB/connection", 1),
            Column("login_us", "CPU µs/login", 0),
            Column("idle_percent", "idle CPU %", 1),
        ),
        run=run_connections,
    ),
)
