"""One run of a whole chat server, with everyone on it, in simulated time."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from chat.config import Config
from chat.core.events import Said
from chat.core.jobs import CheckPassword, HashPassword
from chat.dialects import JSON
from chat.server import ChatServer
from chat.testing.simulation import invariants
from chat.testing.simulation.errors import errors_into
from chat.testing.simulation.invariants import Turn
from chat.testing.simulation.json_people import JsonVisit
from chat.testing.simulation.model_store import ModelStore
from chat.testing.simulation.people import LAST_WORDS, Person, Visit
from chat.testing.simulation.rules import HASHED
from chat.testing.simulation.scenario import PEOPLE_MAX, Scenario, draw, reloaded
from chat.testing.simulation.scripts import Script
from chat.testing.simulation.shrinking import Failure
from chat.testing.simulation.watch import Watch
from reactor.testing import Crash, Faults, Network, Spinning, Stalled

RUN_MAX_S = 864_000.0  # of simulated time: some scripts never end, as nobody lets their people in
SETTLE_MAX_S = 3_600.0  # in which everyone must have had their answers, once nothing goes wrong
LEAVE_S = 30.0  # in which everyone who hung up must be gone: more than flush_s and linger_s
STOP_S = 60.0  # in which a server that was asked to stop must have
LAND_S = 60.0  # in which all that was sent arrives
DOWN_S = 1.0  # between a crash, or a stop, and the next start
LAST: Final = Script(
    PEOPLE_MAX + 1, "line", False, b"PING\n", 0.0, 0, "127.0.0.1", ()
)  # of who is there at the stop
DEAF: Final = 3  # of so many who are there at the stop, one does not read
IDLE_TURNS_MAX = 3  # on end, in which there was nothing to do: rounding may cause one


class Violation(AssertionError):
    """Something did not hold. The message says what, when, and how to see it again."""

    def __init__(self, seed: int, at_s: float, problem: str) -> None:
        again = f"python3 -m chat.testing.simulation --seed {seed}"
        super().__init__(f"{problem}\nafter {at_s:.6f} s; to run it again: {again}")
        self.problem = problem


@dataclass(slots=True)
class Figures:
    """How much was simulated."""

    runs: int = 0
    turns: int = 0
    simulated_s: float = 0.0
    client_s: float = 0.0
    said: int = 0
    crashes: int = 0
    stops: int = 0

    def add(self, other: Figures) -> None:
        """Those of another run, too."""
        for name in Figures.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        return (
            f"{self.runs:,} run{'s' * (self.runs != 1)}, {self.turns:,} turns of the loop, "
            f"{self.simulated_s / 3600:,.0f} hours, {self.client_s / 3600:,.0f} client-hours, "
            f"{self.said:,} messages, {self.crashes:,} crashes, {self.stops:,} stops"
        )


class Simulation:
    """One run. `run` raises Violation for what must not be."""

    def __init__(self, scenario: Scenario, trace: Any = None) -> None:
        self.scenario = scenario
        self.figures = Figures(runs=1)
        self.problems: list[str] = []
        self.network = Network(scenario.seed, scenario.faults)
        self.network.trace = trace
        self.network.descriptors_max = scenario.descriptors_max
        self._began_at = self.network.clock.now
        self._store: ModelStore | None = None
        if scenario.durable:
            self._store = ModelStore(Random(f"store {scenario.seed}"), self.network.step)
            self._store.failures = scenario.store_failures
        self._clock_offset_s = 0.0
        self._visits: dict[int, Visit] = {}
        self._crashes = list(scenario.crashes)
        self._stops = list(scenario.stops)
        self._stop_at = 0  # the call of the system after which the server is told to; 0: none
        self._heard_alone: set[bytes] = set()
        self._said: dict[bytes, Said] = {}  # before a crash, by their marks
        self._starts = 0
        self._idle_turns = 0
        greeting = scenario.config.greeting
        self._people = [self._person(script, greeting) for script in scenario.scripts]
        later = self.network.call_later
        self._to_come = [later(at_s, self._jump, jump_s) for at_s, jump_s in scenario.clock_jumps]
        self._config = scenario.config
        self._to_come += [later(at_s, self._reload, config) for at_s, config in scenario.reloads]
        self._start()

    def run(self) -> None:
        """From the first arrival until everybody has gone, and the server has stopped."""
        scenario = self.scenario
        with errors_into(self.problems):
            self._until(lambda: all(person.is_done for person in self._people), RUN_MAX_S)
            self._settle()
            if not scenario.stays:
                self._leave()
            self._stop()
        self._finish_figures()

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the run began."""
        return self.network.clock.now - self._began_at

    @property
    def done(self) -> dict[int, int]:
        """How many of their steps people have done, by their numbers."""
        return {person.script.number: person.done for person in self._people}

    # --- the phases -----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Nothing goes wrong any more: everyone must get what they are due, and be answered."""
        network = self.network
        self._crashes.clear()
        self._stops.clear()
        for timer in self._to_come:
            network.cancel(timer)
        network.crash_at = network.descriptors_max = self._stop_at = 0
        self._calm()
        for person in self._people:
            person.retire()
            if person.visit is not None and not person.visit.is_over:
                person.visit.ask()
        open_ones = [visit for visit in self._visits.values() if not visit.is_over]
        if not self._until(lambda: all(visit.is_settled for visit in open_ones), SETTLE_MAX_S):
            for visit in open_ones:
                if not visit.is_settled:
                    visit.person.complain(_unsettled(visit))
        self._check(())

    def _leave(self) -> None:
        for person in self._people:
            person.go()
        self._until(lambda: False, LEAVE_S)
        self._check(invariants.THE_END)

    def _stop(self) -> None:
        """Who has come in by then is told, or is still here; but not who does not read."""
        self._last_one()
        sessions, knows = self._watch.sessions.items(), self._server.core.knows
        here = [visit for id, visit in sessions if knows(id) and visit.hears_of_a_stop]
        for visit in here:
            visit.type(LAST_WORDS[visit.person.script.dialect] % visit.person.script.number)
        for visit in here[::DEAF]:
            visit.client.stop_reading()
        self._server.stop()
        if not self._until(lambda: self._server.stopped, STOP_S):
            self.problems.append("the server did not stop")
        self._close()
        self.network.run(self._server.reactor, LAND_S)  # what it said last may be on its way yet
        for number, visit in enumerate(here):
            if number % DEAF and not visit.told_of_stop:
                visit.person.complain("was not told that the server stops")
        self._check(invariants.STOPPED)

    def _close(self) -> None:
        """It has stopped."""
        self.figures.stops += 1
        self._server.close()
        if self.network.accepted:
            self.problems.append(f"{self.network.accepted} sockets were never closed")
            self._check(())

    def _last_one(self) -> None:
        """Somebody comes in, and is heard, unless there is no room for them."""
        last = self._person(LAST, self.scenario.config.greeting)
        self._until(lambda: last.visit and (last.visit.is_over or not last.visit.typed), LEAVE_S)

    def _until(self, condition: Any, most_s: float) -> bool:
        """Turn after turn, until a condition holds, but not for longer; whether it does."""
        end = self.network.clock.now + most_s
        while not condition():
            left_s = end - self.network.clock.now
            if left_s <= 0:
                return False
            if self._server.stopped:
                self._start_anew()
            self._turn(left_s)
        return True

    def _turn(self, timeout: float) -> None:
        network, reactor = self.network, self._server.reactor
        timers, reported, soon = reactor._timers, network.reported, len(reactor._soon)
        due, first = timers.next_when(), timers._heap[:1]
        overdue = due is not None and due <= network.clock.now
        ends_at = network.clock.now + timeout
        try:
            reactor.run_once(timeout)
        except Crash:
            self._crash()
            return
        except (Spinning, Stalled) as error:
            self.problems.append(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it has ended the loop
            self.problems.append(f"the loop failed: {error!r}")
        self.figures.turns += 1
        was_due = due is not None and due <= network.clock.now
        timers.next_when()  # puts at the top what is the earliest now
        if overdue and timers._heap[:1] == first:  # the very one, not one made since for that time
            self.problems.append("a timer that was due did not run")
        idle = network.reported == reported and not (was_due or soon)
        self._idle_turns = self._idle_turns + 1 if idle and network.clock.now < ends_at else 0
        if self._idle_turns > IDLE_TURNS_MAX:
            self.problems.append("turn after turn in which there is nothing to do")
        self._check(invariants.EVERY_TURN)
        if network.reported != reported:  # else the heart has beaten, as a rule
            self._check(invariants.BUSY_TURNS)
        if self._watch.changed:
            self._watch.changed = False
            self._check(invariants.CHANGED_TURNS)
        if 0 < self._stop_at <= network.steps:
            self._stop_at = 0
            self._server.stop()

    def _check(self, invariants_: Any) -> None:
        for invariant in invariants_:
            self.problems += invariant(self._what)
        if self._store is not None:
            self.problems += self._store.faulty
        if self.problems:
            raise Violation(self.scenario.seed, self.elapsed_s, self.problems[0])

    # --- the server -----------------------------------------------------------------------------

    def _start(self) -> None:
        """What is durable is all that it finds."""
        scenario, network = self.scenario, self.network
        if self._crashes:
            network.crash_at = network.steps + self._crashes.pop(0)
        if self._stops:
            self._stop_at = network.steps + self._stops.pop(0)
        self._starts += 1
        server = self._server = ChatServer(
            self._config,
            reactor=network.reactor(),
            opened_store=self._store,
            wall_clock=self._wall_clock,
            epoch=f"start {self._starts}",
        )
        for listener in server.reactor.listeners:
            listener._limits = scenario.connection_limits
        limits = replace(scenario.limits, **reloaded(self._config.limits))
        server.core.configure(limits, self._config.settings, self._wall_clock())
        server._shell.work = {**server._shell.work, **QUICK_WORK}
        self._watch = Watch(network, server, self._store, self._visits, self.problems)
        self._what = Turn(network, server, self._watch, self._store)

    def _crash(self) -> None:
        """Killed, and after a while started again."""
        self.figures.crashes += 1
        self.network.kill(self._server.reactor)
        self._start_later()

    def _start_anew(self) -> None:
        """Told to stop, by a signal or its administration, and after a while started again."""
        try:
            self._close()
        except Crash:
            self._crash()
        else:
            self._start_later()

    def _start_later(self) -> None:
        self._said |= self._watch.said
        self.network.clock.now += DOWN_S
        self.network.happen()
        while True:
            try:
                self._start()
            except Crash:
                continue
            return

    def _calm(self) -> None:
        self.network.faults = Faults(buffer_bytes=self.scenario.faults.buffer_bytes)
        for sock in self.network.descriptors.values():
            if hasattr(sock, "faults"):
                sock.faults = self.network.faults
        if self._store is not None:
            self._store.failures = 0.0

    def _reload(self, config: Config) -> None:
        """A signal, which the loop is woken up for."""
        self._config = config
        self._server.reactor.call_soon_threadsafe(self._reconfigure, config)

    def _reconfigure(self, config: Config) -> None:
        waits = self._server.reconfigure(config)
        self._what.reloaded_at = self.network.clock.now
        if waits:
            self.problems.append(f"{waits} can change, but not in a server that runs")

    def _wall_clock(self) -> float:
        return self.network.clock.now + self._clock_offset_s

    def _jump(self, seconds: float) -> None:
        self._clock_offset_s += seconds

    # --- the people -----------------------------------------------------------------------------

    def _person(self, script: Any, greeting: str) -> Person:
        arrived, complain = self._arrived, self.problems.append
        heard, heard_alone = self._heard, self._heard_privately
        visit = JsonVisit if script.dialect == "json" else Visit
        return Person(self.network, script, greeting, visit, arrived, complain, heard, heard_alone)

    def _arrived(self, visit: Visit) -> None:
        self._visits[visit.client.sock.number] = visit

    def _heard(self, mark: bytes, shown: dict[str, Any] | None = None) -> None:
        """In a history: what was said, and is kept; `shown`, just as it was said."""
        said = self._watch.said.get(mark) or self._said.get(mark)
        if said is None or (self._store is not None and mark not in self._store.kept):
            self.problems.append(f"{mark!r} is history, but was never said, or is not kept")
        elif shown is not None and shown != json.loads(JSON.render(said)):
            self.problems.append(f"{shown} is history, but what was said is {said}")

    def _heard_privately(self, mark: bytes, line: bytes) -> None:
        if mark in self._heard_alone:
            self.problems.append(f"told twice: {line!r}")
        self._heard_alone.add(mark)

    def _finish_figures(self) -> None:
        figures = self.figures
        figures.simulated_s = self.elapsed_s
        figures.client_s = sum(person.seconds for person in self._people)
        figures.said = len(self._said | self._watch.said)


def _hash(job: HashPassword) -> str:
    return HASHED + job.password


def _is(job: CheckPassword) -> bool:
    return job.stored == HASHED + job.password


QUICK_WORK: Final[dict[Any, Any]] = {HashPassword: _hash, CheckPassword: _is}
"""In place of scrypt, of which one would take more time than an hour of all the rest."""


def _unsettled(visit: Visit) -> str:
    if visit.due:
        return f"was never shown {visit.due[0]!r}"
    if visit.typed:
        return f"was never answered: {visit.typed[0]!r} was not taken up"
    return "asked, and was never answered"


def run(seed: int) -> Figures:
    """The run of a seed. Raises Violation; ConfigError where it needs what is not installed."""
    simulation = Simulation(draw(seed))
    simulation.run()
    return simulation.figures


def failure(scenario: Scenario) -> Failure | None:
    """What is wrong with a scenario, if anything is."""
    simulation = Simulation(scenario)
    try:
        simulation.run()
    except Violation as violation:
        return Failure(violation.problem, simulation.done)
    return None
