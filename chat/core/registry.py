"""The table of commands: one row each. The gate reads it, `HELP` is made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from chat.core.commands import (
    Act,
    Blank,
    Command,
    Disconnect,
    Guest,
    Help,
    Join,
    Leave,
    ListMembers,
    ListRooms,
    Login,
    Malformed,
    Nick,
    Ping,
    Quit,
    Recall,
    Say,
    SetTopic,
    ShowTopic,
    Tell,
    Who,
)
from chat.core.entry import Entry
from chat.core.events import CommandsListed, Event
from chat.core.handlers import account, info, messages, rooms
from chat.core.session import State
from chat.core.world import World

Handler = Callable[[World, Entry[Any]], tuple[Event, ...]]

NEW = frozenset({State.CONNECTED})
READY = frozenset({State.READY})
ANY = NEW | READY


@dataclass(frozen=True, slots=True)
class Row:
    """One command: what it does, when it may come, what it takes."""

    command: type[Command]
    handler: Handler
    changes: bool  # the world; then it passes through `ChatCore.commit`
    states: frozenset[State]
    cost: int  # tokens of the session's bucket: about as many as the lines it causes
    summary: str = ""  # for people; empty for what nobody types


def _help(_world: World, _entry: Entry[Help]) -> tuple[Event, ...]:
    return (CommandsListed(tuple([(row.command, row.summary) for row in ROWS if row.summary])),)


ROWS: Final[tuple[Row, ...]] = (
    Row(Login, account.login, True, NEW, 1, "log in with a name that nobody else has"),
    Row(Guest, account.guest, True, NEW, 1),
    Row(Nick, account.nick, True, READY, 1, "take another name"),
    Row(Join, rooms.join, True, READY, 2, "come into a room, which is made if there is none"),
    Row(Leave, rooms.leave, True, READY, 2, "leave a room"),
    Row(Say, messages.say, True, READY, 1, "say something to everyone in the room"),
    Row(Act, messages.act, True, READY, 1, "do something in front of everyone in the room"),
    Row(Tell, messages.tell, False, READY, 1, "say something to one user alone"),
    Row(SetTopic, rooms.set_topic, True, READY, 1, "say, or ask, what a room is about"),
    Row(ShowTopic, rooms.show_topic, False, READY, 1),
    Row(ListRooms, rooms.list_rooms, False, READY, 5, "list the rooms"),
    Row(ListMembers, rooms.list_members, False, READY, 5, "list who is in a room"),
    Row(Recall, rooms.recall, False, READY, 5, "read what was said in a room lately"),
    Row(Who, info.who, False, READY, 5, "list who is here"),
    Row(Ping, info.ping, False, ANY, 1, "see whether the server is there"),
    Row(Help, _help, False, ANY, 5, "list the commands"),
    Row(Quit, account.quit_, True, ANY, 0, "leave"),
    Row(Disconnect, account.disconnect, True, ANY, 0),
    Row(Malformed, info.malformed, False, ANY, 1),
    Row(Blank, info.blank, False, ANY, 1),
)

REGISTRY: Final[dict[type[Command], Row]] = {row.command: row for row in ROWS}
