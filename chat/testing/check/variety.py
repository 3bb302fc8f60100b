"""The points on which the original descriptions differ: which of them a server follows.

It is found out once, and then the server is held to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.testing.check.line_person import LinePerson, LineStage
from chat.testing.check.person import quoted
from chat.testing.check.rules import Broken
from chat.testing.check.shared_rules import TIMES
from chat.testing.check.stage import talk


@dataclass(frozen=True)
class Variety:
    """Of a server that speaks the line dialect."""

    greeting: tuple[str, ...]
    """What everyone reads on connecting."""
    echo: bool
    """Who sends a message is sent it, too."""
    notice: str
    """How the others are told that someone has joined, with `<username>` in it; empty: not."""
    runs: bool
    """A run of blanks inside a message stays one."""

    def __str__(self) -> str:
        return ", ".join(
            (
                f"greets ({quoted(self.greeting[0])})" if self.greeting else "no greeting",
                "echo of one's own messages" if self.echo else "no echo",
                f"join notices ({quoted(self.notice)})" if self.notice else "no join notices",
                "blanks in a text stay" if self.runs else "runs of blanks become one",
            )
        )


def find_out(stage: LineStage) -> str:
    """Which it is."""
    ann, ben = stage.enter_all("ann", "ben")
    word = stage.word()
    talk(ann, ben, word)
    last = stage.word()
    ann.say(f"{word}  {last}")
    came = ben.next_with(last)
    stage.target.variety = Variety(
        greeting=ann.greeting,
        echo=f"MSG {ann.name} {word} a" in ann.log,
        notice=_notice(ann, ben.name),
        runs=f"{word}  {last}" in came,
    )
    return str(stage.target.variety)


def greeting(stage: LineStage) -> None:
    """Everyone is greeted, or nobody."""
    expected = stage.target.variety.greeting
    for index in range(TIMES):
        came = stage.enter(f"p{index}").greeting
        if len(came) != len(expected):
            raise Broken(f"greeted with {len(expected)} lines at first, then with {len(came)}")


def echo(stage: LineStage) -> None:
    """Who sends a message is always sent it as well, or never."""
    expected = stage.target.variety.echo
    ann, ben = stage.enter_all("ann", "ben")
    words = [stage.word() for _ in range(TIMES)]
    for word in words:
        ann.say(word)
        ben.hears(ann, word)
        if expected:
            ann.hears(ann, word)
    talk(ann, ben, stage.word())
    echoes = sum(ann.heard(word) for word in words)
    if echoes != len(words) * expected:
        raise Broken(f"{echoes} of {len(words)} came back, and {'all' if expected else 'none'} did")


def join_notice(stage: LineStage) -> None:
    """All who are here are told of everyone who joins, once, or of nobody."""
    expected = stage.target.variety.notice
    ann, ben = stage.enter_all("ann", "ben")
    for index in range(TIMES):
        newcomer = stage.enter(f"p{index}")
        for listener in (ann, ben):
            if expected:
                notice = expected.replace("<username>", newcomer.name)
                listener.next(notice.__eq__, quoted(notice))
        talk(ann, ben, stage.word())
        for listener in (ann, ben):
            told = sum(newcomer.name in line and line.startswith("INFO ") for line in listener.log)
            if told != bool(expected):
                raise Broken(f"{told} lines tell {listener.name} that {newcomer.name} has joined")


def blanks(stage: LineStage) -> None:
    """Messages are clean: no blanks at the ends, and those inside are always treated the same."""
    ann, ben = stage.enter_all("ann", "ben")
    for sent in ("  {0} b", "{0} b   ", "\t{0} b \t", "   {0}   b  "):
        word = stage.word()
        ann.say(sent.format(word))
        text = sent.format(word).strip()
        ben.hears(ann, text if stage.target.variety.runs else " ".join(text.split()))


def _notice(listener: LinePerson, name: str) -> str:
    """How someone was told that someone joined. Empty: not at all."""
    for line in listener.log:
        if line.startswith("INFO ") and name in line:
            return line.replace(name, "<username>")
    return ""
