"""Bugs as people make them, to be planted one at a time, and found by the simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chat import durable
from chat.core import actions, commands, events
from chat.core.delivery import Delivery
from chat.core.engine import ChatCore
from chat.core.registry import REGISTRY
from chat.core.world import World
from chat.dialects import JsonDialect
from chat.durable import DurableShell
from chat.handlers import ChatHandler
from chat.idle import IdleClock
from chat.shell import Shell
from chat.websocket import Framed
from reactor import Connection, Group, Listener, group
from reactor.connection import BY_OUTPUT
from reactor.timers import TimerQueue
from reactor.websocket import WebSocketFramer, text_frame

Plant = Callable[[pytest.MonkeyPatch], None]


def replacing(owner: Any, name: str) -> Callable[[Callable[..., Any]], Plant]:
    """The function takes a method's place, and is given the method first."""

    def decorated(bug: Callable[..., Any]) -> Plant:
        def plant(patch: pytest.MonkeyPatch) -> None:
            real = getattr(owner, name)
            patch.setattr(owner, name, lambda *args, **options: bug(real, *args, **options))

        return plant

    return decorated


# --- the reactor ----------------------------------------------------------------------------------


@replacing(Connection, "sent_directly")
def the_group_drops_what_a_short_write_left(
    real: Any, self: Connection, data: bytes, sent: int
) -> None:
    real(self, data[:sent], sent)


@replacing(Connection, "flush")
def a_connection_drops_what_a_short_write_left(real: Any, self: Connection) -> None:
    real(self)
    self._out = []
    self._out_bytes = 0


@replacing(Connection, "flush")
def a_short_write_is_sent_again_whole(real: Any, self: Connection) -> None:
    before = b"".join(self._out)
    real(self)
    if self._out:
        self._out, self._out_bytes = [before], len(before)


@replacing(group, "take_over")
def nobody_takes_over_what_the_group_owes(_real: Any, _member: Any) -> None:
    pass


def what_is_taken_over_is_in_another_order(patch: pytest.MonkeyPatch) -> None:
    real = Group._owed

    def owed(self: Group, member: Any) -> list[tuple[int, bytes]]:
        return [(-run, data) for run, data in real(self, member)]

    patch.setattr(Group, "_owed", owed)


@replacing(Group, "discard")
def who_leaves_a_group_loses_what_was_said(_real: Any, self: Group, member: Any) -> None:
    if member in self._members:
        del self._members[member]
        self._ahead.pop(member, None)
        member.groups = tuple(other for other in member.groups if other is not self)
        member.settled()


@replacing(Group, "add")
def who_enters_a_group_hears_what_was_said_before(real: Any, self: Group, member: Any) -> None:
    real(self, member)
    self._ahead.pop(member, None)


@replacing(Connection, "put_back")
def a_line_that_is_held_is_lost(_real: Any, _self: Connection, _line: bytes) -> None:
    pass


@replacing(Connection, "put_back")
def a_line_that_is_held_goes_behind_the_others(_real: Any, self: Connection, line: bytes) -> None:
    self._waiting.insert(0, line)


@replacing(Connection, "resume_reading")
def lines_that_waited_wait_for_ever(_real: Any, self: Connection) -> None:
    self._paused = 0


@replacing(Connection, "_over_high_water")
def a_slow_reader_is_kept_everything_for(_real: Any, self: Connection) -> None:
    self._pause(BY_OUTPUT)


@replacing(Connection, "_watch")
def a_paused_connection_is_still_watched(real: Any, self: Connection) -> None:
    paused, self._paused = self._paused, 0
    real(self)
    self._paused = paused


@replacing(Connection, "_leave_groups")
def who_is_closed_stays_in_the_groups(_real: Any, _self: Connection) -> None:
    pass


@replacing(Listener, "pause_accepting")
def the_door_stays_open_without_descriptors(_real: Any, _self: Listener) -> None:
    pass


@replacing(TimerQueue, "rearm")
def a_timer_that_is_moved_is_lost(_real: Any, self: TimerQueue, timer: Any, _when: float) -> None:
    self.cancel(timer)


# --- the shell ------------------------------------------------------------------------------------


@replacing(ChatHandler, "_disconnected")
def a_name_is_not_free_after_a_reset(
    real: Any, self: ChatHandler, connection: Connection, reason: str
) -> None:
    if "reset" not in reason:
        real(self, connection, reason)


@replacing(IdleClock, "_put")
def the_idle_clock_runs_once(real: Any, self: IdleClock, connection: Any, number: int) -> None:
    if connection.heard_at == connection.opened_at:
        real(self, connection, number)


@replacing(IdleClock, "_tick_after")
def the_idle_clock_is_too_fast(real: Any, self: IdleClock, heard_at: float) -> int:
    return int(real(self, heard_at)) - 2


def whoever_speaks_is_idle_all_the_same(patch: pytest.MonkeyPatch) -> None:
    def look(self: IdleClock, number: int) -> None:
        for connection in sorted(self._ticks[number].members, key=lambda member: member.id):
            self.discard(connection)
            self._time_out(connection)

    patch.setattr(IdleClock, "_look", look)


