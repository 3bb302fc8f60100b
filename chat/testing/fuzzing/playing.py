"""Plays a conversation over real sockets: deed after deed, with everybody reading in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from chat.testing.calls import Call, CallEndedError
from chat.testing.fuzzing.conversation import Conversation, Deed
from chat.testing.fuzzing.tongues import Tongue
from reactor import Address

SEND_S: Final = 1.0  # who is not let get rid of a line for so long gives up
PIECES: Final = 4  # of what is typed torn
PIECE_PAUSE_S: Final = 0.001  # so that they are not put together again on the way
FLOOD_ROUNDS, FLOOD_LINES = 100, 20  # of LONG_TEXT: more than the system keeps for anybody
QUIET_S: Final = 0.005  # silence for so long: all was said
SETTLE_S: Final = 2.0  # of waiting for that, at most; what comes later is not looked at


@dataclass(eq=False, slots=True)
class Presence:
    """One connection of somebody's, and all that went over it."""

    who: int
    call: Call
    sent: bytearray = field(default_factory=bytearray)
    """Lines with their ends, as if nothing stood around them."""

    heard: list[bytes] = field(default_factory=list)
    is_raw: bool = False
    """Something went out that has no lines; or something else came after half a line."""

    is_reading: bool = True
    is_over: bool = False
    was_reset: bool = False

    def listen(self) -> bool:
        """Read what has come; whether that was anything."""
        before = len(self.heard)
        try:
            while self.is_reading and not self.is_over:
                line = self.call.receive(0)
                if line is None:
                    break
                self.heard.append(line.removesuffix(b"\r"))
        except CallEndedError:
            self.leave()
        return len(self.heard) > before

    def leave(self) -> None:
        """Hang up."""
        self.is_over = True
        self.call.close()


class Player:
    """Everybody in one conversation. `presences`: what came of it."""

    def __init__(self, address: Address, tongue: Tongue, pace_s: float = 0.0) -> None:
        self.presences: list[Presence] = []
        self._there: dict[int, Presence] = {}
        self._address = address
        self._tongue = tongue
        self._pace_s = pace_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for presence in self.presences:
            presence.leave()

    def play(self, conversation: Conversation) -> None:
        """From the first deed until nobody hears anything any more. Then they are all still there,
        up to the end of a `with`. Raises OSError when nobody answers."""
        for deed in conversation.deeds:
            self._do(deed)
            time.sleep(self._pace_s)
            self._listen()
        self._settle()

    def _do(self, deed: Deed) -> None:
        presence = self._there.get(deed.who)
        if presence is None or presence.is_over:
            try:
                call = self._tongue.call(self._address)
            except CallEndedError:  # somebody is there, and does not let us in
                return
            call.send_s = SEND_S
            presence = self._there[deed.who] = Presence(deed.who, call)
            self.presences.append(presence)
        try:
            _DEEDS[deed.does](self, presence, deed.what)
        except OSError:  # they are gone, or take nothing
            presence.leave()

    def _settle(self) -> None:
        """Until nobody hears anything any more."""
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            time.sleep(QUIET_S)
            if not self._listen():
                break

    def _listen(self) -> bool:
        """Everybody reads; whether there was something for anybody."""
        heard = [presence.listen() for presence in self._there.values()]
        return any(heard)

    def _type(self, presence: Presence, what: bytes) -> None:
        presence.call.send_raw(self._framed(presence, what))

    def _type_torn(self, presence: Presence, what: bytes) -> None:
        data = self._framed(presence, what)
        size = max(1, -(-len(data) // PIECES))
        for begin in range(0, len(data), size):
            presence.call.send_raw(data[begin : begin + size])
            time.sleep(PIECE_PAUSE_S)

    def _flood(self, presence: Presence, what: bytes) -> None:
        data = self._framed(presence, what) * FLOOD_LINES
        for _ in range(FLOOD_ROUNDS):
            presence.call.send_raw(data)
            self._listen()

    def _framed(self, presence: Presence, what: bytes) -> bytes:
        tongue = self._tongue
        if presence.sent and not presence.sent.endswith(b"\n"):
            presence.is_raw = presence.is_raw or tongue.begin(b"x") != b"x"
        presence.sent += what
        *lines, rest = what.split(b"\n")
        return b"".join(map(tongue.frame, lines)) + (tongue.begin(rest) if rest else b"")

    def _send_raw(self, presence: Presence, what: bytes) -> None:
        presence.is_raw = True
        presence.sent += what
        presence.call.send_raw(what)

    def _reset(self, presence: Presence, _what: bytes) -> None:
        presence.is_over = presence.was_reset = True
        presence.call.reset()

    def _read(self, presence: Presence, _what: bytes) -> None:
        presence.is_reading = True

    def _stop_reading(self, presence: Presence, _what: bytes) -> None:
        presence.is_reading = False
        presence.call.read_no_more()


_DEEDS: Final[dict[str, Callable[[Player, Presence, bytes], None]]] = {
    "type": Player._type,
    "type torn": Player._type_torn,
    "flood": Player._flood,
    "send raw": Player._send_raw,
    "read": Player._read,
    "stop reading": Player._stop_reading,
    "send end": lambda _player, presence, _what: presence.call.send_end(),
    "hang up": lambda _player, presence, _what: presence.leave(),
    "reset": Player._reset,
}
