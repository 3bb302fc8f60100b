"""Many people at once, against a model: a dict of who is called what, and what each is to read.

The model knows nothing of the core: which spellings are one name is written down in a table, and
what everyone reads follows from the protocol's rules, said once more in other words.
"""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from chat.core import Settings
from tests.core.support import DETERMINISTIC, UNLIMITED, Chat

# Every spelling, and what it comes to; "" for what is no name.
NAMES = {
    "bob": "bob",
    "Bob": "bob",
    "Ｂｏｂ": "bob",
    "anna": "anna",
    "ANNA": "anna",
    "Zoë": "zoë",
    "zoe\u0308": "zoë",
    "李": "李",
    "straße": "strasse",
    "STRASSE": "strasse",
    "x" * 32: "x" * 32,
    "x" * 33: "",
    "two words": "",
    "@bob": "",
    "\u0301": "",
}

# What is typed behind MSG or DM, and what is heard of it.
TEXTS = {
    "hi": "hi",
    "  two   words ": "two words",
    "\ttab\x1b[31m": "tab[31m",
    "\u202eback\u202c": "back",
    "Grüße 😀": "Grüße 😀",
    "": "",
    "\x07 \u3000": "",
}

GARBAGE = {
    b"": "",
    b"  \t": "",
    b"\0\x1b": "",
    b"FOO bar": "ERR unknown-command",
    b"MSGhi": "ERR unknown-command",
    b"\xff": "ERR invalid-utf-8",
    b"LOGIN": "ERR missing-argument",
    b"nick ": "ERR missing-argument",
    b"DM\t": "ERR missing-argument",
}

names = st.sampled_from(list(NAMES))
texts = st.sampled_from(list(TEXTS))


