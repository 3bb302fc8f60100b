"""Names that belong to someone: Authenticate, Enrol, Register.

Hashing takes long, so the first two only say what is to be computed. What comes of it is an
ordinary command, without a password in it: Login or Nick, or Register.
"""

from __future__ import annotations

from chat.core.commands import Authenticate, Enrol, Login, Nick, Register
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Done, Event, Registered
from chat.core.handlers.account import check_hides_nothing, check_name, log_in, rename
from chat.core.jobs import CheckPassword, HashPassword
from chat.core.records import Account, Record
from chat.core.text import fold, visible
from chat.core.world import Steps, World


def authenticate(world: World, entry: Entry[Authenticate]) -> CheckPassword:
    """A registered name, whether one has another one already or none yet."""
    name = entry.command.name
    check_name(world, entry, name, proven=True)
    key = fold(name)
    account = world.accounts.get(key)
    if account is None:
        raise Refusal("not-registered", name)
    command = entry.command
    then = Nick(name, proven=True) if entry.user else Login(name, True, command.lobby)
    return CheckPassword(key, account.password, command.password, then)


def enrol(world: World, entry: Entry[Enrol]) -> HashPassword:
    """A name for oneself; for one's own, another password."""
    command, limits = entry.command, world.limits
    _check_may_register(world, entry, command.name)
    password = command.password
    fits = limits.password_min_chars <= len(password) <= limits.password_max_chars
    # What no line can say would keep its owner out of all dialects but one.
    if not fits or password != visible(password).strip():
        raise Refusal("invalid-password")
    return HashPassword(command.name, password, command.lobby)


def register(world: World, entry: Entry[Register]) -> Steps:
    """Who registers a name goes by it from then on."""
    name = entry.command.name
    _check_may_register(world, entry, name)
    account = Account(name, entry.command.password_hash, entry.at)
    yield (Record("account", fold(name), account),)
    user = world.sessions.get(entry.session)
    events: tuple[Event, ...] = (Done(),)
    if user is None:
        events = log_in(world, entry, name, entry.command.lobby)
    elif user.name != name:
        events = rename(world, entry, user, name)
    return Registered(name), *events


def _check_may_register(world: World, entry: Entry[Enrol] | Entry[Register], name: str) -> None:
    check_name(world, entry, name, proven=False)
    user = world.sessions.get(entry.session)
    if user is not None:
        check_hides_nothing(world, entry, user)
    if len(world.accounts) >= world.limits.accounts_max and fold(name) not in world.accounts:
        raise Refusal("too-many-accounts")
