"""The table of commands: one row each. The gate reads it, `HELP` is made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from chat.core import commands as c
from chat.core.commands import Command
from chat.core.entry import Entry
from chat.core.events import CommandsListed, Event
from chat.core.handlers import account, info, messages, moderation, passwords, rooms, server
from chat.core.jobs import Job
from chat.core.roles import operator, operator_if_locked
from chat.core.session import State
from chat.core.world import Steps, World

Handler = Callable[[World, Entry[Any]], tuple[Event, ...] | Steps | Job]
Role = Callable[[World, Entry[Any]], None]  # raises Refusal for who has not got it

NEW = frozenset({State.CONNECTED})
READY = frozenset({State.READY})
SERVER = frozenset({State.OPERATOR})
NOBODY = frozenset[State]()  # but the engine itself
ANY = frozenset(State)


class Effect(Enum):
    """What a handler does to the world."""

    READS = "reads"  # nothing: it is called as it is
    ASKS = "asks"  # nothing, but may need a job done first
    CHANGES = "changes"  # by way of `ChatCore.commit`
    SAVES = "saves"  # the same, after saving what outlives the server


READS, ASKS, CHANGES, SAVES = Effect


@dataclass(frozen=True, slots=True)
class Row:
    """One command: what it does, when it may come and from whom, what it takes."""

    command: type[Command]
    handler: Handler
    effect: Effect
    states: frozenset[State]
    cost: int  # tokens of the session's bucket: about as many as the lines it causes
    summary: str = ""  # for people; empty for what nobody types
    role: Role | None = None


def _help(_world: World, _entry: Entry[c.Help]) -> tuple[Event, ...]:
    return (CommandsListed(tuple([(row.command, row.summary) for row in ROWS if row.summary])),)


def _moderating(command: type[Command], handler: Handler, effect: Effect, summary: str) -> Row:
    return Row(command, handler, effect, READY | SERVER, 2, summary, operator)


def _administering(command: type[Command], handler: Handler, effect: Effect, summary: str) -> Row:
    return Row(command, handler, effect, SERVER, 1, summary)


ROWS: Final[tuple[Row, ...]] = (
    Row(c.Login, account.login, CHANGES, NEW, 1, "log in with a name that nobody else has"),
    Row(c.Guest, account.guest, CHANGES, NEW, 1),
    Row(c.Nick, account.nick, CHANGES, READY, 1, "take another name"),
    Row(c.Authenticate, passwords.authenticate, ASKS, NEW | READY, 5, "log in with a password"),
    Row(c.Enrol, passwords.enrol, ASKS, NEW | READY, 5, "have a name for yourself"),
    Row(c.Register, passwords.register, SAVES, NOBODY, 1),
    Row(c.Join, rooms.join, SAVES, READY, 2, "come into a room, which is made if there is none"),
    Row(c.Leave, rooms.leave, CHANGES, READY, 2, "leave a room"),
    Row(c.Say, messages.say, CHANGES, READY, 1, "say something to everyone in the room"),
    Row(c.Act, messages.act, CHANGES, READY, 1, "do something in front of everyone in the room"),
    Row(c.Tell, messages.tell, READS, READY, 1, "say something to one user alone"),
    Row(
        c.SetTopic,
        *(rooms.set_topic, SAVES, READY, 1, "say, or ask, what a room is about"),
        operator_if_locked,
    ),
    Row(c.ShowTopic, rooms.show_topic, READS, READY, 1),
    Row(c.ListRooms, rooms.list_rooms, READS, READY | SERVER, 5, "list the rooms"),
    Row(c.ListMembers, rooms.list_members, READS, READY | SERVER, 5, "list who is in a room"),
    Row(c.Recall, rooms.recall, ASKS, READY, 5, "read what was said in a room"),
    Row(c.Resume, rooms.resume, ASKS, READY, 5),
    Row(c.Away, messages.away, CHANGES, READY, 2, "say that you are not there"),
    Row(c.Back, messages.back, CHANGES, READY, 2, "say that you are there again"),
    Row(c.Who, info.who, READS, READY | SERVER, 5, "list who is here"),
    _moderating(c.Kick, moderation.kick, CHANGES, "put someone out of a room"),
    _moderating(c.BanUser, moderation.ban_user, SAVES, "put someone out of a room for longer"),
    _moderating(c.UnbanUser, moderation.unban_user, SAVES, "let someone into a room again"),
    _moderating(c.ListBans, moderation.list_bans, READS, "list who is banned or muted in a room"),
    _moderating(c.Mute, moderation.mute, SAVES, "let someone only listen in a room"),
    _moderating(c.Unmute, moderation.unmute, SAVES, "let someone speak in a room again"),
    _moderating(c.MakeOperator, moderation.make_operator, SAVES, "make someone an operator"),
    _moderating(c.RemoveOperator, moderation.remove_operator, SAVES, "make someone no operator"),
    _moderating(
        c.LockTopic, moderation.lock_topic, SAVES, "let operators alone set the topic, or all"
    ),
    Row(c.Administer, server.administer, CHANGES, NEW, 0),
    _administering(c.ListConnections, server.list_connections, READS, "list the connections"),
    _administering(c.Expel, server.expel, CHANGES, "disconnect a user"),
    _administering(c.Exclude, server.exclude, SAVES, "keep a user or an address out"),
    _administering(c.Readmit, server.readmit, SAVES, "let a user or an address in again"),
    _administering(c.ListExclusions, server.list_exclusions, READS, "list who is kept out"),
    _administering(c.Unregister, server.unregister, SAVES, "give a registered name free"),
    _administering(c.Announce, server.announce, READS, "say something to everyone"),
    _administering(c.CloseRoom, server.close_room, SAVES, "put everyone out of a room"),
    _administering(c.SetLimit, server.set_limit, CHANGES, "set a limit"),
    _administering(c.ListLimits, server.list_limits, READS, "list the limits"),
    _administering(c.ShowStats, server.show_stats, READS, "show how much there is of everything"),
    _administering(c.Stop, server.stop, READS, "shut the server down"),
    Row(c.Settle, server.settle, CHANGES, NOBODY, 1),
    Row(c.Tidy, server.tidy, CHANGES, NOBODY, 1),
    Row(c.Hello, info.hello, READS, ANY, 0),
    Row(c.Ping, info.ping, READS, ANY, 1, "see whether the server is there"),
    Row(c.Help, _help, READS, ANY, 5, "list the commands"),
    Row(c.Quit, account.quit_, CHANGES, ANY, 0, "leave"),
    Row(c.Disconnect, account.disconnect, CHANGES, ANY, 0),
    Row(c.Malformed, info.malformed, READS, ANY, 1),
    Row(c.Blank, info.blank, READS, ANY, 1),
)

REGISTRY: Final[dict[type[Command], Row]] = {row.command: row for row in ROWS}
