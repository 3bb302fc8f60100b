"""Imports point one way, from the command down to the core; the core and the dialects import
nothing impure, and nothing here needs more than the standard library."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What each part may import of the others. A new module of `chat` needs a row of its own, so that
# somebody thinks about where it belongs.
BELOW_THE_SHELL = ("chat.core", "chat.dialects", "chat.local", "reactor")
MAY_IMPORT = {
    "reactor": ("reactor",),
    "reactor.testing": ("reactor", "reactor.testing"),
    "chat.core": ("chat.core",),
    "chat.dialects": ("chat.core", "chat.dialects", "chat.version"),
    "chat.version": (),
    "chat.local": ("chat.core",),
    "chat.parsing": ("chat.core", "chat.dialects", "reactor"),
    "chat.config": ("chat.core", "chat.parsing"),
    "chat.heartbeat": ("reactor",),
    "chat.http": ("chat.dialects", "reactor"),
    "chat.idle": ("reactor",),
    "chat.passwords": (),
    "chat.store": ("chat.core", "chat.store"),
    "chat.shell": (*BELOW_THE_SHELL, "chat.heartbeat", "chat.idle", "chat.passwords"),
    "chat.handlers": (*BELOW_THE_SHELL, "chat.shell"),
    "chat.websocket": (*BELOW_THE_SHELL, "chat.handlers", "chat.http", "chat.shell"),
    "chat.entrance": (
        *BELOW_THE_SHELL,
        "chat.handlers",
        "chat.http",
        "chat.shell",
        "chat.websocket",
    ),
    "chat.durable": ("chat.core", "chat.shell", "chat.store", "reactor"),
    "chat.server": (
        *(*BELOW_THE_SHELL, "chat.config", "chat.durable", "chat.entrance", "chat.http"),
        *("chat.handlers", "chat.parsing", "chat.shell", "chat.store", "chat.testing.recording"),
    ),
    "chat.admin": ("chat.config", "chat.parsing"),
    "chat.testing.recording": ("chat.core", "chat.dialects"),
    "chat.testing.strategies": ("chat.core", "chat.testing.strategies"),
    "chat.testing.replaying": ("chat.core", "chat.dialects", "chat.testing.recording"),
    "chat.replay": ("chat.core", "chat.testing.replaying"),
    "chat.testing.calls": ("reactor",),
    "chat.testing.check": (
        *("chat.testing.calls", "chat.testing.check", "chat.testing.websocket_calls", "reactor"),
    ),
    "chat.check": ("chat.parsing", "chat.testing.calls", "chat.testing.check"),
    "chat.logs": ("chat.config",),
    "chat": (
        *("chat.config", "chat.core", "chat.local", "chat.parsing", "chat.server"),
        "chat.version",
    ),
    "chat.serve": (
        *("chat.config", "chat.logs", "chat.parsing", "chat.server", "chat.shell", "chat.store"),
        "reactor",
    ),
    "chat.client": ("chat.client", "chat.parsing", "chat.core", "chat.dialects"),
    "chat.testing": (
        *("chat.config", "chat.core", "chat.dialects", "chat.heartbeat", "chat.idle"),
        *("chat.parsing", "chat.server", "chat.store", "chat.testing"),
        *("chat.shell", "reactor", "reactor.testing"),
    ),
    "chat.testing.fuzzing": (
        *("chat.core", "chat.dialects", "chat.parsing", "chat.testing", "reactor"),
        "reactor.testing",
    ),
    "chat.fuzz": ("chat.testing.fuzzing",),
    "chat.cli": ("chat",),  # and the command that is asked for, by its name
    "chat.__main__": ("chat.cli",),
}

# What is there only with an extra, and the parts that may need it.
EXTRAS = {
    "reactor.websocket": {"websockets"},
    "chat.client": {"platformdirs", "prompt_toolkit", "websockets"},
    "chat.testing.machine": {"hypothesis"},
    "chat.testing.strategies": {"hypothesis"},
    "chat.testing.fuzzing.targets": {"atheris"},
    "chat.testing.websocket_calls": {"websockets"},
}

# What gives the same result for the same arguments, always: all that a pure part may import.
PURE_PARTS = ("chat.core", "chat.dialects")
# The client is pure but for its shells.
SHELLS = ("acts", "connect", "controls", "keys", "link", "plain", "screen", "settings")
IMPURE_CLIENT = tuple(f"chat.client.{name}" for name in SHELLS)
PURE = {
    *("__future__", "bisect", "collections", "collections.abc", "contextlib", "dataclasses"),
    "difflib",
    "datetime",  # but see ASKS_THE_CLOCK
    *("enum", "functools", "hashlib", "heapq", "ipaddress", "itertools", "json", "math"),
    *("operator", "re", "string", "textwrap", "types", "typing", "unicodedata", "zlib"),
}
# The same for what is there without an import: the outside, and what differs from run to run.
ASKS_THE_CLOCK = {"now", "today", "utcnow"}  # of datetime's classes
IMPURE_BUILTINS = {
    *("__import__", "breakpoint", "compile", "eval", "exec", "hash", "id", "input", "open"),
    "print",
}

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("chat", "reactor")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def within(module: str, part: str) -> bool:
    """`chat` is its own file alone, else it would be everything."""
    return module == part or (part != "chat" and module.startswith(f"{part}."))


def part_of(module: str) -> str:
    """The row in MAY_IMPORT that is about a module."""
    parts = [part for part in MAY_IMPORT if within(module, part)]
    assert parts, f"{module} has no row in MAY_IMPORT: what may it import?"
    return max(parts, key=len)


def imported(module: str, tree: ast.AST) -> Iterator[str]:
    """Every module that one imports. `from a import b` is a.b if that is a file of ours, else a."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: no relative imports, please"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES else str(node.module)


