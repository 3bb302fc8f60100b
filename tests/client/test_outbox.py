"""Requests: out once, in order, and again only where they did not arrive."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from chat.client.outbox import Outbox, Request


def say(text: str) -> dict[str, Any]:
    return {"type": "say", "room": "tea", "text": text}


def texts(requests: list[Request]) -> list[str]:
    return [request.fields["text"] for request in requests]


def test_an_answer_is_for_one_request() -> None:
    outbox = Outbox("p-")
    request = outbox.post(say("a"))
    assert request.object == {"id": "p-1", **say("a")}
    assert outbox.answered("p-2") is None
    assert outbox.answered("p-1") is request
    assert outbox.answered("p-1") is None
    assert not outbox.typed


def test_what_is_part_of_coming_in_goes_before_what_was_typed() -> None:
    outbox = Outbox("")
    outbox.post(say("a"))
    login = outbox.post({"type": "login"}, by_hand=False)
    assert outbox.take("ann", by_hand=False) == [login]
    assert texts(outbox.take("ann", by_hand=True)) == ["a"]


def test_what_is_not_a_say_is_not_sent_again() -> None:
    outbox = Outbox("")
    asked = outbox.post({"type": "private"})
    outbox.post({"type": "join"}, by_hand=False)
    waiting = outbox.post({"type": "rooms"})
    outbox.take("ann", by_hand=True)
    waiting.sent = False
    assert outbox.lost() == [asked]
    assert outbox.typed == [waiting]


def test_only_ones_own_words_are_recognised() -> None:
    outbox = Outbox("")
    outbox.post(say("a"))
    outbox.post({"type": "private"})
    outbox.take("ann", by_hand=True)
    assert outbox.seen("1", "bob") is None
    assert outbox.seen("2", "ann") is None
    assert outbox.seen("1", "ann") is not None
    assert len(outbox.typed) == 1


class Connections(RuleBasedStateMachine):
    """A server that hears some of what is sent, and a connection that breaks anywhere."""

    @initialize()
    def begin(self) -> None:
        self.outbox = Outbox("")
        self.typed: list[str] = []
        self.log: list[tuple[str, str]] = []  # what the server has: id and text
        self.unheard: list[Request] = []  # on the wire
        self.unconfirmed: list[str] = []  # answers on the wire
        self.ready = True

    @rule()
    def type(self) -> None:
        self.typed.append(str(len(self.typed)))
        self.outbox.post(say(self.typed[-1]))

    @rule()
    def send(self) -> None:
        if self.ready:
            self.unheard += self.outbox.take("ann", by_hand=True)

    @rule()
    def hear(self) -> None:
        if self.unheard:
            request = self.unheard.pop(0)
            self.log.append((request.id, request.fields["text"]))
            self.unconfirmed.append(request.id)

    @rule()
    def confirm(self) -> None:
        if self.unconfirmed:
            assert self.outbox.answered(self.unconfirmed.pop(0)) is not None

    @rule()
    def lose(self) -> None:
        assert self.outbox.lost() == []
        self.unheard, self.unconfirmed, self.ready = [], [], False

    @rule()
    def come_back(self) -> None:
        if not self.ready:
            for request_id, _ in self.log:
                self.outbox.seen(request_id, "ann")
            self.ready = True

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        self.lose()
        self.come_back()
        self.send()
        while self.unheard:
            self.hear()
            self.confirm()
        assert [text for _, text in self.log] == self.typed
        assert not self.outbox.typed


TestConnections = Connections.TestCase
TestConnections.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
