"""Delivery: who is told of an event, in which dialect, and who belongs to which audience."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from chat.core import events
from chat.core.actions import (
    Action,
    Audience,
    Close,
    Enter,
    Exit,
    Publish,
    Report,
    Send,
    StopServer,
    Store,
)
from chat.core.commands import Command, Malformed
from chat.core.delivery import _ROUTES, Delivery
from chat.core.events import Event
from chat.core.limits import Limits
from chat.core.session import Session
from chat.core.settings import Settings
from chat.core.world import LOBBY
from chat.dialects import LOCAL
from tests.core.support import NOW


class Plain:
    """A dialect that counts how often it is asked what an event looks like."""

    arrival = None
    reads_history = False

    def __init__(self, name: str = "plain") -> None:
        self.name = name
        self.rendered = 0

    def parse(self, _line: bytes) -> Command:
        """Nothing is typed here."""
        return Malformed("unknown-command")

    def render(self, event: Event) -> str:
        """The event's name, in the dialect's own way."""
        self.rendered += 1
        return f"{self.name}: {type(event).__name__}"

    def answer(self, event: Event, tag: str) -> str:
        """The same, and to what."""
        return f"{self.render(event)}, to {tag}"


class Silent(Plain):
    """One that has no words for anything."""

    def render(self, event: Event) -> str:
        super().render(event)
        return ""


class Hall:
    """A Delivery with sessions, 1, 2 ..., of the dialects given; all in the lobby."""

    def __init__(
        self, *dialects: Plain, settings: Settings | None = None, durable: bool = False
    ) -> None:
        self.delivery = Delivery(settings or Settings(), durable=durable)
        for number, dialect in enumerate(dialects, start=1):
            session = Session(number, dialect, Limits(), NOW)
            self.delivery.sessions[number] = session
            self.deliver(number, events.Joined(number, "x", LOBBY, NOW, by_login=True))

    def deliver(self, session: int, event: Event) -> list[Action]:
        """What comes of an event."""
        return self.delivery.deliver((event,), self.delivery.sessions[session])


ONE, TWO = Plain("one"), Plain("two")
IN_ONE, IN_TWO = Audience(LOBBY, "one"), Audience(LOBBY, "two")

SAID = events.Said(1, "anna", LOBBY, 1, NOW, "hi")
GONE = events.Disconnected(1, "anna", (LOBBY,), NOW, "reset")


def test_every_event_has_a_route() -> None:
    """But for what is for the store alone."""
    assert set(_ROUTES) == set(get_args(Event)) - {events.RoomForgotten}


REPLIES: list[Event] = [
    events.Named("zoe"),
    events.BansListed(LOBBY, (), ()),
    events.ExclusionsListed(()),
    events.LimitsListed(()),
    events.Greeted("hello"),
    events.Done(),
    events.Refused("server-full"),
    events.UsersListed(()),
    events.CommandsListed(()),
    events.Ponged(),
    events.SlowedDown(),
    events.IdledOut(),
    events.ShutDown(),
]


@pytest.mark.parametrize("event", REPLIES, ids=lambda event: type(event).__name__)
def test_an_answer_goes_to_who_asked(event: Event) -> None:
    assert Hall(ONE, TWO).deliver(2, event) == [Send(2, f"two: {type(event).__name__}")]


def test_what_is_said_goes_to_everyone_else() -> None:
    """One rendering and one Publish for each dialect, however many speak it."""
    one, two = Plain("one"), Plain("two")
    hall = Hall(one, one, two, two, two)
    assert hall.deliver(1, SAID) == [
        Publish(IN_ONE, "one: Said", 1),
        Publish(IN_TWO, "two: Said", 1),
    ]
    assert (one.rendered, two.rendered) == (1, 1)


def test_what_is_said_goes_to_the_sender_with_echo_on() -> None:
    hall = Hall(ONE, settings=Settings(echo=True))
    assert hall.deliver(1, SAID) == [Publish(IN_ONE, "one: Said", None)]


def test_two_objects_of_one_dialect_have_one_audience() -> None:
    """It is published to by its name: else everyone would read everything twice."""
    hall = Hall(Plain("one"), Plain("one"))
    assert hall.deliver(1, SAID) == [Publish(IN_ONE, "one: Said", 1)]
    assert hall.deliver(2, replace(GONE, session=2))[0] == Exit(2, IN_ONE)
    assert hall.deliver(1, SAID) == [Publish(IN_ONE, "one: Said", 1)]


def test_in_an_empty_room_nobody_is_told() -> None:
    assert Hall(ONE).deliver(1, events.Said(1, "anna", "attic", 1, NOW, "hi")) == []


def test_what_is_told_goes_to_one_session_in_its_own_dialect() -> None:
    assert Hall(ONE, TWO).deliver(1, events.Told(2, "anna", NOW, "hi")) == [Send(2, "two: Told")]


def test_a_login_gives_the_session_its_name() -> None:
    hall = Hall(ONE)
    assert hall.deliver(1, events.LoggedIn("anna")) == [
        Send(1, "one: LoggedIn"),
        Report(1, "logged in", "anna"),
    ]
    assert hall.delivery.sessions[1].name == "anna"


def test_a_rename_is_news_for_the_others() -> None:
    hall = Hall(ONE, TWO)
    assert hall.deliver(1, events.Renamed(1, "anna", "zoe", (LOBBY,), NOW)) == [
        Publish(IN_ONE, "one: Renamed", 1),
        Publish(IN_TWO, "two: Renamed", 1),
    ]
    assert hall.delivery.sessions[1].name == "zoe"


@pytest.mark.parametrize("notices", [False, True])
def test_a_new_member_enters_after_the_others_were_told(notices: bool) -> None:
    hall = Hall(ONE, settings=Settings(join_notices=notices))
    hall.delivery.sessions[2] = Session(2, TWO, Limits(), NOW)
    told = [Publish(IN_ONE, "one: Joined", 2)] if notices else []
    assert hall.deliver(2, events.Joined(2, "bob", LOBBY, NOW, by_login=True)) == [
        *told,
        Enter(2, IN_TWO),
    ]


def test_what_is_told_to_each_of_many_is_put_into_words_once() -> None:
    one, two, silent = Plain("one"), Plain("two"), Silent("silent")
    hall = Hall(one, one, one, two, two, silent, silent)
    one.rendered = two.rendered = silent.rendered = 0
    event = events.Renamed(1, "anna", "ann", ("tea",), NOW, (2, 3, 4, 5, 6, 7))
    assert hall.deliver(1, event) == [
        *[Send(number, "one: Renamed") for number in (2, 3)],
        *[Send(number, "two: Renamed") for number in (4, 5)],
    ]
    assert (one.rendered, two.rendered, silent.rendered) == (1, 1, 1)


def test_a_disconnected_member_exits_before_the_others_are_told() -> None:
    hall = Hall(ONE, TWO)
    hall.delivery.sessions[1].log_in("anna")
    assert hall.deliver(1, GONE) == [Exit(1, IN_ONE), Publish(IN_TWO, "two: Disconnected", None)]
    assert hall.delivery.sessions[1].name == ""
    assert hall.deliver(2, SAID) == [Publish(IN_TWO, "two: Said", 1)]


def test_the_last_one_to_leave_leaves_nothing_behind() -> None:
    hall = Hall(ONE)
    assert hall.deliver(1, GONE) == [Exit(1, IN_ONE)]
    assert hall.delivery._audiences == {}


def test_events_are_told_in_their_order() -> None:
    hall = Hall(ONE)
    happened = (events.Done(), events.Ponged())
    assert hall.delivery.deliver(happened, hall.delivery.sessions[1]) == [
        Send(1, "one: Done"),
        Send(1, "one: Ponged"),
    ]


def test_saying_goodbye_ends_the_session() -> None:
    hall = Hall(ONE)
    assert hall.deliver(1, events.SaidGoodbye()) == [
        Send(1, "one: SaidGoodbye"),
        Close(1, "quit"),
    ]
    assert hall.delivery.sessions == {}


# --- moderation and administration ----------------------------------------------------------------

KICKED = events.Moderated("kicked", LOBBY, "bob", "anna", NOW)
TOLD = "kicked in lobby"


def test_what_is_moderated_is_news_for_the_room_and_for_the_log() -> None:
    assert Hall(ONE, TWO).deliver(1, KICKED) == [
        Publish(IN_ONE, "one: Moderated", None),
        Publish(IN_TWO, "two: Moderated", None),
        Report(1, f"{TOLD}: bob"),
    ]


def test_who_is_moderated_from_afar_hears_of_it() -> None:
    hall = Hall(ONE)
    hall.delivery.sessions[2] = Session(2, TWO, Limits(), NOW)
    assert hall.deliver(1, replace(KICKED, session=2)) == [
        Publish(IN_ONE, "one: Moderated", None),
        Send(2, "two: Moderated"),
        Report(1, f"{TOLD}: bob"),
    ]


def test_who_is_removed_is_in_the_audience_no_more() -> None:
    hall = Hall(ONE, TWO)
    assert hall.deliver(1, events.Removed(2, LOBBY)) == [Exit(2, IN_TWO)]
    assert hall.deliver(1, events.RoomClosed(LOBBY, NOW)) == [
        Publish(IN_ONE, "one: RoomClosed", None)
    ]


def test_what_is_announced_goes_to_all_but_the_administration() -> None:
    hall = Hall(ONE, TWO, ONE)
    hall.deliver(3, events.Administering())
    assert hall.deliver(3, events.Announced("tea", NOW)) == [
        Send(1, "one: Announced"),
        Send(2, "two: Announced"),
    ]


def test_the_administration_is_told_what_the_world_does_not_know() -> None:
    hall = Hall(ONE)
    hall.delivery.sessions[2] = Session(2, LOCAL, Limits(), NOW, "10.0.0.1")
    hall.delivery.sessions[1].log_in("anna")
    rows = ((1, "", "one", "anna"), (2, "10.0.0.1", "local", ""))
    assert hall.deliver(2, events.ConnectionsListed()) == [Send(2, events.ConnectionsListed(rows))]
    stats = events.StatsShown(0, 1, 2, 3, 4, 5)
    assert hall.deliver(2, stats) == [Send(2, replace(stats, connections=2))]


def test_who_has_to_go_is_told_and_the_log_as_well() -> None:
    hall = Hall(ONE, TWO)
    assert hall.deliver(1, events.Expelled(2, "bob", "spam")) == [
        Send(2, "two: Expelled"),
        Report(2, "expelled: bob"),
    ]
    assert hall.deliver(1, events.Ended(2, "kicked")) == [Close(2, "kicked")]
    assert list(hall.delivery.sessions) == [1]


def test_what_is_for_the_rest_of_the_server() -> None:
    hall = Hall(ONE)
    assert hall.deliver(1, events.Stopped()) == [StopServer()]
    assert hall.deliver(1, events.Administering()) == [Report(1, "administers the server")]
    assert hall.deliver(1, events.Excluded("eve", "spam")) == [Report(1, "keeps out: eve")]
    assert hall.deliver(1, events.Registered("anna")) == [
        Send(1, "one: Registered"),
        Report(1, "registered", "anna"),
    ]


def test_where_there_is_a_store_what_is_said_is_kept_first() -> None:
    """The rooms are keyed as the store has them."""
    hall = Hall(ONE, TWO, durable=True)
    assert hall.deliver(1, SAID) == [
        Store(LOBBY, SAID, [Publish(IN_ONE, "one: Said", 1), Publish(IN_TWO, "two: Said", 1)], ONE)
    ]
    elsewhere = replace(SAID, room="Attic")
    assert hall.deliver(1, elsewhere) == [Store("attic", elsewhere, [], ONE)]
