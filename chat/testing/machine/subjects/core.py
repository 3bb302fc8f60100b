"""The core alone as what is under test: no socket, no loop, and a clock that counts its inputs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from chat.core import ChatCore, Limits, Settings
from chat.core import actions as acts
from chat.core.actions import Action, Audience
from chat.dialects import DIALECTS
from chat.dialects.detect import detect
from chat.testing.calls import CallEndedError
from chat.testing.machine.subjects.base import Subject
from reactor import TOO_LONG, LineFramer

LINE: Final = DIALECTS["line"]
NOW: Final = 1_700_000_000.0  # an ordinary number of seconds since the epoch


class CoreSubject(Subject):
    """A ChatCore, or what `make` makes of limits and settings: another class of it, perhaps.

    After every input, the core's world has to be sound."""

    def __init__(self, make: Callable[[Limits, Settings], ChatCore] = ChatCore) -> None:
        self._make = make
        self._sessions: dict[int, Session] = {}
        self._members: dict[Audience, list[int]] = {}
        self.now = NOW

    def begin(self, settings: Settings) -> Settings:
        """A new core."""
        self.core = self._make(Limits(rate_burst=0), settings)
        self._sessions, self._members = {}, {}
        return settings

    def connect(self) -> Session:
        """Someone comes in."""
        session = Session(self, len(self._sessions) + 1)
        self._sessions[session.number] = session
        self.tell("connect", session.number, LINE)
        return session

    def end(self) -> None:
        """There is nothing to end."""

    def tell(self, method: str, *arguments: Any) -> None:
        """Give the core an input, and do what it says."""
        self.now += 1.0
        for action in getattr(self.core, method)(*arguments, self.now):
            _PERFORM[type(action)](self, action)
        self.core.world.check_invariants()

    def _send(self, action: acts.Send) -> None:
        self._sessions[action.session].lines += action.data.split(b"\n")[:-1]

    def _publish(self, action: acts.Publish) -> None:
        for number in self._members[action.audience]:
            if number != action.but:
                self._send(acts.Send(number, action.data))

    def _enter(self, action: acts.Enter) -> None:
        self._members.setdefault(action.audience, []).append(action.session)

    def _exit(self, action: acts.Exit) -> None:
        self._members[action.audience].remove(action.session)

    def _close(self, action: acts.Close) -> None:
        self._sessions[action.session].how_it_ended = action.reason

    def _report(self, _action: acts.Report) -> None:
        """There is no log."""


_PERFORM: Final[dict[type[Action], Callable[[CoreSubject, Any], None]]] = {
    acts.Send: CoreSubject._send,
    acts.Publish: CoreSubject._publish,
    acts.Enter: CoreSubject._enter,
    acts.Exit: CoreSubject._exit,
    acts.Close: CoreSubject._close,
    acts.Report: CoreSubject._report,
}


class Session:
    """Someone's connection, as they see it."""

    def __init__(self, subject: CoreSubject, number: int) -> None:
        self.number = number
        self.lines: deque[bytes] = deque()
        self.how_it_ended = ""
        self._subject = subject
        self._framer = LineFramer()
        self._spoken = False

    def send(self, line: bytes) -> None:
        """As over a socket."""
        for whole in self._framer.feed(line + b"\n"):
            self._receive(whole)

    def receive(self, timeout_s: float) -> bytes | None:  # noqa: ARG002 - all is here at once
        """The next line."""
        if self.lines:
            return self.lines.popleft()
        if self.how_it_ended:
            raise CallEndedError(self.how_it_ended)
        return None

    def close(self) -> None:
        """Hang up."""
        if not self.how_it_ended:
            self.how_it_ended = "hung up"
            self._subject.tell("disconnect", self.number, "connection lost")

    def _receive(self, line: bytes) -> None:
        if line is TOO_LONG:
            self._subject.tell("receive_too_long", self.number)
            return
        name = None if self._spoken else detect(line)
        if name is not None:
            self._spoken = True
            self._subject.tell("speak", self.number, DIALECTS.get(name, LINE))
        self._subject.tell("receive", self.number, line)
