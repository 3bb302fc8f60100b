"""JsonVisit: a connection of somebody who speaks JSON over WebSocket, object by object.

What they hold the server to, beside what `people.py` does: each `id` is answered once, and in
order; in each room the numbers count up by one, across what they are given of its past, too, and
across what is replayed when they come back (`json_rooms.py`).
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from chat.core.events import Ponged
from chat.core.text import fold
from chat.testing.simulation.json_rooms import NOTHING, Held, InRoom
from chat.testing.simulation.model_store import MARK
from chat.testing.simulation.people import NEWS, Person
from chat.testing.simulation.websocket_people import GOING_AWAY, NORMAL, REFUSED, WebSocketVisit
from reactor.testing import Client

Object = dict[str, Any]

TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PRIVATE: Final = re.compile(r"<d\d+\.\d+>")
GOODBYES: Final = ("goodbye", "shutdown", "idle-timeout")
CHECK: Final = "check"  # the id of what is always answered
ID_MAX_CHARS: Final = 64
HELD_LESS: Final = 0.3  # how often somebody asks for something again

FIELDS: Final[dict[str, str]] = {
    "welcome": "server version epoch limits",
    "ok": "",
    "error": "code text",
    "message": "room seq time from text",
    "private": "from text time",
    "join": "room from time",
    "leave": "room from time",
    "nick": "from to time",
    "status": "from status text time",
    "topic": "room text",
    "moderation": "deed room name from seconds reason time",
    "rooms": "rooms",
    "users": "users",
    "history": "room epoch complete messages",
    "bans": "room bans mutes",
    "help": "commands",
    "system": "code text",
    "pong": "",
}
"""What there is in every object of a type, at least."""

CODES: Final = {
    ("system", "goodbye"): NORMAL,
    ("system", "shutdown"): GOING_AWAY,
    ("system", "expelled"): REFUSED,
    ("error", "server-full"): REFUSED,
    ("error", "rate-limited"): REFUSED,
    ("error", "banned"): REFUSED,
}
"""What a close may say, by what was said before."""

REFUSALS: Final = ("server-full", "rate-limited", "banned")  # in place of a welcome


def line(given: Object) -> bytes:
    """An object, as a script has it."""
    return json.dumps(given).encode() + b"\n"


class JsonVisit(WebSocketVisit):
    """See Visit."""

    def __init__(self, person: Person, client: Client) -> None:
        super().__init__(person, client)
        self._asked: deque[str] = deque()  # ids, not answered yet
        self._resumes: dict[str, Held] = {}  # by their ids
        self._rooms: dict[str, InRoom] = {}  # by folded name
        self._welcomed = False
        self._name = ""
        self._status = "active"
        self._echoed = ("", 0)  # the last message's id, if it is one of theirs, and number
        # Things said without an `id`: nobody tells their numbers to who said them.
        self._untold = self._untold_ever = 0

    # --- what they do ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Log in, and go on where the last visit ended."""
        super().begin()
        for number, room in enumerate(self.person.held):
            tag = f"{self.person.visits}.{number}"
            self.type(line({"type": "join", "room": room, "id": f"join {tag}"}))
            self.type(line({"type": "resume", "room": room, "id": f"resume {tag}"}))

    @property
    def is_settled(self) -> bool:
        """See Visit."""
        return super().is_settled and (self.is_over or not self._asked)

    def message(self, line_: bytes) -> bytes:
        """See WebSocketVisit. From here on it is known what there will be to hear."""
        given = _object(line_)
        tag: Any = given.get("id")
        if _is_id(tag):
            self._asked.append(tag)
        elif given.get("type") == "say":
            self._untold += 1
            self._untold_ever += 1
        if given.get("type") == "resume":
            held = self._resumes[tag] = self._held(given["room"])
            return line({**given, "epoch": held.epoch, "seq": held.seq})[:-1]
        return line_

    def ponged(self, line: bytes) -> bytes:
        """See Visit."""
        given = _object(line)
        if given.get("type") != "ping":
            return b""
        pong = b""
        if "id" not in given:
            pong = self.dialect.render(Ponged())
        elif _is_id(given["id"]):
            pong = self.dialect.answer(Ponged(), given["id"])
        return pong[:-1]

    def _held(self, room: str) -> Held:
        held: Held = self.person.held.get(key(room), NOTHING)
        if self.random.random() < HELD_LESS:
            return held._replace(seq=self.random.randint(0, held.seq))
        return held

    # --- what they are shown --------------------------------------------------------------------

    def _look_at(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        if not text.isprintable() or "\ufffd" in text or "\\u00" in text:
            self.person.complain(f"was shown what no terminal should be: {line!r}")
        try:
            shown = json.loads(line)
            missing = {"type", *FIELDS[shown["type"]].split()} - shown.keys()
        except (ValueError, LookupError, TypeError, AttributeError):
            missing = {"everything"}
        if missing:
            self.person.complain(f"was shown an object without {sorted(missing)}: {line!r}")
            return
        self._look_at_all(shown)
        if look := _LOOKS.get(shown["type"]):
            look(self, shown, line)

    def _look_at_all(self, shown: Object) -> None:
        kind = shown["type"]
        turned_away = kind == "error" and not self._welcomed and shown["code"] in REFUSALS
        if not turned_away and self._welcomed == (kind == "welcome"):
            self.person.complain(f"was welcomed late, or twice: {shown}")
        self._welcomed = True
        if not TIME.fullmatch(shown.get("time", "2000-01-01T00:00:00.000Z")):
            self.person.complain(f"was told a time that is none: {shown}")
        if "id" in shown and kind != "message":  # there it is the sender's
            self._be_answered(shown["id"])
        if code := CODES.get((kind, shown.get("code", ""))):
            self.codes.add(code)

    def _be_answered(self, tag: str) -> None:
        if not self._asked or self._asked[0] != tag:
            wanted = list(self._asked)[:1]
            self.person.complain(f"was answered {tag!r}, where {wanted} was to be")
        if tag in self._asked:
            self._asked.remove(tag)
        if tag == CHECK:
            self.answered = True

    def _look_at_ok(self, shown: Object, line: bytes) -> None:
        """Of say, join or leave, if there is something to know."""
        self._name = shown.get("name", self._name)
        self._look_at_users(shown, line)
        if "seq" in shown and (shown["id"], shown["seq"]) == self._echoed:
            self._look_at_due(line)
        elif "seq" in shown:
            self._look_at_message(shown, line)
        elif "users" in shown:
            self._rooms[key(shown["room"])] = InRoom()
        elif "room" in shown:
            self._rooms.pop(key(shown["room"]), None)

    def _look_at_message(self, shown: Object, line: bytes) -> None:
        """What is due; in the order of its numbers. An acknowledgement stands for one's own."""
        if shown["type"] == "ok" or MARK.search(line):  # else it is half of something
            self._look_at_due(line)
        room, seq = self._rooms.get(key(shown["room"])), shown["seq"]
        if room is None:
            self.person.complain(f"is in no such room: {line!r}")
            return
        self._echoed = shown.get("id", ""), seq
        skipped = room.skipped(seq)
        self._note(shown, room, room.said(seq, self._untold))
        self._untold = max(0, self._untold - skipped)

    def _look_at_error(self, shown: Object, line: bytes) -> None:
        if shown["code"] == "not-saved":
            self._look_at_refusal(line)

    def _look_at_pong(self, _shown: Object, line: bytes) -> None:
        self._look_at_due(line)

    def _look_at_history(self, shown: Object, line: bytes) -> None:
        """It is as it was said; and it fits to what else they know."""
        messages = shown["messages"]
        for message in messages:
            for mark in MARK.findall(message["text"].encode()):
                self.person.heard(mark, message)
        room = self._rooms.get(key(shown["room"]))
        if room is None:
            self.person.complain(f"is in no such room: {line!r}")
            return
        seqs, epoch = [message["seq"] for message in messages], shown["epoch"]
        since = self._resumes.pop(shown.get("id", ""), None)
        if since is None:
            problem = room.recalled(epoch, seqs, shown["complete"], self._untold_ever)
        else:
            problem = room.resumed(since, epoch, seqs, shown["complete"], self._untold_ever)
        self._note(shown, room, problem)

    def _note(self, shown: Object, room: InRoom, problem: str) -> None:
        if problem:
            self.person.complain(f"{problem}, in {shown['room']}")
        if held := room.held:
            self.person.held[key(shown["room"])] = held

    def _look_at_private(self, shown: Object, line: bytes) -> None:
        for mark in PRIVATE.findall(shown["text"]):
            self.person.heard_alone(mark.encode(), line)

    def _look_at_status(self, shown: Object, line: bytes) -> None:
        if shown["from"] == self._name:
            self._status = shown["status"]
        if NEWS.search(line):
            self._look_at_due(line)

    def _look_at_users(self, shown: Object, line: bytes) -> None:
        """They know of themselves what others are shown."""
        for user in shown.get("users", ()):
            if user["name"] == self._name and user["status"] != self._status:
                self.person.complain(f"is {self._status}, and was shown: {line!r}")

    def _look_at_system(self, shown: Object, line: bytes) -> None:
        if NEWS.search(line):
            self._look_at_due(line)
        self.told_of_stop = self.told_of_stop or shown["code"] == "shutdown"
        if shown["code"] in GOODBYES and self.due:
            self.person.complain(f"left without having been shown {self.due[0]!r}")


def _object(line: bytes) -> Object:
    """What a message says; nothing, if it is no object."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _is_id(tag: object) -> bool:
    """Whether it is one that is answered to."""
    return isinstance(tag, str) and 0 < len(tag) <= ID_MAX_CHARS and tag.isprintable()


def key(room: str) -> str:
    """By which a room is known, however it is written."""
    return fold(room.removeprefix("#"))


_LOOKS: Final[dict[str, Callable[[JsonVisit, Object, bytes], None]]] = {
    "ok": JsonVisit._look_at_ok,
    "error": JsonVisit._look_at_error,
    "pong": JsonVisit._look_at_pong,
    "message": JsonVisit._look_at_message,
    "history": JsonVisit._look_at_history,
    "private": JsonVisit._look_at_private,
    "status": JsonVisit._look_at_status,
    "users": JsonVisit._look_at_users,
    "system": JsonVisit._look_at_system,
}
