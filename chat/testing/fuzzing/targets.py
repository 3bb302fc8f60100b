"""Our framers, parsers and core under fuzzed input, from inside: no server, no socket.

python3 -m chat.testing.fuzzing.targets line                # a minute
python3 -m chat.testing.fuzzing.targets line --input FILE   # one input again

With the extra `fuzz`, atheris looks for input that takes new ways through the code. Without it,
what stands in `corpus/` is mutated, by one seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from random import Random, SystemRandom
from typing import Final
from zlib import crc32

from chat.testing.fuzzing.saving import NoFolderError, make_folder

CORPUS: Final = Path(__file__).parent / "corpus"
NAMES: Final = sorted(folder.name for folder in CORPUS.iterdir())
INPUT_MAX_BYTES: Final = 20_000  # of atheris's: more than two of the longest lines
FOLDER: Final = "fuzz-findings"
NEED_WEBSOCKETS: Final = ("handshake", "websocket")
EXIT_OK, EXIT_FOUND, EXIT_USAGE = 0, 1, 2
EXIT_INTERRUPTED: Final = 130  # as shells have it

Target = Callable[[bytes], None]


class NoInputError(ValueError):
    """There is nothing to run, or nothing to run it with. The message says what is missing."""


def corpus(name: str) -> list[bytes]:
    """What a target begins with."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def inputs(name: str, seed: int) -> Iterator[bytes]:
    """The corpus as it is, then mutations of it without end: the same for the same seed."""
    from chat.testing.fuzzing.mutations import mutated  # noqa: PLC0415 - see _target

    first = corpus(name)
    yield from first
    random = Random(f"{name} {seed}")
    for _ in count():
        data, other = random.choices(first, k=2)
        if random.random() < 0.2:
            data = data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]
        yield mutated(random, data)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status. What does not hold is raised, which makes it 1."""
    parser = argparse.ArgumentParser("python3 -m chat.testing.fuzzing.targets")
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    parser.add_argument("--seed", type=int, help="of the mutations (a fresh one)")
    parser.add_argument("--input", metavar="FILE", help="run this alone")
    parser.add_argument("--save", metavar="DIR", default=FOLDER, help=f"for findings ({FOLDER})")
    parser.add_argument("--plain", action="store_true", help="without atheris, though it is there")
    options = parser.parse_args(arguments)
    try:
        given = _given(options)
    except (NoFolderError, NoInputError) as error:
        print(f"targets: {error}", file=sys.stderr)
        return EXIT_USAGE
    try:
        return _run(options) if given is None else _run_one(options.target, given)
    except KeyboardInterrupt:
        print("interrupted")
        return EXIT_INTERRUPTED


def _given(options: argparse.Namespace) -> bytes | None:
    """The one input, if it is to be one; else there is a folder afterwards. Raises NoInputError
    or NoFolderError."""
    if options.target in NEED_WEBSOCKETS and find_spec("websockets") is None:
        raise NoInputError(f"{options.target} needs: pip install 'reactor-chat[websocket]'")
    if options.input is None:
        make_folder(Path(options.save))
        return None
    try:
        return Path(options.input).read_bytes()
    except OSError as error:
        raise NoInputError(f"--input: {options.input}: {error.strerror}") from None


def _run(options: argparse.Namespace) -> int:
    seed = SystemRandom().randrange(1, 10**9) if options.seed is None else options.seed
    folder = Path(options.save)
    if options.plain or find_spec("atheris") is None:
        return _run_plain(options.target, seed, options.seconds, folder)
    _run_atheris(options.target, seed, options.seconds, folder)
    return EXIT_OK  # not reached: atheris ends the process, with a status of its own


def _target(name: str) -> Target:
    # Imported no earlier than here, so that atheris can look on.
    from chat.testing.fuzzing.properties import TARGETS  # noqa: PLC0415

    return TARGETS[name]


def _run_one(name: str, data: bytes) -> int:
    _target(name)(data)
    print("nothing found")
    return EXIT_OK


def _run_plain(name: str, seed: int, seconds: float, folder: Path) -> int:
    target, until = _target(name), time.monotonic() + seconds
    print(f"seed {seed}; no coverage is measured: pip install 'reactor-chat[fuzz]'", flush=True)
    done, status = 0, EXIT_OK
    try:
        for data in inputs(name, seed):
            try:
                target(data)
            except Exception:
                print(f"input {done + 1} {_saved(data, folder / name)}", flush=True)
                raise
            done += 1
            if time.monotonic() > until:
                break
    except KeyboardInterrupt:
        print("interrupted")
        status = EXIT_INTERRUPTED
    print(f"{done} {'input' if done == 1 else 'inputs'}, nothing found")
    return status


def _saved(data: bytes, path: Path) -> str:
    """Whether it is, and where. The path gets a number."""
    path = path.with_name(f"{path.name}-{crc32(data):08x}")
    try:
        path.write_bytes(data)
    except OSError as error:
        return f"could not be saved: {path}: {error.strerror}"
    return f"is saved: {path}"


def _run_atheris(name: str, seed: int, seconds: int, folder: Path) -> None:
    import atheris  # noqa: PLC0415 - an extra

    with atheris.instrument_imports(include=["chat", "reactor", "websockets"]):
        target = _target(name)
        target(b"")  # what is imported no earlier than it is needed
    limits = (f"-max_total_time={seconds}", f"-max_len={INPUT_MAX_BYTES}", f"-seed={seed}")
    own = folder / f"{name}-corpus"  # what it finds of use: it begins with that the next time
    own.mkdir(parents=True, exist_ok=True)
    folders = (str(own), str(CORPUS / name), f"-artifact_prefix={folder}/{name}-")
    atheris.Setup([sys.argv[0], *folders, *limits], target)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
