"""Passwords: hashed to be kept, and compared with what is kept. Slow on purpose: for workers.

scrypt (RFC 7914), with its parameters beside each hash, so that they can grow with the machines:

    scrypt$16384$8$5$salt$hash          N, r, p; salt and hash in base64
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from base64 import b64decode, b64encode
from typing import Final, NamedTuple


class Cost(NamedTuple):
    """scrypt's parameters. Takes 128 * n * r bytes of memory, and time by n * r * p."""

    n: int
    r: int
    p: int


COST: Final = Cost(2**14, 8, 5)
"""What OWASP's Password Storage Cheat Sheet asks for where memory is to stay small: 16 MiB, and
some 0.2 s of a core."""

SALT_BYTES = 16
HASH_BYTES = 32
MEMORY_MAX_BYTES = 256 * 1024 * 1024  # of a hash that somebody else wrote into the store


def hash_password(password: str, cost: Cost = COST) -> str:
    """What to keep of a password. Another one each time, as the salt is random."""
    salt = os.urandom(SALT_BYTES)
    parts = (b64encode(part).decode() for part in (salt, _hash(password, salt, cost)))
    return "$".join(["scrypt", *map(str, cost), *parts])


def is_password(password: str, kept: str) -> bool:
    """Whether it is the password of which `kept` was kept. Takes as long whether it is or not.

    Raises ValueError for something that `hash_password` did not make.
    """
    name, *cost, salt, hashed = kept.split("$")
    if name != "scrypt" or len(cost) != len(Cost._fields):
        raise ValueError("not a hash of scrypt")
    found = _hash(password, b64decode(salt), Cost(*map(int, cost)))
    return hmac.compare_digest(found, b64decode(hashed))


def _hash(password: str, salt: bytes, cost: Cost) -> bytes:
    """In composed form, as another keyboard may send the same letters apart (RFC 8265)."""
    text = unicodedata.normalize("NFC", password)
    data = text.encode(errors="surrogatepass")  # a program may give us half a character
    n, r, p = cost
    try:
        return hashlib.scrypt(  # not imported: Python on LibreSSL has none, and serves all the same
            data, salt=salt, n=n, r=r, p=p, maxmem=MEMORY_MAX_BYTES, dklen=HASH_BYTES
        )
    except TypeError:  # what it calls a number that is negative, or beyond the machine's
        raise ValueError("no such parameters can be") from None
