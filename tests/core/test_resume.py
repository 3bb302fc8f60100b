"""Coming back: what was said meanwhile, without a gap; and where there is one, it is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import Limits, Settings
from chat.core.jobs import ReadHistory
from chat.dialects import SlashDialect
from tests.core.json_people import Object, answer, ask, come
from tests.core.support import NOW, Chat

KEPT, READ_MAX = 5, 12
LIMITS = Limits(rate_burst=0, history_kept=KEPT, history_read_max=READ_MAX, rooms_remembered_max=0)


def told(*, durable: bool = False, messages: int = 8) -> Chat:
    """Ann has come back to a room in which Bob has said so much."""
    chat = Chat(limits=LIMITS, durable=durable, epoch="e")
    come(chat, "bob", "ann")
    ask(chat, "bob", type="join", room="tea")
    say(chat, *[f"{number}" for number in range(1, messages + 1)])
    ask(chat, "ann", type="join", room="tea")
    chat.read_all()
    return chat


def say(chat: Chat, *texts: str) -> None:
    """Bob says something."""
    for text in texts:
        ask(chat, "bob", type="say", room="tea", text=text)


def resumed(chat: Chat, seq: int, epoch: str = "e") -> tuple[list[int], bool]:
    """The numbers of what Ann is told, and whether that is all."""
    found = answer(chat, "ann", type="resume", room="tea", epoch=epoch, seq=seq)
    assert found["epoch"] == "e"
    return [message["seq"] for message in found["messages"]], found["complete"]


def numbers(first: int, last: int) -> list[int]:
    """Both of them, and those in between."""
    return [*range(first, last + 1)]


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("seq", [8, 7, 4, 3])
def test_what_memory_holds(seq: int, durable: bool) -> None:
    assert resumed(told(durable=durable), seq) == (numbers(seq + 1, 8), True)


@pytest.mark.parametrize("seq", [2, 0])
def test_what_memory_does_not_hold(seq: int) -> None:
    assert resumed(told(), seq) == ([4, 5, 6, 7, 8], False)
    assert resumed(told(durable=True), seq) == (numbers(seq + 1, 8), True)


@pytest.mark.parametrize("durable", [False, True])
def test_what_was_never_said(durable: bool) -> None:
    """A number from before: the room, or the server, is another."""
    assert resumed(told(durable=durable), 9) == ([4, 5, 6, 7, 8], False)


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("seq", [0, 8, 9])
def test_another_epoch(seq: int, durable: bool) -> None:
    assert resumed(told(durable=durable), seq, "another") == ([4, 5, 6, 7, 8], False)


def test_more_than_may_be_asked_for() -> None:
    chat = told(durable=True, messages=20)
    assert resumed(chat, 20 - READ_MAX) == (numbers(9, 20), True)
    assert resumed(chat, 20 - READ_MAX - 1) == (numbers(9, 20), False)


def test_more_than_the_store_keeps() -> None:
    chat = told(durable=True)
    del chat.messages[:2]
    assert resumed(chat, 2) == (numbers(3, 8), True)
    assert resumed(chat, 1) == (numbers(3, 8), False)
    chat.messages.clear()
    assert resumed(chat, 1) == ([], False)


def test_what_is_said_while_the_store_reads_is_no_gap() -> None:
    chat = told(durable=True)
    session = chat.people["ann"].session
    chat.send("ann", '{"type":"resume","room":"tea","epoch":"e","seq":2,"id":"q"}')
    assert chat.jobs == {session: ReadHistory("tea", "tea", READ_MAX, "e", 2)}
    say(chat, "9")
    live, history = chat.objects("ann")
    assert live["seq"] == 9
    assert [message["seq"] for message in history["messages"]] == numbers(3, 9)
    assert history["complete"] is True


def test_who_is_put_out_while_the_store_reads_is_not_told_what_is_said_behind_them() -> None:
    chat = told(durable=True)
    chat.send("ann", '{"type":"resume","room":"tea","epoch":"e","seq":2,"id":"q"}')
    chat.send("bob", '{"type":"kick","room":"tea","name":"ann"}')
    chat.send("bob", '{"type":"say","room":"tea","text":"9"}')
    chat.finish_jobs()
    history = chat.objects("ann")[-1]
    assert (history["type"], history["id"]) == ("history", "q")
    assert (history["messages"], history["complete"]) == ([], False)


@pytest.mark.parametrize("full", [False, True])
def test_what_is_just_being_kept(full: bool) -> None:
    """Whoever asks in the same turn is told of it once it is kept; or of nothing."""
    chat = told(durable=True)
    chat.gathering, chat.full = True, full
    chat.send("bob", '{"type":"say","room":"tea","text":"9"}')
    chat.send("ann", '{"type":"resume","room":"tea","epoch":"e","seq":8,"id":"q"}')
    assert len(chat.jobs) == 1
    chat.gathering = False
    chat.end_turn()
    chat.finish_jobs()
    history = chat.objects("ann")[-1]
    assert [message["seq"] for message in history["messages"]] == ([] if full else [9])
    assert history["complete"] is True


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(
    ("count", "seqs", "complete"),
    [(3, numbers(6, 8), True), (5, numbers(4, 8), True), (12, None, None), (13, None, None)],
)
def test_the_last_is_all_that_was_asked_for_or_it_says_so(
    durable: bool, count: int, seqs: list[int] | None, complete: bool | None
) -> None:
    """What is asked for beyond `history_read_max` counts as not asked for."""
    chat = told(durable=durable)
    found = answer(chat, "ann", type="history", room="tea", count=count)
    if seqs is None:  # more than memory holds, and more than there ever was
        seqs, complete = (numbers(1, 8), True) if durable else (numbers(4, 8), False)
    assert [message["seq"] for message in found["messages"]] == seqs
    assert found["complete"] is complete


def test_what_the_store_does_not_have_any_more_is_missing() -> None:
    chat = told(durable=True)
    del chat.messages[:2]
    found = answer(chat, "ann", type="history", room="tea", count=7)
    assert [message["seq"] for message in found["messages"]] == numbers(3, 8)
    assert found["complete"] is False


def test_what_follows_may_be_more_than_may_be_read_at_a_time() -> None:
    chat = told(messages=6)
    chat.core.configure(replace(LIMITS, history_read_max_bytes=3), Settings(), NOW)
    assert resumed(chat, 3) == (numbers(4, 6), True)
    assert resumed(chat, 2) == (numbers(4, 6), False)
    assert resumed(chat, 9) == (numbers(4, 6), False)


def room_ends_while_ann_waits(epoch: str = "e", seq: int = 2) -> Chat:
    """For the store, having asked what came after a number; everyone is put out."""
    chat = told(durable=True)
    chat.send("ann", f'{{"type":"resume","room":"tea","epoch":"{epoch}","seq":{seq},"id":"q"}}')
    chat.lose("bob")
    chat.core.world.leave(chat.core.world.users["ann"], "tea")
    chat.tidy()
    assert chat.forgotten == ["tea"]
    return chat


@pytest.mark.parametrize("epoch", ["e", "another"])
@pytest.mark.parametrize("seq", [0, 2])
@pytest.mark.parametrize("has_read", [False, True])  # before the store forgot it
def test_a_room_that_has_ended_meanwhile(epoch: str, seq: int, has_read: bool) -> None:
    """There is nothing to compare with: nobody may say that nothing was missed."""
    chat = room_ends_while_ann_waits(epoch, seq)
    if not has_read:
        chat.messages.clear()
    chat.finish_jobs()
    history = chat.objects("ann")[-1]
    assert (history["id"], history["epoch"], history["complete"]) == ("q", "e", False)


def test_a_room_that_has_taken_its_place_meanwhile() -> None:
    """Who is not in it reads nothing of it; and it is not what followed on the other's messages."""
    chat = room_ends_while_ann_waits()
    chat.messages.clear()
    chat.connect("cat", SlashDialect())
    chat.send("cat", "/nick cat", "/join tea", "a", "b", "c")
    assert [said.seq for said in chat.messages] == numbers(1, 3)
    chat.finish_jobs()
    history = chat.objects("ann")[-1]
    assert (history["messages"], history["complete"]) == ([], False)


