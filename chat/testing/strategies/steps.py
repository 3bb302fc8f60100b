"""Whole visits, and conversations of several people: plain data, which prints as what they type.

    ann> (connects)
    ann> LOGIN ann
    ben> (connects)
    ben> /nick ben
    ben> /join lobby
    ann> MSG hi
    ann> (hangs up)

`conversations` are well-meant, and hold nothing that a server of the protocol may refuse to
understand; `hostile_conversations` hold anything, from the first byte on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hypothesis import strategies as st

from chat.testing.strategies.values import PEOPLE, PLAIN, Values
from chat.testing.strategies.verbs import PROMISED, Dialect, hostile_lines, lines, written

TALKING: Final[tuple[Dialect, ...]] = ("line", "slash", "json")
"""The dialects of people; `admin` is spoken elsewhere, on a socket of its own."""

STEPS_MAX: Final = 20  # of which most are lines: more take long to make, and find little more

Deed = Literal["connects", "sends", "hangs up"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does. `data` is what they send, with its line end if it has one."""

    who: str
    deed: Deed
    data: bytes = b""

    def __str__(self) -> str:
        """As one line of a transcript."""
        if self.deed != "sends":
            return f"{self.who}> ({self.deed})"
        text = self.data.decode(errors="replace").removesuffix("\n")
        typed = text.isprintable() and f"{text}\n".encode() == self.data
        return f"{self.who}> {text}" if typed else f"{self.who}> (sends {self.data!r})"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who speaks what, and what they do, one after the other. Who has hung up, or said goodbye,
    does nothing more, unless they connect again."""

    dialects: tuple[tuple[str, Dialect], ...]
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        """A transcript, which a person can type."""
        return "\n".join(map(str, self.steps))

    def of(self, who: str) -> tuple[Step, ...]:
        """One person's part in it."""
        return tuple([step for step in self.steps if step.who == who])


GOODBYES: Final[dict[Dialect, bytes]] = {
    "line": b"QUIT",
    "slash": b"/quit",
    "json": b'{"type": "quit"}',
    "admin": b"QUIT",
}


def hellos(dialect: Dialect, name: str) -> tuple[bytes, ...]:
    """What somebody types first: who they are, and where they want to be."""
    if dialect == "line":
        return (f"LOGIN {name}".encode(),)
    if dialect == "slash":
        return f"/nick {name}".encode(), b"/join lobby"
    return written({"type": "login", "name": name}), written({"type": "join", "room": "lobby"})


def visits(dialect: Dialect, name: str = PEOPLE[0]) -> st.SearchStrategy[Conversation]:
    """One person's whole visit, from the first line to the goodbye or the end of the line."""
    leaving = st.sampled_from([_said(name, GOODBYES[dialect]), Step(name, "hangs up")])
    acts = st.lists(_acts(dialect, name, PLAIN), max_size=STEPS_MAX)
    steps = st.builds(lambda acts, end: _arriving([*acts, end], {name: dialect}), acts, leaving)
    return steps.map(lambda steps: Conversation(((name, dialect),), steps))


def conversations(
    dialects: Sequence[Dialect] = TALKING, people: Sequence[str] = PEOPLE
) -> st.SearchStrategy[Conversation]:
    """People who mean well, each in a dialect of their own and under a name of their own. They
    may hang up, say goodbye and come again. On a server that you share with others, or that you
    do not start afresh for each example, give it other `people` each time."""
    values = {**PLAIN, "name": st.sampled_from(people), "to": st.sampled_from(people)}
    deeds = {(who, speaks): _deeds(speaks, who, values) for who in people for speaks in dialects}
    return _talks(dialects, people, deeds, st.just(True))


def hostile_conversations(
    dialects: Sequence[Dialect] = TALKING, people: Sequence[str] = PEOPLE
) -> st.SearchStrategy[Conversation]:
    """People who send anything, whole lines or not, and come and go as they like; their names
    clash. Whoever does something is connected."""
    deeds = {(who, speaks): _misdeeds(speaks, who) for who in people for speaks in dialects}
    return _talks(dialects, people, deeds, st.booleans())


@st.composite
def _talks(
    draw: st.DrawFn,
    dialects: Sequence[Dialect],
    people: Sequence[str],
    deeds: Mapping[tuple[str, Dialect], st.SearchStrategy[Step]],
    greeting: st.SearchStrategy[bool],
) -> Conversation:
    chosen = draw(st.tuples(*[st.sampled_from(dialects)] * len(people)))
    speaks = dict(zip(people, chosen, strict=True))
    greeted = draw(greeting)
    deed = st.sampled_from(people).flatmap(lambda who: deeds[who, speaks[who]])
    steps = _arriving(draw(st.lists(deed, min_size=1, max_size=STEPS_MAX)), speaks, greeted=greeted)
    here = {step.who for step in steps}
    return Conversation(tuple([item for item in speaks.items() if item[0] in here]), steps)


def _said(who: str, line: bytes) -> Step:
    return Step(who, "sends", line + b"\n")


def _acts(dialect: Dialect, who: str, values: Values) -> st.SearchStrategy[Step]:
    """What somebody does who is there, and stays."""
    openings = {"LOGIN", "login", "/nick", "QUIT", "/quit", "quit"}
    verbs = [verb for verb in PROMISED[dialect] if verb not in openings]
    return lines(dialect, verbs, values).map(lambda line: _said(who, line))


def _deeds(dialect: Dialect, who: str, values: Values) -> st.SearchStrategy[Step]:
    goodbyes = [_said(who, GOODBYES[dialect]), Step(who, "hangs up")]
    return st.one_of(_acts(dialect, who, values), st.sampled_from(goodbyes))


def _misdeeds(dialect: Dialect, who: str) -> st.SearchStrategy[Step]:
    ends = st.sampled_from([b"\n", b"\r\n", b""])
    sent = st.builds(bytes.__add__, hostile_lines(dialect), ends)
    said = sent.map(lambda data: Step(who, "sends", data))
    return st.one_of(said, said, said, st.just(Step(who, "hangs up")))


def _arriving(
    steps: Iterable[Step], speaks: dict[str, Dialect], *, greeted: bool = True
) -> tuple[Step, ...]:
    """The same steps; but who is not there connects first, and, if `greeted`, says who they are."""

    def all_steps() -> Iterator[Step]:
        here: set[str] = set()
        for step in steps:
            who, dialect = step.who, speaks[step.who]
            if who not in here:
                here.add(who)
                yield Step(who, "connects")
                yield from [_said(who, line) for line in hellos(dialect, who) if greeted]
            yield step
            if step.deed == "hangs up" or step.data == GOODBYES[dialect] + b"\n":
                here.discard(who)

    return tuple(all_steps())
