"""The JSON dialect: what each object asks for, and what each event looks like. Every object that is
sent here, or by the core in any other test, is held to the schema."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import events
from chat.core.commands import (
    Act,
    Authenticate,
    Away,
    Back,
    BanUser,
    Command,
    Enrol,
    Help,
    Join,
    Kick,
    Leave,
    ListBans,
    ListMembers,
    ListRooms,
    LockTopic,
    Login,
    MakeOperator,
    Malformed,
    Mute,
    Nick,
    Ping,
    Quit,
    Recall,
    RemoveOperator,
    Resume,
    Say,
    SetTopic,
    ShowTopic,
    Tagged,
    Tell,
    UnbanUser,
    Unmute,
    Who,
)
from chat.core.errors import ERRORS
from chat.core.events import Event, Said
from chat.core.records import Ban
from chat.core.registry import ROWS
from chat.core.text import TAG_MAX_CHARS
from chat.dialects import JSON, JsonDialect
from chat.dialects.json_asked import HISTORY_COUNT, NUMBER_MAX, TYPES
from chat.dialects.json_told import OBJECT_MAX_BYTES, RENDERERS, encoded
from chat.version import VERSION
from tests.dialects.schema import ASKED, DEFINITIONS, SENT, check, check_sent, is_asked
from tests.dialects.support import FOR_PEOPLE

# --- what is asked --------------------------------------------------------------------------------

NAMED = {"room": "tea", "name": "bob"}

PARSED: list[tuple[dict[str, Any], Command]] = [
    ({"type": "login", "name": "ann"}, Login("ann", lobby=False)),
    (
        {"type": "login", "name": "ann", "password": " a  secret "},
        Authenticate("ann", " a  secret ", lobby=False),
    ),
    (
        {"type": "register", "name": "ann", "password": "a secret"},
        Enrol("ann", "a secret", lobby=False),
    ),
    ({"type": "nick", "name": "anna"}, Nick("anna")),
    ({"type": "nick", "name": "a", "password": "b"}, Authenticate("a", "b", lobby=False)),
    ({"type": "join", "room": "tea"}, Join("tea")),
    ({"type": "join", "room": "#tea"}, Join("tea")),
    ({"type": "join", "room": "#"}, Join("#")),
    ({"type": "leave", "room": "tea"}, Leave("tea")),
    ({"type": "say", "room": "tea", "text": "a\nb"}, Say("tea", "a\nb")),
    ({"type": "say", "room": "tea", "text": "waves", "act": True}, Act("tea", "waves")),
    ({"type": "say", "room": "tea", "text": "", "act": False}, Say("tea", "")),
    ({"type": "private", "to": "bob", "text": "psst"}, Tell("bob", "psst")),
    ({"type": "rooms"}, ListRooms()),
    ({"type": "users"}, Who()),
    ({"type": "users", "room": "tea"}, ListMembers("tea")),
    ({"type": "history", "room": "tea"}, Recall("tea", HISTORY_COUNT)),
    ({"type": "history", "room": "tea", "count": 7}, Recall("tea", 7)),
    ({"type": "resume", "room": "tea", "epoch": "e", "seq": 0}, Resume("tea", "e", 0)),
    ({"type": "topic", "room": "tea"}, ShowTopic("tea")),
    ({"type": "topic", "room": "tea", "text": ""}, SetTopic("tea", "")),
    ({"type": "away"}, Away()),
    ({"type": "away", "text": "lunch"}, Away("lunch")),
    ({"type": "back"}, Back()),
    ({"type": "kick", **NAMED}, Kick("tea", "bob")),
    ({"type": "kick", **NAMED, "reason": "spam"}, Kick("tea", "bob", "spam")),
    ({"type": "ban", **NAMED}, BanUser("tea", "bob")),
    ({"type": "ban", **NAMED, "seconds": 60}, BanUser("tea", "bob", 60.0)),
    ({"type": "unban", **NAMED}, UnbanUser("tea", "bob")),
    ({"type": "bans", "room": "tea"}, ListBans("tea")),
    (
        {"type": "mute", **NAMED, "seconds": 6e2, "reason": "spam"},
        Mute("tea", "bob", 600.0, "spam"),
    ),
    ({"type": "unmute", **NAMED}, Unmute("tea", "bob")),
    ({"type": "op", **NAMED}, MakeOperator("tea", "bob")),
    ({"type": "deop", **NAMED}, RemoveOperator("tea", "bob")),
    ({"type": "lock", "room": "tea"}, LockTopic("tea", True)),
    ({"type": "unlock", "room": "tea"}, LockTopic("tea", False)),
    ({"type": "ping"}, Ping()),
    ({"type": "help"}, Help()),
    ({"type": "quit"}, Quit()),
]


def parse(asked: object) -> Command | Tagged:
    """What the dialect makes of an object."""
    return JSON.parse(json.dumps(asked).encode())


def test_every_type_is_here_and_in_the_schema() -> None:
    assert {asked["type"] for asked, _ in PARSED} == set(TYPES) == ASKED


@pytest.mark.parametrize(("asked", "command"), PARSED, ids=lambda it: str(it)[:40])
def test_what_an_object_asks_for(asked: dict[str, Any], command: Command) -> None:
    check("ask", asked)
    assert parse(asked) == command
    assert type(parse(asked)) is type(command)
    assert parse({**asked, "more": [None, {"x": 1.5}]}) == command


@pytest.mark.parametrize(("asked", "command"), PARSED, ids=lambda it: str(it)[:40])
def test_what_carries_an_id_is_tagged(asked: dict[str, Any], command: Command) -> None:
    if isinstance(command, Say | Act):
        command = type(command)(command.room, command.text, "7")
    check("ask", {**asked, "id": "7"})
    assert parse({**asked, "id": "7"}) == Tagged(command, "7")


REQUIRED = [
    (asked, name)
    for asked in {asked["type"]: asked for asked, _ in PARSED}.values()
    for name in DEFINITIONS[f"ask.{asked['type']}"]["required"]
]


@pytest.mark.parametrize(("asked", "name"), REQUIRED, ids=lambda it: str(it)[:40])
def test_what_has_to_be_there(asked: dict[str, Any], name: str) -> None:
    wanting = {key: value for key, value in asked.items() if key != name}
    assert parse(wanting) == Malformed("bad-message", name)
    assert parse({**wanting, "id": "7"}) == Tagged(Malformed("bad-message", name), "7")


FIELDS = [
    (asked, name)
    for asked in {asked["type"]: asked for asked, _ in PARSED}.values()
    for name in DEFINITIONS[f"ask.{asked['type']}"]["properties"]
]
WRONG: list[object] = [None, [], {}, ["tea"], -1, 0.5, 1e400, 10**400]


@pytest.mark.parametrize(("asked", "name"), FIELDS, ids=lambda it: str(it)[:40])
def test_what_is_of_another_type(asked: dict[str, Any], name: str) -> None:
    for wrong in WRONG:
        changed = {**asked, name: wrong}
        assert not is_asked(changed)
        line = json.dumps(changed).replace("Infinity", "1e400").encode()
        assert JSON.parse(line) == Malformed("bad-message", name), wrong


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
@pytest.mark.parametrize("name", ["room", "text"])
def test_half_a_character_is_no_text(name: str, text: str) -> None:
    asked = {"type": "say", "room": "tea", "text": "hi", name: text}
    assert parse(asked) == Malformed("bad-message", name)


def test_a_room_has_to_have_a_name() -> None:
    """An empty one would be the room that was joined last."""
    assert parse({"type": "leave", "room": ""}) == Malformed("bad-message", "room")


@pytest.mark.parametrize("number", [True, "7", 0, NUMBER_MAX + 1, 2.5])
def test_what_is_no_count(number: object) -> None:
    asked = {"type": "history", "room": "tea", "count": number}
    assert parse(asked) == Malformed("bad-message", "count")


@pytest.mark.parametrize("number", [1, NUMBER_MAX])
def test_what_is_a_count(number: int) -> None:
    assert parse({"type": "history", "room": "tea", "count": number}) == Recall("tea", number)


@pytest.mark.parametrize("tag", ["a", "x" * TAG_MAX_CHARS, '"\\', "李"])
def test_what_is_an_id(tag: str) -> None:
    check("ask", {"type": "ping", "id": tag})
    assert parse({"type": "ping", "id": tag}) == Tagged(Ping(), tag)


@pytest.mark.parametrize("tag", ["", "x" * (TAG_MAX_CHARS + 1), 7, None, True, "a\nb", "\ud800"])
def test_what_is_no_id(tag: object) -> None:
    assert parse({"type": "ping", "id": tag}) == Malformed("bad-message", "id")


NO_OBJECT = [
    b"",
    b"hello",
    b"LOGIN ann",
    b"null",
    b"5",
    b'"ping"',
    b'["ping"]',
    b'{"type":"ping"',
    b'{"type":"ping"} {"type":"ping"}',
    b"{'type':'ping'}",
    b'{"type":"ping","more":NaN}',
    b'{"type":"ping","more":-Infinity}',
    b'{"type":"ping","more":"\n"}',
    b'{"type":"ping","more":"\xff"}',
    b'{"type":"ping","more":"\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"type":"ping"}',
    '{"type":"ping"}'.encode("utf-16"),
    '{"type":"ping"}'.encode("utf-16-le"),
    b"[" * 100_000,
    b'{"type":' * 100_000,
    b'{"type":"ping","more":' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("line", NO_OBJECT, ids=lambda line: repr(line[:30]))
def test_what_is_no_object(line: bytes) -> None:
    assert JSON.parse(line) == Malformed("bad-message")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b'{"type":"quit","type":"ping"}', Ping()),
        (b'{"type":"ping","id":7,"id":"a"}', Tagged(Ping(), "a")),
        (b' {"type" : "p\\u0069ng"}\r\n', Ping()),
        (b'{"type":"ping","more":1e400}', Ping()),
        (b'{"type":"PING"}', Malformed("unknown-command", "PING")),
        (b'{"type":"hello"}', Malformed("unknown-command", "hello")),
        (b"{}", Malformed("bad-message", "type")),
    ],
)
def test_what_is_one_all_the_same(line: bytes, command: Command | Tagged) -> None:
    assert JSON.parse(line) == command


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
COMMANDS = (*get_args(Command), Tagged)


@st.composite
def nearly_asked(draw: st.DrawFn) -> bytes:
    """What a client may send, but for a field or two."""
    asked = dict(draw(st.sampled_from(PARSED))[0])
    for _ in range(draw(st.integers(0, 2))):
        asked[draw(st.sampled_from([*asked, "id", "act", "text", "seconds", "x"]))] = draw(ANYTHING)
    return json.dumps(asked).encode()


@given(st.binary() | st.text().map(str.encode) | nearly_asked())
def test_any_bytes_are_a_command(line: bytes) -> None:
    assert isinstance(JSON.parse(line), COMMANDS)


def values(definition: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema allows in a field, as far as the schema says it."""
    if "$ref" in definition:
        return values(DEFINITIONS[definition["$ref"].removeprefix("#/$defs/")])
    if "const" in definition:
        return st.just(definition["const"])
    whole = st.integers(definition.get("minimum"), definition.get("maximum"))
    some = st.text(
        st.characters(categories=["L", "N", "P"]),
        min_size=definition.get("minLength", 0),
        max_size=definition.get("maxLength", 99),
    )
    return {"integer": whole, "string": some, "boolean": st.booleans()}[definition["type"]]


