"""Rules that are the same in every dialect: who hears what, in which order, whatever others do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from chat.testing.calls import CallEndedError
from chat.testing.check.person import Person
from chat.testing.check.rules import Broken
from chat.testing.check.stage import Stage, talk

MANY: Final = 10  # users, at least
IN_A_ROW: Final = 12  # lines of one person at once: fewer than any limit on rates that we know
TIMES: Final = 5  # a server does always what it does so often
LONG_LINE_BYTES: Final = 100_000  # more than anyone types; few servers keep so much of a line
NOT_UTF_8: Final = b"\xff\xfe\xc3\x28"
# Someone who doesn't read is behind with less than this, and their server's buffers are full.
FLOOD_TALKERS: Final = 16
FLOOD_LINES: Final = 15
FLOOD_LINE_CHARS: Final = 1000


def broadcast(stage: Stage[Person]) -> None:
    """What one says, the others hear."""
    ann, ben, cleo = stage.enter_all("ann", "ben", "cleo")
    for speaker, others in ((ann, (ben, cleo)), (cleo, (ann, ben))):
        word = stage.word()
        speaker.say(word)
        for other in others:
            other.hears(speaker, word)


def order(stage: Stage[Person]) -> None:
    """Several speak at once. Whatever comes between, what each one says is in order."""
    ann, *speakers = people = stage.enter_all("ann", "ben", "cleo", "dora")
    texts = [stage.word() for _ in range(IN_A_ROW)]
    for text in texts:
        for speaker in speakers:
            speaker.say(text)
    for listener in people:
        for speaker in speakers:
            if speaker is not listener:
                hear_all(listener, speaker, texts)
    talk(ann, speakers[0], stage.word())


def many(stage: Stage[Person], number: int = MANY) -> None:
    """Everyone says something, and everyone else hears it."""
    people = [stage.enter(f"p{index}") for index in range(number)]
    words = {speaker.name: stage.word() for speaker in people[:MANY]}
    for speaker in people[:MANY]:
        speaker.say(words[speaker.name])
    for listener in people:
        for speaker in people[:MANY]:
            if speaker is not listener:
                listener.hears(speaker, words[speaker.name])


def one_packet(stage: Stage[Person]) -> None:
    """Lines that arrive together are lines."""
    ann, ben = stage.enter_all("ann", "ben")
    texts = [stage.word() for _ in range(IN_A_ROW)]
    ann.call.send_raw("".join(f"{ann.line_of(text)}\n" for text in texts).encode())
    hear_all(ben, ann, texts)


def byte_by_byte(stage: Stage[Person]) -> None:
    """A line that arrives in pieces is one. Between two of them, the server has done something
    else, so that it has seen them apart."""
    ann, ben, cleo = stage.enter_all("ann", "ben", "cleo")
    text = "torn apart"
    line = f"{ann.line_of(text)}\n"
    for number, byte in enumerate(line.encode()):
        ann.call.send_raw(bytes([byte]))
        speaker, listener = (ben, cleo) if number % 2 else (cleo, ben)
        word = stage.word()
        speaker.say(word)
        listener.hears(speaker, word)
    ben.hears(ann, text)


def crlf(stage: Stage[Person]) -> None:
    """Who types with `telnet` sends CRLF; others don't see that."""
    ann, ben = stage.enter_all("ann", "ben")
    word = stage.word()
    ann.call.send_raw(f"{ann.line_of(word)}\r\n".encode())
    ben.hears(ann, word)


def last_line(stage: Stage[Person]) -> None:
    """`printf 'MSG hi' | nc -N`: the end of what is sent ends the last line, too."""
    ann, ben = stage.enter_all("ann", "ben")
    word = stage.word()
    ann.call.send_raw(ann.line_of(word).encode())
    ann.call.send_end()
    ben.hears(ann, word)


