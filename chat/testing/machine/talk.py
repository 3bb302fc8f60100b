"""The machine: people who talk on any server, and what each of them is to read.

Hypothesis decides who does what; whatever it comes upon, it shrinks to the few steps that show it.
Nothing sleeps. That somebody has read all that is due is known from the answer to a PING which
they sent after it. Needs the extra `testing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
except ImportError as error:
    raise ImportError("The machine needs: pip install 'reactor-chat[testing]'") from error

from chat.core.errors import Code
from chat.core.settings import Settings
from chat.testing.machine.model import Dialect, Model, words
from chat.testing.machine.spellings import ALL, PLAIN, Spellings, Text, Word
from chat.testing.machine.subjects.address import AddressSubject
from chat.testing.machine.subjects.base import Subject
from chat.testing.machine.visitor import PATIENCE_S, Visitor
from reactor import LINE_MAX_BYTES, Address

TYPED: Final[dict[str, tuple[str, str]]] = {
    # what is asked        in the line dialect       in the slash dialect
    "login": ("LOGIN {name}", ""),
    "nick": ("NICK {name}", "/nick {name}"),
    "msg": ("MSG {text}", "{text}"),
    "say": ("SAY {room} {text}", "{text}"),
    "dm": ("DM {name} {text}", "/msg {name} {text}"),
    "join": ("JOIN {room}", "/join {room}"),
    "leave": ("LEAVE {room}", "/leave"),
    "names": ("NAMES {room}", "/users {room}"),
    "who": ("WHO", "/who"),
    "ping": ("PING", "/ping"),
    "quit": ("QUIT", "/quit"),
}

Garbage = tuple[bytes, Code | None]  # what is sent, and how it is refused; None: not at all

GARBAGE: Final[dict[str, tuple[Garbage, Garbage]]] = {
    "nothing": ((b"", None), (b"", None)),
    "blanks": ((b"  \t", None), (b"  \t", None)),
    "control characters": ((b"\0\x1b", None), (b"\0\x1b", None)),
    "no verb": ((b"FOO bar", "unknown-command"), (b"/foo bar", "unknown-command")),
    "no blank": ((b"MSGhi", "unknown-command"), (b"/joinden", "unknown-command")),
    "no argument": ((b"LOGIN", "missing-argument"), (b"/join ", "missing-argument")),
    "half the arguments": ((b"DM\t", "missing-argument"), (b"/msg", "missing-argument")),
    "no UTF-8": ((b"\xc3(", "invalid-utf-8"), (b"/\xc3(", "invalid-utf-8")),
}

PEOPLE: Final[dict[str, Dialect]] = {
    "line 1": "line",
    "line 2": "line",
    "slash 1": "slash",
    "slash 2": "slash",
    "newcomer": "line",
}
"""Those who may be there at a time, and what they speak. All but the newcomer have a name of their
own as soon as they do anything: most that can go wrong needs a few people with names."""

OPTIONAL: Final = frozenset(
    {
        *("nick", "join", "leave", "say", "names", "dm", "who"),
        *("garbage", "too_long", "quit", "hang_up"),
    }
)
"""Rules that a machine can do without."""

# Drawn from the tables of the machine at hand, which may be plain.
someone = st.runner().flatmap(lambda talk: st.sampled_from([*talk.people]))
some_names = st.runner().flatmap(lambda talk: st.sampled_from([*talk.spellings.names]))
some_rooms = st.runner().flatmap(lambda talk: st.sampled_from([*talk.spellings.rooms]))
some_texts = st.runner().flatmap(lambda talk: st.sampled_from([*talk.spellings.texts]))


class Talk(RuleBasedStateMachine):
    """Everything is done twice: on what is under test, and in the model. Whoever does something
    connects first if they are not there, so that each step means something without the others."""

    subject: Subject
    spellings: Spellings = ALL
    people: dict[str, Dialect] = PEOPLE
    without: Collection[str] = ()
    patience_s: float = PATIENCE_S

    def __init__(self) -> None:
        super().__init__()
        self.here: dict[str, Visitor] = {}
        self.patient = False
        self.visits = 0
        self.texts = 0
        self.in_order = False  # not in the midst of a step

    @initialize(
        greeting=st.sampled_from(["", "Welcome!"]),
        echo=st.booleans(),
        join_notices=st.booleans(),
        patient=st.booleans(),
    )
    def begin(self, greeting: str, echo: bool, join_notices: bool, patient: bool) -> None:
        """How the server is set; and whether people compare after each step, or read at the end,
        all at once."""
        self.model = Model(self.subject.begin(Settings(greeting, echo, join_notices)))
        self.patient = patient
        self.in_order = True

    # --- what people do ---------------------------------------------------------------------------

    @rule(who=someone, name=some_names)
    def login(self, who: str, name: str) -> None:
        if self.people[who] == "line":
            self._ask(who, "login", name=self._name(name))

    @rule(who=someone, name=some_names)
    def nick(self, who: str, name: str) -> None:
        self._ask(who, "nick", name=self._name(name))

    @rule(who=someone, text=some_texts)
    def msg(self, who: str, text: str) -> None:
        self._ask(who, "msg", text=self._text(text))

    @rule(who=someone, room=some_rooms, text=some_texts)
    def say(self, who: str, room: str, text: str) -> None:
        self._ask(who, "say", room=self._room(room), text=self._text(text))

    @rule(who=someone, name=someone | some_names, text=some_texts)
    def dm(self, who: str, name: str, text: str) -> None:
        self._ask(who, "dm", name=self._name(name), text=self._text(text))

    @rule(who=someone, room=some_rooms)
    def join(self, who: str, room: str) -> None:
        self._ask(who, "join", room=self._room(room))

    @rule(who=someone, room=some_rooms)
    def leave(self, who: str, room: str) -> None:
        self._ask(who, "leave", room=self._room(room))

    @rule(who=someone, room=some_rooms)
    def names(self, who: str, room: str) -> None:
        self._ask(who, "names", room=self._room(room))

    @rule(who=someone)
    def who(self, who: str) -> None:
        self._ask(who, "who")

    @rule(who=someone)
    def ping(self, who: str) -> None:
        self._ask(who, "ping")

    @rule(who=someone, what=st.sampled_from([*GARBAGE]))
    def garbage(self, who: str, what: str) -> None:
        line, refusal = GARBAGE[what][self.people[who] == "slash"]
        self._send(who, line, refusal)

    @rule(who=someone)
    def too_long(self, who: str) -> None:
        self._send(who, b"x" * (LINE_MAX_BYTES + 1), "line-too-long")

    @rule(who=someone)
    def quit(self, who: str) -> None:
        visitor = self.visitor(who)
        visitor.send(TYPED["quit"][visitor.person.dialect == "slash"])
        self.end_visit(who, words(visitor.person.dialect, "said goodbye"))

    @rule(who=someone)
    def hang_up(self, who: str) -> None:
        """Nobody can tell when the server has noticed, unless somebody is told: the others wait
        for that. Whom nobody would miss says goodbye instead; where there is none, they stay."""
        visitor = self.visitor(who)
        if not self.model.neighbours(visitor.person):
            if "quit" not in self.without:
                self.quit(who)
            return
        self.in_order = False
        visitor.hang_up()
        self._go(who)
        self.in_order = True

    # --- how that is done -------------------------------------------------------------------------

    def visitor(self, who: str) -> Visitor:
        """Who is there, or has just come; under a name that nobody else has, for which one a guest
        gets is the server's to choose."""
        if who not in self.here:
            person = self.model.connect(self.people[who])
            call, prefix = self.subject.connect(), self.subject.prefix
            self.here[who] = Visitor(who, person, call, prefix, self.patience_s)
            self.visits += 1
            if who != "newcomer":
                own = f"{self.subject.prefix}visitor{self.visits}"
                name = Word(own, own, own)
                self._ask(who, "nick" if person.dialect == "slash" else "login", name=name)
        return self.here[who]

    def end_visit(self, who: str, last: str) -> None:
        """The server ends somebody's connection; this is the last that they read."""
        self.in_order = False
        visitor = self.here[who]
        self._go(who)
        visitor.person.due.append(last)
        visitor.read_until(last)
        visitor.read_until_end()
        visitor.compare()
        visitor.hang_up()
        self.in_order = True

    def _ask(self, who: str, what: str, **fields: Any) -> None:
        """Ask the server, and the model."""
        visitor = self.visitor(who)
        self.in_order = False
        typed = {name: word.typed for name, word in fields.items()}
        visitor.send(TYPED[what][visitor.person.dialect == "slash"].format(**typed))
        asked: Callable[..., None] = getattr(self.model, what)
        asked(visitor.person, **fields)
        self._settle(visitor)

    def _send(self, who: str, line: bytes, refusal: Code | None) -> None:
        visitor = self.visitor(who)
        self.in_order = False
        visitor.send(line)
        if refusal is not None:
            word = line.decode(errors="replace").split()[0]
            visitor.person.refuse(refusal, word)
        self._settle(visitor)

    def _settle(self, *visitors: Visitor) -> None:
        """The server has dealt with all that they sent, and they have read what came of it: its
        answer to a question comes after that."""
        for visitor in visitors:
            visitor.send(TYPED["ping"][visitor.person.dialect == "slash"])
            self.model.ping(visitor.person)
        for visitor in visitors:
            visitor.read_until(words(visitor.person.dialect, "ponged"))
        self.in_order = True

    def _go(self, who: str) -> None:
        """Be gone; whoever was in a room with them has read so."""
        person = self.here.pop(who).person
        neighbours = self.model.neighbours(person)
        self.model.lose(person)
        for other in self.here.values():
            if other.person in neighbours:
                other.read_until(other.person.due[-1])

    def _name(self, typed: str) -> Word:
        """Somebody's, or one out of the table."""
        if typed in self.people:
            person = self.visitor(typed).person
            return Word(person.name or "nobody", person.name, person.key)
        return self.spellings.name(typed, self.subject.prefix)

    def _room(self, typed: str) -> Word:
        return self.spellings.room(typed, self.subject.prefix)

    def _text(self, typed: str) -> Text:
        self.texts += 1
        return self.spellings.text(typed, self.texts)

    # --- what must be so --------------------------------------------------------------------------

    @invariant()
    def everyone_has_read_what_they_are_to_read(self) -> None:
        """After each step; but who is patient, only at the end."""
        if not self.patient:
            self._compare()

    def teardown(self) -> None:
        """Compare what is not compared yet; then everyone goes."""
        try:
            if self.patient and self.in_order:
                self._compare()
        finally:
            for visitor in self.here.values():
                visitor.hang_up()
            self.subject.end()

    def _compare(self) -> None:
        self._settle(*self.here.values())
        for visitor in self.here.values():
            visitor.compare()