def objects(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any object of a type that a client may send, by the schema."""
    definition = DEFINITIONS[f"ask.{kind}"]
    fields = {name: values(field) for name, field in definition["properties"].items()}
    required = {name: fields.pop(name) for name in definition["required"]}
    return st.fixed_dictionaries(required, optional=fields)


@pytest.mark.parametrize("kind", sorted(ASKED))
def test_any_object_of_the_schema_is_understood(kind: str) -> None:
    @given(objects(kind))
    def understood(asked: dict[str, Any]) -> None:
        check("ask", asked)
        command = parse(asked)
        if isinstance(command, Tagged):
            assert command.tag == asked["id"]
            command = command.command
        assert not isinstance(command, Malformed)

    understood()


# --- what is sent ---------------------------------------------------------------------------------

AT = 1_700_000_000.125
TIME = "2023-11-14T22:13:20.125Z"
SAID = Said(1, "bob", "tea", 7, AT, 'say "hi"')
ACTED = Said(1, "bob", "tea", 8, AT, "waves", act=True, tag="a7")
SAID_OBJECT = {
    **{"type": "message", "room": "tea", "seq": 7, "time": TIME, "from": "bob"},
    "text": 'say "hi"',
}
ACTED_OBJECT = {**SAID_OBJECT, "seq": 8, "text": "waves", "act": True, "id": "a7"}


@given(
    st.builds(
        Said,
        *(st.integers(0), st.text(), st.text(), st.integers(0), st.floats(0, 2**33)),
        *(st.text(), st.booleans(), st.text()),
    )
)
def test_what_is_written_down_at_once_is_what_is_said(said: Said) -> None:
    assert JSON.render(said) == encoded(RENDERERS[Said](said))


ACTIVE_AND_AWAY = [{"name": "ann", "status": "active"}, {"name": "bob", "status": "away"}]
LIMITS = {
    "username_max_chars": 32,
    "room_name_max_chars": 64,
    "text_max_chars": 8192,
    "topic_max_chars": 300,
    "history_read_max": 1000,
}
BANNED = Ban("eve", "ann")
MUTED = Ban("eve", "ann", "too loud", AT)


def system(code: str, text: str, **more: str) -> dict[str, str]:
    """An object of type system."""
    return {"type": "system", "code": code, "text": text, **more}


def status(status: str, text: str = "") -> dict[str, str]:
    """An object of type status."""
    return {"type": "status", "from": "bob", "status": status, "text": text, "time": TIME}


def moderated(deed: str, name: str, seconds: int = 0, reason: str = "") -> dict[str, object]:
    """An object of type moderation."""
    found = {"type": "moderation", "deed": deed, "room": "tea", "name": name, "from": "ann"}
    return {**found, "seconds": seconds, "reason": reason, "time": TIME}


RENDERED: list[tuple[Event, dict[str, Any]]] = [
    (
        events.Welcomed("e", tuple(LIMITS.items())),
        {
            **{"type": "welcome", "server": "reactor-chat", "version": VERSION, "epoch": "e"},
            "limits": LIMITS,
        },
    ),
    (events.Greeted("Hello."), system("greeting", "Hello.")),
    (events.LoggedIn("ann"), {"type": "ok", "name": "ann"}),
    (events.Named("ann"), {"type": "ok", "name": "ann"}),
    (events.Done(), {"type": "ok"}),
    (
        events.Entered("tea", ("ann", "bob"), "milk", ("bob",)),
        {"type": "ok", "room": "tea", "topic": "milk", "users": ACTIVE_AND_AWAY},
    ),
    (events.Departed("tea"), {"type": "ok", "room": "tea"}),
    (
        events.Joined(1, "bob", "tea", AT),
        {"type": "join", "room": "tea", "from": "bob", "time": TIME},
    ),
    (
        events.Left(1, "bob", "tea", AT),
        {"type": "leave", "room": "tea", "from": "bob", "time": TIME},
    ),
    (SAID, SAID_OBJECT),
    (ACTED, ACTED_OBJECT),
    (
        events.Told(1, "bob", AT, "psst"),
        {"type": "private", "from": "bob", "text": "psst", "time": TIME},
    ),
    (
        events.Renamed(1, "bob", "rob", ("tea",), AT),
        {"type": "nick", "from": "bob", "to": "rob", "time": TIME},
    ),
    (events.StatusChanged(1, "bob", True, "lunch", ("tea",), AT), status("away", "lunch")),
    (events.StatusChanged(1, "bob", True, "", ("tea",), AT, (), True), status("away")),
    (events.StatusChanged(1, "bob", False, "", ("tea",), AT), status("active")),
    (events.Disconnected(1, "bob", ("tea",), AT, "reset"), status("offline")),
    (
        events.TopicSet(1, "bob", "tea", "milk", AT),
        {"type": "topic", "room": "tea", "text": "milk", "from": "bob", "time": TIME},
    ),
    (events.TopicShown("tea", ""), {"type": "topic", "room": "tea", "text": ""}),
    (
        events.RoomsListed((("lobby", 2), ("tea", 0))),
        {
            "type": "rooms",
            "rooms": [{"room": "lobby", "members": 2}, {"room": "tea", "members": 0}],
        },
    ),
    (
        events.MembersListed("tea", ("ann", "bob"), ("bob",)),
        {"type": "users", "room": "tea", "users": ACTIVE_AND_AWAY},
    ),
    (
        events.UsersListed(("ann", "bob"), ("bob",)),
        {"type": "users", "users": ACTIVE_AND_AWAY},
    ),
    (
        events.Recalled("tea", (SAID, ACTED), "e", complete=False),
        {
            **{"type": "history", "room": "tea", "epoch": "e", "complete": False},
            "messages": [SAID_OBJECT, ACTED_OBJECT],
        },
    ),
    (
        events.Moderated("banned", "tea", "eve", "ann", AT, 600.0, "spam"),
        moderated("banned", "eve", 600, "spam"),
    ),
    (events.Moderated("muted", "tea", "eve", "ann", AT, 0.5), moderated("muted", "eve", 1)),
    (events.Moderated("locked", "tea", "", "ann", AT), moderated("locked", "")),
    (
        events.BansListed("tea", (BANNED,), (MUTED,)),
        {
            **{"type": "bans", "room": "tea", "bans": [{"name": "eve", "by": "ann"}]},
            "mutes": [{"name": "eve", "by": "ann", "reason": "too loud", "until": TIME}],
        },
    ),
    (events.Ponged(), {"type": "pong"}),
    (events.Announced("tea is ready", AT), system("announcement", "tea is ready", time=TIME)),
    (
        events.Expelled(1, "bob", "spam"),
        system("expelled", "you were disconnected: spam"),
    ),
    (
        events.RoomClosed("tea", AT),
        system("room-closed", "The room was closed.", room="tea", time=TIME),
    ),
    (events.SlowedDown(), system("slow-down", "Your messages wait their turn.")),
    (events.IdledOut(), system("idle-timeout", "You have been idle for too long.")),
    (events.ShutDown(), system("shutdown", "The server is shutting down.")),
    (events.SaidGoodbye(), system("goodbye", "Goodbye!")),
]


def sent(event: Event) -> dict[str, Any]:
    """The object that the dialect makes of an event."""
    return check_sent(JSON.render(event))


@pytest.mark.parametrize(("event", "found"), RENDERED, ids=lambda it: str(it)[:40])
def test_what_an_event_looks_like(event: Event, found: dict[str, Any]) -> None:
    assert sent(event) == found


@pytest.mark.parametrize("code", ERRORS)
def test_a_refusal(code: Any) -> None:
    refused = {"type": "error", "code": code, "text": ERRORS[code]}
    assert sent(events.Refused(code)) == refused
    assert sent(events.Refused(code, "it")) == {**refused, "detail": "it"}
    assert sent(events.Refused(code, "\ud800\x1b[2J\x9b")) == {**refused, "detail": "[2J"}
    assert sent(events.Refused(code, "é" * 60_000)) == {**refused, "detail": "é" * 256}


def test_help_names_every_type() -> None:
    listed = sent(events.CommandsListed(tuple((row.command, row.summary) for row in ROWS)))
    assert [each["type"] for each in listed["commands"]] == [*TYPES]
    assert all(each["summary"] for each in listed["commands"])


def test_every_event_and_every_type_is_here() -> None:
    here = {type(event) for event, _ in RENDERED} | {events.Refused, events.CommandsListed}
    assert here == set(RENDERERS) == (FOR_PEOPLE | {events.Welcomed}) - {events.Registered}
    assert {found["type"] for _, found in RENDERED} | {"error", "help"} == SENT
    assert JSON.render(events.Registered("ann")) == b""


# What answers somebody; of the rest, nobody has asked for it.
ANSWERS = [
    (event, found)
    for event, found in RENDERED
    if found["type"] in {"ok", "history", "rooms", "users", "bans", "pong"}
    or isinstance(event, events.TopicShown | events.SaidGoodbye)
]


@pytest.mark.parametrize(("event", "found"), ANSWERS, ids=lambda it: str(it)[:40])
def test_an_answer_carries_the_id(event: Event, found: dict[str, Any]) -> None:
    assert check_sent(JSON.answer(event, "a7")) == {**found, "id": "a7"}


def test_what_is_said_is_answered_with_its_number() -> None:
    ok = {"type": "ok", "id": "a7", "room": "tea", "seq": 8, "time": TIME}
    assert check_sent(JSON.answer(ACTED, "a7")) == ok


def test_the_id_stands_in_front() -> None:
    assert JSON.answer(events.Ponged(), "a7") == b'{"type":"pong","id":"a7"}\n'


# --- how long it gets -----------------------------------------------------------------------------

WIDE = "𠀀" * 32  # four bytes each
MANY = tuple([f"{WIDE[:27]}{number:05}" for number in range(10_000)])
LONG: dict[str, Event] = {
    "users": events.UsersListed(MANY, MANY[:5_000]),
    "members": events.MembersListed("tea", MANY),
    "entered": events.Entered("tea", MANY, "", MANY),
    "rooms": events.RoomsListed(tuple([(name, 1) for name in MANY])),
    "bans": events.BansListed("tea", tuple([Ban(name, WIDE) for name in MANY]), (BANNED,)),
}


@pytest.mark.parametrize("event", LONG.values(), ids=LONG)
def test_a_list_that_is_too_long_says_how_many_more_there_are(event: Event) -> None:
    data = JSON.render(event)
    assert OBJECT_MAX_BYTES / 3 < len(data) <= OBJECT_MAX_BYTES
    found = check_sent(data)
    listed = found.get("users") or found.get("rooms") or [*found["bans"], *found["mutes"]]
    assert listed[0].get("name", listed[0].get("room")) == MANY[0]
    assert len(listed) + found["more"] == 10_000 + isinstance(event, events.BansListed)


@pytest.mark.parametrize("chars", [1, 1_000, 9_000])
def test_of_a_history_that_is_too_long_the_newest_is_sent(chars: int) -> None:
    said = [Said(1, WIDE, WIDE * 2, seq, AT, '"' * chars, tag=WIDE * 2) for seq in range(1, 1_001)]
    data = JSON.answer(events.Recalled("tea", tuple(said)), "a7")
    assert OBJECT_MAX_BYTES / 3 < len(data) <= OBJECT_MAX_BYTES
    found = check_sent(data)
    assert found["complete"] is False
    assert [message["seq"] for message in found["messages"]][-1] == 1_000


def test_one_thing_that_is_too_long_is_sent_as_it_is() -> None:
    """Nothing of ours is, unless the limits say so."""
    text = "x" * OBJECT_MAX_BYTES
    said = Said(1, "bob", "tea", 7, AT, text)
    assert sent(said)["text"] == text
    assert len(sent(events.Recalled("tea", (said,)))["messages"]) == 1
    assert len(sent(events.UsersListed((text,)))["users"]) == 1


def test_it_is_known_by_its_name() -> None:
    assert isinstance(JSON, JsonDialect)
    assert JSON.name == "json"
