"""Whole servers in simulated time: that nothing is wrong with them, and that it would be seen."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat.config import OPTIONS
from chat.core import commands
from chat.core.registry import REGISTRY
from chat.dialects import admin, json_asked, line, slash
from chat.testing.simulation import Simulation, Violation, draw, failure, run
from chat.testing.simulation import __main__ as command
from chat.testing.simulation.__main__ import main
from chat.testing.simulation.admin_scripts import AS_ADMIN
from chat.testing.simulation.json_scripts import IN_JSON
from chat.testing.simulation.people import SPOKEN
from chat.testing.simulation.scenario import Scenario
from chat.testing.simulation.scripts import IN_LINES, WITH_SLASHES, Manner, Step
from chat.testing.simulation.shrinking import line_by_line, shrink, transcript
from tests.testing import planted

ROOT = Path(__file__).parent.parent.parent

# Found faults that thousands of others had passed by: of the core, with a room that is closed while
# the store is read, and of the simulation.
FOUND = (364_342_638, 677_843_734, 115_433_086, 839_260_162, 575_930_213, 27_157_602)
SEEDS = (*range(80), *FOUND)
FRESH_S = 5.0  # of processor time, for seeds that nobody has tried before

# The seeds from here on that are tried to find a planted bug. Fewer than 40 suffice for each.
PLANTED_SEEDS = range(80)

BUGS = {
    name: plant
    for name, plant in vars(planted).items()
    if getattr(plant, "__module__", "") == planted.__name__ and name != "replacing"
}


@pytest.mark.parametrize("seeds", [SEEDS[n::8] for n in range(8)], ids=lambda s: f"from {s[0]}")
def test_nothing_is_wrong(seeds: tuple[int, ...]) -> None:
    for seed in seeds:
        run(seed)


def test_nothing_is_wrong_with_seeds_that_are_new(capsys: pytest.CaptureFixture[str]) -> None:
    seed = random.SystemRandom().randrange(10**9)
    end = time.process_time() + FRESH_S
    with capsys.disabled():
        print(f"\n(seeds from {seed})", end="")
    while time.process_time() < end:
        run(seed)
        seed += 1


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[bug](monkeypatch)
    assert any(map(found, PLANTED_SEEDS))


def found(seed: int) -> bool:
    try:
        run(seed)
    except Violation:
        return True
    return False


def test_what_is_made_for_the_past_while_that_is_made_up_for_is_due_in_the_next_turn() -> None:
    simulation = Simulation(draw(6))
    reactor = simulation._server.reactor
    ran: list[str] = []
    past = reactor.time()
    reactor.call_at(past, lambda: reactor.call_at(past, ran.append, "the second"))
    simulation._turn(0)
    simulation._turn(0)
    assert ran == ["the second"]


def test_a_timer_that_is_due_and_does_not_run_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = Simulation(draw(6))
    reactor = simulation._server.reactor
    reactor.call_at(reactor.time(), print)
    monkeypatch.setattr(reactor._timers, "due", lambda _now: iter(()))
    with pytest.raises(Violation, match="a timer that was due did not run"):
        simulation._turn(0)


def steps_of(scenario: Scenario) -> int:
    """How much is done in it."""
    return sum(len(script.steps) for script in scenario.scripts)


def failing(bug: Callable[[pytest.MonkeyPatch], None], patch: pytest.MonkeyPatch) -> int:
    """A seed with which a planted bug is found."""
    bug(patch)
    return next(filter(found, PLANTED_SEEDS))


# --- the same seed, the same run ------------------------------------------------------------------

PRINT_TRACE = """
import sys
from chat.testing.simulation import Simulation, draw
simulation = Simulation(draw(int(sys.argv[1])), print)
simulation.run()
"""


def trace(seed: int, hash_seed: str) -> str:
    """All that happens, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", PRINT_TRACE, str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


@pytest.mark.parametrize("seed", [3, 6])  # frames, and lines
def test_the_same_seed_is_the_same_run(seed: int) -> None:
    assert draw(seed).needs_websocket == (seed == 3)
    first = trace(seed, "1")
    assert first.count("\n") > 100
    assert first == trace(seed, "2")


def test_no_two_seeds_are_the_same_run() -> None:
    assert len({draw(seed).scripts for seed in range(100)}) == 100


# --- what people do -------------------------------------------------------------------------------

ASKS_ITSELF = {commands.Settle, commands.Tidy, commands.Disconnect, commands.Register}
BY_ARRIVING = {commands.Guest, commands.Hello, commands.Administer}
FILLED_IN = {commands.Resume}  # when it is sent
MANNERS: dict[Manner, set[str]] = {
    IN_LINES: {*line.VERBS},
    WITH_SLASHES: {*slash.VERBS},
    IN_JSON: {*json_asked.TYPES},
    AS_ADMIN: {*admin.VERBS},
}
"""And what may be asked, in each way of asking."""


def typed(manner: Manner) -> Iterator[str]:
    """All that people of a kind may type, in some of all its ways."""
    drawn = random.Random(1)
    for _, typist in manner.typists:
        for _ in range(50):
            yield typist(drawn, "1.1")


@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.dialect)
def test_all_that_may_be_asked_is_asked(manner: Manner) -> None:
    """A verb that nobody types is a verb that nobody looks at."""
    kinds = {re.sub(r'{"type": "(\w+)".*', r"\1", text) for text in typed(manner)}
    words = {text.split()[0] for text in typed(manner) if text}
    assert MANNERS[manner] <= kinds | {word.upper() for word in words}