def test_own_messages_carry_their_id() -> None:
    chat = told(durable=True, messages=1)
    ask(chat, "ann", type="say", room="tea", text="hello", id="a1")
    say(chat, *"abcdefg")
    chat.read_all()
    for asked in ({"type": "history"}, {"type": "resume", "epoch": "e", "seq": 1}):
        found = answer(chat, "ann", room="tea", **asked)["messages"]
        own = [message for message in found if message["from"] == "ann"]
        assert [message["id"] for message in own] == ["a1"]
        assert not any("id" in message for message in found if message["from"] == "bob")


# --- epochs ---------------------------------------------------------------------------------------


def epoch_of(chat: Chat, room: str = "tea") -> str:
    """As Bob is told who joins it."""
    ask(chat, "bob", type="join", room=room)
    history = chat.objects("bob")[-1]
    assert history["type"] == "history"
    return str(history["epoch"])


@pytest.mark.parametrize("durable", [False, True])
def test_a_room_of_the_same_name_is_another_one_if_nobody_remembers_it(durable: bool) -> None:
    chat = Chat(limits=LIMITS, durable=durable, epoch="e")
    come(chat, "bob")
    assert epoch_of(chat) == "e"
    say(chat, "hello")
    ask(chat, "bob", type="leave", room="tea")
    assert epoch_of(chat) == ("e" if durable else "e.1")
    ask(chat, "bob", type="leave", room="tea")  # nothing was said in the one without a store
    chat.tidy()
    assert epoch_of(chat) == "e.1"
    assert epoch_of(chat, "den") == "e.1"


