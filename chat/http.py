"""What is answered in HTTP: nothing is served, so each of these is a refusal.

A page must not be able to trick a browser into chatting: a request is turned away before anything
behind it could be taken for a line.
"""

from __future__ import annotations

from typing import Final

from chat.dialects.detect import REQUEST
from reactor import Connection

VERSION: Final = "Sec-WebSocket-Version: 13\r\n"  # for who asked for another (RFC 6455, 4.2.2)

_ANSWERS: Final[dict[int, tuple[str, str, str]]] = {
    400: ("Bad Request", VERSION, "This is not a request that a WebSocket could begin with."),
    403: ("Forbidden", "", "Pages of that site may not chat here; see --origin."),
    405: ("Method Not Allowed", "Allow: GET\r\n", "This is a chat server, for nc and WebSocket."),
    426: (
        "Upgrade Required",
        f"Upgrade: websocket\r\n{VERSION}",
        "This is a chat server, for nc and WebSocket.",
    ),
    429: ("Too Many Requests", "", "There are too many connections from your address."),
    503: ("Service Unavailable", "", "The server is full."),
}
"""By status: its name, header fields of its own, and the line of text that goes with it."""


def answer(status: int, text: str = "") -> bytes:
    """A whole response, with a text of its own if there is one. The connection is to be closed."""
    name, fields, usual = _ANSWERS[status]
    body = f"{text or usual}\n"
    connection = "close, Upgrade" if "Upgrade:" in fields else "close"
    return (
        f"HTTP/1.1 {status} {name}\r\n{fields}Connection: {connection}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body.encode())}\r\n\r\n"
        f"{body}"
    ).encode()


def turned_away_with(line: bytes) -> int:
    """The status of the answer to a request's first line; 0 if a WebSocket may come of it."""
    request = REQUEST.fullmatch(line)
    if request is None:
        return 400
    if request[1] != b"GET":
        return 405
    return 0 if request[2] == b"1" else 426


def turn_away(connection: Connection, status: int, text: str = "") -> None:
    """Answer, and close."""
    connection.write(answer(status, text))
    connection.close(f"HTTP {status}" + (f": {text}" if text else ""))
