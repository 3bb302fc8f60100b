"""What a machine can talk to: one small file each."""

from chat.testing.subjects.address import AddressSubject, ThreadSubject
from chat.testing.subjects.base import Connection, Subject
from chat.testing.subjects.core import CoreSubject
from chat.testing.subjects.network import NetworkSubject

__all__ = [
    "AddressSubject",
    "Connection",
    "CoreSubject",
    "NetworkSubject",
    "Subject",
    "ThreadSubject",
]
