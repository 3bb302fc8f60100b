"""An entry: a command that is about to change what is shared, and all that its effect depends on.

Recording a run, replaying it and restarting from it are all the same thing: the entries, in
order. So an entry is plain data, and one line of JSON holds it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from types import UnionType
from typing import Any, Final, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

from chat.core.commands import Command
from chat.core.value import value

C = TypeVar("C", bound=Command)

_COMMANDS = {command.__name__: command for command in get_args(Command)}


@value
class Entry(Generic[C]):
    """Who asked for what, and when (`at`, in seconds since the epoch).

    `user` is the name of the session's user, empty before it has one.
    """

    at: float
    session: int
    user: str
    command: C


def encode(entry: Entry[Any]) -> str:
    """One line of JSON, without its line end."""
    fields = {"at": entry.at, "session": entry.session, "user": entry.user}
    fields["command"] = type(entry.command).__name__
    return json.dumps(fields | {"arguments": asdict(entry.command)}, separators=(",", ":"))


def decode(line: str) -> Entry[Any]:
    """The entry that `encode` wrote. Raises ValueError for anything else."""
    try:
        fields = json.loads(line)
        kind, arguments = _COMMANDS[fields.pop("command")], fields.pop("arguments")
        command = kind(**_restored_fields(arguments, kind))
        return Entry(**_restored_fields(fields, Entry), command=command)
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no entry: {error}") from None


def check_command(command: object) -> None:
    """For what a program asks: nobody could read back what is of another type than it says. Raises
    TypeError, also for what is no command."""
    kind = type(command)
    if _COMMANDS.get(kind.__name__) is not kind:
        raise TypeError(f"no command: {command!r}")
    for name, hint in _TYPES[kind].items():
        try:
            _restored(getattr(command, name), hint)
        except TypeError as error:
            raise TypeError(f"{kind.__name__}.{name}: {error}") from None


def _restored_fields(fields: dict[str, Any], of: type) -> dict[str, Any]:
    return {name: _restored(given, _TYPES[of][name]) for name, given in fields.items()}


def _restored(given: Any, hint: Any) -> Any:
    """A value of this type from what JSON made of it. Raises TypeError if it made none of it."""
    if isinstance(hint, UnionType):  # something or None
        return None if given is None else _restored(given, get_args(hint)[0])
    if get_origin(hint) is tuple and type(given) is list:
        return tuple(_restored(item, get_args(hint)[0]) for item in given)
    chosen = get_origin(hint) is Literal and given in get_args(hint)
    if not chosen and type(given) not in _JSON_TYPES.get(hint, ()):
        raise TypeError(f"{type(given).__name__} instead of {_name(hint)}")
    return given


def _name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint))


_TYPES: Final = {kind: get_type_hints(kind) for kind in (Entry, *_COMMANDS.values())}

_JSON_TYPES: Final[dict[Any, tuple[type, ...]]] = {
    str: (str,),
    int: (int,),
    float: (int, float),  # a whole number of seconds
    bool: (bool,),
}
