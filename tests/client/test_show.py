"""How it looks, at any width."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.client.lines import KINDS, Line, mentions
from chat.client.model import Room
from chat.client.show import (
    Look,
    fragments,
    pending_rows,
    status,
    user_style,
)
from chat.client.themes import BOTH, DARK, LIGHT, THEMES, is_style, styles
from chat.client.viewport import WRAPPED_MAX, Viewport
from chat.client.wrap import Row, wrap
from tests.client.support import NOW, Paper, message


def width(char: str) -> int:
    """As wide as a terminal shows it, nearly: no test has what is unclear."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(row: Row) -> int:
    return sum(width(char) for _, text in row for char in text)


def plain(rows: list[Row]) -> list[str]:
    return ["".join(text for _, text in row) for row in rows]


def wrapped(text: str, wide: int, front: str = "14:03 ") -> list[str]:
    return plain(wrap([("class:time", front)], [("", text)], wide, width))


def test_words_stay_whole_and_stand_under_each_other() -> None:
    assert wrapped("ann: one two three four five", 30) == [
        "14:03 ann: one two three four",
        "      five",
    ]


def test_a_word_that_is_too_long_is_broken() -> None:
    assert wrapped("a " + "x" * 40, 30) == [
        "14:03 a",
        "      " + "x" * 24,
        "      " + "x" * 16,
    ]


def test_a_narrow_screen_has_no_indent() -> None:
    assert wrapped("one two three", 12) == ["14:03 one", "two three"]


def test_wide_characters_are_counted_as_two() -> None:
    assert wrapped("日本語" * 5, 30) == ["14:03 " + "日本語" * 4, "      日本語"]


def test_marks_stay_on_their_letter() -> None:
    assert wrapped("e\u0301" * 26, 30) == ["14:03 " + "e\u0301" * 24, "      " + "e\u0301" * 2]


def test_nothing_to_say() -> None:
    assert wrapped("", 30) == ["14:03 "]


TEXT = st.text(alphabet="ab  日語e\u0301\u200d\U0001f600", max_size=80)


@given(TEXT, st.integers(min_value=2, max_value=60), st.sampled_from(["", "14:03 "]))
def test_no_row_is_too_wide_and_nothing_is_lost(text: str, wide: int, front: str) -> None:
    rows = wrap([("class:time", front)] if front else [], [("x", text)], wide, width)
    assert all(columns(row) <= wide for row in rows)
    assert "".join(plain(rows)).replace(" ", "") == (front + text).replace(" ", "")


def test_a_line_in_its_colours() -> None:
    line = Line("message", "hi", NOW, "bob")
    front, rest = fragments(line, Look("%H"))
    assert front == [("class:time", datetime.fromtimestamp(NOW).strftime("%H "))]
    assert rest == [(user_style("bob"), "bob: "), ("class:message", "hi")]
    assert fragments(Line("message", "ann!", NOW, "bob", mention=True), Look(""))[1][1] == (
        "class:mention",
        "ann!",
    )
    assert fragments(Line("message", "hi", NOW, "ann", own=True), Look(""))[1][0][0] == "class:own"


def test_someone_has_one_colour() -> None:
    assert user_style("Bob") == user_style("bob")
    assert len({user_style(f"user{number}") for number in range(200)}) == 12


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [("ann", True), ("hi Ann!", True), ("@ann: hi", True), ("anna", False), ("joann", False)],
)
def test_mentions(text: str, mentioned: bool) -> None:
    assert mentions(text, "ann") == mentioned
    assert not mentions(text, "")


# --- the status line ----------------------------------------------------------------------------


def shown_status(paper: Paper, wide: int) -> str:
    row = status(paper.talk, wide, width)
    assert columns(row) == wide
    return plain([row])[0].rstrip()


def test_status() -> None:
    paper = Paper("tea", "work", "日本")
    paper.enter()
    paper.talk.latency_s = 0.0341
    assert shown_status(paper, 80) == " online  ann tea (2) 34ms 2:work 3:日本"
    paper.hear(**message(1, "ann?", room="日本"))
    assert shown_status(paper, 80) == " online  ann tea (2) 34ms 3:日本(1!) 2:work"
    assert shown_status(paper, 40) == " online  ann tea (2) 34ms 3:日本(1!) 2:…"
    paper.type("/away")
    paper.hear(type="ok", id=paper.only("away")["id"])
    assert shown_status(paper, 80).startswith(" online  ann (away) tea")


def test_status_of_a_lost_connection() -> None:
    paper = Paper()
    assert shown_status(paper, 40) == " offline  ann no room"
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    paper.talk.retry_s = 2.6
    paper.type("hello")
    assert shown_status(paper, 60) == " offline 3s  ann tea (2) 1 waiting"
    room = paper.model.room("tea")
    assert room
    assert plain(pending_rows(paper.talk, room, 40, width)) == ["... ann: hello"]


# --- scrolling ----------------------------------------------------------------------------------


def room_of(*texts: str) -> Room:
    paper = Paper()
    room = Room("tea")
    for text in texts:
        paper.model.add(room, Line("answer", text, NOW))
    return room


def see(viewport: Viewport, room: Room, height: int = 3) -> list[str]:
    return plain(viewport.rows(room, [], 20, height))


def test_the_last_rows_are_at_the_bottom() -> None:
    viewport = Viewport(Look(""), width)
    assert see(viewport, room_of("one")) == ["", "", "one"]
    assert see(viewport, room_of("1", "2", "3", "4")) == ["2", "3", "4"]


