"""A network, a clock and a system that are simulated: the real loop, with no kernel beneath it.

    network = Network(seed=7)
    reactor = network.reactor()
    reactor.listen(("10.0.0.1", 4000), handler)
    client = network.connect(("10.0.0.1", 4000))
    client.send(b"hello\\n")
    network.run(reactor, until=60.0)            # a minute, in no time
    assert client.received == b"..."

What goes wrong is decided by `Faults`, and all of it by the seed: the same seed, the same run.
Nothing in here is imported unless somebody asks for it.
"""

from reactor.testing.clients import Client
from reactor.testing.clock import FakeClock
from reactor.testing.faults import Faults
from reactor.testing.network import Network
from reactor.testing.selector import FakeSelector, Spinning, Stalled
from reactor.testing.sockets import Crash, FakeListener, FakeSocket
from reactor.testing.workers import FakeWorkers

__all__ = [
    "Client",
    "Crash",
    "FakeClock",
    "FakeListener",
    "FakeSelector",
    "FakeSocket",
    "FakeWorkers",
    "Faults",
    "Network",
    "Spinning",
    "Stalled",
]
