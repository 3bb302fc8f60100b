"""The rules of the line dialect that are its own."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from chat.testing.calls import CallEndedError
from chat.testing.check.line_person import (
    CAME_TRUE,
    LinePerson,
    LineStage,
    is_answer,
    not_offered,
)
from chat.testing.check.mistakes import SLASH, WEB, guessing
from chat.testing.check.person import quoted
from chat.testing.check.rules import Broken, NotOfferedError
from chat.testing.check.stage import PAUSE_S, talk

TAKEN: Final = "ERR username-taken"
IDLE_STEPS: Final = 4  # how often, in the time that someone is silent, someone else says something
IDLE_EARLY: Final = 0.8  # of that time; sooner than this is too soon


def login(stage: LineStage) -> None:
    """A name that nobody has is had for the asking."""
    with guessing(stage, WEB, SLASH):
        stage.enter("ann")


def name_taken(stage: LineStage) -> None:
    """Two can't have one name; who had it first keeps it, and is heard."""
    ann, ben = stage.enter_all("ann", "ben")
    answer = stage.caller("eve").log_in(ann.name)
    if answer != TAKEN:
        raise Broken(f"LOGIN with a name that is taken was answered with {quoted(answer)}")
    talk(ann, ben, stage.word())


def another_name(stage: LineStage) -> None:
    """Who was refused asks for another name."""
    ann, eve = stage.enter("ann"), stage.caller("eve")
    eve.log_in(ann.name)
    with suppress(Broken, CallEndedError):
        eve.come_in()
        talk(ann, eve, stage.word())
        return
    if eve.call.how_it_ended:
        raise NotOfferedError("it hangs up on who asks for a name that is taken")
    raise Broken("who was refused a name can't have another")


def login_to_speak(stage: LineStage) -> None:
    """Who hasn't logged in isn't heard."""
    ann, eve, word = stage.enter("ann"), stage.caller("eve"), stage.word()
    with suppress(CallEndedError):  # to hang up is an answer, too
        eve.say(word)
        _logins(eve, ann, stage.word(), f"LOGIN {eve.name}")
    talk(ann, stage.enter("ben"), stage.word())
    if ann.heard(word):
        raise Broken("what was said without a LOGIN was heard")


def login_to_hear(stage: LineStage) -> None:
    """Who hasn't logged in doesn't hear."""
    ann, ben, eve = *stage.enter_all("ann", "ben"), stage.caller("eve")
    word = stage.word()
    talk(ann, ben, word)
    eve.come_in()
    talk(ann, eve, stage.word())
    if eve.heard(word):
        raise Broken("someone who hadn't logged in heard a message")


def no_name(stage: LineStage) -> None:
    """LOGIN needs a name."""
    ann, eve = stage.enter("ann"), stage.caller("eve")
    answers = _logins(eve, ann, stage.word(), "LOGIN", f"LOGIN {eve.name}")
    first, *others = answers or [""]
    its_own = not others and ann.heard(f"MSG {eve.name} ")  # of LOGIN with the name
    if first in {"OK", TAKEN} and not its_own:  # somebody may have no name already
        raise Broken(f"LOGIN without a name was answered with {quoted(first)}")


def second_login(stage: LineStage) -> None:
    """Whatever becomes of a LOGIN after the first, nothing is left when they are gone."""
    ann, eve, other = stage.enter("ann"), stage.enter("eve"), stage.word("fay")
    _logins(eve, ann, stage.word(), f"LOGIN {other}")
    eve.call.close()
    for name in (eve.name, other):
        stage.enter_again(name)


def name_as_typed(stage: LineStage) -> None:
    """A name is shown as it was typed."""
    ann, ben = stage.enter("ann", name=stage.word("AnNa")), stage.enter("ben")
    talk(ann, ben, stage.word())


def empty_message(stage: LineStage) -> None:
    """A MSG without a text is no message."""
    ann, ben = stage.enter_all("ann", "ben")
    ann.send("MSG", "MSG    ")
    talk(ann, ben, stage.word())
    if any(line.strip() == f"MSG {ann.name}" for line in ben.log):
        raise Broken(f"{ben.name} heard a message without a text")


def unknown_verb(stage: LineStage) -> None:
    """What begins with no known verb is no message, and does no harm."""
    ann, ben = stage.enter_all("ann", "ben")
    word = stage.word()
    ann.answers(f"NONSENSE {word}", ben, stage.word())
    if ben.heard(word):
        raise Broken(f"{ben.name} was sent what {ann.name} said without MSG")


def half_closed(stage: LineStage) -> None:
    """`printf 'LOGIN eve\\nMSG hi\\n' | nc -N`: all of it counts, and is answered."""
    ann, eve, word = stage.enter("ann"), stage.caller("eve"), stage.word()
    eve.call.send_raw(f"LOGIN {eve.name}\nMSG {word}\n".encode())
    eve.call.send_end()
    eve.next("OK".__eq__, "'OK'")
    ann.hears(eve, word)
    eve.expect_end()


