"""Under which name one comes in, and what to do when it is refused."""

from __future__ import annotations

from typing import Any, Final, Literal

GHOST_S: Final = 45.0  # a lost connection is noticed by the server in 40 s: so long a name is taken
GHOST_RETRY_S: Final = 2.0

NAMING: Final = {"login", "register", "nick"}
"""Requests that give one a name."""

LATER: Final = {"server-full", "shutting-down", "try-again", "rate-limited"}
"""Refusals to let one in that say nothing about the name."""

Verdict = Literal["ask", "again", "later"]


class Naming:
    """The name, and the password that goes with it, which is nowhere else."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.in_use_since: float | None = None
        self._password = ""
        self._kind = "login"
        self._been_in = False
        self._retry_at: float | None = None

    @property
    def request(self) -> dict[str, Any]:
        """What to ask of the server."""
        fields = {"type": self._kind, "name": self.name}
        return {**fields, "password": self._password} if self._password else fields

    def choose(self, fields: dict[str, Any]) -> None:
        """Somebody typed /nick, /login or /register before they were in."""
        self.name, self._password = fields["name"], fields.get("password", "")
        self._kind = "register" if fields["type"] == "register" else "login"
        self.in_use_since = self._retry_at = None

    def given(self, name: str, fields: dict[str, Any]) -> None:
        """The server has agreed to a request: that is the name to come back with."""
        self.name, self._password = name, fields.get("password", "")
        self._kind, self._been_in = "login", True
        self.in_use_since = self._retry_at = None

    def refused(self, code: str, now: float) -> Verdict:
        """What to do now: ask for another name, or try this one `again` in a while, as the one who
        has it may be oneself on a connection that is lost; or come back `later`."""
        if code in LATER:
            return "later"
        if code != "username-taken" or not self._been_in:
            return "ask"
        self.in_use_since = now if self.in_use_since is None else self.in_use_since
        if now - self.in_use_since >= GHOST_S:
            return "ask"
        self._retry_at = now + GHOST_RETRY_S
        return "again"

    def is_due(self, now: float) -> bool:
        """Whether the while is over."""
        if self._retry_at is None or now < self._retry_at:
            return False
        self._retry_at = None
        return True

    def lost(self) -> None:
        """The connection is gone, and what was to be tried on it."""
        self._retry_at = None
