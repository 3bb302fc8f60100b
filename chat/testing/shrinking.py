"""Shrinking: from a scenario that fails to as little of it as fails still (delta debugging)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Final, TypeVar

from chat.testing.scenario import Scenario
from reactor.testing import Faults

T = TypeVar("T")

SECONDS: Final = 60.0  # of trying, at most

Fails = Callable[[Scenario], str]


def shrink(scenario: Scenario, fails: Fails, seconds: float = SECONDS) -> tuple[Scenario, str]:
    """A smaller scenario that fails, if not always of the same, and of what it fails."""
    problem = fails(scenario)
    assert problem, "it doesn't fail"
    deadline = time.monotonic() + seconds
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in _smaller(scenario):
            if time.monotonic() > deadline:
                return scenario, problem
            if found := fails(smaller):
                scenario, problem, shrunk = smaller, found, True
                break
    return scenario, problem


def transcript(scenario: Scenario, problem: str) -> str:
    """Who does what, in the words that they would type."""
    lines = [f"What fails: {problem}", f"{scenario.faults}"]
    for name in ("durable", "store_failures", "crashes", "descriptors_max", "clock_jumps"):
        if value := getattr(scenario, name):
            lines.append(f"{name}: {value}")
    for script in scenario.scripts:
        lines.append(f"person {script.number}, after {script.arrives_s:.3f} s:")
        lines.append(f"    {script.hello.decode().rstrip()}")
        for step in script.steps:
            what = repr(step.data) if step.deed == "type" else f"({step.deed})"
            lines.append(f"    + {step.after_s:.3f} s  {what:.200}")
    return "\n".join(lines)


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """With less of everything, the largest parts first."""
    for scripts in _without(scenario.scripts):
        yield replace(scenario, scripts=tuple(scripts))
    for number, script in enumerate(scenario.scripts):
        for steps in _without(script.steps):
            fewer = list(scenario.scripts)
            fewer[number] = replace(script, steps=tuple(steps))
            yield replace(scenario, scripts=tuple(fewer))
    for crashes in _without(scenario.crashes):
        yield replace(scenario, crashes=tuple(crashes))
    yield from _calmer(scenario)


def _calmer(scenario: Scenario) -> Iterator[Scenario]:
    """With one thing less that goes wrong."""
    calm = Faults()
    for fault in fields(Faults):
        value = getattr(calm, fault.name)
        if getattr(scenario.faults, fault.name) != value:
            yield replace(scenario, faults=replace(scenario.faults, **{fault.name: value}))
    for other in (
        replace(scenario, store_failures=0.0),
        replace(scenario, descriptors_max=0),
        replace(scenario, clock_jumps=()),
        replace(scenario, durable=False),
    ):
        if other != scenario:
            yield other


def _without(items: Sequence[T]) -> Iterator[list[T]]:
    """All but a half of them, then all but a quarter, and so on down to all but one."""
    size = (len(items) + 1) // 2
    while size and items:
        for begin in range(0, len(items), size):
            yield [*items[:begin], *items[begin + size :]]
        size = size // 2 if size > 1 else 0
