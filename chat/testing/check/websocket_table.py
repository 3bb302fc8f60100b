"""JSON over WebSocket: every rule, with the sentence that it comes from. Needs an extra."""

from __future__ import annotations

from typing import Final

from chat.testing.check import shared_rules as shared
from chat.testing.check import websocket_rules as websocket
from chat.testing.check.rules import Rule
from chat.testing.check.websocket_person import WebSocketPerson

PERSON: Final = WebSocketPerson

_CONNECTIONS = "It should handle WebSocket connections from multiple clients simultaneously …"
_HUNDRED = "The application should support at least 100 concurrent connections …"
_LOSSES = "The system should gracefully handle connection losses …"
_NAMES = "… must prevent duplicate usernames and maintain accurate user status tracking."
_ROOMS = "Users should be able to … participate in multiple rooms concurrently."
_SAID = (
    "The server should broadcast messages to all members of a room while also supporting private "
    "messages between users."
)
_TYPES = (
    "The system should distinguish between different types of messages, including regular chat "
    "messages, join/leave notifications, and system messages."
)
_USERS = "The server must maintain a list of active users per room …"
_VALID = "… validate all user input."

RULES: Final = (
    Rule("login", "… using only usernames without passwords …", websocket.login, basic=True),
    Rule("broadcast", _SAID, shared.broadcast, basic=True),
    Rule("echo", _SAID, websocket.echo),
    Rule("acknowledged", _TYPES, websocket.acknowledged),
    Rule("name-taken", _NAMES, websocket.name_taken),
    Rule("several-rooms", _ROOMS, websocket.several_rooms),
    Rule("members", _USERS, websocket.members),
    Rule("join-and-leave", _TYPES, websocket.comings_and_goings),
    Rule("private", _SAID, websocket.private),
    Rule("times", "Each message needs proper timestamping …", websocket.times),
    Rule("history", "… a message history of the last 50 messages per room.", websocket.history),
    Rule("order", _SAID, shared.order),
    Rule("text-as-typed", _SAID, shared.as_typed),
    Rule("no-object", _VALID, websocket.no_object),
    Rule("long-message", _VALID, shared.long_line),
    Rule("disconnect", _LOSSES, shared.gone),
    Rule("disconnect-once", _LOSSES, shared.gone_once, needs=("disconnect",)),
    Rule("disconnect-reset", _LOSSES, shared.gone_by_reset, needs=("disconnect",)),
    Rule("goodbye", _NAMES, websocket.goodbye, needs=("disconnect",)),
    Rule("name-free", _NAMES, shared.name_is_free),
    Rule("hundred-users", _HUNDRED, websocket.a_hundred),
    # The last one, as some servers never get over it.
    Rule("slow-reader", _CONNECTIONS, shared.slow_reader),
)
