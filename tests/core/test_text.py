"""Names and text: what is a name, which names are one, and what nobody may show another."""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.core.errors import Refusal
from chat.core.text import CLEANED_MAX_CHARS, FOLD_MAX_CHARS, cleaned, fold, is_name, visible

EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]

# What remains of them without the ideographs, the Hangul syllables, what is for private use and
# what is free: a tenth, with all that has a case or another form.
RANGES = [(0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x20000), (0x2F800, 0x2FA20), (0xE0000, 0xE0200)]
CHARACTERS = [
    char
    for begin, end in RANGES
    for char in EVERY_CHARACTER[begin:end]
    if unicodedata.category(char) != "Cn"
]

NAMES = [
    "a",
    "7",
    "Naman",
    "x" * 32,
    "anne-marie",
    "j.r.r_tolkien",
    "...",
    "Zoë",
    "Zoe\u0308",  # the same, with a mark of its own
    "Ольга",
    "Ωμέγα",
    "李小龍",
    "ゆうこ",
    "ｶﾞﾝﾀﾞﾑ",  # marks of half width, which the normal form joins to their letters
    "मनोज",  # marks that stand for vowels
    "நாமன்",
    "กำธร",
    "가나다",
    "محمد",
    "שרה",
    "Ｂｏｂ",
    "x²",
    "Ⅸ",  # a number that is no digit
    "𝓑𝓸𝓫",
]

NO_NAMES = {
    "": "empty",
    "x" * 33: "too long",
    "é" * 33: "too long, in other letters",
    "ﷺ" * 2: "2 characters, but 36 when folded",
    "two words": "a blank",
    "two\u3000words": "a blank of another kind",
    "tab\there": "a control character",
    "new\nline": "a line end",
    "nul\0": "NUL",
    "esc\x1b[31m": "an escape sequence",
    "c1\x9b31m": "a C1 control character",
    "bob\u202e": "a bidi override",
    "bob\u200b": "a blank of no width",
    "bob\u200d": "a joiner",
    "bob\ufeff": "a byte order mark",
    "@bob": "a sign",
    "#lobby": "a sign",
    "bob!": "a sign",
    "a/b": "a sign",
    "bob😀": "a picture",
    "\u0301bob": "a mark with no letter to sit on",
    "\uff9e": "a letter that is such a mark when folded",
    "½": "a number that is a sign when folded",
    "\u3164": "a letter that nobody sees, and no other",
    "\u115f\u1160": "two of them",
    "\ud800": "a surrogate",
    "\ue000": "for private use",
    "\U0010ffff": "no character",
}

