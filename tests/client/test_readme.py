"""The README of the client says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import chat.client
from chat.client import exits
from chat.client.typed import COMMANDS

README = Path(*chat.client.__path__, "README.md").read_text(encoding="utf-8")


def commands_table() -> str:
    rows = [
        f"| `{f'{name} {row.usage}'.rstrip()}` | {row.summary} |" for name, row in COMMANDS.items()
    ]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def test_the_table_of_commands() -> None:
    """`python3 -m tests.client.test_readme` prints the table that belongs there."""
    assert commands_table() in README


def test_the_exit_statuses() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert told == {value for name, value in vars(exits).items() if name.isupper()}


if __name__ == "__main__":
    print(commands_table())
