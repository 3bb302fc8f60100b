"""Tell a core what another one was told (`recording.py`): the same things happen, or it is said
where they don't. Or tell it to one with other limits, to see what they would have done.
"""

from __future__ import annotations

import heapq
import json
import struct
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import Any, Final

from chat.core import ChatCore, Limits, Settings
from chat.core.actions import Action, Close, Hold, Save
from chat.core.commands import Command, Tagged
from chat.core.dialect import Dialect
from chat.core.entry import Entry, decode
from chat.core.errors import Refusal
from chat.core.events import Event, Said
from chat.core.snapshot import digest, load
from chat.core.world import World
from chat.dialects import ADMIN, ADMIN_JSON, DIALECTS, JSON, LOCAL
from chat.testing.recording import VERSION, Reparsed

NO_RECORDING: Final = (
    *(AttributeError, KeyError, OverflowError, RecursionError, TypeError),
    *(Refusal, json.JSONDecodeError),
)
"""What comes of reading something else as one."""

TIMER_LATE_S: Final = 1e-6  # a line that waits is never taken up too early, as timers are late

_BY_NAME: Final[dict[str, Dialect]] = {
    **DIALECTS,
    **{dialect.name: dialect for dialect in (LOCAL, ADMIN, ADMIN_JSON, JSON)},
    "ws": JSON,  # in frames, of which the core knows nothing
}

METHODS: Final = frozenset(
    {
        *("connect", "speak", "receive", "receive_too_long", "submit", "disconnect", "time_out"),
        *("shut_down", "configure", "finish", "saved", "settle", "tidy"),
    }
)
"""What a core may be told. A file may say anything."""

Input = tuple[str, list[Any]]  # a method of ChatCore, and its arguments


class Departure(Exception):
    """A replay has come to another world than the recording."""


class NoRecordingError(ValueError):
    """A file is no recording, or is damaged: one line that says where."""


class Replayer(ChatCore):
    """A ChatCore that counts what becomes of what it is told."""

    def __init__(self, world: World, settings: Settings) -> None:
        super().__init__(None, settings, durable=world.durable)
        self.world = world
        self.counts: Counter[str] = Counter()

    def commit(self, entry: Entry[Any]) -> tuple[Event, ...]:
        """See ChatCore."""
        happened = super().commit(entry)
        self.counts["said"] += sum([isinstance(event, Said) for event in happened])
        return happened

    def tell(self, told: Input) -> list[Action]:
        """Give it an input; returns what it wants done."""
        method, arguments = told
        self.counts["inputs"] += 1
        actions: list[Action] = getattr(self, method)(*arguments) or []
        for action in actions:
            self.counts["lines that waited"] += isinstance(action, Hold)
            self.counts["connections closed"] += isinstance(action, Close)
        return actions


class Replay:
    """Tells a new core all that a recorded one was told, and holds its world against the digests.

    With `limits`, another core (`other`) is told the same under these, for comparison: what would
    they have done? A mapping has some of them, by their names; the others are as recorded.
    `dialects`: those of one's own that were spoken; what isn't among them is ours. Raises
    NoRecordingError.
    """

    def __init__(
        self,
        lines: Iterable[str],
        limits: Limits | Mapping[str, Any] | None = None,
        dialects: Iterable[Dialect] = (),
    ) -> None:
        self._lines = enumerate(lines, start=1)
        known = _BY_NAME | {dialect.name: dialect for dialect in dialects}
        self._dialects = {name: _taking_tagged(dialect) for name, dialect in known.items()}
        try:
            header = json.loads(next(self._lines, (1, ""))[1])
            if header["recording"] != VERSION:
                raise NoRecordingError("a recording of another version")
            settings = Settings(**json.loads(header["settings"]))
            self.core = Replayer(load(header["world"]), settings)
            world = header["world"]
            self._supposed = None if limits is None else Supposed(world, settings, limits)
        except NO_RECORDING as error:
            raise NoRecordingError("no recording") from error
        self.digests = 0
        self._waiting: set[int] = set()  # sessions whose next line was told before

    @property
    def other(self) -> Replayer | None:
        """The one under other limits, if there are any."""
        return self._supposed.core if self._supposed else None

    def run(self) -> None:
        """To the end of the recording. Raises Departure where the worlds part, and
        NoRecordingError."""
        for number, line in self._lines:
            batch, inputs = _read(number, line, self._dialects)
            for told in inputs:
                try:
                    self._tell(told)
                except Exception as error:
                    problem = f"damaged, or a bug: {told[0]} ends in {error!r}"
                    raise NoRecordingError(f"line {number}: {problem}") from error
            if "digest" in batch:
                self.digests += 1
                if digest(self.core.world) != batch["digest"]:
                    raise Departure(f"line {number}: another world after the inputs up to here")
        if self._supposed is not None:
            self._supposed.end(self._waiting)

    def _tell(self, told: Input) -> None:
        method, arguments = told
        again = method == "receive" and arguments[0] in self._waiting
        if method == "receive":
            self._waiting.discard(arguments[0])
        for action in self.core.tell(told):
            if isinstance(action, Hold):
                self._waiting.add(action.session)
        if self._supposed is not None and not again:
            self._supposed.tell(told)


