"""Record what a core is told; `replaying.py` tells it to another one.

A recording is lines of JSON. The first holds the world at the beginning and the settings; each
further one some inputs of the core, in order, with their times, and now and then a digest of the
world after them. What was said is in it; hashes of passwords are not, nor is a password that stands
where the protocol wants it: instead of a line with one stands what it asked for (one in a line that
means nothing is part of that line).
"""

from __future__ import annotations

import json
import logging
import struct
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final, TextIO

from chat.core import ChatCore, Limits, Settings
from chat.core.actions import Action
from chat.core.commands import Authenticate, Command, Enrol, Register, Tagged
from chat.core.dialect import Dialect
from chat.core.entry import Entry, encode
from chat.core.events import Said
from chat.core.jobs import Outcome
from chat.core.snapshot import SECRET, digest, dump

log = logging.getLogger("chat")

VERSION: Final = 1
BATCH_INPUTS: Final = 200  # written in one piece: 0.4 us each, one by one they would take 3
DIGEST_INPUTS: Final = 10_000  # between two digests, at least
DIGEST_INPUTS_PER_USER: Final = 20  # as one takes the longer the more there are: 5 us each


class Recorder(ChatCore):
    """A ChatCore that writes down all it is told. `close` writes the last of it."""

    def __init__(
        self,
        file: TextIO,
        limits: Limits | None = None,
        settings: Settings | None = None,
        *,
        durable: bool = False,
        epoch: str = "",
    ) -> None:
        super().__init__(limits, settings, durable=durable, epoch=epoch)
        self._file = file
        self._inputs: list[Any] = []  # a session and its line, or the name of another and the rest
        self._times: list[float] = []  # when each came
        self._until_digest = DIGEST_INPUTS
        self._batch = 0  # inputs; none before the beginning was written, with all that was loaded
        self._failed = False
        self._watch = Watch()

    def connect(
        self, session_id: int, dialect: Dialect, now: float, address: str = ""
    ) -> list[Action]:
        """See ChatCore."""
        self._note(now, "connect", session_id, dialect.name, address)
        return super().connect(session_id, self._watch.over(dialect), now, address)

    def speak(self, session_id: int, dialect: Dialect, now: float) -> list[Action]:
        """See ChatCore."""
        self._note(now, "speak", session_id, dialect.name)
        return super().speak(session_id, self._watch.over(dialect), now)

    def receive(self, session_id: int, line: bytes, now: float) -> list[Action]:
        """See ChatCore. Nearly all inputs are of this kind, so that it does what `_note` does, and
        puts down two bare values: a list for each would cost 0.2 us more."""
        if len(self._times) >= self._batch:
            self._write()
        if session_id not in self._sessions:
            line = b""  # nobody looks at it, not even for a password
        self._inputs += session_id, line.decode("latin-1")
        self._times.append(now)
        try:
            return ChatCore.receive(self, session_id, line, now)
        finally:  # also where a bug of ours comes to light: what it choked on is recorded, too
            if self._watch.secret is not None:
                self._mask(session_id, now)

    def receive_too_long(self, session_id: int, now: float) -> list[Action]:
        """See ChatCore."""
        self._note(now, "receive_too_long", session_id)
        return super().receive_too_long(session_id, now)

    def submit(self, session_id: int, command: Command, now: float) -> list[Action]:
        """See ChatCore."""
        kept = _without_password(command)
        self._note(now, "submit", session_id, encode(Entry(now, session_id, "", kept)))
        return super().submit(session_id, command, now)

    def disconnect(self, session_id: int, reason: str, now: float) -> list[Action]:
        """See ChatCore."""
        self._note(now, "disconnect", session_id, reason)
        return super().disconnect(session_id, reason, now)

    def time_out(self, session_id: int, now: float) -> list[Action]:
        """See ChatCore."""
        self._note(now, "time_out", session_id)
        return super().time_out(session_id, now)

    def shut_down(self, now: float) -> list[Action]:
        """See ChatCore."""
        self._note(now, "shut_down")
        return super().shut_down(now)

    def configure(self, limits: Limits, settings: Settings, now: float) -> None:
        """See ChatCore."""
        self._note(now, "configure", asdict(limits), asdict(settings))
        super().configure(limits, settings, now)

    def finish(self, session_id: int, outcome: Outcome, now: float) -> list[Action]:
        """See ChatCore."""
        kept: Any = SECRET if isinstance(outcome, str) else outcome
        if isinstance(outcome, tuple):
            kept = [asdict(said) for said in outcome if isinstance(said, Said)]
        self._note(now, "finish", session_id, kept)
        return super().finish(session_id, outcome, now)

    def saved(self, kept: bool, now: float) -> list[Action]:
        """See ChatCore."""
        self._note(now, "saved", kept)
        return super().saved(kept, now)

    def settle(self, kept: bool, now: float) -> None:
        """See ChatCore."""
        self._note(now, "settle", kept)
        super().settle(kept, now)

    def tidy(self, now: float) -> list[Action]:
        """See ChatCore. What was told so far is in the file afterwards."""
        self._note(now, "tidy")
        actions = super().tidy(now)
        self._write()
        return actions

    def close(self) -> None:
        """Write the rest, with a digest. The file is its owner's to close."""
        self._until_digest = 0
        self._write()

    def _note(self, now: float, *told: Any) -> None:
        if len(self._times) >= self._batch:
            self._write()
        self._inputs.append(told)
        self._times.append(now)

    def _begin(self) -> None:
        self._batch = BATCH_INPUTS
        header = {"recording": VERSION, "world": dump(self.world, secrets=False)}
        header["settings"] = json.dumps(asdict(self.settings))
        self._put_down(json.dumps(header))

    def _write(self) -> None:
        if not self._batch:
            self._begin()
        batch: dict[str, Any] = {"inputs": self._inputs, "times": _packed(self._times)}
        self._until_digest -= len(self._times)
        if self._until_digest <= 0:
            batch["digest"] = digest(self.world)
            users = len(self.world.sessions)
            self._until_digest = max(DIGEST_INPUTS, DIGEST_INPUTS_PER_USER * users)
        self._inputs, self._times = [], []
        self._put_down(_encode(batch))

    def _put_down(self, line: str) -> None:
        """A recording that can't go on is no reason for the server not to."""
        if self._failed:
            return
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            self._failed = True
            log.error("the recording has ended: %s", error.strerror or error)

    def _mask(self, session_id: int, now: float) -> None:
        """Instead of a line with a password in it: what it asked for, without the password. How it
        was written is its dialect's business."""
        asked, self._watch.secret = self._watch.secret, None
        assert asked is not None
        kept = Entry(now, session_id, "", _without_password(asked.command))
        self._inputs[-2:] = [("receive", session_id, encode(kept), asked.tag)]


