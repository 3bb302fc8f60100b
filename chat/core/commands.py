"""What a user asks for. Imperative, frozen, plain data: strings and numbers alone.

`registry.py` says of each who may ask it and what happens then. Where a room is named, CURRENT
stands for the one that the user joined last.
"""

from __future__ import annotations

from dataclasses import field

from chat.core.errors import Code
from chat.core.value import value

CURRENT = ""


@value
class Login:
    """Be known by a name from now on; `proven`: whose password was right, if it has one.
    `lobby`: and be in the lobby."""

    name: str
    proven: bool = False
    lobby: bool = True


@value
class Guest:
    """Be known by a name of the server's choice until there is a better one."""


@value
class Nick:
    """Be known by another name from now on; `proven`: see Login."""

    name: str
    proven: bool = False


@value
class Authenticate:
    """Be known by a registered name from now on; `lobby`: see Login."""

    name: str
    password: str = field(repr=False)
    lobby: bool = True


@value
class Enrol:
    """Have a name for oneself, and be known by it from now on; `lobby`: see Login."""

    name: str
    password: str = field(repr=False)
    lobby: bool = True


@value
class Register:
    """What becomes of Enrol, when the password is hashed."""

    name: str
    password_hash: str = field(repr=False)
    lobby: bool = True


@value
class Join:
    """Come into a room; `alone`: and leave those that one was in."""

    room: str
    alone: bool = False


@value
class Leave:
    """Go out of a room."""

    room: str


@value
class Say:
    """Say something to everyone in a room. `tag` is the sender's own name for it, of up to 64
    printable characters."""

    room: str
    text: str
    tag: str = ""


@value
class Act:
    """Do something in front of everyone in a room: `/me waves`. `tag`: see Say."""

    room: str
    text: str
    tag: str = ""


@value
class SetTopic:
    """Say what a room is about."""

    room: str
    text: str


@value
class LockTopic:
    """Let operators alone say what a room is about, or everyone again."""

    room: str
    locked: bool


@value
class ShowTopic:
    """Ask what a room is about."""

    room: str


@value
class ListRooms:
    """List the rooms."""


@value
class ListMembers:
    """List who is in a room."""

    room: str


@value
class Recall:
    """List the last messages of a room."""

    room: str
    count: int


@value
class Resume:
    """List what was said in a room after message number `seq` of an `epoch` (see Room)."""

    room: str
    epoch: str
    seq: int


@value
class Away:
    """Say that one is not there, and perhaps why; `idle`: nobody said so, but it looks like it."""

    text: str = ""
    idle: bool = False


@value
class Back:
    """Say that one is there again; `idle`: nobody said so, but it looks like it."""

    idle: bool = False


@value
class Kick:
    """Put someone out of a room."""

    room: str
    name: str
    reason: str = ""


@value
class BanUser:
    """Put someone out of a room, and keep them out; for so many seconds, 0: for good."""

    room: str
    name: str
    seconds: float = 0.0
    reason: str = ""


@value
class UnbanUser:
    """Let someone into a room again."""

    room: str
    name: str


@value
class ListBans:
    """List who may not come into a room, or not speak there."""

    room: str


@value
class Mute:
    """Let someone listen alone in a room; for so many seconds, 0: for good."""

    room: str
    name: str
    seconds: float = 0.0
    reason: str = ""


@value
class Unmute:
    """Let someone speak in a room again."""

    room: str
    name: str


@value
class MakeOperator:
    """Make someone an operator of a room."""

    room: str
    name: str


@value
class RemoveOperator:
    """Have someone be no operator of a room any more."""

    room: str
    name: str


@value
class Tell:
    """Say something to one user alone."""

    to: str
    text: str


@value
class Who:
    """List the users."""


@value
class Help:
    """List the commands."""


@value
class Hello:
    """Ask what one has come to: what being there means, in some dialects."""


@value
class Ping:
    """See whether the server is there."""


@value
class Quit:
    """Say goodbye."""


@value
class Disconnect:
    """The connection is gone. Nobody types this: it is what the server makes of that."""

    reason: str


@value
class Administer:
    """Be of the server's administration from now on: what arriving on its socket means."""


@value
class ListConnections:
    """List the connections."""


@value
class Expel:
    """Disconnect a user."""

    name: str
    reason: str = ""


@value
class Exclude:
    """Keep a user or an address out of the server; for so many seconds, 0: for good."""

    target: str
    seconds: float = 0.0
    reason: str = ""


@value
class Readmit:
    """Let a user or an address into the server again."""

    target: str


@value
class ListExclusions:
    """List who is kept out of the server."""


@value
class Unregister:
    """Give a registered name free."""

    name: str


@value
class Announce:
    """Say something to everyone who is connected."""

    text: str


@value
class CloseRoom:
    """Put everyone out of a room, and forget what was settled about it."""

    room: str


@value
class ListLimits:
    """List the limits."""


@value
class ShowStats:
    """Show how much of everything there is."""


@value
class Stop:
    """Shut the server down."""


@value
class Settle:
    """The messages that were handed to the store are kept, or could not be."""

    kept: bool


@value
class Tidy:
    """Forget what there is no more room for."""


@value
class SetLimit:
    """Go on with another value of one of the limits, named as in Limits."""

    name: str
    value: float


@value
class Malformed:
    """Something that its dialect could make no command of; to be refused with this code."""

    code: Code
    detail: str = ""


@value
class Blank:
    """A line with nothing on it."""


Command = (
    Login
    | Guest
    | Nick
    | Authenticate
    | Enrol
    | Register
    | Join
    | Leave
    | Say
    | Act
    | SetTopic
    | LockTopic
    | ShowTopic
    | ListRooms
    | ListMembers
    | Recall
    | Resume
    | Away
    | Back
    | Kick
    | BanUser
    | UnbanUser
    | ListBans
    | Mute
    | Unmute
    | MakeOperator
    | RemoveOperator
    | Tell
    | Who
    | Help
    | Hello
    | Ping
    | Quit
    | Disconnect
    | Administer
    | ListConnections
    | Expel
    | Exclude
    | Readmit
    | ListExclusions
    | Unregister
    | Announce
    | CloseRoom
    | ListLimits
    | ShowStats
    | Stop
    | Settle
    | Tidy
    | SetLimit
    | Malformed
    | Blank
)


@value
class Tagged:
    """A command whose answer is to carry a tag. Made by dialects; `receive` takes it apart."""

    command: Command
    tag: str
