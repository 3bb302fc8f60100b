"""The reference of the line dialect says nothing that isn't so: its tables come from the code's,
and what people see in its examples is played.

    python3 -m tests.dialects.test_readme        puts the tables of today into it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import chat.dialects
from chat.config import OPTIONS, Config
from chat.core import Limits
from chat.core.errors import ERRORS
from chat.core.registry import NEW, READY, REGISTRY
from chat.dialects import SlashDialect
from chat.dialects.base import Verb
from chat.dialects.line import VERBS
from reactor import LINE_MAX_BYTES
from tests.core.support import Chat

README = Path(chat.dialects.__file__).parent / "README.md"

SETTINGS = ("greeting", "echo", "join_notices", "idle_timeout", "rate_limit", "max_clients")


def verbs(table: Mapping[str, Verb] = VERBS) -> list[tuple[str, ...]]:
    """From a dialect's verbs and the registry's rows."""
    rows: list[tuple[str, ...]] = [("verb", "what it does", "before login", "counts as")]
    for name, verb in table.items():
        row = REGISTRY[verb.command]
        before = {NEW: "only", READY: "no"}.get(row.states, "yes")
        rows.append(
            (f"`{name} {verb.usage}`".replace(" `", "`"), row.summary, before, f"{row.cost}")
        )
    return rows


def slashes() -> list[tuple[str, ...]]:
    """From the slash dialect's verbs; before login there is nothing, as everyone is a guest."""
    return [(name.lower(), summary, cost) for name, summary, _, cost in verbs(SlashDialect.verbs)]


def errors() -> list[tuple[str, ...]]:
    """From the core's refusals."""
    return [("code", "what it means"), *((f"`{code}`", text) for code, text in ERRORS.items())]


def limits() -> list[tuple[str, ...]]:
    """From the core's limits, the reactor's and the configuration."""
    core, config = Limits(), Config()
    return [
        ("what", "how much"),
        ("a line", f"{LINE_MAX_BYTES:,} bytes, without its end"),
        ("a name", f"1 to {core.username_max_chars} characters"),
        ("a room's name", f"1 to {core.room_name_max_chars} characters"),
        ("a topic", f"{core.topic_max_chars} characters"),
        ("users in a room", f"{core.room_members_max:,}; everyone in the lobby"),
        ("rooms", f"{core.rooms_max:,}; {core.rooms_per_user_max} for one user"),
        ("what a room remembers", f"the last {core.history_kept} messages"),
        ("lines at once", f"{core.rate_burst}"),
        ("lines a second after that", f"{core.rate_per_s:g}"),
        ("silence", f"{config.idle_timeout:g} seconds"),
        ("connections", f"{core.clients_max:,}"),
    ]


def settings() -> list[tuple[str, ...]]:
    """From the table of options: those that people with `nc` notice."""
    rows = [
        (f"`--{option.flag} {option.metavar}`", option.help)
        for option in OPTIONS
        if option.name in SETTINGS
    ]
    return [("setting", "what it does"), *((flag.replace(" `", "`"), text) for flag, text in rows)]


TABLES: dict[str, Callable[[], list[tuple[str, ...]]]] = {
    "verbs": verbs,
    "slashes": slashes,
    "errors": errors,
    "limits": limits,
    "settings": settings,
}


def written(rows: list[tuple[str, ...]]) -> str:
    """As Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return "\n".join(lines) + "\n"


def part(name: str) -> re.Pattern[str]:
    """Where a table stands."""
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)


def found(name: str) -> str:
    """What stands there."""
    (text,) = part(name).findall(README.read_text(encoding="utf-8"))
    return str(text)


def regenerate() -> None:
    """Put every table in its place."""
    text = README.read_text(encoding="utf-8")
    for name, rows in TABLES.items():
        text = text.replace(found(name), written(rows()))
    README.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_code(name: str) -> None:
    """When it isn't: `python3 -m tests.dialects.test_readme`, and look at what has changed."""
    assert found(name) == written(TABLES[name]())


def test_every_setting_of_the_list_is_there() -> None:
    assert len(settings()) == len(SETTINGS) + 1


# --- what everyone sees -----------------------------------------------------------------------


def paste(chat: Chat) -> None:
    """A hundred lines at once, and the time that they take."""
    chat.send("Ann", *[f"MSG {number}" for number in range(100)])
    chat.wait(10)


DEEDS: dict[str, Callable[[Chat], None]] = {
    "is silent for too long": lambda chat: chat.time_out("Ann"),
    "loses the connection": lambda chat: chat.lose("Ann"),
    "pastes a hundred lines": paste,
    "(the server stops)": lambda chat: chat.shut_down(),
}
IN_WORDS = {
    "all of them, in order": [f"MSG Ann {number}" for number in range(100)],
    "the same": ["INFO server-shutdown"],
}
THE_END = ", and the connection ends"


def conversation() -> list[list[str]]:
    """The rows of the table, in cells."""
    rows = found("conversation").splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def promised(cell: str) -> list[str]:
    """The lines that stand in a cell, or that its words stand for."""
    return IN_WORDS.get(cell) or re.findall("`(.*?)`", cell)


@pytest.mark.parametrize("row", conversation(), ids=lambda row: row[0])
def test_everyone_sees_what_is_promised(row: list[str]) -> None:
    deed, ann_reads, bob_reads = row
    people = Chat("Bob")
    people.connect("Ann")
    if not deed.startswith("`LOGIN"):
        people.send("Ann", "LOGIN Ann")
        people.read_all()
    if deed in DEEDS:
        DEEDS[deed](people)
    else:
        people.send("Ann", deed.strip("`"))
    assert people.lines("Ann") == promised(ann_reads)
    assert people.lines("Bob") == promised(bob_reads)
    assert bool(people.closed("Ann")) is ann_reads.endswith(THE_END)


def test_every_verb_and_deed_is_among_them() -> None:
    deeds = {row[0] for row in conversation()}
    assert set(DEEDS) <= deeds
    # HELP's answer is the table of verbs, more or less.
    assert {deed.strip("`").split()[0] for deed in deeds if deed.startswith("`")} == {*VERBS} - {
        "HELP"
    }


if __name__ == "__main__":
    regenerate()