SAME = [
    ("Bob", "bob", "BOB", "Ｂｏｂ", "ｂｏｂ", "𝓑𝓸𝓫", "bob\ufe0f", "b\u034fob", "bob\U000e0100"),
    ("Zoë", "Zoe\u0308", "ZOË", "zoe\u0308"),
    ("Strasse", "STRASSE", "Straße", "STRAẞE"),
    ("Ольга", "ОЛЬГА"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"),
    ("ﬁn", "FIN", "ﬁN"),
    ("x2", "X²", "ⅹ②"),
    ("ガ", "ｶﾞ", "カ\u3099"),
    ("가", "\u1100\u1161"),
]

DIFFERENT = ["bob", "bob_", "b.ob", "b-ob", "bób", "b0b", "вов", "ı", "i"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name(name: str) -> None:
    assert is_name(name, 32)


@pytest.mark.parametrize("name", NO_NAMES, ids=NO_NAMES.values())
def test_no_name(name: str) -> None:
    assert not is_name(name, 32)


def test_the_limit_is_a_parameter() -> None:
    assert is_name("abc", 3)
    assert is_name("éèê", 3)
    assert not is_name("abcd", 3)
    assert not is_name("éèêë", 3)


@pytest.mark.parametrize("names", SAME, ids=[names[0] for names in SAME])
def test_one_name_in_several_spellings(names: tuple[str, ...]) -> None:
    assert all(is_name(name, 32) for name in names)
    assert len({fold(name) for name in names}) == 1


def test_every_letter_and_mark_that_nobody_sees_is_ignored() -> None:
    """The characters are those that Unicode calls default-ignorable, and marks or letters."""
    ranges = [(0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)]
    ranges += [(0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF)]
    for begin, end in ranges:
        for code in range(begin, end + 1):
            assert fold(f"b{chr(code)}ob") == "bob"
        assert fold(f"b{chr(begin - 1)}ob") != "bob"
        assert fold(f"b{chr(end + 1)}ob") != "bob"


def test_names_that_are_different() -> None:
    assert len({fold(name) for name in DIFFERENT}) == len(DIFFERENT)


def test_folding_once_is_enough_for_every_character() -> None:
    twice = [char for char in CHARACTERS if fold(fold(char)) != fold(char)]
    assert twice == []


def test_a_folded_name_of_one_character_is_a_name() -> None:
    """Else it could not be typed in the form in which it is compared."""
    names = [char for char in CHARACTERS if is_name(char, 32)]
    assert [char for char in names if not is_name(fold(char), 32)] == []
    assert len(names) > 20_000


@given(st.text(max_size=40))
@example("\u0345\u0391")  # the mark that becomes a letter when it is folded
@example("\u1fb3\u0301")
def test_folding_once_is_enough(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_case_and_normal_form_do_not_matter(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
    assert fold(text.casefold()) == fold(text)


@given(st.text(max_size=40))
def test_a_name_has_only_what_a_name_has(name: str) -> None:
    """Asked of Unicode in other words than the code's: nothing that divides, moves or hides."""
    if is_name(name, 32):
        assert 1 <= len(name) <= 32
        assert name.split() == [name]
        assert name == visible(name)
        kinds = {unicodedata.category(char)[0] for char in name if char not in "_-."}
        assert kinds <= {"L", "M", "N"}


def test_folding_takes_no_time_worth_mentioning() -> None:
    """The normal form of a line full of marks takes 40 ms, which every line could cost the loop.
    Far from it, so that a busy machine doesn't matter."""
    marks = "é" + "\u0315" * 2000 + "\u0316" * 2000
    begin = time.process_time()
    for _ in range(10):
        fold(marks)
        is_name(marks, 32)
    assert time.process_time() - begin < 0.1


def test_what_is_too_long_to_normalize_has_its_case_folded() -> None:
    long = "É" * (FOLD_MAX_CHARS + 1)
    assert fold(long) == long.lower()
    assert fold("E\u0301" * (FOLD_MAX_CHARS // 2)) == "é" * (FOLD_MAX_CHARS // 2)


# --- text -----------------------------------------------------------------------------------------

VISIBLE = [
    ("hello", "hello"),
    ("", ""),
    ("Grüße, 李小龍 😀", "Grüße, 李小龍 😀"),
    ("two  blanks are two", "two  blanks are two"),
    ("a\tb\nc\rd\ve\ff", "a b c d e f"),
    ("line\u2028and\u2029paragraph\x85ends", "line and paragraph ends"),
    ("\x1c\x1d\x1e\x1f", "    "),
    ("nul\0bell\abackspace\b", "nulbellbackspace"),
    ("\x1b[31mred\x1b[0m", "[31mred[0m"),
    ("\x1b]0;title\x07", "]0;title"),
    ("\x9b31mred", "31mred"),
    ("\x90q\x9c", "q"),
    ("\x7f", ""),
    ("\u202a\u202b\u202c\u202d\u202eturned\u2066\u2067\u2068\u2069", "turned"),
    ("\ufeffmarked", "marked"),
    ("half \ud83d of a pair", "half  of a pair"),
    ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),  # joiners join what is seen
    ("a\xa0b", "a\xa0b"),
]


@pytest.mark.parametrize(("text", "seen"), VISIBLE)
def test_what_is_seen(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_no_character_that_a_terminal_obeys() -> None:
    """Unicode's controls, surrogates and line ends, and each of its explicit bidi codes."""
    obeyed = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for char in EVERY_CHARACTER:
        category = unicodedata.category(char)
        if category in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(char) in obeyed:
            assert visible(char) in {"", " "}
        elif char != "\ufeff":
            assert visible(char) == char


def test_white_space_does_not_join_words() -> None:
    blanks = list(filter(str.isspace, EVERY_CHARACTER))
    assert [char for char in blanks if not visible(char).isspace()] == []
    assert len(blanks) > 20


def test_what_is_printable_is_visible_as_it_is() -> None:
    """So that whoever is in a hurry may ask that first."""
    printable = "".join(filter(str.isprintable, EVERY_CHARACTER))
    assert visible(printable) == printable


@given(st.text(st.characters(codec=None)))
def test_what_was_made_visible_stays_as_it_is(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    once.encode()  # whatever it was, it can be sent


@pytest.mark.parametrize("max_chars", [0, 300, 2 * CLEANED_MAX_CHARS])
def test_what_is_far_too_long_is_not_cleaned_to_see_what_remains(max_chars: int) -> None:
    most = max(max_chars, CLEANED_MAX_CHARS)
    assert cleaned(" " * most + "\N{RIGHT-TO-LEFT OVERRIDE}" * most + " ", max_chars) == ""
    with pytest.raises(Refusal, match="text-too-long"):
        cleaned("\N{RIGHT-TO-LEFT OVERRIDE}" * (most + 1), max_chars)
