"""What was asked of the server and not yet answered, in the order in which it was asked.

Nothing leaves twice, except a `say` of which nobody knew whether it had arrived when the connection
was lost. It waits again then; and as nothing that was typed is taken before the histories of all
rooms were seen, it is `seen` there before it could be sent once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

WAITING_MAX: Final = 1_000  # requests; more than anyone types while a server is away


@dataclass(slots=True)
class Request:
    """An object for the server, and whether it is on its way."""

    id: str
    fields: dict[str, Any]
    by_hand: bool  # else it is part of coming (back) in
    sent: bool = False
    name: str = ""  # under which it was sent

    @property
    def type(self) -> str:
        """What is asked."""
        return str(self.fields["type"])

    @property
    def object(self) -> dict[str, Any]:
        """As it is sent."""
        return {**self.fields, "id": self.id}


class Outbox:
    """`prefix` makes the ids different from those that anyone else has used, or the same person
    in an earlier run."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self._requests: dict[str, Request] = {}

    def __len__(self) -> int:
        return len(self._requests)

    @property
    def typed(self) -> list[Request]:
        """What somebody typed and is not answered."""
        return [request for request in self._requests.values() if request.by_hand]

    @property
    def full(self) -> bool:
        """Whether nothing more is taken."""
        return len(self._requests) >= WAITING_MAX

    def post(self, fields: dict[str, Any], *, by_hand: bool = True) -> Request:
        """A new request, the last of them."""
        self._count += 1
        request = Request(f"{self._prefix}{self._count}", fields, by_hand)
        self._requests[request.id] = request
        return request

    def take(self, name: str, *, by_hand: bool) -> list[Request]:
        """Those that are to be sent now, in order, under one's present name; without what was typed
        if not `by_hand`."""
        taken = [
            request
            for request in self._requests.values()
            if not request.sent and (by_hand or not request.by_hand)
        ]
        for request in taken:
            request.sent, request.name = True, name
        return taken

    def answered(self, request_id: str) -> Request | None:
        """Forget a request; None if there is none of that id."""
        return self._requests.pop(request_id, None)

    def seen(self, request_id: str, name: str) -> Request | None:
        """A message stands in a room: forget the `say` that it was, if it is one of these."""
        request = self._requests.get(request_id)
        if request is None or request.type != "say" or request.name != name:
            return None
        return self.answered(request_id)

    def lost(self) -> list[Request]:
        """The connection is lost. Returns those of which nobody will ever know whether they were
        done; they are forgotten, and so is what was part of coming in."""
        unknown = []
        for request in list(self._requests.values()):
            if not request.by_hand:
                self.answered(request.id)
            elif request.type == "say":
                request.sent = False
            elif request.sent:
                self.answered(request.id)
                unknown.append(request)
        return unknown
