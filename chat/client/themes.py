"""Colours: what each part of the screen has, in each theme.

Theme `both` can be read on black and on white: each of its colours stands out from either by 4:1
at least, as WCAG 2 counts contrast. All are of the 256 that terminals have long had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

BOTH: Final = (
    *("#af5f5f", "#af5f00", "#5f8700", "#008700", "#00875f", "#008787"),
    *("#0087af", "#5f5fff", "#875fd7", "#875faf", "#d700d7", "#d7005f"),
)
DARK: Final = (
    *("#ff8787", "#ffaf5f", "#afd75f", "#87d787", "#5fd7af", "#5fd7d7"),
    *("#5fafff", "#8787ff", "#af87ff", "#d787ff", "#ff87d7", "#ff5f87"),
)
LIGHT: Final = (
    *("#870000", "#875f00", "#5f5f00", "#005f00", "#00875f", "#005f5f"),
    *("#005f87", "#0000af", "#5f00af", "#5f0087", "#870087", "#87005f"),
)
PLAIN: Final = ("",) * 12

Theme = dict[str, str]


def _theme(users: tuple[str, ...], grey: str, loud: str, quiet: str) -> Theme:
    red, orange, green, blue, purple = users[11], users[1], users[3], users[6], users[8]
    kinds = {
        "message": "",
        "act": "italic",
        "private": purple,
        "notice": grey,
        "topic": blue,
        "moderation": orange,
        "answer": quiet,
        "error": red,
        "system": orange,
    }
    rest = {
        "time": grey,
        "pending": f"{grey} italic",
        "own": "bold",
        "mention": f"{loud} bold",
        "prompt": "bold",
        "status": "reverse",
        "status.online": f"{green} reverse bold",
        "status.connecting": f"{orange} reverse bold",
        "status.offline": f"{red} reverse bold",
        "status.noname": f"{red} reverse bold",
        "status.room": "reverse bold",
        "status.unread": "reverse bold",
        "status.mention": f"{loud} reverse bold",
    }
    return kinds | rest | {f"user{number}": colour for number, colour in enumerate(users)}


THEMES: Final[Mapping[str, Theme]] = {
    "both": _theme(BOTH, "#767676", "#d7005f", "#008787"),
    "dark": _theme(DARK, "#9e9e9e", "#ff5f87", "#87d7d7"),
    "light": _theme(LIGHT, "#5f5f5f", "#af0000", "#005f5f"),
    "none": _theme(PLAIN, "", "", ""),
}


def styles(theme: str, colours: Mapping[str, str]) -> Theme:
    """The style of everything, with a person's own choices."""
    return {**THEMES[theme], **colours}


_WORD = re.compile(r"(fg:|bg:)?(#[0-9a-f]{6}|#[0-9a-f]{3}|ansi[a-z]+|default)", re.IGNORECASE)
_ATTRIBUTES = {"bold", "italic", "underline", "reverse"}
_HUES = ("red", "green", "yellow", "blue", "magenta", "cyan")
_ANSI = {
    *("ansidefault", "ansiblack", "ansigray", "ansibrightblack", "ansiwhite"),
    *(f"ansi{hue}" for hue in _HUES),
    *(f"ansibright{hue}" for hue in _HUES),
}


def is_style(text: str) -> bool:
    """Whether a screen understands it: colours, and bold, italic, underline, reverse"""
    for word in text.split():
        match = _WORD.fullmatch(word)
        if word not in _ATTRIBUTES and match is None:
            return False
        if match and match[2].startswith("ansi") and match[2] not in _ANSI:
            return False
    return True
