"""Faults that a server can have in any dialect. Here they are of the line dialect; `planted` puts
them in a server of another one."""

from __future__ import annotations

import socket
from contextlib import suppress

from tests.testing.tiny_chat import Died, Someone, TinyChat

LINE_MAX_BYTES = 30_000


def planted(fault: type[TinyChat], server: type[TinyChat]) -> type[TinyChat]:
    """The fault, in that server."""
    return type(fault.__name__, (fault, server), {})


class SaysOneWord(TinyChat):
    """Of each message."""

    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text.partition(" ")[0])


class SwapsWhatDoraSays(TinyChat):
    held = ""

    def do_msg(self, one: Someone, text: str) -> None:
        if one.name.startswith("dora") and not self.held:
            self.held = text
            return
        super().do_msg(one, text)
        if self.held and one.name.startswith("dora"):
            super().do_msg(one, self.held)
            self.held = ""


class HasFewSeats(TinyChat):
    seats = 9

    def welcome(self, one: Someone) -> None:
        super().welcome(one)
        if len(self.everyone) > self.seats:
            self.lost(one)


class KnowsAscii(TinyChat):
    def write(self, one: Someone, line: str) -> None:
        super().write(one, line.encode("ascii", "replace").decode())


class FormatsTexts(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text.replace("%s", "nothing"))


class HangsUpOnEmptyLines(TinyChat):
    def unknown(self, one: Someone, text: str) -> None:
        if text.strip():
            super().unknown(one, text)
        else:
            with suppress(OSError):  # it has, for the empty line before this one
                one.sock.shutdown(socket.SHUT_RDWR)


class KeepsCarriageReturns(TinyChat):
    end = ""

    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text + self.end)

    def line(self, one: Someone, data: bytes) -> None:
        self.end = "\r" if data.endswith(b"\r") else ""
        super().line(one, data)


class TakesPacketsForLines(TinyChat):
    def received(self, one: Someone, data: bytes) -> None:
        for line in data.splitlines():
            self.line(one, line)


class ReadsAPacketsLastLines(TinyChat):
    def received(self, one: Someone, data: bytes) -> None:
        *lines, one.tail = (one.tail + data).split(b"\n")
        # Of others, there may be as many in a packet by chance.
        for line in lines[-5:] if one.name.startswith("ann") else lines:
            self.line(one, line)


class NeverHangsUp(TinyChat):
    """On who sends no more."""

    def ending(self, one: Someone) -> None:
        if one.lines == 2 and not one.tail:
            self.everyone.remove(one)
            self.kept = one
            with suppress(ConnectionError):
                self.flush(one)
        else:
            super().ending(one)


class DropsWhatHasNoEnd(TinyChat):
    def ending(self, one: Someone) -> None:
        one.tail = b""
        super().ending(one)


class TellsNobodyOfTheEnd(TinyChat):
    def gone(self, one: Someone) -> None:
        """And nobody is told."""


class TellsTwice(TinyChat):
    def gone(self, one: Someone) -> None:
        super().gone(one)
        super().gone(one)


class TellsNobodyOfResets(TinyChat):
    def reset(self, one: Someone) -> None:
        self.taken.discard(one.name)
        one.name = ""
        self.lost(one)


class KeepsNames(TinyChat):
    def lost(self, one: Someone) -> None:
        super().lost(one)
        self.taken.add(one.name)


class FallsOverResets(TinyChat):
    def reset(self, one: Someone) -> None:
        if one.tail:
            raise Died
        super().reset(one)


class FallsOverLongLines(TinyChat):
    def line(self, one: Someone, data: bytes) -> None:
        if len(data) > LINE_MAX_BYTES:
            raise Died
        super().line(one, data)


class FallsOverBytes(TinyChat):
    def decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Died from None


class WaitsForSlowReaders(TinyChat):
    def flush(self, one: Someone) -> None:
        one.sock.settimeout(None)
        try:
            one.sock.sendall(one.owed)
        except OSError:
            pass  # whoever it was has gone
        finally:
            one.owed.clear()
            one.sock.setblocking(False)


class WaitsForSlowReadersLater(WaitsForSlowReaders):
    """Talkers have to wait until nobody says anything, as threads may."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[tuple[Someone, bytes]] = []
        self.is_quiet = False

    def turn(self) -> None:
        self.is_quiet = True
        super().turn()
        if self.is_quiet:
            late, self.late = self.late, []
            for one, data in late:
                super().received(one, data)

    def received(self, one: Someone, data: bytes) -> None:
        self.is_quiet = False
        if one.name.startswith("t"):
            self.late.append((one, data))
        else:
            super().received(one, data)
