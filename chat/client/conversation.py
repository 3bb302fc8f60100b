"""The client without its terminal and its network.

A shell calls `opened`, `received` and `lost` as things happen to the connection, `ask` for what was
typed, and `tick` now and then; after each of these, `frames` is what to send. `now` is always in
seconds since the epoch.

    away --opened--> greeting --welcome--> entering --logged in, rooms resumed--> ready
                                              |  the name is refused
                                              v
                                            asking --/nick, /login, /register--> entering

What is typed while one is not `ready` waits in the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from chat.client.answers import answer
from chat.client.happenings import happen
from chat.client.lines import Line
from chat.client.model import HOME, Model, Room
from chat.client.naming import NAMING, Naming
from chat.client.outbox import Outbox, Request
from chat.client.typed import Ask, Here
from chat.client.wire import Heard, WireError, read, write
from chat.core.text import fold

ENTER_S: Final = 15.0  # a server that takes longer to let one in is as good as gone
PING_S: Final = 20.0  # who only reads is there, too; servers send away who says nothing
TEXT_MAX_CHARS: Final = 8192  # until the server says its own

State = Literal["away", "greeting", "entering", "asking", "ready"]


class Conversation:
    """`refused` says why there is no use in going on; `drop`, why the shell should hang up and try
    again. Both are empty as long as all is well."""

    def __init__(self, model: Model, name: str, rooms: Iterable[str], prefix: str) -> None:
        self.model = model
        self.state: State = "away"
        self.outbox = Outbox(prefix)
        self.refused = ""
        self.drop = ""
        self.latency_s: float | None = None
        self.retry_s: float | None = None  # until the shell tries to connect again
        self._naming = Naming(name)
        self._first_rooms = list(rooms)  # that one has not been in yet
        self._lost = False  # and not ready since
        self._pinged = 0.0
        self._awaited: set[str] = set()  # ids, and rooms (folded) whose history is due
        self._since = 0.0  # when the state began
        self._text_max = TEXT_MAX_CHARS

    @property
    def here(self) -> Here:
        """What a typed line needs to know. Who has yet to come in speaks to where they will be."""
        room = self.model.current.name or next(iter(self._first_rooms), "")
        return Here(room, self.model.correspondent)

    @property
    def name(self) -> str:
        """Under which one is in, or wants to be."""
        return self.model.me or self._naming.name

    @property
    def unsent(self) -> int:
        """How many of one's requests are not answered."""
        return len(self.outbox.typed)

    def pending(self, room: Room) -> list[Request]:
        """One's own words for a room that the server has not confirmed. Where no room is shown
        yet, they are for the one where one will be."""
        name = fold(room.name or self.here.room)
        return [
            request
            for request in self.outbox.typed
            if request.type == "say" and fold(request.fields["room"]) == name
        ]

    # --- the connection -----------------------------------------------------------------------

    def opened(self, now: float) -> None:
        """There is a connection."""
        self.drop = ""
        self._enter_state("greeting", now)

    def lost(self, why: str, now: float) -> None:
        """There is none any more."""
        if not self._lost:  # and not once more for every attempt to come back
            self._tell("system", f"The connection is lost: {why.rstrip('.')}.", now)
        self._lost = True
        self._enter_state("away", now)
        self._awaited.clear()
        self._naming.lost()
        self.latency_s = None
        for request in self.outbox.lost():
            asked = " ".join(str(value) for value in _words(request.fields))
            self._tell("error", f"Nobody knows whether this was done: {asked}", now)

    def received(self, frame: str | bytes, now: float) -> None:
        """The server says something."""
        try:
            heard = read(frame)
        except WireError as error:
            self._tell("error", f"{error}.", now)
            return
        request = self.outbox.answered(heard.text("id")) if _answers(heard) else None
        if request is not None:
            self._answered(request, heard, now)
        elif heard.text("type") == "welcome":
            self._welcomed(heard, now)
        elif heard.text("type") == "history":
            self._history(heard, now)
        elif heard.text("type") == "error":
            self._tell("error", heard.text("text") or heard.text("code"), now)
        else:
            self._happened(heard, now)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._naming.is_due(now):
            self._log_in(now)
        if self.state == "ready" and now - self._pinged >= PING_S:
            self._pinged = now
            self.outbox.post({"type": "ping"}, by_hand=False)
        if self.state in {"greeting", "entering"} and now - self._since > ENTER_S:
            self.drop = "the server does not answer"

    def frames(self) -> list[str]:
        """What is to be sent now."""
        if self.state not in {"entering", "ready"}:
            return []
        requests = self.outbox.take(self.name, by_hand=self.state == "ready")
        return [write(request.object) for request in requests]

    # --- the keyboard -------------------------------------------------------------------------

    def ask(self, act: Ask, now: float) -> None:
        """Somebody typed something for the server."""
        fields = act.fields
        if len(str(fields.get("text", ""))) > self._text_max:
            self._tell("error", f"That is too long: {self._text_max} characters at most.", now)
        elif self.outbox.full:
            self._tell("error", "Too much is waiting to be sent. Try again later.", now)
        elif fields["type"] in NAMING and self.state not in {"entering", "ready"}:
            self._naming.choose(fields)
            if self.state == "asking":
                self._log_in(now)
        elif fields["type"] == "leave" and (room := self._shown(fields["room"], joined=False)):
            self.model.forget(room)
        elif fields["type"] == "join" and (room := self._shown(fields["room"], joined=True)):
            self.model.switch(room)
        elif fields["type"] == "login":  # one is in already
            self.outbox.post({**fields, "type": "nick"})
        else:
            self.outbox.post(fields)

    def _shown(self, name: str, *, joined: bool) -> Room | None:
        """A room that can be switched to, if one is in it, or is not any more."""
        room = self.model.room(name)
        return room if room is not None and room.joined == joined else None

    # --- coming in ----------------------------------------------------------------------------

    def _welcomed(self, heard: Heard, now: float) -> None:
        limits = heard.get("limits")
        maximum = Heard(limits).number("text_max_chars") if isinstance(limits, dict) else 0
        self._text_max = maximum or TEXT_MAX_CHARS
        self._log_in(now)

    def _log_in(self, now: float) -> None:
        self._enter_state("entering", now)
        self._await(self._naming.request)

    def _await(self, fields: dict[str, Any]) -> None:
        self._awaited.add(self.outbox.post(fields, by_hand=False).id)

    def _logged_in(self, now: float) -> None:
        self.model.away = False  # nobody has told this session otherwise
        for name in dict.fromkeys([*(room.name for room in self.model.joined), *self._first_rooms]):
            room = self.model.room(name)
            if room is not None and room.epoch:
                self.model.hold(room)
            self._await({"type": "join", "room": name})
        self._settle(now)

    def _joined(self, request: Request) -> None:
        """Into a room on the way in: what was said there is next."""
        room = self.model.room(request.fields["room"])
        if room is None:
            return
        if self.model.current.name == HOME:
            self.model.switch(room)
        if room.epoch:
            asked = {"type": "resume", "room": room.name, "epoch": room.epoch, "seq": room.seq}
            self._await(asked)
        else:
            self._awaited.add(f"#{fold(room.name)}")

    def _settle(self, now: float) -> None:
        """Once all that was awaited is there, one is in."""
        if self.state == "entering" and not self._awaited:
            self._enter_state("ready", now)
            if self._lost:
                self._tell("system", "Connected again.", now)
            self._lost = False

    def _history(self, heard: Heard, now: float) -> None:
        """What comes after a join, unasked. Who comes back asks more exactly."""
        room = self.model.room(heard.text("room"))
        if room is None or room.held is not None:
            return
        self._recognise(heard)
        self.model.history(room, heard, now, resumed=False)
        self._awaited.discard(f"#{fold(room.name)}")
        self._settle(now)

    # --- what comes ---------------------------------------------------------------------------

    def _answered(self, request: Request, heard: Heard, now: float) -> None:
        refused = heard.text("type") == "error"
        self._awaited.discard(request.id)
        if request.type == "join" and request.fields["room"] in self._first_rooms:
            self._first_rooms.remove(request.fields["room"])
        if request.type in NAMING:
            self._named(request, heard, now)
            return
        if refused and not request.by_hand and heard.text("code") == "already-in-room":
            self._joined(request)  # one is put into some rooms by coming in
        else:
            if request.type == "resume":
                self._recognise(heard)
            answer(self.model, request, heard, now)
            if refused:
                self._kept_out(request, now)
            elif request.type == "join" and not request.by_hand:
                self._joined(request)
        self._settle(now)

    def _kept_out(self, request: Request, now: float) -> None:
        room = self.model.room(request.fields.get("room", ""))
        if room is None or request.by_hand:
            return
        if request.type == "join":
            room.joined, room.held = False, None
        elif request.type == "resume":
            self.model.release(room, now)

    def _named(self, request: Request, heard: Heard, now: float) -> None:
        """A name was given, or not."""
        refused = heard.text("type") == "error"
        if request.by_hand or not refused:
            answer(self.model, request, heard, now)
        if refused and not request.by_hand:
            self._nameless(heard, now)
        elif not refused:
            if not request.by_hand and self.model.me != self._naming.name:
                self._tell("system", f"You are {self.model.me}.", now)
            self._naming.given(self.model.me, request.fields)
            if not request.by_hand:
                self._logged_in(now)

    def _nameless(self, heard: Heard, now: float) -> None:
        """The server does not let one in under this name. Another may have been typed by now."""
        code = heard.text("code")
        why = heard.text("text") or code
        typed = next((request for request in self.outbox.typed if request.type in NAMING), None)
        if typed is not None:
            self.outbox.answered(typed.id)
            self._naming.choose(typed.fields)
            self._log_in(now)
            return
        known = self._naming.in_use_since is not None
        verdict = self._naming.refused(code, now)
        if verdict == "later":
            self.drop = why
        elif verdict == "ask":
            self._enter_state("asking", now)
            with_password = code in {"password-required", "wrong-password"}
            self._tell("error", f"{why} {_ADVICE[with_password]}", now)
        elif not known:
            self._tell("system", f"The name {self.name} is still in use: trying again.", now)

    def _recognise(self, heard: Heard) -> None:
        """One's own words in a history: they did arrive."""
        for message in heard.objects("messages"):
            self.outbox.seen(message.text("id"), message.text("from"))

    def _happened(self, heard: Heard, now: float) -> None:
        if heard.text("type") == "message":
            self.outbox.seen(heard.text("id"), heard.text("from"))
        elif heard.text("type") == "system" and heard.text("code") == "expelled":
            self.refused = heard.text("text") or "expelled"
        happen(self.model, heard, now)

    # --- small things -------------------------------------------------------------------------

    def _enter_state(self, state: State, now: float) -> None:
        self.state, self._since = state, now

    def _tell(self, kind: Literal["system", "error"], text: str, now: float) -> None:
        self.model.say(Line(kind, text, now))


def _answers(heard: Heard) -> bool:
    """A message carries the id of who said it, and is no answer."""
    return heard.text("type") != "message"


def _words(fields: dict[str, Any]) -> list[Any]:
    """A request in words, without what is secret."""
    return [value for name, value in fields.items() if name != "password"]


_ADVICE = {
    True: "Say /login NAME PASSWORD, or /nick NAME for another.",
    False: "Say /nick NAME.",
}
