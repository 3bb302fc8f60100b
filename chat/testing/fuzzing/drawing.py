"""Draws a conversation from a seed: the same one, always."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from random import Random
from typing import Final

from chat.testing.fuzzing.conversation import Conversation, Deed
from chat.testing.fuzzing.mutations import mutated
from chat.testing.fuzzing.tongues import Tongue
from chat.testing.simulation.scripts import LONG_TEXT, NAMES, PASSWORDS

PEOPLE_MAX: Final = 6
DEEDS_MAX: Final = 25  # of one of them
FLOOD_MAX: Final = 80  # lines at once
MARKS_MAX: Final = 1_000_000  # of one person
NAMELESS: Final = 0.15  # of the people: they begin without a name
MUTATED: Final = 0.1  # of what is typed; in half of the conversations nothing is
ASTRAY_MAX: Final = 4  # deeds that happen twice, elsewhere, or never
HASHED: Final = 0.1  # of the lines with a password: each costs the server a fifth of a second

DROWNED: Final = 0.03  # of the conversations: somebody who doesn't read is flooded

VANISHING: Final = 0.7  # of those who are in the middle of a line

WAYS: Final = (*(["type"] * 80), *(["type torn"] * 8), "send raw")
OTHERS: Final = (*(["stop reading", "read", "reset", "hang up"] * 2), "send end")
OTHERWISE: Final = 0.1  # of the deeds: nothing is typed


def draw(tongue: Tongue, seed: int, run: int) -> Conversation:
    """The conversation of one run. All that is said in it has marks that no other run has."""
    random = Random(f"fuzz {tongue.name} {seed} {run}")
    parts = [
        list(_part(random, tongue, who, f"{run * PEOPLE_MAX + who}"))
        for who in range(random.randint(2, PEOPLE_MAX))
    ]
    deeds = list(_interleaved(random, parts))
    if deeds and random.random() < 0.5:
        deeds = [_perhaps_mutated(random, deed) for deed in deeds]
        for _ in range(random.randint(0, ASTRAY_MAX)):
            random.choice(ASTRAY)(random, deeds)
    if random.random() < DROWNED:
        deeds += _drowning(tongue, f"{run * PEOPLE_MAX + PEOPLE_MAX - 1}")
    return Conversation(tongue.name, tuple(deeds))


def _drowning(tongue: Tongue, number: str) -> Iterator[Deed]:
    """Two who have done nothing before."""
    for who in (PEOPLE_MAX, PEOPLE_MAX + 1):
        lines = [line for line, _ in tongue.enter(f"n{number}x{who}", "den")]
        yield Deed(who, "type", b"".join([line + b"\n" for line in lines]))
    yield Deed(PEOPLE_MAX, "stop reading")
    text = tongue.say("den", f"<s{number}.{MARKS_MAX}> {LONG_TEXT}")
    yield Deed(PEOPLE_MAX + 1, "flood", text + b"\n")


def _part(random: Random, tongue: Tongue, who: int, number: str) -> Iterator[Deed]:
    """What somebody does."""
    marks = count(1)
    if random.random() >= NAMELESS:
        # The second is for when the name is taken, or somebody has it for themselves.
        names = (NAMES[who], f"{NAMES[who]}{number}")
        hellos = [tongue.hello.format(name) for name in names]
        yield Deed(who, "type", "".join([hello + "\n" for hello in hellos]).encode())
    for _ in range(random.randint(0, DEEDS_MAX)):
        if random.random() < OTHERWISE:
            yield Deed(who, random.choice(OTHERS))
        else:
            typed = Deed(who, random.choice(WAYS), _typed(random, tongue, number, marks))
            yield typed
            if not typed.what.endswith(b"\n") and random.random() < VANISHING:
                yield Deed(who, "reset")


def _typed(random: Random, tongue: Tongue, number: str, marks: Iterator[int]) -> bytes:
    lines = random.randint(2, FLOOD_MAX) if random.random() < 0.04 else 1
    end = random.choice(("\n", "\n", "\n", "\r\n"))
    data = "".join([_line(random, tongue, f"{number}.{next(marks)}") + end for _ in range(lines)])
    if random.random() < 0.03:
        data = data.removesuffix(end)  # it never comes
    return data.encode()


def _line(random: Random, tongue: Tongue, mark: str) -> str:
    weights = [weight for weight, _ in tongue.typists]
    while True:
        (_, typist) = random.choices(tongue.typists, weights)[0]
        line = typist(random, mark)
        if random.random() < HASHED or not any(password in line for password in PASSWORDS):
            return line


def _interleaved(random: Random, parts: list[list[Deed]]) -> Iterator[Deed]:
    """Each does their own in order. All say hello before anything else happens, mostly."""
    left = [part[::-1] for part in parts if part]
    if random.random() < 0.7:
        yield from [part.pop() for part in left]
    while left := [part for part in left if part]:
        yield random.choice(left).pop()


def _perhaps_mutated(random: Random, deed: Deed) -> Deed:
    if not deed.what or random.random() > MUTATED:
        return deed
    return replace(deed, what=mutated(random, deed.what))


def _again(random: Random, deeds: list[Deed]) -> None:
    deeds.insert(random.randint(0, len(deeds)), random.choice(deeds))


def _never(random: Random, deeds: list[Deed]) -> None:
    if len(deeds) > 1:
        deeds.pop(random.randrange(len(deeds)))


def _another(random: Random, deeds: list[Deed]) -> None:
    """Somebody else does it."""
    at = random.randrange(len(deeds))
    deeds[at] = replace(deeds[at], who=random.choice(deeds).who)


def _other_order(random: Random, deeds: list[Deed]) -> None:
    one, other = random.randrange(len(deeds)), random.randrange(len(deeds))
    deeds[one], deeds[other] = deeds[other], deeds[one]


ASTRAY: Final[tuple[Callable[[Random, list[Deed]], None], ...]] = (
    *(_again, _never, _another, _other_order),
)
