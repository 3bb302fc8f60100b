"""The machine that everyone can use (`chat.testing.machine`), at the core; people fall silent."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import rule

from chat.core import Limits, Settings
from chat.testing.machine import Talk, someone
from chat.testing.machine.subjects import CoreSubject
from chat.testing.machine.subjects.core import Session
from tests.core.support import RecordingCore

LAST = {"line": "INFO idle-timeout", "slash": "You have been idle for too long. Goodbye!"}


def recording(limits: Limits, settings: Settings) -> RecordingCore:
    """A core that sees to it that what is refused changes nothing."""
    return RecordingCore(limits, settings, durable=False, epoch="")


class TalkAndSilence(Talk):
    """With one rule more."""

    core = subject = CoreSubject(recording)

    @rule(who=someone)
    def fall_silent(self, who: str) -> None:
        call = self.visitor(who).call
        assert isinstance(call, Session)
        self.core.tell("time_out", call.number)
        self.end_visit(who, LAST[self.people[who]])


TestTalk = TalkAndSilence.TestCase
TestTalk.settings = settings(max_examples=60, stateful_step_count=40)
