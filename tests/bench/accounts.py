"""Accounts in a server's store, made before it starts."""

from collections.abc import Sequence
from functools import cache

from chat.core.records import Account, Record, encode
from chat.core.text import fold
from chat.passwords import hash_password
from chat.store import Store

PASSWORD = "correct horse battery staple"


def register(path: str, names: Sequence[str]) -> None:
    """Make a store in which these names have PASSWORD."""
    store = Store(path)
    accounts = [Account(name, _hashed()) for name in names]
    store.save([encode(Record("account", fold(one.name), one)) for one in accounts])
    store.close()


@cache
def _hashed() -> str:
    """At full cost, but the same for all: a hash takes a fifth of a second."""
    return hash_password(PASSWORD)
