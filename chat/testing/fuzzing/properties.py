"""What must hold of our framers and parsers, and of the core, whatever strangers send.

Each of TARGETS takes bytes, and raises AssertionError, or whatever it stumbles over. `targets.py`
runs them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from random import Random
from typing import Any, Final
from zlib import crc32

from chat.core import ChatCore, Limits, actions, events
from chat.core.commands import Malformed, Tagged
from chat.core.dialect import Dialect
from chat.core.jobs import CheckPassword, HashPassword
from chat.core.text import visible
from chat.dialects import ADMIN, ADMIN_JSON, DIALECTS, JSON
from chat.dialects.detect import REQUEST, detect
from reactor import LINE_MAX_BYTES, TOO_LONG, LineFramer

NOW: Final = 1_700_000_000.0  # some time
CUTS_MAX: Final = 20
BYTEWISE_MAX_BYTES: Final = 512  # of input that is also fed byte by byte, which takes its time
SMALL_MAX_BYTES: Final = 16  # a limit that is easily reached

Target = Callable[[bytes], None]


# --- framers --------------------------------------------------------------------------------------


def framing(data: bytes) -> None:
    """However the bytes are cut, the same lines come out, and none over the limit."""
    for limit in (SMALL_MAX_BYTES, LINE_MAX_BYTES):
        whole = _framed([data], limit)
        assert _framed(_torn(data), limit) == whole
        if len(data) <= BYTEWISE_MAX_BYTES:
            assert _framed([data[n : n + 1] for n in range(len(data))], limit) == whole


def _framed(pieces: list[bytes], limit: int) -> tuple[list[bytes | None], bytes]:
    """The lines, None where one is too long, and what was answered."""
    framer = LineFramer(limit)
    lines: list[bytes | None] = []
    replies = b""
    for found in (*map(framer.feed, pieces), framer.finish()):
        for line in found:
            assert len(line) <= limit, f"a line of {len(line)} bytes"
            assert b"\n" not in line, "a line with an end inside"
            lines.append(None if line is TOO_LONG else line)
        assert len(framer._partial) <= limit + 1, f"{len(framer._partial)} bytes are kept"
        replies, framer.replies = replies + framer.replies, b""
    assert framer.finish() == [], "more after the end"
    return lines, replies


def websocket(data: bytes) -> None:
    """However the frames are cut, the same messages come out, whole and in UTF-8."""
    for limit in (SMALL_MAX_BYTES, LINE_MAX_BYTES):
        whole = _unframed([data], limit)
        assert _unframed(_torn(data), limit) == whole
        messages, *_ = whole
        for message in messages:
            assert len(message) <= limit, f"a message of {len(message)} bytes"
            message.decode()


HANDSHAKE: Final = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)


def _unframed(pieces: list[bytes], limit: int) -> tuple[list[bytes], bool, str, bytes]:
    """The messages; whether it ended, of what, and with which goodbye."""
    from reactor.websocket import WebSocketFramer  # noqa: PLC0415 - an extra

    framer = WebSocketFramer(HANDSHAKE, limit, {}, lambda _origin, _host: True)
    messages = [message for piece in pieces for message in framer.feed(piece)]
    assert framer.finish() == []
    return messages, framer.ended, framer.problem, framer.goodbye("shutdown")


def handshake(data: bytes) -> None:
    """A request is granted or refused, and nothing else happens."""
    from reactor.websocket import HandshakeRefused, WebSocketFramer  # noqa: PLC0415 - an extra

    lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    head = lines[: lines.index(b"")] if b"" in lines else lines
    request = b"\r\n".join([*head, b"", b""])
    status = 101
    try:
        framer = WebSocketFramer(request, LINE_MAX_BYTES, {}, lambda _origin, _host: True)
    except HandshakeRefused as refused:
        status = refused.status
    assert status in {101, 400, 403, 426}
    assert status != 101 or framer.replies.startswith(b"HTTP/1.1 101 ")


def _torn(data: bytes) -> list[bytes]:
    """The same bytes in pieces, some of them empty; the same pieces for the same bytes."""
    random = Random(crc32(data))
    cuts = sorted([random.randint(0, len(data)) for _ in range(random.randint(0, CUTS_MAX))])
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


# --- dialects -------------------------------------------------------------------------------------


def line(data: bytes) -> None:
    """See `_text`."""
    _text(DIALECTS["line"], data)


def slash(data: bytes) -> None:
    """See `_text`."""
    _text(DIALECTS["slash"], data)


def admin(data: bytes) -> None:
    """See `_text`."""
    _text(ADMIN, data)


def _text(dialect: Any, data: bytes) -> None:
    """Every line means something, in which there is nothing that a terminal would obey; and the
    same without what it would. What means nothing is refused in one line."""
    for text in data.split(b"\n"):
        command = dialect.parse(text)
        for said in _texts(command):
            assert said == visible(said), f"{said!r} came through"
        if isinstance(command, Malformed):
            _refusal(dialect, command)
        if command != Malformed("invalid-utf-8"):
            again = dialect.parse(visible(text.decode()).encode())
            assert [type(again), *_values(again)] == [type(command), *_values(command)]


def json_(data: bytes) -> None:
    """Every object means something, all of whose text can be sent. What means nothing is refused
    with one object, which carries the tag."""
    for text in data.split(b"\n"):
        found = JSON.parse(text)
        command = found.command if isinstance(found, Tagged) else found
        for said in _texts(command):
            assert isinstance(command, Malformed) or said.encode().decode() == said
        if isinstance(command, Malformed):
            shown = json.loads(_refusal(JSON, command))
            assert shown["code"] == command.code
        if isinstance(found, Tagged):
            assert found.tag.isprintable()
            answer = json.loads(JSON.answer(events.Done(), found.tag))
            assert answer == {"type": "ok", "id": found.tag}


def _values(command: Any) -> list[str | Any]:
    values = [getattr(command, field.name) for field in fields(command)]
    return [repr(value) if isinstance(value, float) else value for value in values]  # may be nan


def _texts(command: Any) -> list[str]:
    return [value for value in _values(command) if isinstance(value, str)]


def _refusal(dialect: Any, command: Malformed) -> bytes:
    shown: bytes = dialect.render(events.Refused(command.code, command.detail))
    assert shown.endswith(b"\n"), "a refusal without an end"
    assert shown.count(b"\n") == 1, "a refusal of several lines"
    shown.decode()
    return shown


def detecting(data: bytes) -> None:
    """One of the known, whatever stands around it."""
    for text in data.split(b"\n"):
        found = detect(text)
        assert found in {None, "line", "slash", "http"}
        assert found == detect(b" \t" + text + b" \r")
        assert (found is None) == (not text.strip())
        assert (found == "slash") == text.strip().startswith(b"/")
        assert (found == "http") == bool(REQUEST.fullmatch(text.strip()))


# --- all of it ------------------------------------------------------------------------------------

SPEAKERS: Final[dict[bytes, Dialect]] = {
    b"1": DIALECTS["line"],
    b"2": DIALECTS["line"],
    b"3": DIALECTS["slash"],
    b"4": JSON,
    b"5": JSON,
    b"6": ADMIN,
    b"7": ADMIN_JSON,
}
"""Who says a line, by its first byte, and in which dialect."""

WORK: Final[dict[type, Callable[[Any], Any]]] = {
    HashPassword: lambda job: f"hash of {job.password}",
    CheckPassword: lambda job: job.stored == f"hash of {job.password}",
}
"""In place of what takes its time."""


def core(data: bytes) -> None:
    """The world never contradicts itself; nobody is shown what no terminal should be, or half a
    line; and who has gone is there no more."""
    chat = ChatCore(Limits(rate_burst=0))
    numbers = {byte: number for number, byte in enumerate(SPEAKERS, 1)}
    for byte, dialect in SPEAKERS.items():
        _do(chat, chat.connect(numbers[byte], dialect, NOW))
    for at, text in enumerate(data.split(b"\n")):
        number = numbers.get(text[:1])
        if number is not None and len(text) <= LINE_MAX_BYTES:
            _do(chat, chat.receive(number, text[1:], NOW + at))
            chat.world.check_invariants()
    for number in numbers.values():
        _do(chat, chat.disconnect(number, "gone", NOW))
    assert not chat.world.users


def _do(chat: ChatCore, todo: list[Any]) -> None:
    """Do what the actions say, and look at it."""
    for action in todo:
        if isinstance(action, actions.RunJob):
            outcome = WORK[type(action.job)](action.job)
            _do(chat, chat.finish(action.session, outcome, NOW))
        elif isinstance(action, actions.Send | actions.Publish):
            _shown(action.data)


def _shown(data: bytes) -> None:
    assert not data or data.endswith(b"\n"), f"{data!r} has no end"
    for text in data.decode().split("\n"):
        assert visible(text) == text, f"{text!r} came through"


TARGETS: Final[dict[str, Target]] = {
    "framing": framing,
    "websocket": websocket,
    "handshake": handshake,
    "line": line,
    "slash": slash,
    "json": json_,
    "admin": admin,
    "detect": detecting,
    "core": core,
}
