"""Faults of line servers, each with the rules that are meant to be broken by it."""

from __future__ import annotations

from random import Random
from typing import Final

from chat.testing.check.person import LINES_MAX
from tests.testing.shared_faults import (
    DropsWhatHasNoEnd,
    FallsOverBytes,
    FallsOverLongLines,
    FallsOverResets,
    FormatsTexts,
    HangsUpOnEmptyLines,
    HasFewSeats,
    KeepsCarriageReturns,
    KeepsNames,
    KnowsAscii,
    NeverHangsUp,
    ReadsAPacketsLastLines,
    SaysOneWord,
    SwapsWhatDoraSays,
    TakesPacketsForLines,
    TellsNobodyOfResets,
    TellsNobodyOfTheEnd,
    TellsTwice,
    WaitsForSlowReaders,
    WaitsForSlowReadersLater,
)
from tests.testing.tiny_chat import Someone, TinyChat


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


class LetsTheNamelessInForGood(TinyChat):
    def do_login(self, one: Someone, name: str) -> None:
        if one.name:
            return
        if name:
            super().do_login(one, name)
        else:
            one.name = " "  # which nobody sees
            self.write(one, "OK")


class LogsInOnce(TinyChat):
    """And hears of no other LOGIN. That is no fault."""

    def do_login(self, one: Someone, name: str) -> None:
        if not one.name:
            super().do_login(one, name)


class HangsUpOnStrangers(TinyChat):
    """And on who logs in badly, or again. That is no fault."""

    def line(self, one: Someone, data: bytes) -> None:
        if one in self.everyone:  # or this is what they said after it
            super().line(one, data)

    def stranger(self, one: Someone, _text: str) -> None:
        self.lost(one)

    def do_login(self, one: Someone, name: str) -> None:
        if one.name or not name:
            self.lost(one)
        else:
            super().do_login(one, name)


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


class LeavesBlanks(TinyChat):
    def cleaned(self, rest: str) -> str:
        return rest if rest.strip() else ""


class SaysNothingAloud(TinyChat):
    def do_msg(self, one: Someone, text: str) -> None:
        self.tell(f"MSG {one.name} {text}", but=one)


class SaysWhateverIsTyped(TinyChat):
    def unknown(self, one: Someone, text: str) -> None:
        if one.name:
            self.do_msg(one, text.strip())


class KeepsTheFirstOfTwoNames(TinyChat):
    def do_login(self, one: Someone, name: str) -> None:
        if one.name and name not in self.taken:
            self.come_in(one, name)
        else:
            super().do_login(one, name)


class KnowsCapitals(TinyChat):
    """Alone. That is no fault."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer

    def verb(self, typed: str) -> str:
        return typed.lower() if typed.isupper() else "none"

    def unknown(self, one: Someone, text: str) -> None:
        if text.strip() and self.answer:
            self.write(one, self.answer)

    def stranger(self, one: Someone, text: str) -> None:
        """As whatever else makes no sense."""
        self.unknown(one, text)


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
    """Says more and more to who listens, and so much at once that nobody gets to hear the rest."""

    def flush(self, one: Someone) -> None:
        super().flush(one)
        if one.name and not one.owed:
            one.owed += b"and so on\n" * 2 * LINES_MAX


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
    SaysOneWord: {"variety"},
    SaysTakenItsOwnWay: {"name-taken"},
    GivesTheNameToTheSecond: {"name-taken"},
    RefusesForGood: {"another-name"},
    HearsStrangers: {"login-to-speak"},
    TellsStrangers: {"login-to-hear"},
    LetsTheNamelessIn: {"no-name"},
    LetsTheNamelessInForGood: {"no-name"},
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
    ReadsAPacketsLastLines: {"one-packet"},
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
