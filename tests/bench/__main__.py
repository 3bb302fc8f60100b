"""The command: `python3 -m tests.bench --help`."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.client import LoadError
from tests.bench.load import SENDERS
from tests.bench.machine import choose_cores, describe, on_core, raise_file_limit
from tests.bench.report import Result, table, write_json
from tests.bench.scenarios import SCENARIOS, Scenario, Settings
from tests.bench.servers import OURS, SERVERS, Server, ServerError


def main() -> int:
    """Measure, print the tables, and return 1 if this project's own server failed."""
    options = _parser().parse_args()
    if sys.platform != "linux":
        sys.exit("the benchmark needs Linux: epoll and /proc")
    rounds = options.rounds or (1 if options.quick else 3)
    settings = _settings(options)
    machine = describe(settings.cores)
    print(machine, flush=True)
    servers = _present(options.only)
    results: list[Result] = []
    with on_core(settings.cores.load):
        for scenario in options.scenarios:
            found = _measure(scenario, servers, settings, rounds)
            shown = table(scenario.title(settings), scenario.case_heading, scenario.columns, found)
            print(f"\n{shown}", flush=True)
            results += found
            if options.json:
                write_json(options.json, machine, results)
    ours = {server.name for server in OURS}
    return int(any(result.error and result.server in ours for result in results))


def _measure(
    scenario: Scenario, servers: Sequence[Server], settings: Settings, rounds: int
) -> list[Result]:
    """All cases and rounds of a scenario; the servers take turns within each round."""
    results: list[Result] = []
    for case in scenario.cases(settings):
        able = [server for server in servers if server in scenario.servers]
        rows = [(server, Result(scenario.key, case, server.name)) for server in able]
        for number in range(1, rounds + 1):
            for server, result in rows:
                if result.error is None:
                    _say(f"{scenario.key} {case:,}, round {number} of {rounds}: {server.name}")
                    _measure_once(scenario, server, settings, result)
        results += [result for _, result in rows]
    return results


def _measure_once(scenario: Scenario, server: Server, settings: Settings, result: Result) -> None:
    try:
        result.rounds.append(scenario.run(server, result.case, settings))
    except (LoadError, ServerError, ProcessLookupError) as error:
        result.error = "; ".join([str(error), *getattr(error, "__notes__", [])])
        _say(f"  failed: {result.error}")


def _present(only: Sequence[Server]) -> list[Server]:
    present = []
    for server in only:
        reason = server.missing()
        if reason:
            _say(reason)
        else:
            present.append(server)
    return present


def _settings(options: argparse.Namespace) -> Settings:
    settings = Settings(cores=choose_cores())
    if settings.cores.server is None:
        _say("not pinned: that needs two cores and a system that lets processes choose")
    if options.quick:
        _say("quick: too few messages for figures that mean anything")
        settings = replace(
            settings,
            clients=(10,),
            websockets=(10,),
            closed_cpu_s=0.1,
            rates=(100,),
            paced_clients=20,
            paced_s=0.5,
            logins=5,
            connections=200,
            idle_s=0.3,
        )
    if options.clients:
        settings = replace(settings, clients=options.clients, websockets=options.clients)
    if options.connections:
        settings = replace(settings, connections=options.connections)
    fit = raise_file_limit()
    if settings.connections > fit:
        _say(f"{fit:,} connections instead of {settings.connections:,}: RLIMIT_NOFILE")
        settings = replace(settings, connections=fit)
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=_positive, help="medians are taken over these (default: 3; quick: 1)")
    add("--only", type=_servers, default=SERVERS, help="servers, with commas between them")
    add(
        "--scenarios",
        type=_scenarios,
        default=SCENARIOS,
        help="with commas: " + ",".join(one.key for one in SCENARIOS),
    )
    add("--clients", type=_counts, help="cases of the closed loops (default: 10,100,1000)")
    add("--connections", type=_positive, help="clients of the last scenario (default: 10000)")
    add("--quick", action="store_true", help="small numbers: shows that it works, not how fast")
    add("--json", type=_file, metavar="FILE", help="write all rounds to a file")
    return parser


def _servers(text: str) -> list[Server]:
    known = {server.name.lower(): server for server in SERVERS}
    return [known[name] for name in _names(text.lower(), known)]


def _scenarios(text: str) -> list[Scenario]:
    known = {scenario.key: scenario for scenario in SCENARIOS}
    return [known[name] for name in _names(text, known)]


def _names(text: str, known: Iterable[str]) -> list[str]:
    names = text.split(",")
    unknown = ", ".join(set(names).difference(known))
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown}: not one of {', '.join(known)}")
    return names


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return number


def _file(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():  # said now, not when everything has been measured
        raise argparse.ArgumentTypeError(f"no directory {path.parent}")
    return path


def _counts(text: str) -> tuple[int, ...]:
    counts = tuple(int(count) for count in text.split(","))
    if min(counts) <= SENDERS:
        raise argparse.ArgumentTypeError(f"{SENDERS} senders and an observer are needed")
    return counts


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
