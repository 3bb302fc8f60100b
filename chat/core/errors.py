"""Every refusal: its code, which goes over the wire, and a text for people. One row each."""

from __future__ import annotations

from typing import Final, Literal

Code = Literal[
    "already-in-room",
    "already-logged-in",
    "bad-message",
    "banned",
    "empty-message",
    "invalid-number",
    "invalid-password",
    "invalid-room-name",
    "invalid-username",
    "invalid-utf-8",
    "line-too-long",
    "missing-argument",
    "muted",
    "no-such-ban",
    "no-such-limit",
    "no-such-operator",
    "no-such-room",
    "no-such-user",
    "not-allowed",
    "not-in-room",
    "not-logged-in",
    "not-registered",
    "not-saved",
    "password-required",
    "rate-limited",
    "room-full",
    "server-full",
    "shutting-down",
    "text-too-long",
    "too-many-accounts",
    "too-many-bans",
    "too-many-rooms",
    "try-again",
    "unknown-command",
    "username-taken",
    "wrong-password",
]

ERRORS: Final[dict[Code, str]] = {
    "already-in-room": "You are in that room already.",
    "already-logged-in": "You are logged in already.",
    "bad-message": "That is no message that this server knows.",
    "banned": "You are banned there.",
    "empty-message": "There is nothing in that message.",
    "invalid-number": "That number is too small, too large, or none. Times are 90s, 10m, 2h, 7d.",
    "invalid-password": "That password is too short or too long, or begins or ends with a blank.",
    "invalid-room-name": "A room's name is a short word of letters, digits, _, - and . alone.",
    "invalid-username": "A name is a short word of letters, digits, _, - and . alone.",
    "invalid-utf-8": "That line is not UTF-8 text.",
    "line-too-long": "That line is too long.",
    "missing-argument": "Something is missing there.",
    "muted": "You may not speak there.",
    "no-such-ban": "There is no such ban.",
    "no-such-limit": "There is no limit of that name.",
    "no-such-operator": "Nobody of that name is an operator there.",
    "no-such-room": "There is no such room.",
    "no-such-user": "There is nobody of that name here.",
    "not-allowed": "That is not for you to do.",
    "not-in-room": "You are not in that room.",
    "not-logged-in": "Log in first.",
    "not-registered": "That name is not registered.",
    "not-saved": "That could not be saved. Try again later.",
    "password-required": "That name has a password.",
    "rate-limited": "That was tried too often. Try again later.",
    "room-full": "That room is full.",
    "server-full": "The server is full. Try again later.",
    "shutting-down": "The server is shutting down.",
    "text-too-long": "That message is too long.",
    "too-many-accounts": "There are too many accounts for another one.",
    "too-many-bans": "There are too many bans, mutes or operators for another one.",
    "too-many-rooms": "There are too many rooms for another one.",
    "try-again": "That did not work. Try again later.",
    "unknown-command": "There is no such command.",
    "username-taken": "That name is in use. Choose another.",
    "wrong-password": "That is not the password.",
}


class Refusal(Exception):
    """What was asked can't be done, and nothing was. Becomes the answer to who asked.

    `detail` is the part of the input that it is about, for dialects that name it.
    """

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(code)
        self.code: Code = code
        self.detail = detail
