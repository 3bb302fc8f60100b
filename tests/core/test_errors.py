"""Errors: every code has its row, every row is used, and both are fit to be shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import chat
from chat.core.errors import ERRORS, Code, Refusal

# What takes a code as its first argument.
TAKES_CODE = {"Refusal", "Refused", "Malformed"}


def constants(tree: ast.AST) -> Iterator[str]:
    """Every string in a piece of source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def codes_used(source: str) -> set[str]:
    """The codes that are written where one is expected."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TAKES_CODE and node.args:
                found |= set(constants(node.args[0]))
        elif isinstance(node, ast.AnnAssign) and "Code]" in ast.unparse(node.annotation):
            # A table with codes in it, such as REFUSED_IN; ERRORS itself is keyed by them.
            assert isinstance(node.value, ast.Dict)
            found |= {code for value in node.value.values for code in constants(value)}
    return found


def test_the_search_finds_codes() -> None:
    source = (
        "Refused('a'); raise Refusal('b', name); x: dict[S, Code] = {1: 'c'}; errors.Refused('d')"
    )
    assert codes_used(source) == {"a", "b", "c", "d"}
    assert codes_used("Other('a'); Refused(refusal.code); y: dict[Code, str] = {'e': 'f'}") == set()


def test_every_code_is_used_and_every_code_used_has_a_row() -> None:
    sources = Path(chat.__file__).parent.rglob("*.py")
    used = set().union(*(codes_used(path.read_text(encoding="utf-8")) for path in sources))
    assert used == set(ERRORS)


def test_the_type_and_the_table_name_the_same_codes_in_the_same_order() -> None:
    assert get_args(Code) == tuple(ERRORS)
    assert sorted(ERRORS) == list(ERRORS)


@pytest.mark.parametrize("code", ERRORS)
def test_a_code_is_one_word_that_can_be_typed(code: Code) -> None:
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code)


@pytest.mark.parametrize("code", ERRORS)
def test_a_text_is_sentences_of_one_line(code: Code) -> None:
    text = ERRORS[code]
    assert text.isprintable()
    assert re.fullmatch("[A-Z].*[.]", text)


@pytest.mark.parametrize("code", [code for code in ERRORS if code != "invalid-number"])
def test_a_text_names_no_limit_because_every_server_has_its_own(code: Code) -> None:
    assert not re.search("[0-9]", ERRORS[code].replace("UTF-8", ""))


def test_a_refusal_knows_its_code_and_what_it_is_about() -> None:
    refusal = Refusal("no-such-user", "bob")
    assert (refusal.code, refusal.detail, str(refusal)) == ("no-such-user", "bob", "no-such-user")
    assert Refusal("empty-message").detail == ""
