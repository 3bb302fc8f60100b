"""Faults of line servers, each with the rules that are meant to be broken by it."""

from __future__ import annotations

import socket
from contextlib import suppress
from random import Random
from typing import Final

from tests.testing.tiny_chat import Died, Someone, TinyChat

LINE_MAX_BYTES = 30_000
FEW = 9


class AnswersMoreThanOk(TinyChat):
    def come_in(self, one: Someone, name: str) -> None:
        self.taken.add(name)
        one.name = name
        self.write(one, f"OK welcome, {name}")


class LeavesTheLastOneOut(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        for other in [user for user in self.users if user is not one][:1]:
            self.write(other, f"MSG {one.name} {text}")


class HasAnotherForm(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        self.tell(f"{one.name}: {text}", but=one)


class SaysTakenItsOwnWay(TinyChat):
    def write(self, one: Someone, line: str) -> None:
        super().write(one, "ERR name in use" if line == "ERR username-taken" else line)


class GivesTheNameToTheSecond(TinyChat):
    def do_login(self, one: Someone, name: str) -> None:
        for user in self.users:
            if user.name == name:
                user.name = ""
        super().do_login(one, name)


class RefusesForGood(TinyChat):
    def __init__(self) -> None:
        super().__init__()
        self.refused: list[Someone] = []

    def do_login(self, one: Someone, name: str) -> None:
        if one not in self.refused:
            super().do_login(one, name)
        if name and not one.name:
            self.refused.append(one)


class HearsStrangers(TinyChat):
    def stranger(self, one: Someone, text: str) -> None:
        self.tell(f"MSG someone {text}", but=one)


class TellsStrangers(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text)
        for other in self.everyone:
            if not other.name:
                self.write(other, f"MSG {one.name} {text}")


class LetsTheNamelessIn(TinyChat):
    def do_login(self, one: Someone, name: str) -> None:
        super().do_login(one, name or "nobody")


class WritesNamesSmall(TinyChat):
    def do_login(self, one: Someone, name: str) -> None:
        super().do_login(one, name.lower())


class GreetsEverySecond(TinyChat):
    greeted = 0

    def welcome(self, one: Someone) -> None:
        self.greeted += 1
        if self.greeted % 2:
            self.write(one, "Welcome!")


class EchoesSometimes(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text)
        if one.lines % 2:
            self.write(one, f"MSG {one.name} {text}")


class TellsOfSomeWhoJoin(TinyChat):
    def come_in(self, one: Someone, name: str) -> None:
        super().come_in(one, name)
        if len(self.users) % 2:
            self.tell(f"INFO {name} joined the chat", but=one)


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
    def welcome(self, one: Someone) -> None:
        if len(self.everyone) > FEW:
            self.lost(one)


class KnowsAscii(TinyChat):
    def write(self, one: Someone, line: str) -> None:
        super().write(one, line.encode("ascii", "replace").decode())


class FormatsTexts(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text.replace("%s", "nothing"))


class LeavesBlanks(TinyChat):
    def cleaned(self, rest: str) -> str:
        return rest if rest.strip() else ""


class HangsUpOnEmptyLines(TinyChat):
    def unknown(self, one: Someone, text: str) -> None:
        if text.strip():
            super().unknown(one, text)
        else:
            one.sock.shutdown(socket.SHUT_RDWR)


class SaysNothingAloud(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        self.tell(f"MSG {one.name} {text}", but=one)


class SaysWhateverIsTyped(TinyChat):
    def unknown(self, one: Someone, text: str) -> None:
        if one.name:
            self.do_msg(one, text.strip())


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


class ReadsAPacketsFirstLines(TinyChat):
    def received(self, one: Someone, data: bytes) -> None:
        *lines, one.tail = (one.tail + data).split(b"\n")
        # Of others, there may be as many in a packet by chance.
        for line in lines[:5] if one.name.startswith("ann") else lines:
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
    def tell(self, line: str, but: Someone | None = None) -> None:
        if not line.startswith("INFO "):
            super().tell(line, but)


class TellsTwice(TinyChat):
    def tell(self, line: str, but: Someone | None = None) -> None:
        for _ in range(2 if line.startswith("INFO ") else 1):
            super().tell(line, but)


class TellsNobodyOfResets(TinyChat):
    def reset(self, one: Someone) -> None:
        self.taken.discard(one.name)
        one.name = ""
        self.lost(one)


class KeepsNames(TinyChat):
    def lost(self, one: Someone) -> None:
        super().lost(one)
        self.taken.add(one.name)


class KeepsTheFirstOfTwoNames(TinyChat):
    def do_login(self, one: Someone, name: str) -> None:
        if one.name and name not in self.taken:
            self.come_in(one, name)
        else:
            super().do_login(one, name)


class FallsOverResets(TinyChat):
    def reset(self, one: Someone) -> None:
        if one.tail:
            raise Died
        super().reset(one)


class FallsOverLongLines(TinyChat):
    def received(self, one: Someone, data: bytes) -> None:
        super().received(one, data)
        if len(one.tail) > LINE_MAX_BYTES:
            raise Died


class FallsOverBytes(TinyChat):
    def decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Died from None


class KnowsSomeVerbsSmall(TinyChat):
    def verb(self, typed: str) -> str:
        return {"login": "login", "msg": "none"}.get(typed, typed.lower())


class ListsNobodyElse(TinyChat):
    def do_who(self, one: Someone, _rest: str) -> None:
        for user in self.users:
            if user is not one:
                self.write(one, f"USER {user.name}")


class ListsThoseWhoAreGone(TinyChat):
    def do_who(self, one: Someone, _rest: str) -> None:
        for name in self.everyone_ever:
            self.write(one, f"USER {name}")

    def __init__(self) -> None:
        super().__init__()
        self.everyone_ever: list[str] = []

    def come_in(self, one: Someone, name: str) -> None:
        self.everyone_ever.append(name)
        super().come_in(one, name)


class SaysDirectMessagesAloud(TinyChat):
    def do_dm(self, one: Someone, rest: str) -> None:
        self.do_msg(one, rest)


class HidesWhoseDirectMessageItIs(TinyChat):
    def write(self, one: Someone, line: str) -> None:
        verb, _, rest = line.partition(" ")
        super().write(one, f"DM {rest.partition(' ')[2]}" if verb == "DM" else line)


class AnswersPingTwice(TinyChat):
    def do_ping(self, one: Someone, _rest: str) -> None:
        self.write(one, "PONG")
        self.write(one, "PONG")


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


class SaysAllTwice(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text)
        super().do_msg(one, text)


class LeavesOutLineEnds(TinyChat):
    def tell(self, line: str, but: Someone | None = None) -> None:
        for other in self.users:
            if other is not but:
                other.owed += line.encode()


class HangsSoon(TinyChat):
    """Takes connections, and does nothing more, from the tenth on."""

    came = 0

    def welcome(self, _one: Someone) -> None:
        self.came += 1
        if self.came == 10:
            self.ended.wait()


class GoesOnWithoutEnd(TinyChat):
    """Says more and more to who listens."""

    def flush(self, one: Someone) -> None:
        super().flush(one)
        if one.name and not one.owed:
            one.owed += b"and so on\n" * 1000


class Babbles(TinyChat):
    """Answers whatever it hears with bytes, some of which look right."""

    def __init__(self) -> None:
        super().__init__()
        self.random = Random(7)

    def received(self, _one: Someone, data: bytes) -> None:
        words = [
            b"OK\n",
            b"MSG ",
            b"\n",
            b"{}\n",
            b"\x1b[31m\n",
            b"HTTP/1.1 101 ",
            data,
            b"\xff\0\n",
        ]
        for other in self.everyone:
            other.owed += b"".join(self.random.choices(words, k=3))


FAULTS: Final[dict[type[TinyChat], set[str]]] = {
    AnswersMoreThanOk: {"login"},
    LeavesTheLastOneOut: {"broadcast"},
    HasAnotherForm: {"broadcast"},
    SaysTakenItsOwnWay: {"name-taken"},
    GivesTheNameToTheSecond: {"name-taken"},
    RefusesForGood: {"another-name"},
    HearsStrangers: {"login-to-speak"},
    TellsStrangers: {"login-to-hear"},
    LetsTheNamelessIn: {"no-name"},
    WritesNamesSmall: {"name-as-typed"},
    GreetsEverySecond: {"greeting"},
    EchoesSometimes: {"echo"},
    TellsOfSomeWhoJoin: {"join-notice"},
    SwapsWhatDoraSays: {"order"},
    HasFewSeats: {"ten-users", "slow-reader"},
    KnowsAscii: {"text-as-typed"},
    FormatsTexts: {"text-as-typed"},
    LeavesBlanks: {"blanks"},
    HangsUpOnEmptyLines: {"empty-lines"},
    SaysNothingAloud: {"empty-message"},
    SaysWhateverIsTyped: {"unknown-verb"},
    KeepsCarriageReturns: {"crlf"},
    TakesPacketsForLines: {"byte-by-byte"},
    ReadsAPacketsFirstLines: {"one-packet"},
    NeverHangsUp: {"half-close"},
    DropsWhatHasNoEnd: {"last-line"},
    TellsNobodyOfTheEnd: {"disconnect"},
    TellsTwice: {"disconnect-once"},
    TellsNobodyOfResets: {"disconnect-reset"},
    KeepsNames: {"name-free"},
    KeepsTheFirstOfTwoNames: {"second-login"},
    FallsOverResets: {"resets"},
    FallsOverLongLines: {"long-line"},
    FallsOverBytes: {"not-utf-8"},
    KnowsSomeVerbsSmall: {"any-case"},
    ListsNobodyElse: {"who"},
    ListsThoseWhoAreGone: {"who-is-gone"},
    SaysDirectMessagesAloud: {"dm"},
    HidesWhoseDirectMessageItIs: {"dm"},
    AnswersPingTwice: {"ping"},
    WaitsForSlowReaders: {"slow-reader"},
    WaitsForSlowReadersLater: {"slow-reader"},
}