_encode: Final = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


def _packed(times: list[float]) -> str:
    """Bit for bit, little-endian, in base64: as JSON's numbers they would take 0.6 us each."""
    return b64encode(struct.pack(f"<{len(times)}d", *times)).decode()


Parse = Callable[[bytes], Command | Tagged]

_WITH_PASSWORD: Final = frozenset({Authenticate, Enrol})


class Watch:
    """Sees passwords go by, in any dialect."""

    def __init__(self) -> None:
        self.secret: Tagged | None = None  # what the last line asked for, if it had a password
        self._watched: dict[str, Reparsed] = {}

    def over(self, dialect: Dialect) -> Reparsed:
        """The same dialect, watched."""
        watched = self._watched.get(dialect.name)
        if watched is None:
            watched = self._watched[dialect.name] = Reparsed(dialect, self._seeing(dialect.parse))
        return watched

    def _seeing(self, parse: Parse) -> Parse:
        def seen(line: bytes) -> Command | Tagged:
            parsed: Command | Tagged = parse(line)
            tagged = parsed if type(parsed) is Tagged else None
            command: Any = tagged.command if tagged else parsed
            if type(command) in _WITH_PASSWORD:
                self.secret = tagged or Tagged(command, "")
            return parsed

        return seen


class Reparsed:
    """A dialect, but for how a line is understood."""

    def __init__(self, dialect: Dialect, parse: Parse) -> None:
        self.name = dialect.name
        self.arrival = dialect.arrival
        self.reads_history = dialect.reads_history
        self.render = dialect.render
        self.answer = dialect.answer
        self.parse = parse


def _without_password(command: Command) -> Command:
    if isinstance(command, (Authenticate, Enrol)):
        return type(command)(command.name, "*" * len(command.password), command.lobby)
    if isinstance(command, Register):  # which is refused: whoever asks for it took it for Enrol
        return Register(command.name, "*" * len(command.password_hash), command.lobby)
    return command