def test_there_is_no_command_that_nobody_asks_for() -> None:
    asked: set[type] = set()
    for manner in MANNERS:
        for text in typed(manner):
            command: Any = SPOKEN[manner.dialect].parse(text.encode())
            asked.add(type(getattr(command, "command", command)))
    assert REGISTRY.keys() - ASKS_ITSELF - BY_ARRIVING - FILLED_IN == asked


NOT_OF_A_SIMULATION = {
    *("store", "store_sync", "record", "tls_cert", "tls_key"),  # files
    *("log_level", "log_format"),
    *("host", "port", "unix", "origin"),  # the same for all
}


def test_all_settings_are_drawn() -> None:
    """But for those of which no run looks any different."""
    configs = [draw(seed).config for seed in range(200)]
    names = [option.name for option in OPTIONS]
    drawn = {name for name in names if len({getattr(config, name) for config in configs}) > 1}
    assert drawn == {*names} - NOT_OF_A_SIMULATION


# --- what fails -----------------------------------------------------------------------------------


def test_a_violation_says_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = failing(planted.a_line_that_is_held_is_lost, monkeypatch)
    assert main(["--seed", str(seed)]) == 1
    said = capsys.readouterr().out
    assert f"python3 -m chat.testing.simulation --seed {seed}\n" in said
    assert "was handled where" in said


def test_the_trace_is_printed_when_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "2", "--trace"]) == 0
    assert " accepted " in capsys.readouterr().out
    assert main(["--seed", "2"]) == 0
    assert " accepted " not in capsys.readouterr().out


def test_fresh_seeds_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "0.01"]) == 0
    assert "client-hours" in capsys.readouterr().out


def test_without_the_extra_a_seed_may_not_be_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("chat.websocket", "reactor.websocket"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "websockets.server", None)
    assert main(["--seed", "3"]) == 2
    assert "pip install 'reactor-chat[websocket]'" in capsys.readouterr().out
    assert main(["--seed", "6"]) == 0
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert main(["--seconds", "0.5"]) == 0
    assert "without the seeds that need WebSocket (pip install" in capsys.readouterr().out


def test_what_fails_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.a_connection_drops_what_a_short_write_left(monkeypatch)
    short = (seed for seed in PLANTED_SEEDS if 50 < steps_of(draw(seed)) < 100)
    before = draw(next(filter(found, short)))
    scenario, problem = shrink(before, failure)
    assert len(scenario.scripts) <= 2 < len(before.scripts)
    assert steps_of(scenario) <= 4
    again = failure(scenario)
    assert again is not None
    assert again.problem == problem
    said = transcript(scenario, problem)
    assert said.startswith(f"What fails: {problem}\n")
    assert scenario.scripts[0].hello.decode().rstrip() in said


def test_what_telnet_sends_by_itself_is_no_lines() -> None:
    """A line's end in the midst of it ends none; what follows would be one that nobody typed."""
    script = draw(3).scripts[0]
    sent = Step(0.0, "negotiate", b"\xff\xfa\x18\x00xterm\nPING\n\xff\xf0")
    typed = Step(0.0, "type", b"PING\nWHO\n")
    assert line_by_line(replace(script, steps=(sent, typed))) == [
        sent,
        *(Step(0.0, "type", b"PING\n"), Step(0.0, "type", b"WHO\n")),
    ]


def test_what_is_long_is_cut() -> None:
    said = transcript(draw(0), f"{b'x' * 8000!r} was handled\nTraceback")
    assert max(map(len, said.splitlines())) < 300
    assert "\nTraceback\n" in said


def test_the_command_shrinks_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = failing(planted.who_leaves_keeps_the_name, monkeypatch)
    assert main(["--seed", str(seed), "--shrink"]) == 1
    assert "What fails: " in capsys.readouterr().out


def test_a_run_restarts_after_a_crash() -> None:
    simulations = [Simulation(draw(seed)) for seed in range(40)]
    crashed = [each for each in simulations if each.scenario.crashes and each.scenario.durable]
    for each in crashed[:5]:
        each.run()
    assert sum(each.figures.crashes for each in crashed) > 0


def test_a_run_restarts_after_a_stop_too() -> None:
    simulations = [Simulation(draw(seed)) for seed in range(40) if draw(seed).stops]
    for each in simulations[:5]:
        each.run()
    assert sum(each.figures.stops for each in simulations[:5]) > 5, "each stops at its end"


def test_nobody_imports_the_kit_who_did_not_ask_for_it() -> None:
    code = "import sys, chat.server; print([m for m in sys.modules if 'testing' in m])"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert told.stdout == "[]\n"
    assert command.__name__ in sys.modules


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--shrink"], "--trace and --shrink need --seed"),
        (["--trace"], "--trace and --shrink need --seed"),
        (["--seed", "x"], "argument --seed: 'x' is not a whole number from 0"),
        (["--seconds", "nan"], "argument --seconds: 'nan' is not a number of seconds"),
        (["--from", "-1"], "argument --from: '-1' is not a whole number from 0"),
    ],
)
def test_what_can_not_be_simulated(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"simulation: {problem}\n"


def test_who_interrupts_is_told_what_was_simulated_until_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_seed: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupted)
    assert main(["--from", "1"]) == 130
    seeds, figures, last = capsys.readouterr().out.splitlines()
    assert (seeds, last) == ("seeds from 1", "interrupted")
    assert figures.startswith("0 runs, ")


def test_who_reads_no_further_is_not_told_so() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "chat.testing.simulation", "--seed", "1", "--trace"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    with process:
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE
