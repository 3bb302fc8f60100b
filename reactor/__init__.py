"""A small event loop for line protocols: selectors, non-blocking sockets, one thread."""

from reactor.connection import Connection
from reactor.framing import LINE_MAX_BYTES, TOO_LONG, Framer, LineFramer
from reactor.group import Group
from reactor.handler import Handler
from reactor.limits import ConnectionLimits
from reactor.listener import Address, Listener, format_address
from reactor.loop import Reactor
from reactor.timers import Timer, TimerQueue
from reactor.wakeup import Wakeup

__all__ = [
    "LINE_MAX_BYTES",
    "TOO_LONG",
    "Address",
    "Connection",
    "ConnectionLimits",
    "Framer",
    "Group",
    "Handler",
    "LineFramer",
    "Listener",
    "Reactor",
    "Timer",
    "TimerQueue",
    "Wakeup",
    "format_address",
]
