"""What commands, events, actions and entries are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A dataclass with slots that the type checker holds to be frozen.

    One message makes four of them. Frozen at run time as well, each would take 0.80 us to make
    instead of 0.21 (CPython 3.11, four fields): a tenth of all that a message costs.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
