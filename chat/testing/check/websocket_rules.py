"""The rules of JSON over WebSocket that are its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from chat.testing.check import shared_rules as shared
from chat.testing.check.person import Person, quoted
from chat.testing.check.rules import Broken
from chat.testing.check.stage import Stage, talk
from chat.testing.check.websocket_person import WebSocketStage

HISTORY: Final = 50  # messages that a room remembers
SPEAKERS: Final = 4
EACH: Final = 14  # of their messages: more than HISTORY in all
HUNDRED: Final = 100  # concurrent connections


def login(stage: WebSocketStage) -> None:
    """A name that nobody has is had for the asking."""
    stage.enter("ann")


def name_taken(stage: WebSocketStage) -> None:
    """Two can't have one name; who had it first keeps it, and is heard."""
    ann, ben = stage.enter_all("ann", "ben")
    answer = stage.caller("eve").ask(type="login", name=ann.name)
    if (answer.get("type"), answer.get("code")) != ("error", "username-taken"):
        raise Broken(f"login with a name that is taken was answered with {quoted(str(answer))}")
    talk(ann, ben, stage.word())


def echo(stage: WebSocketStage) -> str:
    """Who sends a message is always sent it as well, or never."""
    ann, ben = stage.enter_all("ann", "ben")
    words = [stage.word() for _ in range(shared.TIMES)]
    for word in words:
        ann.say(word)
        ben.hears(ann, word)
    talk(ann, ben, stage.word())
    echoes = sum(ann.heard(word) for word in words)
    if echoes not in {0, len(words)}:
        raise Broken(f"{echoes} of {len(words)} messages came back")
    stage.target.variety = f"{'echo' if echoes else 'no echo'} of one's own messages"
    return str(stage.target.variety)


def acknowledged(stage: WebSocketStage) -> None:
    """Who says something with an `id` is told that it was said, and when."""
    ann, ben = stage.enter_all("ann", "ben")
    word = stage.word()
    answer = ann.ask(type="say", room=stage.target.room, text=word)
    ben.hears(ann, word)
    if answer.get("type") != "ok" or "time" not in answer:
        raise Broken(f"say was answered with {quoted(str(answer))}, and not with ok and its time")


def several_rooms(stage: WebSocketStage) -> None:
    """Who is in two rooms hears both; who is in one hears that."""
    ann, ben, other = *stage.enter_all("ann", "ben"), stage.word("room")
    ann.ask(type="join", room=other)
    eve = stage.caller("eve")
    eve.ask(type="login", name=eve.name)
    eve.ask(type="join", room=other)
    word = stage.word()
    eve.ask(type="say", room=other, text=word)
    ann.next_object(f"what is said in {other}", type="message", room=other, text=word)
    talk(ann, ben, stage.word())
    if ben.heard(word):
        raise Broken("what is said in one room is heard in another")


def members(stage: WebSocketStage) -> None:
    """The users of a room are those who are there."""
    ann, ben, eve = stage.enter_all("ann", "ben", "eve")
    for expected in ({ann.name, ben.name, eve.name}, {ann.name, ben.name}):
        answer = ann.ask(type="users", room=stage.target.room)
        found = {user.get("name") for user in _objects(answer, "users")}
        if found != expected:
            raise Broken(f"users are {', '.join(map(str, found))}, and not {', '.join(expected)}")
        eve.ask(type="leave", room=stage.target.room)


def comings_and_goings(stage: WebSocketStage) -> None:
    """Everyone who is in a room is told who joins and who leaves."""
    ann, eve = stage.enter_all("ann", "eve")
    eve.ask(type="leave", room=stage.target.room)
    for kind in ("join", "leave"):
        news = {"type": kind, "room": stage.target.room, "from": eve.name}
        ann.next_object(f"the {kind} of {eve.name}", **news)


def private(stage: WebSocketStage) -> None:
    """What is said to one user is heard by nobody else."""
    ann, ben, cleo = stage.enter_all("ann", "ben", "cleo")
    word = stage.word()
    ann.ask(type="private", to=ben.name, text=word)
    ben.next_object("a private message", type="private", text=word, **{"from": ann.name})
    talk(ann, cleo, stage.word())
    if cleo.heard(word):
        raise Broken("what was said to one user was heard by another")


def times(stage: WebSocketStage) -> None:
    """Each message says when it was said, in UTC, and time doesn't go back."""
    ann, ben = stage.enter_all("ann", "ben")
    for _ in range(3):
        ann.say(stage.word())
    stamps = [ben.next_object("a message", type="message").get("time") for _ in range(3)]
    try:
        moments = [datetime.fromisoformat(str(stamp)) for stamp in stamps]
    except ValueError:
        raise Broken(f"that is no time: {quoted(str(stamps))}") from None
    if any(moment.utcoffset() != timedelta(0) for moment in moments):
        raise Broken(f"that is no time in UTC: {quoted(str(stamps[0]))}")
    if moments != sorted(moments):
        raise Broken(f"time goes back: {', '.join(map(str, stamps))}")


def history(stage: WebSocketStage) -> None:
    """Who joins reads the last 50 messages of the room."""
    speakers = [stage.enter(f"p{index}") for index in range(SPEAKERS)]
    texts = [stage.word() for _ in range(SPEAKERS * EACH)]
    for number, text in enumerate(texts):
        speaker, listener = speakers[number % SPEAKERS], speakers[(number + 1) % SPEAKERS]
        speaker.say(text)
        listener.hears(speaker, text)
    ann = stage.enter("ann")
    came = ann.next_object("the history", type="history", room=stage.target.room)
    found = [message.get("text") for message in _objects(came, "messages")]
    if found != texts[-HISTORY:]:
        raise Broken(f"the history is not the last {HISTORY} messages, but {len(found)} others")


def a_hundred(stage: Stage[Person]) -> None:
    """As many are there at once, and hear each other."""
    shared.many(stage, HUNDRED)


def no_object(stage: WebSocketStage) -> None:
    """What is no object is refused, and does no harm."""
    ann, ben = stage.enter_all("ann", "ben")
    for asked in ("{", "[]", '{"type": "nonsense"}', '{"type": "say", "text": 7}', ""):
        ann.send(asked)
        ann.next_object(f"an error for {asked!r}", type="error")
    talk(ann, ben, stage.word())


def goodbye(stage: WebSocketStage) -> None:
    """Who closes as the protocol has it is answered, and the others are told."""
    ann, eve = stage.enter_all("ann", "eve")
    eve.call.send_end()
    eve.expect_end()
    if not eve.call.said_goodbye:
        raise Broken(f"{eve.name} is hung up on, and not told goodbye ({eve.call.how_it_ended})")
    ann.hears_gone(eve.name)


def _objects(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = answer.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