# --- what a server doesn't have to do -------------------------------------------------------------


def any_case(stage: LineStage) -> None:
    """`login` is LOGIN; and then `msg` is MSG, too."""
    ann, eve = stage.enter("ann"), stage.caller("eve")
    said = {verb: stage.word() for verb in ("MSG", "msg", "Msg")}
    lines = [f"login {eve.name}", *[f"{verb} {word}" for verb, word in said.items()]]
    answers = _logins(eve, ann, stage.word(), *lines, f"LOGIN {stage.word('eve')}")
    if not ann.heard(f"MSG {eve.name} {said['MSG']}"):
        raise not_offered("login", [answer for answer in answers if answer != CAME_TRUE])
    for verb, word in said.items():
        if not ann.heard(word):
            raise Broken(f"login is LOGIN, but {verb} is not MSG")


def who(stage: LineStage) -> None:
    """It lists everyone who is here, once."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    came = ann.answers("WHO", ben, stage.word())
    if not any(line.startswith("USER ") for line in came):
        raise not_offered("WHO", came)
    for person in (ann, ben, eve):
        if (times := came.count(f"USER {person.name}")) != 1:
            raise Broken(f"'USER {person.name}' came {times} times, and not once")


def who_is_gone(stage: LineStage) -> None:
    """It lists nobody who is gone."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    came = ann.answers("WHO", ben, stage.word())
    if f"USER {eve.name}" not in came:
        raise not_offered("WHO", came)
    eve.call.close()
    ben.hears_gone(eve.name)
    if f"USER {eve.name}" in ann.answers("WHO", ben, stage.word()):
        raise Broken(f"{eve.name}, who is gone, is listed")


def direct_message(stage: LineStage) -> None:
    """It is heard by one user, who can see whose it is, and by nobody else."""
    ann, ben, cleo = stage.enter_all("ann", "ben", "cleo")
    word, mark = stage.word(), stage.word()
    came = ann.answers(f"DM {ben.name} {word}", cleo, mark)
    ben.hears(ann, f"{mark} a")
    if cleo.heard(word):
        raise Broken("what was said to one user was heard by another")
    if not ben.heard(word):
        raise not_offered("DM", came)
    if not any(word in line and ann.name in line for line in ben.log):
        raise Broken("who hears a DM can't see whose it is")


def ping(stage: LineStage) -> None:
    """PONG, and nothing else."""
    ann, ben = stage.enter_all("ann", "ben")
    came = ann.answers("PING", ben, stage.word())
    if "PONG" not in came:
        raise not_offered("PING", came)
    if came != ["PONG"]:
        raise Broken(f"PING, and a MSG after it, were answered with {quoted(' / '.join(came))}")


def idle(stage: LineStage) -> None:
    """Who is silent for too long is disconnected, and the others are told; who isn't, is not."""
    idle_s = stage.target.idle_s
    if not idle_s:
        raise NotOfferedError("it takes its time: say --idle SECONDS")
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    start = time.monotonic()
    eve.patience_s = idle_s / IDLE_STEPS
    while not eve.call.how_it_ended and time.monotonic() < start + idle_s + ann.patience_s:
        talk(ann, ben, stage.word())
        with suppress(Broken):
            eve.expect_end()
    if not eve.call.how_it_ended:
        raise Broken(f"{eve.name} is silent for {idle_s:g} s, and nothing happens")
    if time.monotonic() < start + idle_s * IDLE_EARLY:
        raise Broken(f"{eve.name} was disconnected after {time.monotonic() - start:.1f} s")
    ann.hears_gone(eve.name)


def _logins(eve: LinePerson, ann: LinePerson, word: str, *lines: str) -> list[str]:
    """The answers to lines of which one logs in, up to what comes after them, or to the end."""
    before = len(eve.log)
    with suppress(CallEndedError):
        eve.send(*lines)
        eve.say(f"{word} a")
        if _is_heard(eve, f"{word} a", ann):
            ann.say(f"{word} b")
            eve.next_with(f"{word} b")
    return [line for line in eve.log[before:] if is_answer(line)]


def _is_heard(eve: LinePerson, part: str, ann: LinePerson) -> bool:
    """Whether what one has said comes to the other; not, if the server hangs up on who said it.
    Raises Broken where it does neither."""
    until = time.monotonic() + ann.patience_s
    while not ann.heard(part):
        late = time.monotonic() > until
        if (late or not ann.listen(PAUSE_S)) and not eve.listen(PAUSE_S) and eve.call.how_it_ended:
            return False
        if late:
            ann.patience_s = 0.0  # all that there is has come
            break
    ann.next_with(part)
    return True