@replacing(Shell, "_finished")
def nothing_goes_on_after_a_job(_real: Any, self: Shell, session: int, future: Any) -> None:
    outcome = None if future.exception() else future.result()
    self.perform_all(self.core.finish(session, outcome, self.wall_clock()))


@replacing(DurableShell, "_keep")
def what_is_not_kept_is_heard(real: Any, self: DurableShell, messages: Any) -> bool:
    real(self, messages)
    return True


def what_is_heard_at_once_is_kept_later(patch: pytest.MonkeyPatch) -> None:
    real = DurableShell._keep_later

    def keep_later(self: DurableShell, action: Any) -> None:
        then, action.then[:] = list(action.then), []
        real(self, action)
        for publish in then:
            self._publish(publish)

    patch.setattr(DurableShell, "_keep_later", keep_later)
    patch.setitem(durable._DURABLE, actions.Store, keep_later)
    patch.setitem(durable._WAITING, actions.Store, keep_later)


# --- the core -------------------------------------------------------------------------------------


@replacing(World, "settle")
def a_number_is_not_given_back(real: Any, self: World, kept: bool) -> None:
    if not kept:
        for room, _ in self.unsettled:
            room.seq += 1
    real(self, kept)


@replacing(World, "remove_user")
def who_leaves_keeps_the_name(real: Any, self: World, user: Any) -> None:
    key = next(key for key, other in self.users.items() if other is user)
    real(self, user)
    self.users[key] = user


@replacing(World, "end_if_over")
def an_empty_room_stays(_real: Any, _self: World, _key: str) -> None:
    pass


@replacing(ChatCore, "saved")
def what_is_not_saved_is_true(real: Any, self: ChatCore, _kept: bool, now: float) -> Any:
    return real(self, True, now)


@replacing(Delivery, "_exit")
def an_audience_is_never_left(_real: Any, self: Delivery, dialect: Any, room: str) -> Any:
    return self._audiences[room][dialect.name][1]


# --- WebSocket, JSON and the administration -------------------------------------------------------


@replacing(Delivery, "reply")
def what_is_said_is_acknowledged_twice(
    real: Any, self: Delivery, event: Any, session: Any, then: Any
) -> None:
    tag = session.tag
    real(self, event, session, then)
    if type(event) is events.Said:
        session.tag = tag


@replacing(JsonDialect, "answer")
def an_acknowledgement_has_the_number_before(
    real: Any, self: JsonDialect, event: Any, tag: str
) -> Any:
    wrong = type(event) is events.Said
    return real(self, replace(event, seq=event.seq - 1) if wrong else event, tag)


@replacing(JsonDialect, "render")
def a_number_is_told_twice(real: Any, self: JsonDialect, event: Any) -> Any:
    wrong = type(event) is events.Said and event.seq % 7 == 0
    return real(self, replace(event, seq=event.seq - 1) if wrong else event)


def handling(command: Any, handler: Callable[[Any, Any, Any], Any]) -> Plant:
    """The handler takes that of a command's place, and is given it first."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        row = REGISTRY[command]
        patch.setitem(REGISTRY, command, replace(row, handler=partial(handler, row.handler)))

    plant.__module__ = __name__
    return plant


def _resumed_one_early(real: Any, world: Any, entry: Any) -> Any:
    command = entry.command
    return real(world, replace(entry, command=replace(command, seq=max(0, command.seq - 1))))


def _closed_without_a_word(real: Any, world: Any, entry: Any) -> Any:
    happened = yield from real(world, entry)
    return tuple([event for event in happened if type(event) is not events.Removed])


what_is_resumed_begins_one_too_early = handling(commands.Resume, _resumed_one_early)
who_is_in_a_room_that_is_closed_stays = handling(commands.CloseRoom, _closed_without_a_word)


@replacing(ChatCore, "_recalled")
def what_is_recalled_ends_one_too_early(real: Any, self: ChatCore, job: Any, messages: Any) -> Any:
    return real(self, job, messages[:-1])


@replacing(WebSocketFramer, "ping")
def nobody_waits_for_a_pong(real: Any, self: WebSocketFramer) -> Any:
    data = real(self)
    self.awaits_pong = False
    return data


@replacing(WebSocketFramer, "feed")
def messages_alone_are_as_good_as_a_pong(real: Any, self: WebSocketFramer, data: bytes) -> Any:
    awaited = self.awaits_pong
    messages = real(self, data)
    self.awaits_pong = awaited and not messages
    return messages


@replacing(WebSocketFramer, "_take_answers")
def pings_are_not_answered(real: Any, self: WebSocketFramer) -> None:
    real(self)
    self.replies = b""


@replacing(WebSocketFramer, "_fail")
def what_is_no_text_is_passed_over(_real: Any, _self: WebSocketFramer, *_why: Any) -> None:
    pass


@replacing(WebSocketFramer, "goodbye")
def a_close_has_no_code(_real: Any, _self: WebSocketFramer, _reason: str) -> bytes:
    return b"\x88\x00"


@replacing(Framed, "render")
def a_frame_is_put_in_a_frame(real: Any, self: Framed, event: Any) -> Any:
    data = real(self, event)
    return text_frame(data) if data else data
