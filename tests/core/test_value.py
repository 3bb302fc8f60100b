"""What commands, events, actions and entries have in common."""

from __future__ import annotations

from dataclasses import field, replace

from chat.core.commands import Authenticate, Join, Leave
from chat.core.value import value


@value
class Key:
    """With something that nobody is to read."""

    door: str
    code: str = field(default="", repr=False)


def test_equal_is_what_has_the_same_class_and_contents() -> None:
    assert Join("tea") == Join("tea") != Join("den")
    others: list[object] = [Leave("tea"), ("tea",), "tea", None]
    assert Join("tea") not in others
    assert Key("front", "1") != Key("front", "2")


def test_what_is_equal_is_one_in_a_set() -> None:
    assert {Join("tea"), Join("tea"), Leave("tea")} == {Leave("tea"), Join("tea")}
    assert len({Key("front", "1"), Key("front", "2"), Key("front", "1")}) == 2


def test_it_shows_its_fields_but_for_what_nobody_is_to_read() -> None:
    assert repr(Key("front", "4711")) == "Key(door='front')"
    assert repr(Leave("tea")) == "Leave(room='tea')"
    assert "open sesame" not in repr(Authenticate("bob", "open sesame"))


def test_it_is_replaced_and_not_changed() -> None:
    before = Key("front", "1")
    assert replace(before, code="2") == Key("front", "2")
    assert before == Key("front", "1")
    assert not hasattr(before, "__dict__")
