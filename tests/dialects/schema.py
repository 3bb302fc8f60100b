"""What the schema of the JSON dialect says of an object."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

import chat.dialects

SCHEMA: Final = json.loads(
    (Path(chat.dialects.__file__).parent / "schema.json").read_text(encoding="utf-8")
)
DEFINITIONS: Final = SCHEMA["$defs"]
ASKED: Final = {name.removeprefix("ask.") for name in DEFINITIONS if name.startswith("ask.")}
SENT: Final = {name.removeprefix("tell.") for name in DEFINITIONS if name.startswith("tell.")}


@cache
def _validator(name: str) -> Any:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS})


def check(way: str, found: Any) -> None:
    """Raises AssertionError unless it is an object that goes this way, `ask` or `tell`, with no
    field that the schema doesn't know."""
    assert isinstance(found, dict), found
    name = f"{way}.{found.get('type')}"
    assert name in DEFINITIONS, found
    error = next(_validator(name).iter_errors(found), None)
    assert error is None, f"{error} of {found}"
    assert found.keys() <= DEFINITIONS[name]["properties"].keys(), found


def is_asked(found: Any) -> bool:
    """Whether the schema lets a client send it."""
    name = f"ask.{found.get('type')}"
    return name in DEFINITIONS and bool(_validator(name).is_valid(found))


def check_sent(data: bytes) -> dict[str, Any]:
    """The object that these bytes are, on one line. Raises AssertionError unless it is one that the
    server may send."""
    assert data.endswith(b"\n"), data
    assert data.count(b"\n") == 1, data
    found = json.loads(data.decode())
    check("tell", found)
    return dict(found)
