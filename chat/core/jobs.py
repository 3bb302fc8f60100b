"""What takes too long to be done at once: computed by the shell, elsewhere, while others talk.

The result comes back as an input (`ChatCore.finish`). A session that waits for one has none of its
lines handled meanwhile.
"""

from __future__ import annotations

from dataclasses import field

from chat.core.commands import Login, Nick
from chat.core.value import value


@value
class CheckPassword:
    """Whether a password is the one that was hashed: True or False. If so, go on with `then`."""

    account: str  # the folded name
    stored: str = field(repr=False)
    password: str = field(repr=False)
    then: Login | Nick


@value
class HashPassword:
    """The hash of a password for a name: a text, with all that it takes to check one by it."""

    name: str
    password: str = field(repr=False)
    lobby: bool = True


@value
class ReadHistory:
    """The last messages of a room, from the store: a tuple of Said, oldest first. With `since`,
    of those after that number; to be complete, they have to follow on it."""

    key: str
    room: str
    count: int
    epoch: str = ""  # of the room
    since: int | None = None


Job = CheckPassword | HashPassword | ReadHistory

Outcome = bool | str | tuple[object, ...] | None
"""What a job came to; None: it failed, for reasons of ours."""
