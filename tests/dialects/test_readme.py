"""The reference of the line dialect says nothing that isn't so: its tables come from the code's,
and what people see in its examples is played.

    python3 -m tests.dialects.test_readme        puts the tables of today into it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import chat.dialects
from chat.config import OPTIONS, Config
from chat.core import LOBBY, Limits
from chat.core.errors import ERRORS
from chat.core.registry import NEW, REGISTRY, Row
from chat.core.text import TAG_MAX_CHARS
from chat.dialects import SlashDialect
from chat.dialects.admin import AdminDialect
from chat.dialects.base import Verb
from chat.dialects.json_asked import TYPES, Fields
from chat.dialects.json_told import OBJECT_MAX_BYTES
from chat.dialects.line import VERBS
from reactor import LINE_MAX_BYTES
from tests.core.support import UNLIMITED, Chat
from tests.core.transcript import play
from tests.dialects.schema import DEFINITIONS

README = Path(chat.dialects.__file__).parent / "README.md"

SETTINGS = (
    *("greeting", "echo", "join_notices"),
    *("idle_timeout", "rate_limit", "max_clients", "max_per_address"),
)


def verbs(table: Mapping[str, Verb] = VERBS) -> list[tuple[str, ...]]:
    """From a dialect's verbs and the registry's rows."""
    rows: list[tuple[str, ...]] = [("verb", "what it does", "before login", "counts as")]
    for name, verb in table.items():
        row = REGISTRY[verb.command]
        words = " ".join("word" for _ in re.findall("<.*?>", verb.usage))
        ways = (row, REGISTRY[type(verb.parse(words))])
        usage = f"`{name} {verb.usage}`".replace(" `", "`")
        cost = either(usage, *[f"{way.cost}" for way in ways])
        rows.append((usage, row.summary, either(usage, *[before_login(way) for way in ways]), cost))
    return rows


def before_login(row: Row) -> str:
    """Whether it can be asked for then."""
    return "only" if row.states == NEW else "yes" if row.states >= NEW else "no"


def either(usage: str, plain: str, whole: str) -> str:
    """What is so without a password, and with one that may be left out."""
    if plain == whole or "[" not in usage or "password" not in usage:
        return plain
    return f"{plain}, or {whole} with a password"


def slashes() -> list[tuple[str, ...]]:
    """From the slash dialect's verbs; before login there is nothing, as everyone is a guest."""
    return [(name.lower(), summary, cost) for name, summary, _, cost in verbs(SlashDialect.verbs)]


def admins() -> list[tuple[str, ...]]:
    """From the admin dialect's."""
    return [(name.lower(), summary) for name, summary, _, _ in verbs(AdminDialect.verbs)]


def errors() -> list[tuple[str, ...]]:
    """From the core's refusals."""
    return [("code", "what it means"), *((f"`{code}`", text) for code, text in ERRORS.items())]


def wrong_passwords() -> str:
    """The rate at which one may guess."""
    core = Limits()
    pause_s = 1 / core.attempts_per_account_per_s
    return f"{core.attempts_per_account_burst} at once, then one in {pause_s:g} seconds"


def limits() -> list[tuple[str, ...]]:
    """From the core's limits, the reactor's and the configuration."""
    core, config = Limits(), Config()
    return [
        ("what", "how much"),
        ("a line", f"{LINE_MAX_BYTES:,} bytes, without its end"),
        ("a name", f"1 to {core.username_max_chars} characters"),
        ("a room's name", f"1 to {core.room_name_max_chars} characters"),
        ("a password", f"{core.password_min_chars} to {core.password_max_chars} characters"),
        ("a topic", f"{core.topic_max_chars} characters"),
        ("a reason", f"{core.reason_max_chars} characters"),
        ("users in a room", f"{core.room_members_max:,}; everyone in the lobby"),
        ("rooms", f"{core.rooms_max:,}; {core.rooms_per_user_max} for one user"),
        ("rooms that one account owns", f"{core.rooms_owned_max}"),
        ("bans in a room", bans_in_a_room()),
        ("a ban that ends", f"in {core.ban_max_s / 86_400:,.0f} days"),
        ("wrong passwords for a name", wrong_passwords()),
        ("what a room remembers", f"the last {core.history_kept} messages"),
        ("lines at once", f"{core.rate_burst}"),
        ("lines a second after that", f"{core.rate_per_s:g}"),
        ("silence", f"{config.idle_timeout:g} seconds"),
        ("connections", f"{core.clients_max:,}"),
    ]


