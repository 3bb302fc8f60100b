"""Records: each is a kind, a key and one line of JSON, and comes back from them as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.records import YEAR_10000, Account, Ban, Charter, Record, decode, encode
from tests.core.support import NOW

texts = st.text(max_size=20)
times = st.floats(0, YEAR_10000, exclude_max=True)
accounts = st.builds(Account, texts, texts, times)
bans = st.builds(Ban, texts, texts, texts, times)
named_bans = st.lists(st.tuples(texts, bans), max_size=3).map(tuple)
charters = st.builds(
    Charter,
    *(texts, texts, texts, st.booleans()),
    *(st.lists(texts, max_size=3).map(tuple), named_bans, named_bans),
)
RECORDS = st.one_of(
    st.builds(Record, st.just("account"), texts, accounts),
    st.builds(Record, st.just("ban"), texts, bans),
    st.builds(Record, st.just("charter"), texts, charters),
)


@given(RECORDS)
def test_it_comes_back_as_it_was(record: Record) -> None:
    kind, key, text = encode(record)
    assert text is not None
    assert decode(kind, key, text) == record
    assert text.isascii()
    assert text.isprintable()


def test_it_is_written_like_this() -> None:
    charter = Charter(
        "Attic", "zoë", "old", False, ("bob",), (("eve", Ban("Eve", "Zoë", "", NOW)),)
    )
    assert encode(Record("charter", "attic", charter)) == (
        "charter",
        "attic",
        '{"name":"Attic","owner":"zo\\u00eb","topic":"old","locked":false,"operators":["bob"],'
        '"bans":[["eve",{"name":"Eve","by":"Zo\\u00eb","reason":"","until":1700000000.0}]],'
        '"mutes":[]}',
    )


def test_what_is_to_be_deleted_has_no_text() -> None:
    assert encode(Record("ban", "eve", None)) == ("ban", "eve", None)


ACCOUNT: dict[str, Any] = {"name": "Bob", "password": "hash", "at": NOW}
BAN: dict[str, Any] = {"name": "Eve", "by": "Bob", "reason": "", "until": 0.0}
CHARTER: dict[str, Any] = json.loads(encode(Record("charter", "attic", Charter("Attic")))[2] or "")
SOUND = {"account": ACCOUNT, "ban": BAN, "charter": CHARTER}

NO_BANS: list[Any] = [5, {}, [], {**BAN, "by": 5}, {**BAN, "more": 1}]
NO_TRUTHS: list[Any] = [1, None, "no"]
NO_LISTS_OF_NAMES: list[Any] = ["bob", {"bob": 1}, ["bob", 5]]
NO_LISTS_OF_BANS: list[Any] = ["eve", {"eve": BAN}, [BAN], [["eve"]], [5]]

SPOILT: list[tuple[str, dict[str, Any]]] = [
    *[("account", {name: 5}) for name in ("name", "password")],
    *[("ban", {name: None}) for name in ("name", "by", "reason")],
    *[("account", {"at": at}) for at in ("now", True, None, -1, float("nan"), YEAR_10000, 10**400)],
    *[("ban", {"until": until}) for until in ("now", False, float("inf"), -1e-9)],
    *[("account", {"name": "half \ud83d"}), ("account", {"more": "than that"})],
    *[("charter", {name: 5}) for name in ("name", "owner", "topic", "operators", "bans", "mutes")],
    *[("charter", {"locked": locked}) for locked in NO_TRUTHS],
    *[("charter", {"operators": names}) for names in NO_LISTS_OF_NAMES],
    *[("charter", {"bans": bans}) for bans in NO_LISTS_OF_BANS],
    *[("charter", {"mutes": [["eve", ban]]}) for ban in NO_BANS],
    ("charter", {"mutes": [[5, BAN]]}),
    ("charter", {"mutes": [["eve", BAN, BAN]]}),
]


@pytest.mark.parametrize("kind", SOUND)
def test_what_the_spoilt_ones_are_made_of_is_sound(kind: str) -> None:
    assert encode(decode(kind, "key", json.dumps(SOUND[kind])))[1] == "key"


@pytest.mark.parametrize(("kind", "change"), SPOILT)
def test_what_is_spoilt_is_an_error(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"no such '{kind}' as 'key' can be"):
        decode(kind, "key", json.dumps(SOUND[kind] | change))


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.parametrize("text", ["", "{", "null", "5", "[]", '"text"', "{}", "[" * 100_000])
def test_what_is_no_content_is_an_error(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="no such"):
        decode(kind, "key", text)


def test_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such 'room' as 'attic'"):
        decode("room", "attic", json.dumps(CHARTER))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)


@pytest.mark.parametrize("kind", SOUND)
def test_nothing_else_is_raised_whatever_is_there(kind: str) -> None:
    @given(st.sampled_from(list(SOUND[kind])), JSON)
    def check(name: str, value: object) -> None:
        text = json.dumps(SOUND[kind] | {name: value})
        try:
            record = decode(kind, "key", text)
        except ValueError:
            return
        assert decode(*encode(record)) == record  # type: ignore[arg-type]

    check()


@given(st.text())
def test_nor_for_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match="no such"):
        decode("account", "key", text)


def test_no_secret_is_in_an_error() -> None:
    with pytest.raises(ValueError, match="no such") as caught:
        decode("account", "bob", json.dumps({**ACCOUNT, "password": ["the hash"]}))
    assert "the hash" not in str(caught.value)


def test_no_password_is_in_what_is_printed() -> None:
    record = Record("account", "bob", Account("Bob", "the hash"))
    assert "the hash" not in repr(record)


@pytest.mark.parametrize(
    ("until", "now", "holds"),
    [(0.0, NOW, True), (NOW, NOW - 1, True), (NOW, NOW, False), (NOW, NOW + 1, False)],
)
def test_a_ban_holds_until_it_has_run_out(until: float, now: float, holds: bool) -> None:
    assert Ban("eve", "bob", until=until).holds(now) is holds
