"""However often a connection is lost, and wherever: everyone's words are shown once and in order,
and one's own are said once and in order."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chat.client.conversation import Conversation
from chat.client.lines import Line
from chat.client.model import Model
from chat.client.typed import Ask
from tests.client.support import NOW, message

LAST = 3  # messages that come with a join: few, so that there can be a gap


class Losing(RuleBasedStateMachine):
    """One room, ann in it, and two queues of frames that a loss empties."""

    @initialize()
    def begin(self) -> None:
        self.talk = Conversation(Model(), "ann", ["tea"], "x")
        self.log: list[dict[str, Any]] = []
        self.typed: list[str] = []
        self.up: deque[dict[str, Any]] = deque()
        self.down: deque[dict[str, Any]] = deque()
        self.connected = self.inside = False
        self.connect()

    @rule()
    def type(self) -> None:
        self.typed.append(f"ann {len(self.typed)}")
        self.talk.ask(Ask({"type": "say", "room": "tea", "text": self.typed[-1]}), NOW)
        self._send()

    @rule()
    def another_says(self) -> None:
        said = message(len(self.log) + 1, f"bob {len(self.log)}")
        self.log.append(said)
        if self.inside:
            self.down.append(said)

    @rule(times=st.integers(min_value=1, max_value=4))
    def server_hears(self, times: int) -> None:
        for _ in range(min(times, len(self.up))):
            asked = self.up.popleft()
            self.down.extend(getattr(self, f"_{asked['type']}")(asked))

    @rule(times=st.integers(min_value=1, max_value=4))
    def client_hears(self, times: int) -> None:
        for _ in range(min(times, len(self.down))):
            self.talk.received(json.dumps(self.down.popleft()), NOW)
            self._send()

    @rule()
    def all_is_heard(self) -> None:
        while self.up or self.down:
            self.client_hears(1)
            self.server_hears(1)

    @rule()
    def lose(self) -> None:
        if self.connected:
            self.up.clear()
            self.down.clear()
            self.connected = self.inside = False
            self.talk.lost("no answer", NOW)
            self._send()

    @rule(far=st.booleans())
    def connect_again(self, far: bool) -> None:
        self.connect()
        if far:
            self.all_is_heard()

    def connect(self) -> None:
        if not self.connected:
            self.connected = True
            self.talk.opened(NOW)
            self.down.append({"type": "welcome"})

    @invariant()
    def what_is_shown_stands_in_the_log(self) -> None:
        """From its first line on, without a gap, and nothing twice."""
        if not hasattr(self, "talk"):
            return
        shown, said = self._shown(), [fields["text"] for fields in self.log]
        if shown:
            start = said.index(shown[0])
            assert shown == said[start : start + len(shown)]

    def teardown(self) -> None:
        if not hasattr(self, "talk"):
            return
        self.connect()
        self.all_is_heard()
        assert self.talk.state == "ready"
        assert self.talk.unsent == 0
        said = [fields["text"] for fields in self.log]
        assert [text for text in said if text.startswith("ann")] == self.typed
        self.what_is_shown_stands_in_the_log()
        if self._shown():
            assert self._shown()[-1] == said[-1]

    def _send(self) -> None:
        for frame in self.talk.frames():
            assert self.connected
            self.up.append(json.loads(frame))

    def _shown(self) -> list[str]:
        room = self.talk.model.room("tea")
        lines: list[Line] = list(room.lines) if room else []
        return [line.text for line in lines if line.kind == "message"]

    # --- the server ---------------------------------------------------------------------------

    def _login(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"type": "ok", "id": asked["id"], "name": "ann"}]

    def _join(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        self.inside = True
        joined = {"type": "ok", "id": asked["id"], "room": "tea", "topic": "", "users": []}
        return [joined, self._history(self.log[-LAST:])]

    def _resume(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**self._history(self.log[asked["seq"] :]), "id": asked["id"]}]

    def _say(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        said = message(len(self.log) + 1, asked["text"], "ann", id=asked["id"])
        self.log.append(said)
        return [{"type": "ok", "id": asked["id"], "room": "tea", "seq": said["seq"]}]

    def _history(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        answer = {"type": "history", "room": "tea", "epoch": "e", "complete": True}
        return {**answer, "messages": messages}


TestLosing = Losing.TestCase
TestLosing.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
