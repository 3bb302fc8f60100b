"""The slash dialect: every rule, with the sentence that it comes from."""

from __future__ import annotations

from typing import Final

from chat.testing.check import shared_rules as shared
from chat.testing.check import slash_rules as slash
from chat.testing.check.rules import Rule
from chat.testing.check.slash_person import SlashPerson

PERSON: Final = SlashPerson

_APART = "Any other message should be broadcast to all users in the same room"
_CONNECT = "Clients should be able to connect to the server using a TCP client (e.g., telnet …)"
_ERRORS = "Implement proper error handling for invalid commands and network issues."
_GONE = "When a client disconnects: <username> has disconnected."
_JOIN = (
    "When a client joins a room, send a welcome message to that client and notify other clients "
    "in the room."
)
_LEAVE = "When a client leaves a room: <username> has left the room."
_LISTS = "The server should maintain a list of active chat rooms and the clients in each room."
_MANY = "Implement a chat server that can handle multiple client connections concurrently."
_SAID = "When a client sends a message: <username>: <message>"
_WELCOME = "Welcome to room <room_name>! / Current users: <user1>, <user2>, ..."

RULES: Final = (
    Rule("join", _WELCOME, slash.join, basic=True),
    Rule("broadcast", _SAID, shared.broadcast, basic=True),
    Rule("variety", _SAID, slash.find_out, basic=True),
    Rule("echo", _SAID, slash.echo),
    Rule("leave-told", _LEAVE, slash.leave_told),
    Rule("leave", "/leave: Leave the current chat room", slash.leave, needs=("leave-told",)),
    Rule("users", _LISTS, slash.users, needs=("leave",)),
    Rule("join-told", _JOIN, slash.join_told),
    Rule("rooms-apart", _APART, slash.rooms_apart),
    Rule("no-room", _APART, slash.no_room),
    Rule("order", "Multiple clients performing actions concurrently", shared.order),
    Rule("ten-users", _MANY, shared.many),
    Rule("text-as-typed", _SAID, shared.as_typed),
    Rule("empty-lines", _ERRORS, shared.empty_lines),
    Rule("unknown-command", _ERRORS, slash.unknown_command),
    Rule("crlf", _CONNECT, shared.crlf),
    Rule("byte-by-byte", _CONNECT, shared.byte_by_byte),
    Rule("one-packet", _CONNECT, shared.one_packet),
    Rule("half-close", _CONNECT, slash.half_closed),
    Rule("last-line", _CONNECT, shared.last_line),
    Rule("disconnect", _GONE, shared.gone),
    Rule("disconnect-once", _GONE, shared.gone_once, needs=("disconnect",)),
    Rule("disconnect-reset", _ERRORS, shared.gone_by_reset, needs=("disconnect",)),
    Rule("quit", "/quit: Disconnect from the server", slash.quit_told, needs=("disconnect",)),
    Rule("resets", _ERRORS, shared.survives_resets),
    Rule("long-line", _MANY, shared.long_line),
    Rule("not-utf-8", _MANY, shared.not_utf_8),
    # The last one, as some servers never get over it.
    Rule("slow-reader", _MANY, shared.slow_reader),
)
