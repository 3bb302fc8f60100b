"""An entry: a command that is about to change what is shared, and all that its effect depends on.

Recording a run, replaying it and restarting from it are all the same thing: the entries, in
order. So an entry is plain data, and one line of JSON holds it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Generic, TypeVar, get_args

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
    """The entry that `encode` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    fields = json.loads(line)
    command = _COMMANDS[fields["command"]](**fields["arguments"])
    return Entry(fields["at"], fields["session"], fields["user"], command)
