"""The line dialect: every rule, with the sentence that it comes from."""

from __future__ import annotations

from typing import Final

from chat.testing.check import line_rules as line
from chat.testing.check import shared_rules as shared
from chat.testing.check import variety
from chat.testing.check.line_person import LinePerson
from chat.testing.check.rules import Rule

PERSON: Final = LinePerson

_BROADCAST = (
    "The server should broadcast that message to all connected users as: MSG <username> <text>"
)
_CLEAN = "Handle newlines and extra spaces gracefully so messages always appear clean."
_FORMAT = "After login, users can send messages in this format: MSG <text>"
_FIRST = "When a client connects, they must first send: LOGIN <username>"
_GONE = "Notify all remaining users with: INFO <username> disconnected"
_MANY = "It must handle multiple clients at the same time (at least 5–10 users)."  # noqa: RUF001
_REMOVE = (
    "When a user disconnects or closes their connection: Remove them from the active user list."
)
_TAKEN = "If the username is already in use, reply with: ERR username-taken"
_WHO = "WHO → Respond with USER <username> for each connected user."
_NC = "You can use nc (netcat) or telnet to connect to the server."

RULES: Final = (
    Rule("login", "Otherwise, reply with: OK", line.login, basic=True),
    Rule("broadcast", _BROADCAST, shared.broadcast, basic=True),
    Rule("variety", "Example Interaction", variety.find_out, basic=True),
    Rule("name-taken", _TAKEN, line.name_taken),
    Rule("another-name", _TAKEN, line.another_name, needs=("name-taken",)),
    Rule("login-to-speak", _FIRST, line.login_to_speak),
    Rule(
        "login-to-hear",
        "Once logged in, the user can send and receive chat messages.",
        line.login_to_hear,
    ),
    Rule("no-name", "LOGIN <username>", line.no_name),
    Rule("name-as-typed", "LOGIN Naman / MSG Naman hi everyone!", line.name_as_typed),
    Rule("greeting", "Welcome! Please login with: LOGIN <username>", variety.greeting),
    Rule("echo", "Messages sent with MSG are broadcast to all other users.", variety.echo),
    Rule("join-notice", "INFO BOB joined the chat", variety.join_notice),
    Rule("order", "MSG Naman hi everyone! / MSG Naman how are you?", shared.order),
    Rule("ten-users", _MANY, shared.many),
    Rule("text-as-typed", _BROADCAST, shared.as_typed),
    Rule("blanks", _CLEAN, variety.blanks),
    Rule("empty-lines", _CLEAN, shared.empty_lines),
    Rule("empty-message", _FORMAT, line.empty_message),
    Rule("unknown-verb", _FORMAT, line.unknown_verb),
    Rule("crlf", _NC, shared.crlf),
    Rule("byte-by-byte", _FORMAT, shared.byte_by_byte),
    Rule("one-packet", _CLEAN, shared.one_packet),
    Rule("half-close", _NC, line.half_closed),
    Rule("last-line", _CLEAN, shared.last_line),
    Rule("disconnect", _GONE, shared.gone),
    Rule("disconnect-once", _GONE, shared.gone_once, needs=("disconnect",)),
    Rule("disconnect-reset", _GONE, shared.gone_by_reset, needs=("disconnect",)),
    Rule("name-free", _REMOVE, shared.name_is_free),
    Rule("second-login", _REMOVE, line.second_login, needs=("name-free",)),
    Rule("resets", _MANY, shared.survives_resets),
    Rule("long-line", _MANY, shared.long_line),
    Rule("not-utf-8", _MANY, shared.not_utf_8),
    Rule("any-case", "Commands are case-insensitive", line.any_case),
    Rule("who", _WHO, line.who),
    Rule("who-is-gone", _WHO, line.who_is_gone, needs=("who", "disconnect-reset")),
    Rule("dm", "Private messages: DM <username> <text>", line.direct_message),
    Rule("ping", "Heartbeat — respond to PING with PONG.", line.ping),
    Rule("idle", "Idle timeout — disconnect users after 60 seconds of inactivity.", line.idle),
    # The last one, as some servers never get over it.
    Rule("slow-reader", _MANY, shared.slow_reader),
)