def as_typed(stage: Stage[Person]) -> None:
    """No character means anything to the server, in whatever script."""
    ann, ben = stage.enter_all("ann", "ben")
    for text in ("grüße 你好 🎉", "100% {0} %s $HOME \\n <b> 'a' \"b\"", "MSG DM INFO OK"):
        ann.say(text)
        ben.hears(ann, text)


def gone(stage: Stage[Person]) -> None:
    """Who hangs up is gone, and everyone who stays is told."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    eve.call.close()
    for listener in (ann, ben):
        listener.hears_gone(eve.name)


def gone_once(stage: Stage[Person]) -> None:
    """That is told once."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    eve.call.close()
    for listener in (ann, ben):
        listener.hears_gone(eve.name)
    talk(ann, ben, stage.word())
    for listener in (ann, ben):
        try:
            listener.patience_s = 0.0  # all that there is has come
            listener.hears_gone(eve.name)
        except Broken:
            continue
        raise Broken(f"{listener.name} is told twice that {eve.name} is gone")


def gone_by_reset(stage: Stage[Person]) -> None:
    """Who goes as a crashed machine goes is gone as well, and nobody else is."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    eve.call.reset()
    ann.hears_gone(eve.name)
    talk(ann, ben, stage.word())


def survives_resets(stage: Stage[Person]) -> None:
    """Who breaks off in the middle of a line, or before the first one, is no trouble to others."""
    ann, ben = stage.enter_all("ann", "ben")
    for _ in range(3):
        stage.caller("eve").call.reset()
        eve = stage.enter("eve")
        eve.call.send_raw(eve.line_of("never ends").encode())
        talk(ann, ben, stage.word())  # by then it was read: a reset takes back what wasn't
        eve.call.reset()
        talk(ann, ben, stage.word())


def name_is_free(stage: Stage[Person]) -> None:
    """Who is gone has left their name behind."""
    for leave in ("close", "reset"):
        eve = stage.enter("eve")
        getattr(eve.call, leave)()
        stage.enter_again(eve.name)


def empty_lines(stage: Stage[Person]) -> None:
    """They are no messages, and do no harm."""
    ann, ben = stage.enter_all("ann", "ben")
    ann.call.send_raw(b"\n\r\n  \n\n")
    talk(ann, ben, stage.word())


def long_line(stage: Stage[Person]) -> None:
    """What becomes of it and of who sends it is the server's business, but others talk on."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    with suppress(CallEndedError):  # to hang up in the middle of it is a defence, too
        eve.say("x" * LONG_LINE_BYTES)
    talk(ann, ben, stage.word())
    talk(stage.enter("fay"), ben, stage.word())


def not_utf_8(stage: Stage[Person]) -> None:
    """Bytes that are no text: the same."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    with suppress(CallEndedError):
        eve.call.send_raw(eve.line_of("").encode() + NOT_UTF_8 + b"\n" + NOT_UTF_8 + b"\n")
    talk(ann, ben, stage.word())
    talk(stage.enter("fay"), ben, stage.word())


def slow_reader(stage: Stage[Person]) -> None:
    """Who doesn't read may be cut off or waited for, but nobody else has to wait. What ben has
    heard, the server has tried to tell zoe, too: before that, there may be room on her way."""
    stage.enter("zoe", narrow=True)
    ann, ben = stage.enter_all("ann", "ben")
    flood = ["x" * FLOOD_LINE_CHARS] * FLOOD_LINES
    try:
        talkers = [stage.enter(f"t{index}") for index in range(FLOOD_TALKERS)]
        for talker in talkers:
            for text in flood:
                talker.say(text)
        for talker in talkers:
            hear_all(ben, talker, flood)
        talk(ann, ben, stage.word())
    except (Broken, CallEndedError):
        raise Broken("when someone doesn't read, the others have to wait") from None


def hear_all(listener: Person, speaker: Person, texts: Sequence[str]) -> None:
    """These, in this order. Raises Broken."""
    for text in texts:
        listener.hears(speaker, text)