class Supposed:
    """The same conversation under other limits. A line that has to wait is told again when its time
    has come, and what its sender did after it is told behind it."""

    def __init__(self, world: str, settings: Settings, limits: Limits | Mapping[str, Any]) -> None:
        self.core = Replayer(load(world), settings)
        self._limits = limits
        self._held: dict[int, deque[Input]] = {}  # by session, what waits; a line first
        self._due: list[tuple[float, int]] = []  # when, and which session: a heap
        self.core.configure(self._instead_of(self.core.world.limits), settings, 0.0)

    def tell(self, told: Input) -> None:
        """What the recorded core was told, but for what it was told again."""
        method, arguments = told
        if method == "shut_down":
            self.end(())
        self._take_up(_when(told))
        if method in _OF_A_CONNECTION and arguments[0] in self._held:
            self._held[arguments[0]].append(told)
        else:
            self._tell(told)

    def end(self, but: Iterable[int]) -> None:
        """Nothing more comes: what waits is told, but for the sessions that waited at the end of
        the recording, too."""
        for session in but:
            self._held.pop(session, None)
        self._take_up(inf)

    def _instead_of(self, recorded: Limits) -> Limits:
        limits = self._limits
        return limits if isinstance(limits, Limits) else replace(recorded, **limits)

    def _take_up(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            when, session = heapq.heappop(self._due)
            waiting = self._held.pop(session, deque())
            while waiting and session not in self._held:
                self._tell(_at(waiting.popleft(), when))
            if waiting:
                self._held[session] += waiting

    def _tell(self, told: Input) -> None:
        method, arguments = told
        if method == "saved" or (method == "finish" and not self.core.waits_for(arguments[0])):
            return  # of something that has not come to pass here, or see below
        if method == "configure":
            told = method, [self._instead_of(arguments[0]), *arguments[1:]]
        for action in self.core.tell(told):
            if isinstance(action, Save):
                self.core.tell(("saved", [True, _when(told)]))
            elif isinstance(action, Hold):
                self._held[action.session] = deque([told])
                due = _when(told) + action.delay_s + TIMER_LATE_S
                heapq.heappush(self._due, (due, action.session))


_OF_A_CONNECTION: Final = frozenset({"receive", "receive_too_long", "finish", "disconnect"})

Dialects = Mapping[str, Dialect]


def _read(number: int, line: str, dialects: Dialects) -> tuple[dict[str, Any], list[Input]]:
    """Raises NoRecordingError."""
    try:
        batch = json.loads(line)
        return batch, list(_inputs(batch, dialects))
    except NoRecordingError as error:
        raise NoRecordingError(f"line {number}: {error}") from None
    except (*NO_RECORDING, LookupError, ValueError, struct.error) as error:
        raise _damaged(number) from error


def _damaged(number: int) -> NoRecordingError:
    return NoRecordingError(f"line {number}: damaged, or cut off")


def _inputs(batch: dict[str, Any], dialects: Dialects) -> Iterator[Input]:
    """As they were before they were JSON."""
    for (method, *arguments), now in zip(_told(batch), _unpacked(batch["times"]), strict=True):
        if method not in METHODS:
            raise ValueError(f"there is no input {method!r}")
        arguments.insert(_PLACE_OF_NOW.get(method, len(arguments)), now)
        yield method, _restored(method, arguments, dialects)


def _told(batch: dict[str, Any]) -> Iterator[list[Any]]:
    """Each the method's name and the arguments."""
    inputs = iter(batch["inputs"])
    for first in inputs:
        yield first if isinstance(first, list) else ["receive", first, next(inputs, None)]


def _unpacked(text: str) -> tuple[float, ...]:
    data = b64decode(text)
    return struct.unpack(f"<{len(data) // 8}d", data)


_PLACE_OF_NOW: Final = {"connect": 2}  # among an input's arguments; in all others it is the last


def _when(told: Input) -> float:
    method, arguments = told
    now: float = arguments[_PLACE_OF_NOW.get(method, -1)]
    return now


def _at(told: Input, now: float) -> Input:
    """The same at another time; never before its own."""
    method, arguments = told
    return method, [*arguments[:-1], max(now, arguments[-1])]


def _restored(method: str, arguments: list[Any], dialects: Dialects) -> list[Any]:
    """The arguments of an input, as they were before they were JSON. Raises NoRecordingError for
    a dialect that nobody knows."""
    if method in {"connect", "speak"}:
        name = arguments[1]
        if name not in dialects:
            raise NoRecordingError(f"there is no dialect {name!r}; a Replay can be given others")
        arguments[1] = dialects[name]
    elif method == "receive":
        arguments[1:-1] = [_line(*arguments[1:-1])]
    elif method == "submit":
        arguments[1] = decode(arguments[1]).command
    elif method == "configure":
        arguments[:2] = Limits(**arguments[0]), Settings(**arguments[1])
    elif method == "finish" and isinstance(arguments[1], list):
        arguments[1] = tuple([Said(**said) for said in arguments[1]])
    return arguments


def _line(text: str, tag: str | None = None) -> bytes | Tagged:
    """As it was sent; what had a password in it (`text` is an entry then), as what it asked for."""
    return text.encode("latin-1") if tag is None else Tagged(decode(text).command, tag)


def _taking_tagged(dialect: Dialect) -> Dialect:
    """The same dialect, which takes what stands for a line with a password for what it is."""

    def parse(line: Any) -> Command | Tagged:
        return line if isinstance(line, Tagged) else dialect.parse(line)

    return Reparsed(dialect, parse)
