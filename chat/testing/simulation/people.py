"""Person: plays a script on a simulated network, and looks closely at what it is shown."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from chat.core.dialect import Dialect
from chat.core.errors import ERRORS
from chat.core.events import Event, Refused, Said
from chat.dialects import ADMIN, DIALECTS, JSON
from chat.testing.simulation.model_store import MARK
from chat.testing.simulation.scenario import ADDRESS, OWN_ADDRESSES
from chat.testing.simulation.scripts import Script, Step
from reactor import LINE_MAX_BYTES, TOO_LONG
from reactor.testing import Client, Network

RETRY_S = 2.0  # after a connection was lost, or not to be had
VISITS_MAX = 10  # somebody whom the server does not let in gives up some day
SLOWLY: Final = (50, 0.5)  # bytes at a time, and seconds between

PRIVATE: Final = re.compile(rb"(?:DM \S+|\[private\] \S+:) (<d\d+\.\d+>)")

NEWS: Final = re.compile(rb"<n\d+\.\d+>")
AS_NEWS: Final = re.compile(rb"(?: is away: at|news) <n\d+\.\d+>")
"""In text, where what was to be news may be said instead, as the rest of half a line."""

LINE_FORMS: Final = re.compile(
    rb"OK|PONG|BYE|ERR [a-z0-9-]+|(INFO|TOPIC|USER|ROOM|MSG|DM|SAID|ME|PAST|BAN|MUTE) .+"
)
ADMIN_FORMS: Final = re.compile(
    rb"OK|PONG|ERR [a-z0-9-]+ .+|(USER|ROOM|CONNECTION|STAT|BAN|LIMIT|INFO) .+"
)
FORMS: Final = {"line": LINE_FORMS, "admin": ADMIN_FORMS}
REFUSED: Final = b"Error: "  # what nobody understood
STOPS: Final = (b"INFO server-shutdown", b"The server is shutting down. Goodbye!")
IDLED_OUT: Final = (b"INFO idle-timeout", b"You have been idle for too long. Goodbye!")
GOODBYES: Final = (b"BYE", b"Goodbye!", *STOPS, *IDLED_OUT)
CHECKS: Final = {
    "line": b"\nPING\n",
    "slash": b"\n/who\n",
    "admin": b"\nPING\n",
    "json": b'{"type":"ping","id":"check"}\n',
}
LAST_WORDS: Final = {
    "line": b"MSG <s%d.0> bye\n",
    "slash": b"<s%d.0> bye\n",
    "json": b'{"type":"say","room":"so","text":"<s%d.0> bye"}\n',
}
"""At the very moment at which the server is told to stop."""

PINGED_BY: Final = ("line", "admin")
NOT_SAVED: Final = (b"ERR not-saved", f"Error: {ERRORS['not-saved']}".encode())
ANSWERS: Final = {"line": b"PONG", "slash": b"Current users: ", "admin": b"PONG"}
SPOKEN: Final[dict[str, Dialect]] = {**DIALECTS, "json": JSON, "admin": ADMIN}

SUBNEGOTIATED: Final = re.compile(rb"\xff\xfa.*?\xff\xf0", re.DOTALL)
ASKED: Final = re.compile(rb"\xff([\xfb\xfd])(.)", re.DOTALL)
REFUSED_AS: Final = {b"\xfb": b"\xfe", b"\xfd": b"\xfc"}  # WILL: DONT; DO: WONT
NEGOTIATED: Final = re.compile(rb"\xff..", re.DOTALL)


class Visit:
    """One connection of a person's: what they typed, what they read, what they are still due."""

    deeds: Deeds
    """How to do what a script says."""

    def __init__(self, person: Person, client: Client) -> None:
        self.person = person
        self.client = client
        self.dialect = SPOKEN[person.script.dialect]
        self.typed: deque[bytes] = deque()  # lines that the server has not taken up yet
        self.begun = bytearray()  # the line that has no end yet
        self.skipping = False  # the rest of a line that was too long already
        self.due: deque[bytes] = deque()  # what was said, and is to be read next, in this order
        self.unrefused: deque[bytes] = deque()  # what negotiations are to be answered with
        self.answered: bool | None = None  # True: the last question was; None: there was none
        self.ending = False  # they send no more
        self.last = b""  # the last whole line that was read
        self.told_of_stop = False
        self._partial = bytearray()
        client.on_data, client.on_end = self._read, self._end

    def begin(self) -> None:
        """Say hello."""
        self.type(self.person.script.hello)

    def shown(self, event: Event) -> bytes:
        """What somebody here reads of it."""
        line: bytes = self.dialect.render(event)
        return line[:-1]

    def acknowledged(self, said: Said) -> bytes:
        """What who said it reads, if they wanted to know."""
        line: bytes = self.dialect.answer(said, said.tag)
        return line[:-1]

    def refused(self, said: Said) -> bytes:
        """What who said it reads where it could not be kept."""
        refusal = Refused("not-saved")
        answer = self.dialect.answer(refusal, said.tag) if said.tag else b""
        line: bytes = answer or self.dialect.render(refusal)
        return line[:-1]

    def ponged(self, line: bytes) -> bytes:
        """What who sent this line reads, if it is a ping; else nothing."""
        can_ping = self.person.script.dialect in PINGED_BY
        return b"PONG" if can_ping and line.upper() == b"PING" else b""

    def type(self, data: bytes) -> None:
        """Send, and remember what lines that makes."""
        if self.ending:
            return
        self.client.send(data)
        *ended, rest = data.split(b"\n")
        for line in ended:
            self.begun += line
            whole = bytes(self.begun).removesuffix(b"\r")
            if not self.skipping:
                self.typed.append(whole if len(whole) <= LINE_MAX_BYTES else TOO_LONG)
            self.skipping = False
            self.begun.clear()
        self.begun += rest

    def negotiate(self, data: bytes) -> None:
        """Send telnet's commands, of which no line must ever show anything."""
        if not self.ending:
            self.client.send(data)
            for verb, option in ASKED.findall(SUBNEGOTIATED.sub(b"", data)):
                self.unrefused.append(b"\xff" + REFUSED_AS[verb] + option)

    def end(self, data: bytes = b"") -> None:
        """Send this, and then no more. What has no line end is a line, too."""
        self.type(data)
        if self.begun and not self.skipping and not self.ending:
            self.typed.append(bytes(self.begun).removesuffix(b"\r"))
        self.ending = True
        self.client.send_end()

    def ask(self) -> None:
        """Read on, and ask for something that is always answered."""
        self.client.read()
        self.answered = False
        self.type(CHECKS[self.person.script.dialect])

    def leave(self) -> None:
        """Hang up, if that was not done."""
        self.client.hang_up()

    @property
    def hears_of_a_stop(self) -> bool:
        """They are here, have not said that they are about to go, and it is said in their
        dialect."""
        goes = self.is_over or self.ending
        return not goes and self.person.script.dialect != "admin"

    @property
    def has_left(self) -> bool:
        """It was they who ended it."""
        return self.client.sock.closed

    @property
    def is_over(self) -> bool:
        """It is closed, by whomever."""
        return self.client.is_gone

    @property
    def is_settled(self) -> bool:
        """There is nothing that it waits for."""
        return self.is_over or (
            not (self.typed or self.due or self.unrefused) and self.answered is not False
        )

    def _read(self, data: bytes) -> None:
        *lines, rest = (bytes(self._partial) + data).split(b"\n")
        self._partial = bytearray(rest)
        for line in lines:
            self.last = NEGOTIATED.sub(self._refused, line)
            self._look_at(self.last)

    def _refused(self, answer: re.Match[bytes]) -> bytes:
        """A negotiation was answered."""
        if not self.unrefused or self.unrefused.popleft() != answer[0]:
            self.person.complain(f"was answered {answer[0]!r} to what it had not asked for")
        return b""

    def _look_at(self, line: bytes) -> None:
        person = self.person
        text = line.decode(errors="replace")
        if not text.isprintable() or "\ufffd" in text:
            person.complain(f"was shown what no terminal should be: {line!r}")
        forms = FORMS.get(person.script.dialect)
        if forms and not forms.fullmatch(line) and text != person.greeting:
            person.complain(f"was shown a line of no known form: {line!r}")
        if self.answered is False and line.startswith(ANSWERS[person.script.dialect]):
            self.answered = True
        if private := PRIVATE.match(line):
            person.heard_alone(private[1], line)
        elif (marks := MARK.findall(line)) and not line.startswith(REFUSED):
            self._look_at_said(line, marks)
        elif line in STOPS:
            self.told_of_stop = True
        elif line == b"PONG" or AS_NEWS.search(line):
            self._look_at_due(line)
        elif line in NOT_SAVED:
            self._look_at_refusal(line)

    def _look_at_said(self, line: bytes, marks: list[bytes]) -> None:
        if line.startswith(b"PAST " if self.person.script.dialect == "line" else b"["):
            self.person.heard(marks[0])
        else:
            self._look_at_due(line)

    def _look_at_due(self, line: bytes) -> None:
        person = self.person
        if not self.due:
            person.complain(f"was shown what was not for them, or twice: {line!r}")
        elif (due := self.due.popleft()) != line:
            person.complain(f"was shown {line!r} where {due!r} was due")

    def _look_at_refusal(self, line: bytes) -> None:
        """Of a message, where one is due; else of something else that could not be saved."""
        if self.due and self.due[0] == line:
            self.due.popleft()

    def _end(self) -> None:
        if self.last in GOODBYES and self.due and not self.client.was_reset:
            self.person.complain(f"left without having been shown {self.due[0]!r}")
        self.person.lost()


