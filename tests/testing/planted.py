"""Bugs to be planted in this very process, for tests that look at how one is found and told of.

Those that the kit must find are edits of the source: see `bugs/` and `mutations.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat.core.world import World
from reactor import Connection

Plant = Callable[[pytest.MonkeyPatch], None]


def replacing(owner: Any, name: str) -> Callable[[Callable[..., Any]], Plant]:
    """The function takes a method's place, and is given the method first."""

    def decorated(bug: Callable[..., Any]) -> Plant:
        def plant(patch: pytest.MonkeyPatch) -> None:
            real = getattr(owner, name)
            patch.setattr(owner, name, lambda *args, **options: bug(real, *args, **options))

        return plant

    return decorated


@replacing(Connection, "flush")
def a_connection_drops_what_a_short_write_left(real: Any, self: Connection) -> None:
    real(self)
    self._out = []
    self._out_bytes = 0


@replacing(Connection, "put_back")
def a_line_that_is_held_is_lost(_real: Any, _self: Connection, _line: bytes) -> None:
    pass


@replacing(World, "remove_user")
def who_leaves_keeps_the_name(real: Any, self: World, user: Any) -> None:
    key = next(key for key, other in self.users.items() if other is user)
    real(self, user)
    self.users[key] = user
