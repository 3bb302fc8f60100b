"""Whether the kit finds bugs: each is planted in a copy of the project, and looked for there.

python3 -m tests.testing.mutations                  # all of them, for up to a minute each
python3 -m tests.testing.mutations --only "a group" # those that have this in their names
python3 -m tests.testing.mutations --readme         # and the table into chat/testing/README.md
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.testing.bugs import BUGS
from tests.testing.bugs.bug import Bug

ROOT: Final = Path(__file__).parent.parent.parent
README: Final = ROOT / "chat/testing/README.md"
COPIED: Final = ("reactor", "chat")

FINDERS: Final = {"simulation": "chat.testing.simulation"}
"""Of the kit, one after the other until one finds it: modules that take `--seconds` and `--from`,
and, when they have found something, end with 1 and say by which `--seed` to see it again."""

SECONDS: Final = 60.0  # of processor time, for each bug and each finder
CONTROL_SECONDS: Final = 20.0  # in which nothing is to be found where nothing is planted
PATIENCE: Final = 10  # times as long, by the clock, as others may need the processor, too
PATIENCE_MIN_S: Final = 60.0  # beyond that it hangs
SEED: Final = re.compile(r"--seed (\d+)")
FINE: Final = re.compile(r"[\d,]+ runs?, ")  # what is said at the end where nothing was wrong
HEAD: Final = ("| bug | in | found by | seconds |", "| --- | --- | --- | ---: |")
TABLE: Final = re.compile(r"(?<=<!-- mutations -->\n\n)(?:\|[^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class Hunt:
    """How the search for a bug went. No `finder`: it was not found, and `said` is why."""

    bug: Bug | None
    """None: nothing was planted."""

    said: str
    seconds: float
    """Of processor time."""

    finder: str = ""
    seed: int = 0


def hunt(bug: Bug | None, seconds: float = SECONDS, first: int | None = None) -> Hunt:
    """Plant a bug in a copy and have the kit look for it, with fresh seeds or from one on."""
    said, began_s = "", _processor_s()
    start = ["--from", str(first)] if first is not None else []
    with TemporaryDirectory() as folder:
        _copy(Path(folder), bug)
        for finder, module in FINDERS.items():
            command = [sys.executable, "-m", module, "--seconds", str(seconds), *start]
            status, output = _run(command, folder, PATIENCE_MIN_S + seconds * PATIENCE)
            lines = [line for line in output.splitlines() if not line.startswith("seeds from")]
            seed = SEED.search(output)
            if status == 1 and seed is not None:
                return Hunt(bug, lines[0], _processor_s() - began_s, finder, int(seed[1]))
            said = lines[-1]
            if status:  # it did not work
                break
    return Hunt(bug, said, _processor_s() - began_s)


def _processor_s() -> float:
    """What this process's children have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _copy(folder: Path, bug: Bug | None) -> None:
    """With what is compiled of it, whose age is compared with that of the source."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    if bug is not None:
        path = folder / bug.file
        path.write_text(bug.planted(path.read_text(encoding="utf-8")), encoding="utf-8")


def _run(command: list[str], folder: str, timeout_s: float) -> tuple[int, str]:
    """The status, and what was said; -1 for what did not end."""
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, "it hangs"
    return ran.returncode, ran.stdout + ran.stderr


def updated(page: str, hunts: Sequence[Hunt]) -> str:
    """The page, whose table says how these hunts went, and of others what it said before."""
    rows = {row.split(" | ")[0]: row for row in TABLE.findall(page)[0].splitlines()[2:]}
    for each in hunts:
        if each.bug is not None:
            cells = (each.bug.name, f"`{each.bug.file}`", each.finder or "-", f"{each.seconds:.1f}")
            rows[f"| {each.bug.name}"] = f"| {' | '.join(cells)} |"
    ordered = [rows[name] for bug in BUGS if (name := f"| {bug.name}") in rows]
    return TABLE.sub(lambda _: "\n".join([*HEAD, *ordered, ""]), page)


# --- the command --------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 1 if a bug was not found, or one where none was planted."""
    options = _parser().parse_args(arguments)
    asked = [bug for bug in BUGS if any(each in bug.name for each in options.only or [""])]
    control_s = min(CONTROL_SECONDS, options.seconds)
    with ProcessPoolExecutor(options.jobs) as pool:
        control = pool.submit(hunt, None, control_s, options.first)
        search = partial(hunt, seconds=options.seconds, first=options.first)
        hunts = []
        for each in pool.map(search, asked):
            hunts.append(each)
            print(_line(each), flush=True)
        alarm = control.result()
    missed = sum([not each.finder for each in hunts])
    print(f"{len(hunts) - missed} of {len(hunts)} bugs were found")
    fine = FINE.match(alarm.said)
    if not fine:
        print(f"and where nothing was planted: {alarm.said} (seed {alarm.seed})")
    if options.readme:
        page = README.read_text(encoding="utf-8")
        README.write_text(updated(page, hunts), encoding="utf-8")
    return 1 if missed or not fine else 0


def _parser() -> argparse.ArgumentParser:
    description = "Plant bugs in copies of the project, one at a time, and have them found."
    parser = argparse.ArgumentParser("python3 -m tests.testing.mutations", description=description)
    parser.add_argument("--only", action="append", help="bugs that have this in their names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many at a time")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each bug (60)")
    parser.add_argument("--from", dest="first", type=int, help="the first seed, for each bug")
    parser.add_argument("--readme", action="store_true", help="write the table into the README")
    return parser


def _line(found: Hunt) -> str:
    bug = found.bug
    assert bug is not None
    how = f"{found.finder} {found.seed}" if found.finder else "NOT FOUND"
    return f"{found.seconds:5.1f} s  {how:20}  {bug.file}: {bug.name}\n{'':9}{found.said:.120}"


if __name__ == "__main__":
    sys.exit(main())
