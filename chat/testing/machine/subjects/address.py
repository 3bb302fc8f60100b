"""Any server that runs as what is under test; and a ChatServer that runs in a thread."""

from __future__ import annotations

from itertools import count
from secrets import token_hex
from typing import Final

from chat.core.settings import Settings
from chat.server import ChatServer
from chat.testing.calls import Call
from chat.testing.machine.subjects.base import UNHURRIED, Subject
from reactor import Address

RUN_BYTES: Final = 2  # of chance, in names: so that two runs on one server don't meet


class AddressSubject(Subject):
    """Any server, started by whomever, in whatever language, with others on it or not.

    It can't be set, so say how it is set; it is not started afresh, so in each example all names
    begin with a prefix that no other has. A limit of its rate costs time, and finds nothing: turn
    it off there (ours: `--rate-limit 0`), and the timeout of the idle."""

    def __init__(self, address: Address, settings: Settings | None = None) -> None:
        self._address = address
        self._settings = settings or Settings()
        self._run = token_hex(RUN_BYTES)
        self._numbers = count(1)

    def begin(self, settings: Settings) -> Settings:  # noqa: ARG002 - it is set already
        """Names that are new."""
        self.prefix = f"t{self._run}{next(self._numbers)}_"
        return self._settings

    def connect(self) -> Call:
        """Someone comes in. Raises OSError when nobody is there."""
        return Call(self._address)

    def end(self) -> None:
        """It runs on."""


class ThreadSubject(Subject):
    """A ChatServer in a thread of its own, on a real port of this machine."""

    def __init__(self) -> None:
        self._server: ChatServer | None = None

    def begin(self, settings: Settings) -> Settings:
        """A new server."""
        self._server = ChatServer(
            port=0,
            greeting=settings.greeting,
            echo=settings.echo,
            join_notices=settings.join_notices,
            **UNHURRIED,
        )
        self._server.__enter__()
        return settings

    def connect(self) -> Call:
        """Someone comes in."""
        assert self._server is not None
        return Call(self._server.address)

    def end(self) -> None:
        """Stop it, and wait until it has."""
        if self._server is not None:
            self._server.__exit__(None, None, None)