def bans_in_a_room() -> str:
    core = Limits()
    chars = f"{core.bans_per_room_max_chars:,} characters of names and reasons"
    return f"{core.bans_per_room_max}, with {chars}, and as many mutes; as many operators"


def settings() -> list[tuple[str, ...]]:
    """From the table of options: those that people with `nc` notice."""
    rows = [
        (f"`--{option.flag} {option.metavar}`", option.help)
        for option in OPTIONS
        if option.name in SETTINGS
    ]
    return [("setting", "what it does"), *((flag.replace(" `", "`"), text) for flag, text in rows)]


def fields(definition: dict[str, Any]) -> str:
    """The names of those that an object has, beside its type and its `id`."""
    required = definition["required"]
    names = [name for name in definition["properties"] if name not in {"type", "id"}]
    return " ".join([f"`{name}`" if name in required else f"[`{name}`]" for name in names])


def asked() -> list[tuple[str, ...]]:
    """From the schema and the dialect's types."""
    rows: list[tuple[str, ...]] = [("`type`", "with", "what it does", "counts as")]
    numbers = {"count": 1, "seq": 1, "seconds": 1, "act": True}
    for name, (command, made) in TYPES.items():
        definition = DEFINITIONS[f"ask.{name}"]
        whole = made(Fields(dict.fromkeys(definition["properties"], "word") | numbers))
        ways = (REGISTRY[command], REGISTRY[type(whole)])
        usage = fields(definition)
        cost = either(usage, *[f"{way.cost}" for way in ways])
        rows.append((f"`{name}`", usage, definition["description"], cost))
    return rows


def sent() -> list[tuple[str, ...]]:
    """From the schema."""
    return [
        ("`type`", "with", "what it means"),
        *[
            (f"`{name.removeprefix('tell.')}`", fields(definition), definition["description"])
            for name, definition in DEFINITIONS.items()
            if name.startswith("tell.")
        ],
    ]


TABLES: dict[str, Callable[[], list[tuple[str, ...]]]] = {
    "verbs": verbs,
    "slashes": slashes,
    "asked": asked,
    "sent": sent,
    "admins": admins,
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
    (text,) = all_found(name)
    return text


def all_found(name: str) -> list[str]:
    """What stands in all such places."""
    return [str(text) for text in part(name).findall(README.read_text(encoding="utf-8"))]


def regenerate() -> None:
    """Put every table in its place."""
    text = README.read_text(encoding="utf-8")
    for name, rows in TABLES.items():
        before, after = part(name).split(text)
        text = before + written(rows()) + after
    README.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_code(name: str) -> None:
    """When it isn't: `python3 -m tests.dialects.test_readme`, and look at what has changed."""
    assert found(name) == written(TABLES[name]())


def test_every_setting_of_the_list_is_there() -> None:
    assert len(settings()) == len(SETTINGS) + 1


def test_the_numbers_of_the_json_dialect_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert f"An object is of {OBJECT_MAX_BYTES:,} bytes at most." in text
    assert f"of 1 to {TAG_MAX_CHARS} printable characters" in text
    assert f"nothing for {Limits().away_after_s} seconds" in text


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
        people.core.world.rooms[LOBBY].operators.add(people.people["Ann"].session)
        people.read_all()
    if deed in DEEDS:
        DEEDS[deed](people)
    else:
        people.send("Ann", deed.strip("`"))
        people.finish_jobs()
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


@pytest.mark.parametrize("transcript", all_found("transcript"))
def test_a_transcript_is_what_happens(transcript: str) -> None:
    lines = transcript.splitlines()
    assert (lines[0], lines[-1]) == ("```text", "```")
    play(Chat(limits=UNLIMITED, epoch="5f0c"), "\n".join(lines[1:-1]))


def test_the_transcripts_are_there() -> None:
    assert len(all_found("transcript")) == 3


if __name__ == "__main__":
    regenerate()