# --- anything -------------------------------------------------------------------------------------


class Client:
    """Ann's program: it shows each message once, in order, and knows where it misses some."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        self.shown: list[tuple[str, int, str]] = []
        self.missed = False  # something, since the last time that it was told so

    def hear(self, found: Object) -> None:
        """One object."""
        if found["type"] == "message":
            self._show(found)
        elif found["type"] == "history":
            if found["epoch"] != self.epoch:
                self.epoch, self.seq = found["epoch"], 0
            for message in found["messages"]:
                self._show(message)

    def _show(self, message: Object) -> None:
        if message["seq"] > self.seq:
            self.seq = message["seq"]
            self.shown.append((self.epoch, self.seq, message["text"]))


class Story:
    """A room in which Bob speaks, which Ann reads when she is there, on servers that come and go.
    `said`: all that anyone could have read, by epoch."""

    def __init__(self, *, durable: bool) -> None:
        self.durable = durable
        self.client = Client()
        self.said: dict[str, dict[int, str]] = {}
        self.number = self.epochs = 0
        self.chat = self.begin()
        self.here = False

    def begin(self, old: Chat | None = None) -> Chat:
        """A server, which has what the last one has kept."""
        if old is None or not self.durable or old.forgotten:
            self.epochs += 1
        chat = Chat(limits=LIMITS, durable=self.durable, epoch=f"e{self.epochs}")
        if old is not None and self.durable:
            chat.records, chat.messages = old.records, old.messages
            last = {said.room: said.seq for said in chat.messages}
            chat.core.load([], [(room, room, seq) for room, seq in last.items()])
        come(chat, "bob")
        return chat

    def bob_says(self, count: int) -> None:
        """Something new, so often."""
        ask(self.chat, "bob", type="join", room="tea")
        for _ in range(count):
            self.number += 1
            text = f"{self.number}"
            found = answer(self.chat, "bob", type="say", room="tea", text=text)
            epoch = self.chat.core.world.rooms["tea"].epoch
            assert found["seq"] not in self.said.setdefault(epoch, {}), "a number twice"
            self.said[epoch][found["seq"]] = text
        self.ann_reads()

    def bob_leaves(self, _count: int) -> None:
        """With Ann gone, that is the end of the room."""
        ask(self.chat, "bob", type="leave", room="tea")

    def store_forgets(self, _count: int) -> None:
        """What nobody is in."""
        self.chat.tidy()

    def server_starts_anew(self, _count: int) -> None:
        """Everyone is gone."""
        self.here = False
        self.chat = self.begin(self.chat)

    def ann_goes(self, _count: int) -> None:
        """Without a word."""
        if self.here:
            self.here = False
            self.chat.lose("ann")
            self.chat.people["was ann"] = self.chat.people.pop("ann")

    def ann_comes(self, _count: int) -> None:
        """And asks what she has missed, before she looks at what is shown unasked."""
        if self.here:
            return
        self.here = True
        come(self.chat, "ann")
        ask(self.chat, "ann", type="join", room="tea")
        ok, unasked = self.chat.objects("ann")
        assert ok["type"] == "ok"
        client = self.client
        epoch, seq = client.epoch, client.seq
        if epoch:
            found = answer(self.chat, "ann", type="resume", room="tea", epoch=epoch, seq=seq)
            self.check(epoch, seq, found)
            client.hear(found)
        client.hear(unasked)

    def check(self, epoch: str, seq: int, found: Object) -> None:
        """Whether it is complete is as is said."""
        now = {message["seq"]: message["text"] for message in found["messages"]}
        said = self.said.get(found["epoch"], {})
        assert now.items() <= said.items()
        assert [*now] == sorted(now)
        missed = {number: text for number, text in said.items() if number > seq}
        assert found["complete"] == (found["epoch"] == epoch and now == missed)

    def ann_reads(self) -> None:
        """What comes while she is there."""
        if self.here:
            for found in self.chat.objects("ann"):
                self.client.hear(found)


STEPS = st.tuples(
    st.sampled_from(
        [
            *(Story.bob_says, Story.bob_says, Story.ann_goes, Story.ann_comes, Story.ann_comes),
            *(Story.bob_leaves, Story.store_forgets, Story.server_starts_anew),
        ]
    ),
    st.integers(0, READ_MAX + 3),
)


@given(st.lists(STEPS, max_size=30), st.booleans())
def test_no_gap_and_nothing_twice(steps: list[Any], durable: bool) -> None:
    story = Story(durable=durable)
    for step, count in steps:
        step(story, count)
    shown = story.client.shown
    assert len({(epoch, seq) for epoch, seq, _ in shown}) == len(shown)
    for epoch, seq, text in shown:
        assert story.said[epoch][seq] == text
    if story.here and story.said.get(story.client.epoch):
        assert story.client.seq == max(story.said[story.client.epoch])
