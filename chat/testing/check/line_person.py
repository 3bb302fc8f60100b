"""Someone who speaks the line dialect, and how they find out what a server doesn't have to do."""

from __future__ import annotations

from collections.abc import Callable

from chat.testing.calls import Call
from chat.testing.check.person import Person, quoted
from chat.testing.check.rules import Broken, NotOfferedError
from chat.testing.check.stage import Stage, Target

CAME_TRUE = "OK"
REFUSED = "ERR"


class LinePerson(Person):
    """LOGIN, MSG, and what comes of them."""

    def __init__(self, name: str, target: Target, narrow: bool) -> None:
        super().__init__(name, Call(target.address, narrow=narrow), target.patience_s)
        self.greeting: tuple[str, ...] = ()
        """What came before the answer to LOGIN."""

    def come_in(self) -> None:
        answer = self.log_in(self.name)
        if answer != CAME_TRUE:
            raise Broken(f"LOGIN {self.name} was answered with {quoted(answer)}")
        before = self.log[: self.log.index(CAME_TRUE)]
        self.greeting = tuple(line for line in before if not self._is_news(line))

    def _is_news(self, line: str) -> bool:
        """Of someone who speaks, or of this one, who has come in."""
        return line.startswith("MSG ") or self.name in line

    def log_in(self, name: str, verb: str = "LOGIN") -> str:
        """Ask for a name; returns the answer, OK or a refusal. Raises Broken if there is none."""
        self.send(f"{verb} {name}".rstrip())
        return self.next(is_answer, f"the answer to {verb} {name}".rstrip())

    def line_of(self, text: str) -> str:
        return f"MSG {text}"

    def hears(self, speaker: Person, text: str) -> None:
        wanted = f"MSG {speaker.name} {text}"
        start = f"MSG {speaker.name} "
        heard = self.next(lambda line: f"{line} ".startswith(start), quoted(wanted))
        self.expect_said(speaker, heard, wanted)

    def hears_gone(self, name: str) -> None:
        wanted = f"INFO {name} disconnected"
        self.next(wanted.__eq__, quoted(wanted))

    def answers(self, line: str, witness: LinePerson, word: str) -> list[str]:
        """All that comes back for a line, until the server has done what comes after it, by
        which it doesn't mean somebody else. `word`: a new one. Raises Broken."""
        before = len(self.log)
        self.send(line)
        self.say(f"{word} a")
        witness.hears(self, f"{word} a")
        witness.say(f"{word} b")
        self.hears(witness, f"{word} b")
        return [line for line in self.log[before:] if not line.startswith(("MSG ", "INFO "))]


def is_answer(line: str) -> bool:
    """To LOGIN."""
    return line == CAME_TRUE or line.split(" ", maxsplit=1)[0] == REFUSED


def not_offered(line: str, answers: list[str]) -> NotOfferedError:
    """What to say of something that a server doesn't have to do, and doesn't."""
    came = f"is answered with {quoted(answers[0])}" if answers else "is not answered"
    return NotOfferedError(f"{line.split(' ', maxsplit=1)[0]} {came}")


LineStage = Stage[LinePerson]
LineLook = Callable[[LineStage], None]