def talk_to(
    subject: Subject | Address,
    *,
    without: Collection[str] = (),
    dialects: Sequence[Dialect] = ("line", "slash"),
    plain: bool = False,
    patience_s: float = PATIENCE_S,
) -> type[Talk]:
    """A machine that talks to a server: at an address (a host and a port, or a Unix socket's
    path), or wherever a Subject finds it.

    `without`: names of rules that are not to be used, as a server may lack something (the smallest
    have no `nick`, `join`, `leave`, `say`, `names`, `garbage` and `too_long`). `plain`: all names
    and texts are simple ones. `patience_s`: nothing is waited for longer. Raises ValueError for a
    rule that can't be left out, or that there isn't, and for a dialect that nobody here speaks.
    """
    if unknown := set(without) - OPTIONAL:
        raise ValueError(f"no rules that can be left out: {', '.join(sorted(unknown))}")
    if unspoken := set(dialects) - set(PEOPLE.values()):
        raise ValueError(f"no dialects that are spoken here: {', '.join(sorted(unspoken))}")
    if not dialects:
        raise ValueError("no dialects")
    members: dict[str, Any] = {
        **dict.fromkeys(without),
        "without": without,
        "patience_s": patience_s,
        "subject": subject if isinstance(subject, Subject) else AddressSubject(subject),
        "spellings": PLAIN if plain else ALL,
        "people": {who: speaks for who, speaks in PEOPLE.items() if speaks in dialects},
    }
    return type("Talk", (Talk,), members)
