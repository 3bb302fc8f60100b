"""Tongue: a dialect as somebody outside the server knows it. What is typed, what may come back, and
who may hear what: all judged by what went over the wire, and where that leaves a doubt, for the
server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from importlib.resources import files
from typing import Any, Final, NamedTuple

from chat.core.text import fold, visible
from chat.dialects.json_asked import TYPES
from chat.dialects.line import VERBS as LINE_VERBS
from chat.dialects.slash import VERBS as SLASH_VERBS
from chat.testing.calls import Call
from chat.testing.fuzzing.typists import JSON
from chat.testing.simulation.people import LINE_FORMS
from chat.testing.simulation.scripts import LINE, SLASH, Typist
from reactor import Address
from reactor.testing.frames import TEXT, frame

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MARKS: Final = re.compile(r"<[sd]\d+\.\d+>")  # see `scripts.py`

MASK: Final = b"\x5a\xa5\x3c\xc3"  # any will do: RFC 6455, 5.3


class Audience(NamedTuple):
    """Who may hear something: everybody who is `here`, who is in a `room`, the `user` of a name, or
    `nobody`. `key`: which room or name, folded."""

    kind: str
    key: str = ""


HERE: Final = Audience("here")
NOBODY: Final = Audience("nobody")

Answer = Callable[[bytes], bool]


class Tongue:
    """What the dialects of lines have in common."""

    name: str
    typists: tuple[tuple[int, Typist], ...]
    hello: str
    """How somebody begins who has a name."""

    verbs: Collection[str]
    """What has a meaning that we know, in capitals."""

    openers: Mapping[str, Collection[str]]
    """By which of them one gets into an audience of a kind."""

    gate: Audience
    """Who is in none like this has nothing to say to anyone."""

    def call(self, address: Address) -> Call:
        """Somebody comes. Raises OSError."""
        return Call(address)

    def frame(self, line: bytes) -> bytes:
        """A line as it is sent."""
        return line + b"\n"

    def begin(self, line: bytes) -> bytes:
        """The same, without an end."""
        return line

    def enter(self, name: str, room: str) -> list[tuple[bytes, Answer]]:
        """What brings somebody into a room, line by line, and what comes back when it has."""
        raise NotImplementedError

    def say(self, room: str, text: str) -> bytes:
        """A line that brings a text to everybody in that room."""
        raise NotImplementedError

    def is_plain(self, stream: bytes) -> bool:
        """Whether it is this dialect that is spoken here, and nothing of telnet's."""
        return b"\xff" not in stream

    def words(self, line: bytes) -> tuple[str, str]:
        """What a line asks for, and all of its text."""
        text = readable(line)
        return (text.split() or [""])[0].upper(), text

    def audience(self, line: bytes, is_open: bool) -> Audience | None:
        """Who may hear what stands in a line, if it is well-formed; None: hard to say. `is_open`:
        the sender may be through the gate."""
        raise NotImplementedError

    def problem_of(self, text: str) -> str:
        """What is wrong with the form of a line that was shown to somebody."""
        return "control characters" if CONTROL.search(text) else ""

    def opens(self, line: bytes, audience: Audience) -> bool:
        """Whether a line may bring its sender into an audience."""
        verb, text = self.words(line)
        may = verb in self.openers.get(audience.kind, ()) or verb not in self.verbs
        return may and audience.key in _folded(text)


class LineTongue(Tongue):
    """`LOGIN`, `MSG` and their like."""

    name = "line"
    typists = LINE
    hello = "LOGIN {}"
    verbs: Collection[str] = frozenset({"", *LINE_VERBS})
    openers: Mapping[str, Collection[str]] = {
        "here": {"LOGIN", "REGISTER", "NICK"},
        "user": {"LOGIN", "REGISTER", "NICK"},
        "room": {"JOIN"},
    }
    gate = HERE

    def enter(self, name: str, room: str) -> list[tuple[bytes, Answer]]:  # noqa: ARG002
        """Who is logged in is in the lobby, where `MSG` is heard."""
        return [(f"LOGIN {name}".encode(), lambda line: line == b"OK")]

    def say(self, room: str, text: str) -> bytes:  # noqa: ARG002
        """See Tongue."""
        return f"MSG {text}".encode()

    def is_plain(self, stream: bytes) -> bool:
        """See Tongue. Nothing that could be taken for another dialect's first line."""
        return super().is_plain(stream) and stream[:1].isalpha() and b" HTTP/" not in stream

    def audience(self, line: bytes, is_open: bool) -> Audience | None:
        """See Tongue."""
        found = re.match(rb"(MSG) |(?:SAY|ME) (\S+) |DM (\S+) <d\d+\.\d+>\Z", line)
        if not is_open or found is None:
            return None if is_open else NOBODY
        _, room, user = found.groups(b"")
        if user:
            return Audience("user", _folded(readable(user)))
        key = _folded(readable(room)).removeprefix("#")
        return HERE if key in ("", "lobby") else Audience("room", key)

    def problem_of(self, text: str) -> str:
        """See Tongue."""
        unknown = "" if LINE_FORMS.fullmatch(text.encode()) else "no known form"
        return super().problem_of(text) or unknown


