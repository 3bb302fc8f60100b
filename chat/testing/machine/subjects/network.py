"""A whole ChatServer on a simulated network as what is under test: real loop, simulated time."""

from __future__ import annotations

from collections import deque
from typing import Final

from chat.core.settings import Settings
from chat.server import ChatServer
from chat.testing.calls import CallEndedError
from chat.testing.machine.subjects.base import UNHURRIED, Subject
from reactor.testing import Client, Faults, Network

HOST: Final = "10.0.0.1"


class NetworkSubject(Subject):
    """A ChatServer on a Network. `seed` and `faults` say what goes wrong on it."""

    def __init__(self, seed: object = 0, faults: Faults | None = None) -> None:
        self._seed, self._faults = seed, faults
        self._server: ChatServer | None = None

    def begin(self, settings: Settings) -> Settings:
        """A new server on a new network."""
        self._network = Network(self._seed, self._faults)
        self._server = ChatServer(
            host=HOST,
            reactor=self._network.reactor(),
            wall_clock=self._network.clock,
            greeting=settings.greeting,
            echo=settings.echo,
            join_notices=settings.join_notices,
            **UNHURRIED,
        )
        return settings

    def connect(self) -> NetworkCall:
        """Someone comes in."""
        assert self._server is not None
        client = self._network.connect(self._server.address)
        return NetworkCall(self._network, self._server, client)

    def end(self) -> None:
        """Close the server."""
        if self._server is not None:
            self._server.close()


class NetworkCall:
    """As Call, but time is the network's, and passes while somebody waits."""

    def __init__(self, network: Network, server: ChatServer, client: Client) -> None:
        self._network, self._server, self._client = network, server, client
        self._lines: deque[bytes] = deque()

    def send(self, line: bytes) -> None:
        """Send a line; it gets its end here."""
        self._client.send(line + b"\n")

    def receive(self, timeout_s: float) -> bytes | None:
        """The next line."""
        end = self._network.clock.now + timeout_s
        while not self._has_line() and self._network.clock.now < end:
            if self._client.ended:
                raise CallEndedError("closed")
            self._server.run_once(end - self._network.clock.now)
        return self._lines.popleft() if self._lines else None

    def close(self) -> None:
        """Hang up."""
        self._client.hang_up()

    def _has_line(self) -> bool:
        *lines, rest = self._client.received.split(b"\n")
        self._lines += [bytes(line) for line in lines]
        self._client.received[:] = rest
        return bool(self._lines)