def offences(module: str, source: str) -> list[str]:
    """What is wrong with a file's imports, in words."""
    tree = ast.parse(source)
    part = part_of(module)
    found = [
        offence for target in imported(module, tree) if (offence := _offence(module, part, target))
    ]
    if is_pure(module):
        found += [f"{name}() is not pure" for name in used(tree) if name in IMPURE_BUILTINS]
        attributes = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        found += [f".{name} asks the clock" for name in attributes if name in ASKS_THE_CLOCK]
    return found


def is_pure(module: str) -> bool:
    """Whether the same arguments have to give the same result."""
    client = within(module, "chat.client") and module not in IMPURE_CLIENT
    return client or part_of(module) in PURE_PARTS


def _offence(module: str, part: str, target: str) -> str:
    top = target.partition(".")[0]
    if top in {"chat", "reactor"}:
        allowed = any(within(target, other) for other in MAY_IMPORT[part])
        return "" if allowed else f"{part} may not import {target}"
    extras = {name for place, names in EXTRAS.items() if within(module, place) for name in names}
    if top not in sys.stdlib_module_names | extras:
        return f"{target} is not in the standard library"
    return f"{target} is not pure" if is_pure(module) and target not in PURE else ""


def used(node: ast.AST, own: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every name that is used and is no parameter, as an `id` may be, of the function around it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own |= {inner.arg for inner in ast.walk(node.args) if isinstance(inner, ast.arg)}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from used(child, own)


@pytest.mark.parametrize("module", FILES)
def test_imports_point_one_way(module: str) -> None:
    assert offences(module, FILES[module].read_text(encoding="utf-8")) == []


def test_every_row_is_about_something() -> None:
    assert {part_of(module) for module in FILES} == set(MAY_IMPORT)


def test_no_part_imports_one_above_it() -> None:
    """The table itself goes one way, too."""
    above = {
        part: [other for other in below if other != part] for part, below in MAY_IMPORT.items()
    }
    TopologicalSorter(above).prepare()


def without_type_checking(tree: ast.Module) -> ast.Module:
    """What is imported when the program runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree


def circle(sources: dict[str, str]) -> list[str]:
    """Modules that import each other round in a circle; empty if there are none."""
    graph = {
        module: set(imported(module, without_type_checking(ast.parse(source)))) & sources.keys()
        for module, source in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_nothing_imports_itself_round_in_a_circle() -> None:
    assert (
        circle({module: path.read_text(encoding="utf-8") for module, path in FILES.items()}) == []
    )


# --- the test itself ----------------------------------------------------------------------------

IMPURE = [
    *(
        "socket",
        "selectors",
        "ssl",
        "time",
        "random",
        "secrets",
        "threading",
        "os",
        "os.path",
        "io",
    ),
    *("sqlite3", "asyncio", "subprocess", "pathlib", "logging", "uuid", "sys", "queue"),
    *("concurrent.futures", "signal", "tempfile", "platform", "locale", "importlib", "zoneinfo"),
]

OFFENDERS = [
    ("reactor.loop", "import chat", "reactor may not import chat"),
    ("reactor.loop", "from chat.core import ChatCore", "reactor may not import chat.core"),
    ("reactor.loop", "def f():\n    from chat import cli", "reactor may not import chat.cli"),
    ("chat.core.engine", "from reactor import Reactor", "chat.core may not import reactor"),
    (
        "chat.core.engine",
        "from chat.dialects import line",
        "chat.core may not import chat.dialects.line",
    ),
    ("chat.core.engine", "import chat", "chat.core may not import chat"),
    ("chat.core.handlers.info", "import chat.server", "chat.core may not import chat.server"),
    (
        "chat.dialects.line",
        "from chat.local import LocalUser",
        "chat.dialects may not import chat.local",
    ),
    ("chat.config", "from chat.server import ChatServer", "chat.config may not import chat.server"),
    ("chat.local", "import chat.shell", "chat.local may not import chat.shell"),
    ("chat.shell", "from chat import config", "chat.shell may not import chat.config"),
    ("chat.server", "from chat import cli", "chat.server may not import chat.cli"),
    ("chat", "from chat.cli import main", "chat may not import chat.cli"),
    ("chat.client.model", "import websockets", "websockets is not pure"),
    ("chat.server", "import websockets", "websockets is not in the standard library"),
    ("chat.client.link", "from chat import server", "chat.client may not import chat.server"),
    ("chat.cli", "import numpy.linalg", "numpy.linalg is not in the standard library"),
    (
        "reactor.loop",
        "try:\n    import uvloop\nexcept ImportError: pass",
        "uvloop is not in the standard library",
    ),
    ("reactor.framing", "import websockets", "websockets is not in the standard library"),
    ("reactor.websocket", "import wsproto", "wsproto is not in the standard library"),
    ("chat.core.text", "lines = open('x').read()", "open() is not pure"),
    ("chat.dialects.line", "def render(e):\n    print(e)", "print() is not pure"),
    ("chat.core.world", "order = sorted(users, key=id)", "id() is not pure"),
    ("chat.core.world", "__import__('socket')", "__import__() is not pure"),
    ("chat.core.world", "at = datetime.now()", ".now asks the clock"),
]


@pytest.mark.parametrize(("module", "source", "offence"), OFFENDERS)
def test_an_offender_is_found(module: str, source: str, offence: str) -> None:
    assert offences(module, source) == [offence]


@pytest.mark.parametrize("part", PURE_PARTS)
@pytest.mark.parametrize("impure", IMPURE)
def test_what_is_impure_is_found(part: str, impure: str) -> None:
    assert offences(f"{part}.x", f"import {impure}") == [f"{impure} is not pure"]
    assert offences(f"{part}.x", f"from {impure} import y") == [f"{impure} is not pure"]
    assert offences("chat.server", f"import {impure}") == []


def test_what_may_be_imported_is_not_found() -> None:
    source = "from chat.core import actions\nfrom collections.abc import Callable\nimport json"
    assert offences("chat.core.engine", source) == []
    assert offences("chat.dialects.line", source) == []
    assert offences("chat.core.session", "class S:\n    def __init__(self, id): self.id = id") == []


def test_a_module_that_nobody_thought_of_is_found() -> None:
    with pytest.raises(AssertionError, match=r"chat\.new has no row"):
        offences("chat.new", "import json")


def test_a_relative_import_is_found() -> None:
    with pytest.raises(AssertionError, match="no relative imports"):
        offences("chat.core.world", "from . import text")


def test_a_circle_is_found() -> None:
    round_about = {"a": "import b", "b": "def f():\n    import c", "c": "from a import x"}
    assert set(circle(round_about)) == {"a", "b", "c"}
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a"
    assert circle({"a": "import b", "b": guarded}) == []
