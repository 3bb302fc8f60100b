"""Limits and Settings: what can't be is refused where it is said, by name."""

from __future__ import annotations

from dataclasses import fields
from math import inf, nan
from typing import Any

import pytest

from chat.core.limits import LIMIT_MAX, Limits
from chat.core.settings import Settings

COUNTS = [field.name for field in fields(Limits) if type(field.default) is int]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("limit", [-1, 1.5, "5", None, True])
def test_a_limit_that_is_no_count(name: str, limit: Any) -> None:
    with pytest.raises(
        ValueError, match=f"^{name} is a whole number up to {LIMIT_MAX}: {limit!r}$"
    ):
        Limits(**{name: limit})


@pytest.mark.parametrize("name", COUNTS)
def test_a_limit_of_nothing_is_one(name: str) -> None:
    assert getattr(Limits(**{name: 0}), name) == 0


@pytest.mark.parametrize("rate", [0, -1.0, inf, nan, "fast", True, None])
def test_a_rate_at_which_nobody_could_go_on(rate: float) -> None:
    with pytest.raises(ValueError, match=f"^rate_per_s is a number over 0, up to {LIMIT_MAX}: "):
        Limits(rate_burst=5, rate_per_s=rate)


@pytest.mark.parametrize("greeting", ["two\nlines", "bell\x07", "half a \ud83d"])
def test_a_greeting_that_is_no_line(greeting: str) -> None:
    with pytest.raises(ValueError, match=r"^greeting is one line of plain text, not "):
        Settings(greeting)
