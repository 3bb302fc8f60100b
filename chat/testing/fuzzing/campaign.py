"""Campaign: run after run against one server, until something is over; what is found is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chat.testing.fuzzing import conversation, probing, watching
from chat.testing.fuzzing.conversation import Conversation, Deed
from chat.testing.fuzzing.growth import Growth
from chat.testing.fuzzing.playing import Player
from chat.testing.fuzzing.process import Process
from chat.testing.fuzzing.tongues import Tongue
from chat.testing.fuzzing.watching import Problem
from chat.testing.simulation.shrinking import take_out

SHRINK_S: Final = 10.0  # of trying to make a finding smaller, at most
CALM_PACE_S: Final = 0.002
"""With so much time between two deeds, what comes first is mostly handled first: who plays
something again wants the same to happen again."""

ENDING_S: Final = 1.0  # in which a process that dies has ended, once it has hung up on somebody

SHRINKABLE: Final = {"control characters", "not UTF-8", "no known form", "overheard"}
"""What a server survives, and does again."""

ENDED: Final = Problem("crash", "the process has ended")
FATAL: Final = {"crash", "hang", "cut off"}
"""After one of these there is nothing more to be found."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done, where, and for how long."""

    address: tuple[str, int]
    tongue: Tongue
    prefix: str
    """Of the names of files, and of those who ask how the server is."""

    seconds: float
    folder: Path | None
    """Where findings are saved, if anywhere."""

    memory_more_max_mib: int
    pace_s: float
    """Between two deeds."""


class UnwellError(Exception):
    """A server is not well before anything has happened. The message says what may be wrong."""


class Campaign:
    """Each kind of problem is told and saved once: where there is one, there are many.

    Raises OSError when nobody is there, and UnwellError when nobody can log in."""

    def __init__(self, plan: Plan, process: Process | None, tell: Callable[[str], object]) -> None:
        self.plan = plan
        self.runs = 0
        self.found: list[Problem] = []
        self._process = process
        self._tell = tell
        self._greetings = probing.greetings(plan.tongue, plan.address)
        unwell = self._health()
        if unwell is not None:
            spoken = plan.tongue.name
            raise UnwellError(f"nobody can log in there: {unwell.about}; does it speak {spoken}?")
        self._growth = Growth(process, plan.memory_more_max_mib) if process else None

    def run(self, conversations: Iterable[Conversation]) -> None:
        """One after the other, as long as there is time and somebody to talk to."""
        until = time.monotonic() + self.plan.seconds
        for played in conversations:
            if time.monotonic() > until or any(problem.kind in FATAL for problem in self.found):
                break
            self.runs += 1
            for problem in self._problems(played):
                self._note(problem, played)

    def __str__(self) -> str:
        grown = f"; {self._growth}" if self._growth and self._process_lives() else ""
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        return f"{runs}, {len(self.found)} found{grown}"

    def _problems(self, played: Conversation) -> Iterator[Problem]:
        with self._played(played, self.plan.pace_s) as player:
            fatal = self._health("a")
        yield from self._heard(player)
        fatal = fatal or self._health("b")
        if fatal is not None:
            yield fatal
        elif self._growth is not None:
            try:
                yield from self._growth.problems()
            except FileNotFoundError:  # it has ended since it was asked for
                yield ENDED

    def _played(self, conversation: Conversation, pace_s: float) -> Player:
        """How it went, as far as it did: if nobody answers, who asks how the server is says so."""
        player = Player(self.plan.address, self.plan.tongue, pace_s)
        with suppress(OSError):
            player.play(conversation)
        return player

    def _heard(self, player: Player) -> Iterator[Problem]:
        return watching.problems(self.plan.tongue, player.presences, self._greetings)

    def _health(self, when: str = "") -> Problem | None:
        """What ails it, if anything does."""
        if not self._process_lives():
            return ENDED
        problem = self._probe(when)
        if problem is not None and problem.kind == "cut off":
            problem = self._end(f"{when}x") or problem
        return problem if problem is None or self._process_lives() else ENDED

    def _end(self, when: str) -> Problem | None:
        """The crash, if that is what it was: who dies hangs up on everyone a moment before."""
        if self._process is not None:
            return ENDED if self._process.ends_within(ENDING_S) else None
        problem = self._probe(when)
        return problem if problem is not None and problem.kind == "crash" else None

    def _probe(self, when: str) -> Problem | None:
        plan = self.plan
        return probing.probe(plan.tongue, plan.address, f"{plan.prefix}-{self.runs}{when}")

    def _process_lives(self) -> bool:
        return self._process is None or self._process.is_alive

    def _note(self, problem: Problem, played: Conversation) -> None:
        if any(problem.kind == known.kind for known in self.found):
            return
        self.found.append(problem)
        folder = self.plan.folder
        try:
            self._tell(f"run {self.runs}: {problem}")
            if folder is not None and problem.kind in SHRINKABLE:
                played, problem = self._shrunk(played, problem)
        finally:  # who has no patience for that, or reads no more, still has what was found
            if folder is not None:
                self._save(folder, problem, played)

    def _save(self, folder: Path, problem: Problem, played: Conversation) -> None:
        kind, about = problem
        path = folder / f"{self.plan.prefix}-{self.runs}-{kind.replace(' ', '-')}.jsonl"
        try:
            conversation.write(path, played, run=self.runs, kind=kind, about=about)
        except OSError as error:
            self._tell(f"    could not be saved: {path}: {error.strerror or error}")
        else:
            self._tell(f"    saved: {path}")

    def _shrunk(self, played: Conversation, problem: Problem) -> tuple[Conversation, Problem]:
        """As little of it as is wrong in the same way."""
        until = time.monotonic() + SHRINK_S
        last = problem

        def fails(deeds: list[Deed]) -> bool:
            nonlocal last
            if time.monotonic() > until:
                return False
            with self._played(replace(played, deeds=tuple(deeds)), CALM_PACE_S) as player:
                alike = [found for found in self._heard(player) if found.kind == last.kind]
            last = alike[0] if alike else last
            return bool(alike)

        deeds = list(played.deeds)
        if fails(apart := [part for deed in deeds for part in conversation.line_by_line(deed)]):
            deeds = apart
        return replace(played, deeds=tuple(take_out(deeds, fails))), last
