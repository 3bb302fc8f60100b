"""Run simulated servers.

python3 -m chat.testing.simulation                    # a minute of fresh seeds
python3 -m chat.testing.simulation --seed 42          # one run again
python3 -m chat.testing.simulation --seed 42 --trace  # and all that happened
python3 -m chat.testing.simulation --seed 42 --shrink # and as little of it as still fails
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from importlib.util import find_spec
from itertools import count
from random import SystemRandom
from typing import Final, NoReturn

from chat.parsing import ConfigError, argument_type, parse_amount, parse_seconds
from chat.testing.simulation.scenario import draw
from chat.testing.simulation.shrinking import shrink, transcript
from chat.testing.simulation.simulation import Figures, Simulation, Violation, failure, run

EXIT_OK, EXIT_VIOLATION, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130
SEED_MAX: Final = 10**9
DESCRIPTION: Final = "Run chat servers on a simulated network, and check what must hold."
WITHOUT_WEBSOCKET: Final = (
    "without the seeds that need WebSocket (pip install 'reactor-chat[websocket]')"
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without all the usage above it."""
        self.exit(EXIT_USAGE, f"simulation: {' '.join(message.split())}\n")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 1 if something did not hold, 2 if a seed can't be run here."""
    options = _options(arguments)
    try:
        if options.seed is None:
            _run_fresh(options.seconds, options.first)
        else:
            simulation = Simulation(draw(options.seed), _print if options.trace else None)
            simulation.run()
            print(simulation.figures)
    except ConfigError as error:  # not everything that it needs is installed
        print(f"seed {options.seed}: {error}")
        return EXIT_USAGE
    except Violation as violation:
        print(violation)
        if options.shrink:
            print(transcript(*shrink(draw(options.seed), failure)))
        return EXIT_VIOLATION
    except KeyboardInterrupt:
        print("interrupted")
        return EXIT_INTERRUPTED
    return EXIT_OK


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser("python3 -m chat.testing.simulation", description=DESCRIPTION)
    add, amount = parser.add_argument, argument_type(parse_amount)
    add("--seed", type=amount, metavar="N", help="run this seed alone")
    add("--trace", action="store_true", help="with --seed: print all that happens")
    add("--shrink", action="store_true", help="with --seed: find as little as still fails")
    seconds = "of fresh seeds, in CPU time (60)"
    add("--seconds", type=argument_type(parse_seconds), metavar="N", default=60.0, help=seconds)
    add(
        "--from",
        dest="first",
        type=amount,
        metavar="N",
        help="those from this on",
    )
    options = parser.parse_args(arguments)
    if options.seed is None and (options.trace or options.shrink):
        parser.error("--trace and --shrink need --seed")
    return options


def _run_fresh(seconds: float, first: int | None) -> None:
    """Raises Violation, and KeyboardInterrupt once it is told what was run until then."""
    first = SystemRandom().randrange(SEED_MAX) if first is None else first
    has_websocket = find_spec("websockets") is not None
    print(f"seeds from {first}" + ("" if has_websocket else f", {WITHOUT_WEBSOCKET}"), flush=True)
    total, began_at = Figures(), time.process_time()
    try:
        for seed in count(first):
            if has_websocket or not draw(seed).needs_websocket:
                total.add(run(seed))
            if time.process_time() - began_at >= seconds:
                break
    except KeyboardInterrupt:
        print(total)
        raise
    print(total)


def _print(at: float, who: str, what: str, data: bytes) -> None:
    print(f"{at:.6f} {who}: {what} {data!r:.200}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends it: no socket here is a real one
    sys.exit(main())