class Person:
    """Somebody, who comes back until there are no steps left."""

    def __init__(
        self,
        network: Network,
        script: Script,
        greeting: str,
        visit: Callable[[Person, Client], Visit],
        arrived: Callable[[Visit], object],
        complain: Callable[[str], object],
        heard: Callable[..., object],
        heard_alone: Callable[[bytes, bytes], object],
    ) -> None:
        self.script = script
        self.greeting = greeting
        self.visit: Visit | None = None
        self.visits = 0
        self.held: dict[str, Any] = {}  # what they remember of one visit in the next
        self.seconds = 0.0  # connected, in all
        self.heard = heard
        self.heard_alone = heard_alone
        self._network = network
        self._visit = visit
        self._arrived = arrived
        self._complain = complain
        self.done = 0  # steps
        self._since = 0.0
        self._retiring = False
        network.call_later(script.arrives_s, self._connect)

    def complain(self, about: str) -> None:
        """Something is wrong."""
        self._complain(f"person {self.script.number} {about}")

    @property
    def is_done(self) -> bool:
        """There are no steps left, or it is of no use."""
        return self.done >= len(self.script.steps) or self.visits >= VISITS_MAX

    def retire(self) -> None:
        """Do nothing more."""
        self._retiring = True

    def go(self) -> None:
        """Hang up, for good."""
        if self.visit is not None and not self.visit.is_over:
            self._count()
            self.visit.client.hang_up()

    def lost(self) -> None:
        """The connection has ended."""
        self._count()
        if self.visit is not None:
            self.visit.leave()
        self._come_back()

    def _count(self) -> None:
        self.seconds += self._network.clock.now - self._since

    def _come_back(self) -> None:
        if not self.is_done and not self._retiring:
            self._network.call_later(RETRY_S, self._connect)

    def _connect(self) -> None:
        if self._retiring:
            return
        self.visits += 1
        script = self.script
        address = OWN_ADDRESSES[script.dialect] if script.on_own_port else ADDRESS
        try:
            client = self._network.connect(address, script.host, script.buffer_bytes)
        except ConnectionRefusedError:
            self._come_back()
            return
        self._since = self._network.clock.now
        self.visit = self._visit(self, client)
        self._arrived(self.visit)
        self.visit.begin()
        self._wait()

    def _wait(self) -> None:
        if not self.is_done:
            step = self.script.steps[self.done]
            self._network.call_later(step.after_s, self._do, self.visit, step)

    def _do(self, visit: Visit, step: Step) -> None:
        if visit is not self.visit or visit.is_over or self._retiring:
            return
        self.done += 1
        visit.deeds[step.deed](visit, step)
        if visit.has_left:
            self.lost()
        else:
            self._wait()


Deeds = dict[str, Callable[[Any, Step], object]]

DEEDS: Final[Deeds] = {
    "type": lambda visit, step: visit.type(step.data),
    "end": lambda visit, step: visit.end(step.data),
    "negotiate": lambda visit, step: visit.negotiate(step.data),
    "hang up": lambda visit, _: visit.client.hang_up(),
    "reset": lambda visit, _: visit.client.reset(),
    "stop reading": lambda visit, _: visit.client.stop_reading(),
    "read slowly": lambda visit, _: visit.client.read_slowly(*SLOWLY),
    "read": lambda visit, _: visit.client.read(),
}

Visit.deeds = DEEDS
