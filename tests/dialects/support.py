"""What the tests of the dialects share."""

from __future__ import annotations

from typing import Final, get_args

from chat.core import events
from chat.core.events import Event
from chat.core.registry import ROWS, SERVER

FOR_PEOPLE: Final = set(get_args(Event)) - {
    *(events.Administering, events.ConnectionsListed, events.ExclusionsListed),
    *(events.LimitsListed, events.StatsShown, events.Stopped, events.Welcomed),
    *(events.Ended, events.Excluded, events.Removed, events.RoomForgotten),
}
"""Of the others, some are for the server's administration, some are nobody's to read, and one is
for programs."""

TYPED_BY_PEOPLE: Final = {row.command for row in ROWS if row.summary and row.states - SERVER}
"""What is asked for with a verb, by others than the server's administration."""
