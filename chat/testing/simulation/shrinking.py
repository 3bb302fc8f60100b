"""Shrinking: from a scenario that fails to as little of it as fails still (delta debugging)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Final, NamedTuple, TypeVar

from chat.testing.simulation.scenario import Scenario
from chat.testing.simulation.scripts import Script, Step
from reactor.testing import Faults

T = TypeVar("T")

SECONDS: Final = 60.0  # of trying, at most
SHOWN_MAX_CHARS: Final = 200  # of a step, or a line of what fails

LESS: Final[tuple[tuple[str, Any], ...]] = (
    ("crashes", ()),
    ("stops", ()),
    ("reloads", ()),
    ("clock_jumps", ()),
    ("store_failures", 0.0),
    ("descriptors_max", 0),
    ("faults", Faults()),
    ("durable", False),
)


class Failure(NamedTuple):
    """What was wrong, and how many of their steps people had done by then, by their numbers."""

    problem: str
    done: dict[int, int]


Try = Callable[[Scenario], Failure | None]


class Shrinker:
    """Makes `scenario` smaller, as long as it fails (not always of the same) and there is time."""

    def __init__(self, scenario: Scenario, attempt: Try, seconds: float = SECONDS) -> None:
        self._attempt = attempt
        self._deadline = time.monotonic() + seconds
        failure = attempt(scenario)
        assert failure is not None, "it doesn't fail"
        self.scenario, self.failure = scenario, failure

    def run(self) -> None:
        """What makes a run the shortest comes first: the others are then tried the faster."""
        size = None
        while size != (size := _size(self.scenario)):
            self._cut()
            for name, nothing in LESS:
                self._try(**{name: nothing})
            self._reduce(self.scenario.scripts, lambda scripts: {"scripts": tuple(scripts)})
            self._cut()
            for number in range(len(self.scenario.scripts)):
                self._with_steps(number, line_by_line(self.scenario.scripts[number]))
                steps = self.scenario.scripts[number].steps
                self._reduce(steps, lambda steps, n=number: self._steps(n, steps))  # type: ignore[misc]
            self._reduce(self.scenario.crashes, lambda crashes: {"crashes": tuple(crashes)})
            for fault in fields(Faults):
                calm = {fault.name: fault.default}
                self._try(faults=replace(self.scenario.faults, **calm))  # type: ignore[arg-type]

    def _try(self, **changes: Any) -> bool:
        """Take over a change, if what comes of it fails, too."""
        smaller = replace(self.scenario, **changes)
        if smaller == self.scenario or time.monotonic() > self._deadline:
            return False
        failure = self._attempt(smaller)
        if failure is not None:
            self.scenario, self.failure = smaller, failure
        return failure is not None

    def _cut(self) -> None:
        """Nobody needs what they had not done when it failed."""
        done = self.failure.done
        scripts = [replace(s, steps=s.steps[: done[s.number]]) for s in self.scenario.scripts]
        self._try(scripts=tuple(scripts))

    def _reduce(self, items: Sequence[T], changes: Callable[[list[T]], dict[str, Any]]) -> None:
        take_out(items, lambda fewer: self._try(**changes(fewer)))

    def _steps(self, number: int, steps: Sequence[Step]) -> dict[str, Any]:
        scripts = list(self.scenario.scripts)
        scripts[number] = replace(scripts[number], steps=tuple(steps))
        return {"scripts": tuple(scripts)}

    def _with_steps(self, number: int, steps: Sequence[Step]) -> None:
        self._try(**self._steps(number, steps))


def take_out(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Take out halves, then quarters, and so on down to one, as long as what is left fails."""
    left = list(items)
    size = len(left)
    while size:
        begin = 0
        while begin < len(left):
            fewer = left[:begin] + left[begin + size :]
            if fails(fewer):
                left = fewer
            else:
                begin += size
        size //= 2
    return left


def shrink(scenario: Scenario, attempt: Try, seconds: float = SECONDS) -> tuple[Scenario, str]:
    """A smaller scenario that fails, and of what it fails."""
    shrinker = Shrinker(scenario, attempt, seconds)
    shrinker.run()
    return shrinker.scenario, shrinker.failure.problem


def transcript(scenario: Scenario, problem: str) -> str:
    """Who does what, in the words that they would type."""
    lines = [f"{line:.{SHOWN_MAX_CHARS}}" for line in f"What fails: {problem}".splitlines()]
    for name, nothing in LESS:
        if (value := getattr(scenario, name)) != nothing:
            lines.append(f"{name}: {_unusual(value)}")
    for script in scenario.scripts:
        lines.append(f"person {script.number}, after {script.arrives_s:.3f} s:")
        lines.append(f"    {script.hello.decode().rstrip()}")
        for step in script.steps:
            what = repr(step.data)[2:-1] if step.deed == "type" else f"({step.deed})"
            later = f"   # {step.after_s:.3f} s later" * bool(step.after_s)
            lines.append(f"    {what:.{SHOWN_MAX_CHARS}}{later}")
    return "\n".join(lines)


def _unusual(value: object) -> object:
    if not isinstance(value, Faults):
        return value
    rates = {field.name: getattr(value, field.name) for field in fields(Faults)}
    calm = Faults()
    return ", ".join(
        f"{name} {rate:g}" for name, rate in rates.items() if rate != getattr(calm, name)
    )


def line_by_line(script: Script) -> list[Step]:
    """The same, but what is typed at once is as many steps as lines. In what telnet sends by itself
    a line's end ends none."""
    steps: list[Step] = []
    for step in script.steps:
        if not step.deed.startswith("type"):
            steps.append(step)
            continue
        first, *others = step.data.splitlines(keepends=True) or [b""]
        steps.append(replace(step, data=first))
        steps += [Step(0.0, "type", line) for line in others]
    return steps


def _size(scenario: Scenario) -> int:
    return sum(len(script.steps) + 1 for script in scenario.scripts) + len(repr(scenario.faults))
