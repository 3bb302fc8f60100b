"""What `chat fuzz` thinks of what people heard."""

from __future__ import annotations

import pytest

from chat.testing.fuzzing.playing import Presence
from chat.testing.fuzzing.tongues import tongue
from chat.testing.fuzzing.watching import Problem, problems


def heard(sent: dict[str, bytes], line: bytes, *, who: str = "c", lost: str = "") -> list[str]:
    """The kinds of problems, when one person hears a line; `lost`: who has vanished."""
    return [problem.kind for problem in found(sent, line, who=who, lost=lost)]


def found(sent: dict[str, bytes], line: bytes, *, who: str, lost: str) -> list[Problem]:
    there = {
        name: Presence(0, None, bytearray(data), was_reset=name == lost)  # type: ignore[arg-type]
        for name, data in sent.items()
    }
    there[who].heard.append(line)
    return list(problems(tongue("line"), list(there.values()), ()))


A, B, C = b"LOGIN ann\n", b"LOGIN bob\n", b"LOGIN cat\n"
DM, SAID, PUBLIC = b"DM ann <d1.1>", b"SAID so ann <s1.1>", b"MSG ann <s1.1>"


def test_who_may_hear_what() -> None:
    alone = {"a": A + b"DM bob <d1.1>\n", "b": B, "c": C}
    assert heard(alone, DM) == ["overheard"]
    assert heard(alone, DM, who="b") == heard(alone, DM, who="a") == []
    assert heard(alone | {"c": C + b"NICK Bob\n"}, DM) == []
    assert heard(alone | {"a": A + b"\xff\xf1DM bob <d1.1>\n"}, DM) == []  # who knows
    assert heard(alone | {"a": A + b"MSG DM bob <d1.1>\n"}, DM) == []
    room = {"a": A + b"SAY #so <s1.1>\n", "c": C}
    assert heard(room, SAID) == ["overheard"]
    assert heard(room | {"c": C + b"JOIN so\n"}, SAID) == []
    assert heard({"a": A + b"MSG <s1.1>\n", "c": b"WHO\n"}, PUBLIC) == ["overheard"]
    assert heard({"a": A + b"MSG <s1.1>\n", "c": C}, PUBLIC) == []
    assert heard({"a": b"MSG <s1.1>\n" + A, "c": C}, PUBLIC) == ["overheard"]
    assert heard({"a": A + b"MSG <s1.1>", "c": C}, PUBLIC) == []
    assert heard({"a": A + b"MSG <s1.1>", "c": C}, PUBLIC, lost="a") == ["overheard"]


WHY = {
    (A + b"DM bob <d1.1>\n", C, DM): "which was for 'bob' alone",
    (A + b"SAY #so <s1.1>\n", C, SAID): (
        "which was for the room 'so', and they never asked for that"
    ),
    (A + b"MSG <s1.1>\n", b"WHO\n", PUBLIC): (
        "which was for those who had logged in, and they never did"
    ),
    (b"MSG <s1.1>\n" + A, C, PUBLIC): (
        "which was said before its sender had logged in or joined a room"
    ),
    (A + b"MSG <s1.1>", C, PUBLIC): "which stood in a line that never had an end",
}


@pytest.mark.parametrize("said", WHY)
def test_why_it_is_not_for_them(said: tuple[bytes, bytes, bytes]) -> None:
    sender, reader, line = said
    (problem,) = found({"a": sender, "c": reader}, line, who="c", lost="a")
    assert problem.about == f"person 0 was shown {line!r}, {WHY[said]}".replace(" b'", " '")


def test_what_a_line_may_look_like() -> None:
    for line in (b"OK", b"ERR no-such-user", b"MSG ann hi", b"INFO x"):
        assert heard({"c": C}, line) == []
    assert heard({"c": C}, b"MSG ann \x1b[2J") == ["control characters"]
    assert heard({"c": C}, b"MSG ann \xc3") == ["not UTF-8"]
    assert heard({"c": C}, b"Welcome") == ["no known form"]
