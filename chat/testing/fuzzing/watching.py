"""What must not come back, in what people heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from chat.testing.fuzzing.playing import Presence
from chat.testing.fuzzing.tongues import MARKS, NOBODY, Audience, Tongue, readable

SHOWN_MAX_CHARS: Final = 200  # of a line, in a message about it

UNSAID: Final = Audience("unsaid")  # of a line that never had an end
FOR_NO_ONE: Final = (None, NOBODY, UNSAID)

WHY: Final = {
    "user": "which was for {} alone",
    "room": "which was for the room {}, and they never asked for that",
    "here": "which was for those who had logged in, and they never did",
    "nobody": "which was said before its sender had logged in or joined a room",
    "unsaid": "which stood in a line that never had an end",
}
"""Why somebody should not have heard something, by the kind of its audience."""


class Problem(NamedTuple):
    """What is wrong: in a word or two, which are the same for all that are alike; and what that
    means here."""

    kind: str
    about: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}"


class Talk:
    """Who said what to whom, as far as it can be told from outside."""

    def __init__(self, tongue: Tongue, presences: Sequence[Presence]) -> None:
        self._tongue = tongue
        self._plain = [p for p in presences if not p.is_raw and tongue.is_plain(bytes(p.sent))]
        self._lines = {p: _lines(p) for p in self._plain}
        self._audiences: dict[str, set[Audience | None]] = defaultdict(set)  # by the marks
        self._senders: dict[str, set[Presence]] = defaultdict(set)
        for presence in presences:
            self._note(presence)

    def problems(self) -> Iterator[Problem]:
        """What somebody heard that was not for them."""
        for presence in self._plain:
            for line in presence.heard:
                for mark in MARKS.findall(line.decode(errors="replace")):
                    if self._is_overheard(mark, presence):
                        about = f"{_who(presence)} was shown {_shown(line)}, {self._why(mark)}"
                        yield Problem("overheard", about)

    def _note(self, presence: Presence) -> None:
        """Whom each line of theirs is for."""
        tongue = self._tongue
        is_open = False
        for line in self._lines.get(presence, [bytes(presence.sent)]):
            is_plain = presence in self._lines
            is_open = is_open or not is_plain or tongue.opens(line, tongue.gate)
            audience = tongue.audience(line, is_open) if is_plain else None
            for mark in MARKS.findall(readable(line)):
                self._audiences[mark].add(audience)
                self._senders[mark].add(presence)
        _, _, begun = presence.sent.rpartition(b"\n")
        for mark in MARKS.findall(readable(bytes(begun))):
            known = presence.was_reset and presence in self._lines
            self._audiences[mark].add(UNSAID if known else None)
            self._senders[mark].add(presence)

    def _is_overheard(self, mark: str, presence: Presence) -> bool:
        audiences = self._audiences.get(mark)
        if audiences is None or None in audiences or presence in self._senders[mark]:
            return False
        return not any(
            self._tongue.opens(line, audience)
            for audience in audiences
            if audience not in FOR_NO_ONE
            for line in self._lines[presence]
        )

    def _why(self, mark: str) -> str:
        """What is known of whom it was for."""
        known = [audience for audience in self._audiences[mark] if audience is not None]
        return "; ".join([WHY[kind].format(_short(repr(key))) for kind, key in sorted(known)])


def problems(
    tongue: Tongue, presences: Sequence[Presence], greetings: Sequence[bytes]
) -> Iterator[Problem]:
    """All that is wrong with what was heard. `greetings`: what is shown to whoever comes."""
    for presence in presences:
        if presence.is_raw or not tongue.is_plain(bytes(presence.sent)):
            continue  # what they are answered may be in another dialect, or telnet's
        for line in presence.heard:
            kind = "" if line in greetings else _problem_of(tongue, line)
            if kind:
                yield Problem(kind, f"{_who(presence)} was shown {_shown(line)}")
    yield from Talk(tongue, presences).problems()


def _problem_of(tongue: Tongue, line: bytes) -> str:
    try:
        return tongue.problem_of(line.decode())
    except UnicodeDecodeError:
        return "not UTF-8"


def _lines(presence: Presence) -> list[bytes]:
    """Those that have an end. The last may be one where the connection has an orderly end."""
    *lines, begun = bytes(presence.sent).split(b"\n")
    if begun and not presence.was_reset:
        lines.append(begun)
    return [line.removesuffix(b"\r") for line in lines]


def _who(presence: Presence) -> str:
    return f"person {presence.who}"


def _shown(line: bytes) -> str:
    return _short(repr(line)[1:])


def _short(shown: str) -> str:
    return shown if len(shown) <= SHOWN_MAX_CHARS else f"{shown[:SHOWN_MAX_CHARS]}..."
