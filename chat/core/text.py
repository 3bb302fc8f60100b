"""What one person may show another: names and text without anything a terminal would obey."""

from __future__ import annotations

import re
import unicodedata

from chat.core.errors import Refusal

_BIDI_CONTROLS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, *_BIDI_CONTROLS]

# White space becomes a blank. All other controls go, among them ESC and the C1 codes, which
# start terminal sequences, and those that turn the direction of whatever text comes next.
_UNSEEN = {code: " " if chr(code).isspace() else None for code in _CONTROLS}

_NAME_CATEGORIES = frozenset("LMN")  # letters, the marks that many scripts write with, numbers
_NAME_PUNCTUATION = frozenset("_-.")

# Letters and marks that nobody sees: what Unicode says to ignore when names are compared
# (Default_Ignorable_Code_Point), as far as it has categories that a name may have. With them,
# a second `bob` would look like the first.
_IGNORED = dict.fromkeys(
    [
        *[0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0],
        *[*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)],
    ]
)

RESERVED = frozenset({"banned", "error", "muted", "rooms", "server", "topic"})
"""Names, folded, that nobody may bear: with these and a colon, a dialect begins lines of the
server's own."""

TAG_MAX_CHARS = 64  # of what somebody calls a message of their own: room for any that programs make

FOLD_MAX_CHARS = 256
"""No name is as long. To normalize takes time that grows with the square of the length: a line
of nothing but marks, 40 ms."""

CLEANED_MAX_CHARS = 8192
"""No more than this is cleaned, but where more may be said: it takes 75 ns a character, and a
compressed message can have eight times as many. Twenty of those held up everyone for 0.1 s."""


def visible(text: str) -> str:
    """`text` without control characters; white space among them becomes blanks.

    Text that `isprintable` comes out as it is, so that whoever is in a hurry can ask that first.
    """
    return text.translate(_UNSEEN).encode(errors="ignore").decode()  # a lone surrogate goes, too


def cleaned(text: str, max_chars: int) -> str:
    """What may be shown of a text, without blanks at its ends. Raises Refusal if it is longer."""
    text = text.strip()
    if len(text) <= max(max_chars, CLEANED_MAX_CHARS):
        text = (text if text.isprintable() else visible(text)).strip()
    if len(text) > max_chars:
        raise Refusal("text-too-long")
    return text


def fold(name: str) -> str:
    """The form under which names are compared: `Bob` and `bob` are one, full width or not.

    NFKC and case folding; twice, as folding can undo the normal form and the other way round.
    Case folding alone for more than FOLD_MAX_CHARS.
    """
    if name.isascii():
        return name.lower()
    if len(name) > FOLD_MAX_CHARS:
        return name.casefold()
    name = name.translate(_IGNORED)
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", name)


def is_name(name: str, max_chars: int) -> bool:
    """Letters, digits, `_`, `-` and `.` in any script, 1 to `max_chars` of them, folded or not."""
    if name.isascii():
        return len(name) <= max_chars and _ASCII_NAME.fullmatch(name) is not None
    return all(
        0 < len(form) <= max_chars
        and not unicodedata.category(form[0]).startswith("M")  # a mark needs a letter to sit on
        and all(map(_in_name, form))
        for form in (name, fold(name))
    )


_ASCII_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def _in_name(char: str) -> bool:
    return char in _NAME_PUNCTUATION or unicodedata.category(char)[0] in _NAME_CATEGORIES


def is_tag(text: str) -> bool:
    """Whether a message may be called so by who sends it: the store keeps that, and clients are
    shown it."""
    return len(text) <= TAG_MAX_CHARS and text.isprintable()
