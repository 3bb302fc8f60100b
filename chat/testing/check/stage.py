"""Stage: some people on a server, for as long as one rule looks at it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Generic, Self, TypeVar

from chat.testing.calls import CallEndedError
from chat.testing.check.person import Person
from chat.testing.check.rules import Broken
from reactor import Address

PATIENCE_S: Final = 3.0  # what doesn't come in this time doesn't come
PAUSE_S: Final = 0.02  # between two tries of what may take the server a moment
TAG_BYTES: Final = 2

PersonT_co = TypeVar("PersonT_co", bound=Person, covariant=True)


@dataclass
class Target:
    """The server, and how it is to be treated."""

    address: Address
    patience_s: float = PATIENCE_S
    idle_s: float = 0.0  # after which the server is said to disconnect; 0: nobody says so
    tag: str = field(default_factory=lambda: secrets.token_hex(TAG_BYTES))
    """What is in every name of a run, and in no other's."""
    numbers: Iterator[int] = field(default_factory=count)
    variety: Any = None
    """Which of the allowed varieties the server is, once that is known."""
    room: str = ""
    """Where there are rooms: the one of the rule that is being looked at."""
    present: set[str] = field(default_factory=set)
    """Who has been seen there."""

    def word(self, start: str) -> str:
        """Of letters and digits, and nobody has used it before: a name, a room or a text."""
        return f"{start}{self.tag}x{next(self.numbers)}"

    def readable(self, text: str) -> str:
        """For people: `ann7` for `anned3fx7`, and nothing that means something to a terminal."""
        short = text.replace(f"{self.tag}x", "")
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in short)


class Stage(Generic[PersonT_co]):
    """Where one rule looks. Everyone is gone at the end of a `with`."""

    def __init__(self, target: Target, kind: Callable[[str, Target, bool], PersonT_co]) -> None:
        self.target = target
        self._kind = kind
        self._people: list[Person] = []
        target.room, target.present = target.word("room"), set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for person in self._people:
            person.call.close()

    @property
    def heard(self) -> list[str]:
        """All that came to anybody so far."""
        return [line for person in self._people for line in person.log]

    def word(self, start: str = "hello") -> str:
        """As `Target.word`."""
        return self.target.word(start)

    def caller(self, role: str, *, name: str = "", narrow: bool = False) -> PersonT_co:
        """Someone who has connected, and hasn't said anything."""
        person = self._kind(name or self.word(role), self.target, narrow)
        self._people.append(person)
        return person

    def enter(self, role: str, *, name: str = "", narrow: bool = False) -> PersonT_co:
        """Someone who hears and is heard."""
        person = self.caller(role, name=name, narrow=narrow)
        person.come_in()
        return person

    def enter_all(self, *roles: str) -> list[PersonT_co]:
        """Several of them, in this order."""
        return [self.enter(role) for role in roles]

    def enter_again(self, name: str) -> None:
        """Someone comes in by a name that has to be free by now, or soon. Raises Broken."""
        until = time.monotonic() + self.target.patience_s
        while time.monotonic() < until:
            person = self.caller("", name=name)
            with suppress(Broken, CallEndedError):
                person.come_in()
                return
            person.call.close()
            time.sleep(PAUSE_S)
        raise Broken(f"{name} is gone, and nobody else can have that name")


def talk(one: Person, other: Person, word: str) -> None:
    """One says something and then the other, each heard by the other. Whatever the server was
    asked for before this by these two, it has answered. Raises Broken."""
    one.say(f"{word} a")
    other.hears(one, f"{word} a")
    other.say(f"{word} b")
    one.hears(other, f"{word} b")
