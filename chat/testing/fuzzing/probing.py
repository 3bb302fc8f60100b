"""Whether a server is well: two newcomers, of whom one hears what the other says."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chat.testing.calls import Call, CallEndedError
from chat.testing.fuzzing.tongues import Tongue
from chat.testing.fuzzing.watching import Problem
from reactor import Address

ANSWER_S: Final = 5.0  # far longer than a server that is well takes
GREETING_S: Final = 0.3  # in which who has said nothing is greeted
GREETINGS_MAX: Final = 100  # lines


def probe(tongue: Tongue, address: Address, name: str) -> Problem | None:
    """What is wrong with the server, if anything is. `name`: one that nobody has."""
    room, text = f"room-{name}", f"is {name} here?"
    try:
        with tongue.call(address) as first, tongue.call(address) as second:
            for call, suffix in ((first, "a"), (second, "b")):
                for line, is_answer in tongue.enter(f"{name}{suffix}", room):
                    call.send(line)
                    _wait(call, is_answer, line)
            line = tongue.say(room, text)
            second.send(line)
            _wait(first, lambda heard: text.encode() in heard, line)
    except TimeoutError as error:
        return Problem("hang", f"{error or 'nobody accepts'} in {ANSWER_S:g} s")
    except ConnectionRefusedError:
        return Problem("crash", "connections are refused")
    except CallEndedError as ended:
        return Problem("cut off", f"somebody who did nothing wrong lost the connection ({ended})")
    return None


def greetings(tongue: Tongue, address: Address) -> list[bytes]:
    """What is shown to somebody who only looks in. Raises OSError when nobody is there."""
    shown: list[bytes] = []
    with suppress(CallEndedError), tongue.call(address) as call:  # it may do that
        while len(shown) < GREETINGS_MAX and (line := call.receive(GREETING_S)) is not None:
            shown.append(line.removesuffix(b"\r"))
    return shown


def _wait(call: Call, is_answer: Callable[[bytes], bool], asked: bytes) -> None:
    """Raises TimeoutError, or CallEndedError."""
    until = time.monotonic() + ANSWER_S
    while (left_s := until - time.monotonic()) > 0:
        line = call.receive(left_s)
        if line is not None and is_answer(line.removesuffix(b"\r")):
            return
    raise TimeoutError(f"no answer to {asked.decode()!r}")