class SlashTongue(Tongue):
    """`/join`, and text. What it shows is text for people, in which little can be wrong."""

    name = "slash"
    typists = SLASH
    hello = "/nick {}"
    verbs: Collection[str] = SLASH_VERBS
    openers: Mapping[str, Collection[str]] = {
        "user": {"/LOGIN", "/REGISTER", "/NICK"},
        "room": {"/JOIN"},
    }
    gate = Audience("room")

    def enter(self, name: str, room: str) -> list[tuple[bytes, Answer]]:
        """See Tongue."""
        welcome = f"Welcome to room {room}!".encode()
        return [
            (f"/nick {name}".encode(), lambda line: name.encode() in line),
            (f"/join {room}".encode(), lambda line: line == welcome),
        ]

    def say(self, room: str, text: str) -> bytes:  # noqa: ARG002
        """See Tongue."""
        return text.encode()

    def is_plain(self, stream: bytes) -> bool:
        """See Tongue."""
        return super().is_plain(stream) and stream.startswith(b"/")

    def words(self, line: bytes) -> tuple[str, str]:
        """See Tongue. What does not begin with a slash is text."""
        verb, text = super().words(line)
        return verb if verb.startswith("/") else "/ME", text

    def audience(self, line: bytes, is_open: bool) -> Audience | None:
        """See Tongue. Who is in which room of those that they have asked for is hard to say."""
        private = re.fullmatch(rb"/msg (\S+) <d\d+\.\d+>", line)
        if private:
            return Audience("user", _folded(readable(private[1])))
        is_text = not readable(line).lstrip().startswith("/")
        return NOBODY if is_text and not is_open else None


class WebSocketTongue(Tongue):
    """JSON in frames. Needs the extra `websocket`."""

    name = "ws"
    typists = JSON
    hello = '{{"type":"login","name":"{}"}}'
    verbs: Collection[str] = frozenset(map(str.upper, TYPES))
    openers: Mapping[str, Collection[str]] = {
        "here": {"LOGIN", "REGISTER", "NICK"},
        "user": {"LOGIN", "REGISTER", "NICK"},
        "room": {"JOIN"},
    }
    gate = HERE

    def __init__(self) -> None:
        schema = files("chat.dialects").joinpath("schema.json").read_text(encoding="utf-8")
        definitions = json.loads(schema)["$defs"]
        self._tells = {name[5:] for name in definitions if name.startswith("tell.")}

    def call(self, address: Address) -> Call:
        """See Tongue. Raises ImportError without the extra, too."""
        from chat.testing.websocket_calls import WebSocketCall  # noqa: PLC0415 - an extra

        return WebSocketCall(address)

    def frame(self, line: bytes) -> bytes:
        """A masked frame of text (RFC 6455, 5.2)."""
        return frame(TEXT, line, MASK)

    def begin(self, line: bytes) -> bytes:
        """A frame that lacks its last byte."""
        return self.frame(line)[:-1]

    def enter(self, name: str, room: str) -> list[tuple[bytes, Answer]]:
        """See Tongue."""
        login, join = {"type": "login", "name": name}, {"type": "join", "room": room}
        return [(json.dumps(ask).encode(), _is_ok) for ask in (login, join)]

    def say(self, room: str, text: str) -> bytes:
        """See Tongue."""
        return json.dumps({"type": "say", "room": room, "text": text}).encode()

    def is_plain(self, stream: bytes) -> bool:  # noqa: ARG002
        """See Tongue. There is no other in a WebSocket, and no telnet."""
        return True

    def words(self, line: bytes) -> tuple[str, str]:
        """See Tongue."""
        given = _given(line)
        kind = given.get("type")
        return str(kind).upper(), " ".join(_texts(given)) if given else readable(line)

    def audience(self, line: bytes, is_open: bool) -> Audience | None:
        """See Tongue."""
        if not is_open:
            return NOBODY
        given = _given(line)
        kinds = {"say": ("room", "room"), "private": ("user", "to")}
        kind, field = kinds.get(str(given.get("type")), ("", ""))
        key = given.get(field)
        if not isinstance(key, str):
            return None
        return Audience(kind, _folded(visible(key)).removeprefix("#"))

    def problem_of(self, text: str) -> str:
        """See Tongue. `detail` is what its reader has sent themselves."""
        given = _given(text.encode())
        if given.get("type") not in self._tells:
            return "no known form"
        given.pop("detail", None)
        return super().problem_of("".join(_texts(given)))


def readable(line: bytes) -> str:
    """A line's text as far as it is UTF-8, without controls: what a careful server may show."""
    return visible(line.decode(errors="ignore"))


def _folded(text: str) -> str:
    return " ".join(map(fold, text.split()))


def _is_ok(line: bytes) -> bool:
    return _given(line).get("type") == "ok"


def _given(line: bytes) -> dict[str, Any]:
    """The object of a line; an empty one if it is none."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _texts(given: object) -> list[str]:
    """All the text in a value of JSON, except for the names of fields."""
    if isinstance(given, str):
        return [given]
    inner = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
    return [text for value in inner for text in _texts(value)]


def tongue(name: str) -> Tongue:
    """By the name of the dialect, one of TONGUES."""
    return TONGUES[name]()


TONGUES: Final[dict[str, type[Tongue]]] = {
    kind.name: kind for kind in (LineTongue, SlashTongue, WebSocketTongue)
}
