"""Every refusal: its code, which goes over the wire, and a text for people. One row each."""

from __future__ import annotations

from typing import Final, Literal

Code = Literal[
    "already-in-room",
    "already-logged-in",
    "empty-message",
    "invalid-number",
    "invalid-room-name",
    "invalid-username",
    "invalid-utf-8",
    "line-too-long",
    "missing-argument",
    "no-such-room",
    "no-such-user",
    "not-in-room",
    "not-logged-in",
    "room-full",
    "server-full",
    "text-too-long",
    "too-many-rooms",
    "unknown-command",
    "username-taken",
]

ERRORS: Final[dict[Code, str]] = {
    "already-in-room": "You are in that room already.",
    "already-logged-in": "You are logged in already.",
    "empty-message": "There is nothing in that message.",
    "invalid-number": "That is not a whole number from 1.",
    "invalid-room-name": "A room's name is a short word of letters, digits, _, - and . alone.",
    "invalid-username": "A name is a short word of letters, digits, _, - and . alone.",
    "invalid-utf-8": "That line is not UTF-8 text.",
    "line-too-long": "That line is too long.",
    "missing-argument": "Something is missing there.",
    "no-such-room": "There is no such room.",
    "no-such-user": "There is nobody of that name here.",
    "not-in-room": "You are not in that room.",
    "not-logged-in": "Log in first.",
    "room-full": "That room is full.",
    "server-full": "The server is full. Try again later.",
    "text-too-long": "That message is too long.",
    "too-many-rooms": "There are too many rooms for another one.",
    "unknown-command": "There is no such command.",
    "username-taken": "That name is in use. Choose another.",
}


class Refusal(Exception):
    """What was asked can't be done, and nothing was. Becomes the answer to who asked.

    `detail` is the part of the input that it is about, for dialects that name it.
    """

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(code)
        self.code: Code = code
        self.detail = detail
