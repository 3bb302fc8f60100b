"""What people type for names, rooms and texts, and what it comes to: tables that know the answer.

The model (`model.py`) is told by these which spellings are one name, and works nothing out.
"""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAME_MAX_CHARS: Final = 32
LOBBY: Final = "lobby"


@dataclass(frozen=True, slots=True)
class Word:
    """A name, or a room's: as it is typed, as it is shown, and what it is the same as; empty if it
    can't be one."""

    typed: str
    shown: str
    key: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text: as it is typed, and what is heard of it; empty if nothing is."""

    typed: str
    line: str  # from somebody who speaks the line dialect: blanks become one
    slash: str  # from somebody who speaks the slash dialect: blanks are kept

    def heard(self, dialect: str) -> str:
        """From somebody who speaks this dialect."""
        return self.slash if dialect == "slash" else self.line


@dataclass(frozen=True, slots=True)
class Spellings:
    """Three tables: what is typed, and what it comes to."""

    names: dict[str, str]
    rooms: dict[str, str]
    texts: dict[str, tuple[str, str]]

    def name(self, typed: str, prefix: str) -> Word:
        """With a prefix, by which nobody else on the server has it."""
        key = self.names[typed]
        if not key:
            return Word(typed, typed, "")
        typed, key = (prefix + typed)[:NAME_MAX_CHARS], (prefix + key)[:NAME_MAX_CHARS]
        return Word(typed, typed, key)

    def room(self, typed: str, prefix: str) -> Word:
        """The same; but there is one lobby."""
        key, shown = self.rooms[typed], typed.removeprefix("#")
        if not key or key == LOBBY:
            return Word(typed, shown, key)
        return Word("#" * typed.startswith("#") + prefix + shown, prefix + shown, prefix + key)

    def text(self, typed: str, number: int) -> Text:
        """With a number at the end, so that no two messages are the same."""
        heard = self.texts[typed]
        if not any(heard):
            return Text(typed, "", "")
        return Text(f"{typed} #{number}", *[f"{text} #{number}" for text in heard])


PLAIN: Final = Spellings(
    names={"ann": "ann", "ben": "ben", "cleo": "cleo"},
    rooms={"den": "den", "lobby": LOBBY},
    texts={"hi": ("hi", "hi"), "how are you?": ("how are you?", "how are you?")},
)
"""What every server takes, however simple."""

ALL: Final = Spellings(
    names={
        **{"bob": "bob", "Bob": "bob", "Ｂｏｂ": "bob", "anna": "anna", "ANNA": "anna"},
        **{"Zoë": "zoë", "zoe\u0308": "zoë", "李": "李", "straße": "strasse", "STRASSE": "strasse"},
        **{"x" * 32: "x" * 32, "x" * 33: "", "@bob": "", "\u0301": ""},
    },
    rooms={"den": "den", "DEN": "den", "#Den": "den", "lobby": LOBBY, "#Lobby": LOBBY, "@": ""},
    texts={
        "hi": ("hi", "hi"),
        "  two   words": ("two words", "two   words"),
        "\ttab\x1b[31m": ("tab[31m", "tab[31m"),
        "\u202eback\u202c": ("back", "back"),
        "Grüße 😀": ("Grüße 😀", "Grüße 😀"),
        "": ("", ""),
        "\x07 \u3000": ("", ""),
    },
)
"""What a server with eyes for all scripts makes of them."""
