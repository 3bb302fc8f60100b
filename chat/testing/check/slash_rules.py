"""The rules of the slash dialect that are its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from chat.testing.check.mistakes import LINE, WEB, guessing
from chat.testing.check.person import quoted
from chat.testing.check.rules import Broken
from chat.testing.check.shared_rules import TIMES
from chat.testing.check.slash_person import SlashPerson, SlashStage, SlashVariety
from chat.testing.check.stage import talk


def join(stage: SlashStage) -> None:
    """Who joins is welcomed, and reads that they are there; a name may be asked for first."""
    stage.target.variety = SlashVariety()
    with suppress(Broken):
        stage.enter("ann")
        return
    stage.target.variety = SlashVariety(asks_name=True)
    with guessing(stage, WEB, LINE):
        stage.enter("ann")


def find_out(stage: SlashStage) -> str:
    """Which variety it is."""
    ann, ben = stage.enter_all("ann", "ben")
    word = stage.word()
    talk(ann, ben, word)
    echo = f"{ann.name}: {word} a" in ann.log
    stage.target.variety = replace(stage.target.variety, echo=echo)
    return str(stage.target.variety)


def echo(stage: SlashStage) -> None:
    """Who sends a message is always sent it as well, or never."""
    ann, ben = stage.enter_all("ann", "ben")
    words = [stage.word() for _ in range(TIMES)]
    for word in words:
        ann.say(word)
        ben.hears(ann, word)
        if stage.target.variety.echo:
            ann.hears(ann, word)
    talk(ann, ben, stage.word())
    if not stage.target.variety.echo and any(ann.heard(word) for word in words):
        raise Broken("some messages came back, and at first none did")


def users(stage: SlashStage) -> None:
    """Who joins reads who is there, and not who was."""
    ann, eve = stage.enter_all("ann", "eve")
    eve.send("/leave")
    ann.next(_left(eve).__eq__, quoted(_left(eve)))
    ben = stage.caller("ben")
    seen = ben.join(stage.target.room)
    if len(seen) != 2 or ann.name not in seen:
        raise Broken(f"{ann.name} and one other are there, and not: {', '.join(seen)}")


def join_told(stage: SlashStage) -> None:
    """Everyone who is there is told who joins, once."""
    ann, ben = stage.enter_all("ann", "ben")
    talk(ann, ben, stage.word())
    told = [line for line in ann.log if ben.name in line and not line.startswith(f"{ben.name}: ")]
    if len(told) != 1:
        raise Broken(f"{len(told)} lines tell {ann.name} that {ben.name} has joined")


def leave_told(stage: SlashStage) -> None:
    """Everyone who is there is told who leaves."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    eve.send("/leave")
    for listener in (ann, ben):
        listener.next(_left(eve).__eq__, quoted(_left(eve)))


def leave(stage: SlashStage) -> None:
    """Who has left hears nothing more, and can join again."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    eve.send("/leave")
    ann.next(_left(eve).__eq__, quoted(_left(eve)))
    word = stage.word()
    ann.say(word)
    ben.hears(ann, word)
    eve.join(stage.target.room)
    talk(ann, eve, stage.word())
    if eve.heard(word):
        raise Broken("who has left the room hears what is said there")


def rooms_apart(stage: SlashStage) -> None:
    """What is said in one room is not heard in another."""
    ann, ben = stage.enter_all("ann", "ben")
    eve, word = stage.caller("eve"), stage.word()
    eve.join(stage.word("room"))
    talk(ann, ben, word)
    eve.send("/leave")
    eve.join(stage.target.room)
    talk(ann, eve, stage.word())
    if eve.heard(word):
        raise Broken("what is said in one room is heard in another")


def no_room(stage: SlashStage) -> None:
    """What is said in no room is heard by nobody, not even in the room that one has left, and does
    no harm."""
    ann, eve, word = *stage.enter_all("ann", "eve"), stage.word()
    eve.send("/leave", word)
    eve.join(stage.target.room)
    talk(ann, eve, stage.word())
    if ann.heard(word):
        raise Broken("what was said in no room was heard")


def quit_told(stage: SlashStage) -> None:
    """Who quits is disconnected, and the others are told."""
    ann, eve = stage.enter_all("ann", "eve")
    eve.send("/quit")
    eve.expect_end()
    ann.hears_gone(eve.name)


def unknown_command(stage: SlashStage) -> None:
    """Who types an invalid command is told, nobody else is, and it does no harm."""
    ann, ben = stage.enter_all("ann", "ben")
    talk(ann, ben, stage.word())
    word, before = stage.word(), len(ann.log)
    ann.send(f"/nonsense {word}")
    mark = stage.word()
    talk(ann, ben, mark)
    if ben.heard(word):
        raise Broken("an invalid command was heard by others")
    if not [line for line in ann.log[before:] if mark not in line]:
        raise Broken("an invalid command is not answered")


def half_closed(stage: SlashStage) -> None:
    """All that was typed before the end counts, and is answered."""
    ann, eve, word = stage.enter("ann"), stage.caller("eve"), stage.word()
    name = f"{eve.name}\n" if stage.target.variety.asks_name else ""
    eve.call.send_raw(f"{name}/join {stage.target.room}\n{word}\n".encode())
    eve.call.send_end()
    eve.next_with(f"Welcome to room {stage.target.room}!")
    ann.next_with(word)
    eve.expect_end()


def _left(person: SlashPerson) -> str:
    return f"{person.name} has left the room."
