"""What the server's administrator does, now and then: see `scripts.py`."""

from __future__ import annotations

from random import Random
from typing import Final

from chat.testing.simulation.scripts import (
    DEEDS,
    Manner,
    Typist,
    some_garbage,
    some_name,
    some_room,
)

TARGETS: Final = ("10.1.0.1", "10.1.0.2", "10.1.0.0/24", "2001:db8::1", "2001:db8::/64")

# None that is less than what is there already may be: who is over a new limit may stay.
LIMITS: Final = (
    *("rate_burst 3", "rate_burst 50", "text_max_chars 2000", "history_read_max 2"),
    *(
        "away_after_s 1",
        "told_at_once 1",
        "clients_per_address_max 1",
        "reason_max_chars 0",
        "nonsense 1",
        "rate_per_s many",
    ),
)


def _whom(random: Random) -> str:
    return some_name(random) if random.random() < 0.7 else random.choice(TARGETS)


ADMIN: Final[tuple[tuple[int, Typist], ...]] = (
    (10, lambda random, mark: f"announce news <n{mark}>" + random.choice(("", " \x1b[31mred"))),
    (8, lambda random, _: f"kick {some_name(random)} enough"),
    (6, lambda random, _: f"ban {_whom(random)} 20s enough"),
    (6, lambda random, _: f"unban {_whom(random)}"),
    (6, lambda random, _: f"close {some_room(random)}"),
    (6, lambda random, _: f"limit {random.choice(LIMITS)}"),
    (3, lambda random, _: f"unregister {some_name(random)}"),
    (3, lambda random, _: f"op {some_room(random)} {some_name(random)}"),
    (2, lambda random, _: f"deop {some_room(random)} {some_name(random)}"),
    (3, lambda random, _: f"names {some_room(random)}"),
    (6, lambda _random, _: "STATS"),
    (3, lambda _random, _: "connections"),
    (3, lambda _random, _: "users"),
    (3, lambda _random, _: "rooms"),
    (3, lambda _random, _: "bans"),
    (2, lambda _random, _: "limit"),
    (1, lambda _random, _: "help"),
    (2, lambda _random, _: "ping"),
    (1, lambda _random, _: ""),
    (2, some_garbage),
    (1, lambda _random, _: "quit"),
    (1, lambda _random, _: "shutdown"),
)

AS_ADMIN: Final = Manner("admin", "STATS", ADMIN, DEEDS, own_port=1.0)