class Talk(RuleBasedStateMachine):
    """The machine does everything twice: to the core, and to a dict."""

    clients = Bundle("clients")
    echo = False

    def __init__(self) -> None:
        super().__init__()
        self.chat = Chat(limits=UNLIMITED)
        self.names: dict[str, str] = {}  # by client, in the order of login
        self.inbox: dict[str, list[str]] = {}  # by client, what they are to read
        self.said: list[str] = []  # every message, in the order in which it was sent

    @initialize(echo=st.booleans(), notices=st.booleans())
    def begin(self, echo: bool, notices: bool) -> None:
        """What the server is set to."""
        self.echo, self.notices = echo, notices
        self.chat.configure(UNLIMITED, Settings(echo=echo, join_notices=notices))

    # --- what happens -----------------------------------------------------------------------------

    @rule(target=clients)
    def connect(self) -> str:
        client = f"client{len(self.inbox)}"
        self.chat.connect(client)
        self.inbox[client] = []
        return client

    @rule(client=clients, name=names)
    def login(self, client: str, name: str) -> None:
        self.chat.send(client, f"LOGIN {name}")
        if " " in name:  # and a password: nobody is registered
            self.answer(client, "ERR not-registered")
        elif client in self.names:
            self.answer(client, "ERR already-logged-in")
        elif refusal := self.refusal(client, name):
            self.answer(client, refusal)
        else:
            if self.notices:
                self.tell_others(client, f"INFO {name} joined the chat")
            self.names[client] = name
            self.answer(client, "OK")

    @rule(client=clients, name=names)
    def nick(self, client: str, name: str) -> None:
        self.chat.send(client, f"nick {name}")
        if self.is_in(client):
            if refusal := self.refusal(client, name):
                self.answer(client, refusal)
            else:
                self.answer(client, "OK")
                self.tell_others(client, f"INFO {self.names[client]} is now {name}")
                self.names[client] = name

    @rule(client=clients, text=texts)
    def msg(self, client: str, text: str) -> None:
        # With a number at the end, no two messages are the same.
        number = f" #{len(self.said)}" if TEXTS[text] else ""
        self.chat.send(client, f"MSG {text}{number}")
        if not self.is_in(client):
            return
        if not TEXTS[text]:
            self.answer(client, "ERR empty-message")
            return
        line = f"MSG {self.names[client]} {TEXTS[text]}{number}"
        self.said.append(line)
        self.tell_others(client, line)
        if self.echo:
            self.answer(client, line)

    @rule(client=clients, name=names.filter(lambda name: " " not in name), text=texts)
    def dm(self, client: str, name: str, text: str) -> None:
        self.chat.send(client, f"DM {name} {text}")
        if not self.is_in(client):
            return
        to = [other for other, called in self.names.items() if NAMES[called] == NAMES[name]]
        if not TEXTS[text]:
            self.answer(client, "ERR empty-message")
        elif not to:
            self.answer(client, "ERR no-such-user")
        else:
            self.answer(to[0], f"DM {self.names[client]} {TEXTS[text]}")

    @rule(client=clients)
    def who(self, client: str) -> None:
        self.chat.send(client, "WHO")
        if self.is_in(client):
            for name in self.names.values():
                self.answer(client, f"USER {name}")

    @rule(client=clients)
    def ping(self, client: str) -> None:
        self.chat.send(client, "PING")
        self.answer(client, "PONG")

    @rule(client=clients, line=st.sampled_from(list(GARBAGE)))
    def garbage(self, client: str, line: bytes) -> None:
        self.chat.send(client, line)
        if GARBAGE[line]:
            self.answer(client, GARBAGE[line])

    @rule(client=clients)
    def too_long(self, client: str) -> None:
        self.chat.too_long(client)
        self.answer(client, "ERR line-too-long")

    @rule(client=consumes(clients))
    def quit(self, client: str) -> None:
        self.chat.send(client, "QUIT")
        self.leave(client)
        self.answer(client, "BYE")

    @rule(client=consumes(clients))
    def disconnect(self, client: str) -> None:
        self.chat.lose(client)
        self.leave(client)

    @rule(client=consumes(clients))
    def idle(self, client: str) -> None:
        self.chat.time_out(client)
        self.leave(client)
        self.answer(client, "INFO idle-timeout")

    @rule(seconds=st.sampled_from([0.001, 1.0, 1e6]))
    def time_passes(self, seconds: float) -> None:
        self.chat.wait(seconds)

    # --- what follows from it ---------------------------------------------------------------------

    def answer(self, client: str, line: str) -> None:
        self.inbox[client].append(line)

    def tell_others(self, client: str, line: str) -> None:
        for other in self.names:
            if other != client:
                self.inbox[other].append(line)

    def is_in(self, client: str) -> bool:
        if client not in self.names:
            self.answer(client, "ERR not-logged-in")
        return client in self.names

    def refusal(self, client: str, name: str) -> str:
        if not NAMES[name]:
            return "ERR invalid-username"
        taken = {NAMES[called] for other, called in self.names.items() if other != client}
        return "ERR username-taken" if NAMES[name] in taken else ""

    def leave(self, client: str) -> None:
        name = self.names.pop(client, None)
        if name is not None:
            self.tell_others(client, f"INFO {name} disconnected")

    @invariant()
    def everyone_has_read_what_they_are_to_read(self) -> None:
        for client, expected in self.inbox.items():
            assert self.chat.lines(client) == expected
            expected.clear()


class Ordered(Talk):
    """The same, but everyone reads at the end: then they compare."""

    @invariant()
    def everyone_has_read_what_they_are_to_read(self) -> None:
        """Not yet."""

    def teardown(self) -> None:
        for client, expected in self.inbox.items():
            read = self.chat.lines(client)
            assert read == expected
            messages = [line for line in read if line.startswith("MSG ")]
            assert messages == sorted(messages, key=self.said.index)


TestTalk = Talk.TestCase
TestTalk.settings = settings(DETERMINISTIC, max_examples=60, stateful_step_count=40)
TestOrdered = Ordered.TestCase
TestOrdered.settings = settings(DETERMINISTIC, max_examples=30, stateful_step_count=60)