def test_what_arrives_does_not_move_what_is_read() -> None:
    viewport, room, paper = Viewport(Look(""), width), room_of(*"12345"), Paper()
    see(viewport, room)
    viewport.back = 1
    assert see(viewport, room) == ["2", "3", "4"]
    paper.model.add(room, Line("answer", "long enough for two rows", NOW))
    assert see(viewport, room) == ["2", "3", "4"]
    viewport.back = 0
    assert see(viewport, room) == ["5", "long enough for two", "rows"]


def test_another_width_does_not_move_what_is_read() -> None:
    """However small the window was in between; it ends with the same line."""
    texts = [f"{number} is a line that takes two rows" for number in range(30)]
    viewport, room = Viewport(Look(""), width), room_of(*texts)
    see(viewport, room)
    viewport.back = 20
    before = see(viewport, room)
    assert before == ["takes two rows", "19 is a line that", "takes two rows"]
    for columns in (80, 3, 10, 200):
        rows = plain(viewport.rows(room, [], columns, 3))
    assert rows[-1] == "19 is a line that takes two rows"
    assert see(viewport, room) == before


def test_what_waited_to_be_sent_does_not_move_what_is_read_when_it_is() -> None:
    viewport, room, paper = Viewport(Look(""), width), room_of(*"12345"), Paper()
    waiting: list[Row] = [[("", "... mine")], [("", "... too")]]
    viewport.rows(room, waiting, 20, 3)
    viewport.back = 3
    assert plain(viewport.rows(room, waiting, 20, 3)) == ["2", "3", "4"]
    paper.model.add(room, Line("answer", "mine", NOW))
    assert plain(viewport.rows(room, waiting[1:], 20, 3)) == ["2", "3", "4"]
    paper.model.add(room, Line("answer", "too", NOW))
    assert see(viewport, room) == ["2", "3", "4"]


def test_a_line_is_wrapped_once_for_a_width() -> None:
    looked: list[str] = []

    def counting(char: str) -> int:
        looked.append(char)
        return width(char)

    viewport, room, paper = Viewport(Look(""), counting), room_of(*"12345"), Paper()
    see(viewport, room)
    viewport.back = 100
    assert see(viewport, room) == ["1", "2", "3"]
    looked.clear()
    paper.model.add(room, Line("answer", "6", NOW))
    assert see(viewport, room) == ["1", "2", "3"]
    assert looked == ["6"]
    looked.clear()
    assert plain(viewport.rows(room, [], 10, 3)) == ["1", "2", "3"]
    assert looked == ["6", "5", "4", "3", "2", "1"]


def test_what_is_wrapped_is_forgotten_in_the_end() -> None:
    viewport, room, paper = Viewport(Look(""), width), room_of(), Paper()
    for number in range(WRAPPED_MAX + 10):
        paper.model.add(room, Line("answer", str(number), NOW))
        see(viewport, room)
    assert see(viewport, room)[-1] == str(WRAPPED_MAX + 9)
    assert len(viewport._wraps) <= WRAPPED_MAX


def test_scrolling_ends_at_the_top() -> None:
    viewport, room = Viewport(Look(""), width), room_of(*"1234")
    see(viewport, room)
    viewport.back = 100
    assert see(viewport, room) == ["1", "2", "3"]
    assert viewport.back == 1


def test_another_room_is_shown_from_its_end() -> None:
    viewport = Viewport(Look(""), width)
    viewport.back = 2
    assert see(viewport, room_of(*"12345")) == ["3", "4", "5"]


def test_clear() -> None:
    viewport, room, paper = Viewport(Look(""), width), room_of("1", "2"), Paper()
    viewport.clear(room)
    paper.model.add(room, Line("answer", "3", NOW))
    assert see(viewport, room) == ["", "", "3"]


def test_a_room_that_one_comes_back_into_is_shown_whole() -> None:
    viewport = Viewport(Look(""), width)
    viewport.clear(room_of(*"12"))
    assert see(viewport, room_of(*"34")) == ["", "3", "4"]


# --- colours ------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative, as WCAG 2 has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.parametrize(
    ("theme", "grounds"), [("both", (0.0, 1.0)), ("dark", (0.0,)), ("light", (1.0,))]
)
def test_a_theme_can_be_read(theme: str, grounds: tuple[float, ...]) -> None:
    colours = re.findall(r"#\w{6}", " ".join(THEMES[theme].values()))
    assert len(colours) > 12
    for colour in colours:
        assert all(contrast(luminance(colour), ground) >= 4 for ground in grounds), colour


def test_everyone_differs() -> None:
    assert all(len(set(users)) == 12 for users in (BOTH, DARK, LIGHT))


def test_every_kind_has_its_style_in_every_theme() -> None:
    for theme in THEMES.values():
        assert set(KINDS) < set(theme)
        assert all(is_style(style) for style in theme.values())
    assert "#" not in " ".join(THEMES["none"].values())
    assert styles("dark", {"error": "bold"})["error"] == "bold"


@pytest.mark.parametrize("style", ["", "#fff", "#AF5F00 bold", "bg:ansired fg:ansiwhite reverse"])
def test_a_style(style: str) -> None:
    assert is_style(style)


@pytest.mark.parametrize("style", ["puce", "#ff", "ansipuce", "class:x", "bold #12345"])
def test_what_is_no_style(style: str) -> None:
    assert not is_style(style)
