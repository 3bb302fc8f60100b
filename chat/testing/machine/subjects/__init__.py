"""What a machine can talk to: one small file each."""

from chat.testing.machine.subjects.address import AddressSubject, ThreadSubject
from chat.testing.machine.subjects.base import Connection, Subject
from chat.testing.machine.subjects.core import CoreSubject
from chat.testing.machine.subjects.network import NetworkSubject

__all__ = [
    "AddressSubject",
    "Connection",
    "CoreSubject",
    "NetworkSubject",
    "Subject",
    "ThreadSubject",
]
