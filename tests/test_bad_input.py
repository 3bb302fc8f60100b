"""Every verb of every dialect with what should not stand behind it: nothing, too little, too much,
what is too long, control characters, and bytes that are no text.

One table, with a row for each verb; a verb without a row is a failure. What is refused is refused
in the words of its dialect, in one line, to nobody but who typed it, and changes nothing.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

import pytest

from chat.core.errors import ERRORS, Code
from chat.dialects import DIALECTS, JSON
from chat.dialects import admin as admin_dialect
from chat.dialects import line as line_dialect
from chat.dialects import slash as slash_dialect
from chat.dialects.admin import AdminDialect
from chat.dialects.base import Verb
from tests.core.support import UNLIMITED, Chat, contents
from tests.dialects.schema import DEFINITIONS

FINE: Final = ""
"""No refusal: a text may be of many words, and what stands behind a verb that needs nothing is
ignored."""

Case = tuple[str, Code | str]  # what stands behind the verb, and what becomes of it


class Row(NamedTuple):
    """The cases of one verb."""

    none: Code | str
    many: Case
    long: Case
    control: Case
    few: Case | None = None  # for verbs with two arguments or more


NAME: Final = "x" * 33
ROOM: Final = "x" * 65
LINE: Final = "x" * 9000
TOPIC: Final = "x" * 301
REASON: Final = "x" * 201
PASSWORD: Final = "x" * 129
NUMBER: Final = "9" * 5000  # more digits than `int` takes
ESC: Final = "\x1b[31m\0"  # of which `[31m` remains

ALONE: Final = Row(FINE, ("two words", FINE), (LINE, FINE), (ESC, FINE))


def of_room(code: Code = "no-such-room") -> Row:
    """A verb with a room."""
    return Row("missing-argument", ("two words", code), (ROOM, code), (f"{ESC}tea", code))


def of_name(code: Code) -> Row:
    """A verb with a name."""
    return Row("missing-argument", ("two words", code), (NAME, code), (f"{ESC}bob", code))


def of_member(code: Code) -> Row:
    """A verb with a room and a name."""
    few: Case = ("tea", "missing-argument")
    many, long, control = ("tea two words", code), (f"tea {NAME}", code), (f"tea {ESC}bob", code)
    return Row("missing-argument", many, long, control, few)


def sanction(where: str, code: Code) -> Row:
    """A verb with a name and perhaps a reason, of which there may be many words."""
    return Row(
        "missing-argument",
        (f"{where}bob 1m three words more", FINE),
        (f"{where}bob {REASON}", "text-too-long"),
        (f"{where}{ESC}bob", code),
        ("tea", "missing-argument") if where else None,
    )


def to_someone(whom: str, code: Code) -> Row:
    """A verb with a room or a name, and a text."""
    return Row(
        "missing-argument",
        (f"{whom} three words more", FINE),
        (f"{whom} {LINE}", "text-too-long"),
        (f"{ESC}{whom} hello", code),
        (whom, "empty-message"),
    )


TEXT: Final = Row(
    "empty-message", ("a b", FINE), (LINE, "text-too-long"), (ESC[:1], "empty-message")
)
ENROL: Final = Row(
    "missing-argument",
    ("eve with three words", FINE),
    (f"eve {PASSWORD}", "invalid-password"),
    (f"{ESC}eve long enough", "invalid-username"),
    ("eve", "missing-argument"),
)
UNKNOWN: Final = Row(
    "missing-argument",
    ("eve with three words", "not-registered"),
    (f"{NAME} {PASSWORD}", "invalid-username"),
    (f"{ESC}eve long enough", "invalid-username"),
    ("eve", "missing-argument"),
)

ROWS: Final[dict[str, dict[str, Row]]] = {
    "line": {
        "LOGIN": UNKNOWN._replace(few=None),
        "REGISTER": ENROL,
        "MSG": TEXT,
        "DM": to_someone("bob", "no-such-user"),
        "WHO": ALONE,
        "NICK": of_name("invalid-username"),
        "JOIN": of_room("invalid-room-name"),
        "LEAVE": of_room(),
        "ROOMS": ALONE,
        "NAMES": of_room(),
        "SAY": to_someone("tea", "no-such-room"),
        "ME": to_someone("tea", "no-such-room"),
        "TOPIC": to_someone("tea", "no-such-room")._replace(
            long=(f"tea {TOPIC}", "text-too-long"), few=("tea", FINE)
        ),
        "HISTORY": Row(
            "missing-argument",
            ("tea 1 2", FINE),
            (f"tea {NUMBER}", "invalid-number"),
            (f"tea {ESC}1", "invalid-number"),
            ("tea", FINE),
        ),
        "AWAY": Row(FINE, ("two words", FINE), (REASON, "text-too-long"), (ESC, FINE)),
        "BACK": ALONE,
        "KICK": sanction("tea ", "no-such-user"),
        "BAN": sanction("tea ", "no-such-user"),
        "UNBAN": of_member("no-such-ban"),
        "BANS": of_room(),
        "MUTE": sanction("tea ", "no-such-user"),
        "UNMUTE": of_member("no-such-ban"),
        "OP": of_member("no-such-user"),
        "DEOP": of_member("no-such-operator"),
        "LOCK": of_room(),
        "UNLOCK": of_room(),
        "PING": ALONE,
        "HELP": ALONE,
        "QUIT": ALONE,
    },
    "slash": {
        "/JOIN": of_room("invalid-room-name"),
        "/LEAVE": ALONE,
        "/MSG": to_someone("bob", "no-such-user"),
        "/ME": TEXT,
        "/NICK": of_name("invalid-username"),
        "/LOGIN": UNKNOWN,
        "/REGISTER": ENROL,
        "/ROOMS": ALONE,
        "/USERS": of_room()._replace(none=FINE),
        "/WHO": ALONE,
        "/TOPIC": Row(FINE, ("two words", FINE), (TOPIC, "text-too-long"), (ESC, FINE)),
        "/HISTORY": Row(
            FINE, ("1 2", "invalid-number"), (NUMBER, "invalid-number"), (ESC, "invalid-number")
        ),
        "/AWAY": Row(FINE, ("two words", FINE), (REASON, "text-too-long"), (ESC, FINE)),
        "/BACK": ALONE,
        "/KICK": sanction("", "no-such-user"),
        "/BAN": sanction("", "no-such-user"),
        "/UNBAN": of_name("no-such-ban"),
        "/BANS": ALONE,
        "/MUTE": sanction("", "no-such-user"),
        "/UNMUTE": of_name("no-such-ban"),
        "/OP": of_name("no-such-user"),
        "/DEOP": of_name("no-such-operator"),
        "/LOCK": ALONE,
        "/UNLOCK": ALONE,
        "/HELP": ALONE,
        "/QUIT": ALONE,
    },
    "admin": {
        "USERS": ALONE,
        "ROOMS": ALONE,
        "NAMES": of_room(),
        "CONNECTIONS": ALONE,
        "STATS": ALONE,
        "ANNOUNCE": TEXT,
        "KICK": sanction("", "no-such-user"),
        "BAN": sanction("", "no-such-user"),
        "UNBAN": of_name("no-such-user"),
        "BANS": ALONE,
        "OP": of_member("no-such-user"),
        "DEOP": of_member("no-such-operator"),
        "CLOSE": of_room(),
        "UNREGISTER": of_name("not-registered"),
        "LIMIT": Row(
            FINE,
            ("rooms_max 1 2", "invalid-number"),
            (f"rooms_max {NUMBER}", "invalid-number"),
            (f"{ESC}rooms_max 1", "no-such-limit"),
            ("rooms_max", "missing-argument"),
        ),
        "SHUTDOWN": ALONE,
        "PING": ALONE,
        "HELP": ALONE,
        "QUIT": ALONE,
    },
}

VERBS: Final[dict[str, dict[str, Verb]]] = {
    "line": line_dialect.VERBS,
    "slash": slash_dialect.VERBS,
    "admin": admin_dialect.VERBS,
}
ENTRANCE: Final = ("LOGIN", "REGISTER")  # verbs of who has no name yet


def refusal(dialect: str, code: str) -> str:
    """The one line with which a dialect refuses."""
    text = next(text for known, text in ERRORS.items() if known == code)
    return {"line": f"ERR {code}", "slash": f"Error: {text}", "admin": f"ERR {code} {text}"}[
        dialect
    ]


def gathering() -> Chat:
    """Somebody of each dialect; who speaks the line and the slash dialect operates a room."""
    chat = Chat("line", "bob", limits=UNLIMITED)
    chat.connect("slash", DIALECTS["slash"])
    chat.connect("admin", AdminDialect())
    chat.connect("new")
    chat.send("line", "JOIN tea", "SAY tea hello")
    chat.send("slash", "/nick slash", "/join den")
    return chat


def try_out(dialect: str, verb: str, behind: bytes, code: str) -> None:
    """Type it, and see that it is refused as it should be, or not at all."""
    who = "new" if verb in ENTRANCE else dialect
    chat = gathering()
    chat.send("bob", "JOIN den" if dialect == "slash" else "JOIN tea")
    if verb.endswith("BACK"):
        chat.send(who, verb.replace("BACK", "AWAY"))
    chat.read_all()
    before = contents(chat.core.world)
    chat.send(who, verb.encode() + behind)
    chat.finish_jobs()
    read = chat.read_all()
    if code:
        assert read == {who: [refusal(dialect, code)]}
        assert contents(chat.core.world) == before
    else:
        assert read, "nobody has heard anything of it"
        assert not [ln for ln in read.get(who, []) if ln.startswith(("ERR", "Error"))]
    if verb.strip("/") == "QUIT":
        assert chat.closed(who) == ("" if code else "quit")
    else:
        chat.send(who, {"slash": "/who"}.get(dialect, "PING"))
        assert chat.lines(who), "the session has ended"


CASES = [
    (dialect, verb, name, case)
    for dialect, rows in ROWS.items()
    for verb, row in rows.items()
    for name, case in {
        "none": ("", row.none),
        "blank": (" \t\u3000 ", row.none),
        "few": row.few,
        "many": row.many,
        "long": row.long,
        "control": row.control,
    }.items()
    if case is not None
]


@pytest.mark.parametrize("dialect", ROWS)
def test_every_verb_has_a_row(dialect: str) -> None:
    assert set(ROWS[dialect]) == set(VERBS[dialect])


@pytest.mark.parametrize(
    ("dialect", "verb", "case"),
    [(dialect, verb, case) for dialect, verb, _, case in CASES],
    ids=[f"{dialect}-{verb}-{name}" for dialect, verb, name, _ in CASES],
)
def test_what_should_not_stand_behind_a_verb(dialect: str, verb: str, case: Case) -> None:
    behind, code = case
    try_out(dialect, verb, f" {behind}".encode() if behind else b"", code)


@pytest.mark.parametrize(
    ("dialect", "verb"), [(dialect, verb) for dialect, rows in ROWS.items() for verb in rows]
)
@pytest.mark.parametrize("behind", [b" \xff", b" tea bob \xc3", b" \xed\xa0\x80"])
def test_what_is_no_text(dialect: str, verb: str, behind: bytes) -> None:
    try_out(dialect, verb, behind, "invalid-utf-8")


@pytest.mark.parametrize("dialect", ROWS)
def test_what_is_no_verb(dialect: str) -> None:
    chat = gathering()
    chat.read_all()
    before = contents(chat.core.world)
    chat.send(dialect, "/nonsense \x1b[2Jmore")
    code = refusal(dialect, "unknown-command")
    expected = "Error: unknown command /nonsense. Try /help." if dialect == "slash" else code
    assert chat.read_all() == {dialect: [expected]}
    assert contents(chat.core.world) == before


@pytest.mark.parametrize("dialect", ROWS)
def test_a_room_without_a_name_is_none(dialect: str) -> None:
    """Not even the one that somebody is in, which has no name inside the server."""
    chat = gathering()
    chat.read_all()
    typed = {"line": "SAY # hi", "slash": "/users #", "admin": "CLOSE #"}[dialect]
    chat.send(dialect, typed)
    assert chat.read_all() == {dialect: [refusal(dialect, "no-such-room")]}


# --- the JSON dialect -----------------------------------------------------------------------------
#
# Its objects have fields instead of arguments; `tests/dialects/test_json.py` has those of another
# type. Here they are of the right one, and no good.

GOOD: Final[dict[str, Any]] = {
    **{"room": "tea", "name": "eve", "password": "a secret", "to": "bob", "text": "hello"},
    **{"epoch": "e", "seq": 1, "count": 1, "seconds": 60, "reason": "spam"},
}
FIRST: Final = {"login", "register"}  # what there is for who has no name yet
KNOWN: Final = {"kick", "ban", "mute", "op", "deop", "unban", "unmute"}  # names of others

# By field: what it is, and what becomes of it; by type, where that is another thing.
NO_GOOD: Final[list[tuple[str, str, Code, dict[str, Code | str]]]] = [
    ("name", NAME, "invalid-username", dict.fromkeys(KNOWN, "no-such-user")),
    ("name", "two words", "invalid-username", dict.fromkeys(KNOWN, "no-such-user")),
    ("name", "", "invalid-username", dict.fromkeys(KNOWN, "no-such-user")),
    ("name", ESC, "invalid-username", dict.fromkeys(KNOWN, "no-such-user")),
    ("room", ROOM, "no-such-room", {"join": "invalid-room-name"}),
    ("room", "#", "no-such-room", {"join": "invalid-room-name"}),
    ("room", "", "bad-message", {}),
    ("room", ESC, "no-such-room", {"join": "invalid-room-name"}),
    (
        "password",
        PASSWORD,
        "invalid-password",
        {"login": "not-registered", "nick": "not-registered"},
    ),
    ("to", NAME, "no-such-user", {}),
    ("to", "", "no-such-user", {}),
    ("text", LINE, "text-too-long", {}),
    ("text", "", "empty-message", {"topic": FINE, "away": FINE}),
    ("text", ESC[0], "empty-message", {"topic": FINE, "away": FINE}),
    ("reason", REASON, "text-too-long", {}),
]
UNDONE: Final[dict[str, Code]] = {
    "unban": "no-such-ban",
    "unmute": "no-such-ban",
    "deop": "no-such-operator",
}


def asked(kind: str) -> dict[str, Any]:
    """An object of a type with all its fields, all of them good."""
    fields = DEFINITIONS[f"ask.{kind}"]["properties"]
    good = GOOD | ({"name": "bob"} if kind in KNOWN else {})
    return {"type": kind} | {name: good[name] for name in fields if name in good}


OBJECTS: Final = [
    (name.removeprefix("ask."), field, value, code, others)
    for name, definition in DEFINITIONS.items()
    for field, value, code, others in NO_GOOD
    if name.startswith("ask.") and field in definition["properties"]
]


@pytest.mark.parametrize(
    ("kind", "field", "value", "code", "others"),
    OBJECTS,
    ids=[f"{kind}-{field}-{value[:9]!r}" for kind, field, value, *_ in OBJECTS],
)
def test_a_field_that_is_no_good(
    kind: str, field: str, value: str, code: str, others: dict[str, str]
) -> None:
    code = UNDONE.get(kind, others.get(kind, code)) if field == "name" else others.get(kind, code)
    chat = Chat("bob", limits=UNLIMITED)
    chat.connect("ann", JSON)
    if kind not in FIRST:
        chat.send("ann", '{"type":"login","name":"ann"}', '{"type":"join","room":"tea"}')
        chat.send("bob", "JOIN tea")
    chat.read_all()
    before = contents(chat.core.world)
    chat.send("ann", json.dumps({**asked(kind), field: value, "id": "q"}))
    chat.finish_jobs()
    found = [each for each in chat.objects("ann") if each.get("id") == "q"]
    assert [each.get("code", FINE) for each in found] == [code]
    if code:
        assert contents(chat.core.world) == before
        assert chat.read_all() == {}
    chat.send("ann", '{"type":"ping"}')
    assert chat.objects("ann")[-1] == {"type": "pong"}
