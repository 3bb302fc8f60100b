"""The line dialect from end to end: the whole of it, as conversations (`transcript.py`).

Lines end where the dialects' lines end, so `\\n` can't stand in one; a byte that is not UTF-8 is
written as the surrogate that Python's file names have for it.
"""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

import pytest

from chat.core import Limits, Settings
from tests.core.support import UNLIMITED, Chat
from tests.core.transcript import play

# --- the original descriptions of the protocol, byte for byte -------------------------------------

SEED_0 = """
    naman> LOGIN Naman
    naman< OK
    yudi> LOGIN Yudi
    yudi< OK
    naman> MSG hi everyone!
    yudi< MSG Naman hi everyone!
    naman> MSG how are you?
    yudi< MSG Naman how are you?
    yudi> MSG hello Naman!
    naman< MSG Yudi hello Naman!
    naman> (is lost)
    yudi< INFO Naman disconnected
"""

# As its first client saw it. The second is shown there without its own message and with one that
# was said before it came, which can't both have happened.
SEED_1 = """
    gaurav> LOGIN GAURAV
    gaurav< OK
    gaurav> MSG Hello everyone!
    gaurav< MSG GAURAV Hello everyone!
    bob> LOGIN BOB
    bob< OK
    gaurav< INFO BOB joined the chat
    bob> MSG Hi Gaurav!
    bob< MSG BOB Hi Gaurav!
    gaurav< MSG BOB Hi Gaurav!
    gaurav> (is lost)
    bob< INFO GAURAV disconnected
"""

SEED_2 = """
    alice> (connects)
    alice< Welcome! Please login with: LOGIN <username>
    alice> LOGIN Alice
    alice< OK
    bob> (connects)
    bob< Welcome! Please login with: LOGIN <username>
    bob> LOGIN Bob
    bob< OK
    alice> MSG Hello world!
    bob< MSG Alice Hello world!
    bob> MSG Hi Alice!
    alice< MSG Bob Hi Alice!
"""

SEED_2_GREETING = "Welcome! Please login with: LOGIN <username>"


def test_seed_0() -> None:
    play(Chat(), SEED_0)


def test_seed_1() -> None:
    play(Chat(settings=Settings(echo=True, join_notices=True)), SEED_1)


def test_seed_2() -> None:
    play(Chat(settings=Settings(greeting=SEED_2_GREETING)), SEED_2)


# --- the rest -------------------------------------------------------------------------------------

# What it is about, who is logged in already (anna, bob), and what happens.
TRANSCRIPTS: dict[str, tuple[str, str]] = {
    "login: names are unique, whatever their case or width": (
        "bob",
        """
        new> LOGIN bob
        new< ERR username-taken
        new> LOGIN BOB
        new< ERR username-taken
        new> LOGIN Ｂｏｂ
        new< ERR username-taken
        new> LOGIN bob\ufe0f
        new< ERR username-taken
        new> LOGIN Bobby
        new< OK
        new> WHO
        new< USER bob
        new< USER Bobby
        """,
    ),
    "login: any script, shown as it was typed": (
        "",
        """
        zoe> LOGIN Zoë
        zoe< OK
        olga> LOGIN Ольга
        olga< OK
        li> LOGIN 李小龍
        li< OK
        manoj> LOGIN मनोज
        manoj< OK
        wide> LOGIN Ｂｏｂ
        wide< OK
        wide> WHO
        wide< USER Zoë
        wide< USER Ольга
        wide< USER 李小龍
        wide< USER मनोज
        wide< USER Ｂｏｂ
        marked> LOGIN ZOE\u0308
        marked< ERR username-taken
        """,
    ),
    "login: 1 to 32 characters, letters, digits, _ - and .": (
        "",
        f"""
        new> LOGIN
        new< ERR missing-argument
        new> LOGIN {"x" * 33}
        new< ERR invalid-username
        new> LOGIN @bob
        new< ERR invalid-username
        new> LOGIN @bob secret
        new< ERR invalid-username
        new> LOGIN \u0301
        new< ERR invalid-username
        new> LOGIN \u3164
        new< ERR invalid-username
        new> LOGIN {"x" * 32}
        new< OK
        other> LOGIN a_b-c.9
        other< OK
        """,
    ),
    "login: once": (
        "bob",
        """
        bob> LOGIN anna
        bob< ERR already-logged-in
        bob> LOGIN bob
        bob< ERR already-logged-in
        """,
    ),
    "login: nothing but PING, HELP and QUIT before it": (
        "anna",
        """
        new> MSG hi
        new< ERR not-logged-in
        new> DM anna hi
        new< ERR not-logged-in
        new> WHO
        new< ERR not-logged-in
        new> NICK bob
        new< ERR not-logged-in
        new> PING
        new< PONG
        new> QUIT
        new< BYE
        new< (closed: quit)
        """,
    ),
    "msg: to everyone who is logged in": (
        "anna bob cleo",
        """
        new> PING
        new< PONG
        anna> MSG hi
        bob< MSG anna hi
        cleo< MSG anna hi
        """,
    ),
    "msg: in an empty room": ("anna", "anna> MSG hi"),
    "msg: an empty one": (
        "anna bob",
        """
        anna> MSG
        anna< ERR empty-message
        anna> MSG \t \x20
        anna< ERR empty-message
        anna> MSG \u3000\ufeff\x07
        anna< ERR empty-message
        """,
    ),
    "msg: blanks are cleaned": (
        "anna bob",
        """
        anna> MSG   extra   spaces  everywhere \x20
        bob< MSG anna extra spaces everywhere
        anna> MSG\ttabs\t\tas well\t
        bob< MSG anna tabs as well
        anna> \t MSG before the verb
        bob< MSG anna before the verb
        anna> MSG of\u3000other\xa0kinds\u2003too
        bob< MSG anna of other kinds too
        """,
    ),
    "msg: nothing that a terminal obeys": (
        "anna bob",
        """
        anna> MSG \x1b[31mred\x1b[0m \x1b]0;title\x07
        bob< MSG anna [31mred[0m ]0;title
        anna> MSG \x9b31mred\x90q\x9c
        bob< MSG anna 31mredq
        anna> MSG be\x08ll\x07 nul\0 del\x7f
        bob< MSG anna bell nul del
        anna> MSG over\x0dwritten\x0bdown\x0caway
        bob< MSG anna over written down away
        anna> MSG \u202eturned\u202c \u2067too\u2069
        bob< MSG anna turned too
        anna> MSG next\x85line\u2028and\u2029paragraph
        bob< MSG anna next line and paragraph
        anna> \ufeffMSG with a mark in front
        bob< MSG anna with a mark in front
        anna> M\0S\0G\0 \0w\0i\0d\0e
        bob< MSG anna wide
        """,
    ),
    "msg: everything else as it is": (
        "anna bob",
        """
        anna> MSG Grüße, 李小龍! 😀 👨\u200d👩\u200d👧 \\o/ %s {} <b>
        bob< MSG anna Grüße, 李小龍! 😀 👨\u200d👩\u200d👧 \\o/ %s {} <b>
        anna> MSG MSG bob is a fool
        bob< MSG anna MSG bob is a fool
        anna> MSG INFO bob disconnected
        bob< MSG anna INFO bob disconnected
        """,
    ),
    "verbs: in any case": (
        "bob",
        """
        anna> login Anna
        anna< OK
        anna> mSg hi
        bob< MSG Anna hi
        bob> dm ANNA ho
        anna< DM bob ho
        anna> who
        anna< USER bob
        anna< USER Anna
        anna> nIcK anne
        anna< OK
        bob< INFO Anna is now anne
        anna> ping
        anna< PONG
        anna> quit
        anna< BYE
        anna< (closed: quit)
        bob< INFO anne disconnected
        """,
    ),
    "verbs: unknown ones": (
        "anna bob",
        """
        anna> hello everybody
        anna< ERR unknown-command
        anna> MSGhi
        anna< ERR unknown-command
        anna> /join lobby
        anna< ERR unknown-command
        anna> ΜSG hi
        anna< ERR unknown-command
        anna> GET / HTTP/1.1
        anna< ERR unknown-command
        """,
    ),
    "verbs: what stands behind those without arguments is nobody's business": (
        "anna bob",
        """
        anna> PING are you there
        anna< PONG
        anna> WHO is here?
        anna< USER anna
        anna< USER bob
        anna> QUIT and so on
        anna< BYE
        anna< (closed: quit)
        bob< INFO anna disconnected
        """,
    ),
    "lines: empty ones are no error": (
        "anna",
        """
        anna>
        anna> \x20 \t
        anna> \x00
        anna> \ufeff
        new>
        """,
    ),
    "lines: what is not UTF-8": (
        "anna bob",
        """
        anna> MSG caf\udce9
        anna< ERR invalid-utf-8
        anna> \udcff\udcfe
        anna< ERR invalid-utf-8
        anna> MSG overlong \udcc0\udcaf
        anna< ERR invalid-utf-8
        anna> MSG half \udce2\udc82
        anna< ERR invalid-utf-8
        anna> MSG surrogate \udced\udca0\udc80
        anna< ERR invalid-utf-8
        anna> MSG fine
        bob< MSG anna fine
        """,
    ),
    "lines: too long": (
        "anna bob",
        f"""
        anna> (sends a line that is too long)
        anna< ERR line-too-long
        new> (connects)
        new> (sends a line that is too long)
        new< ERR line-too-long
        anna> MSG {"x" * 8193}
        anna< ERR text-too-long
        anna> MSG {"x" * 8192}
        bob< MSG anna {"x" * 8192}
        """,
    ),
    "who: in order of login": (
        "cleo anna bob",
        """
        anna> NICK zoe
        anna< OK
        cleo< INFO anna is now zoe
        bob< INFO anna is now zoe
        cleo> QUIT
        cleo< BYE
        cleo< (closed: quit)
        anna< INFO cleo disconnected
        bob< INFO cleo disconnected
        cleo2> LOGIN cleo
        cleo2< OK
        bob> WHO
        bob< USER zoe
        bob< USER bob
        bob< USER cleo
        """,
    ),
    "dm: to one user alone": (
        "anna Bob cleo",
        """
        anna> DM bob   how  are\tyou
        Bob< DM anna how are you
        Bob> DM ANNA fine
        anna< DM Bob fine
        anna> DM anna a note
        anna< DM anna a note
        anna> DM eve hi
        anna< ERR no-such-user
        anna> DM b*b hi
        anna< ERR no-such-user
        anna> DM
        anna< ERR missing-argument
        anna> DM bob
        anna< ERR empty-message
        anna> DM bob \x1b
        anna< ERR empty-message
        """,
    ),
    "nick: the others are told": (
        "anna bob",
        """
        anna> NICK Zoë
        anna< OK
        bob< INFO anna is now Zoë
        anna> MSG hi
        bob< MSG Zoë hi
        bob> DM anna hi
        bob< ERR no-such-user
        bob> DM ZOË hi
        anna< DM bob hi
        new> LOGIN anna
        new< OK
        """,
    ),
    "nick: the own name in other letters": (
        "anna bob",
        """
        anna> NICK ANNA
        anna< OK
        bob< INFO anna is now ANNA
        """,
    ),
    "nick: as names are": (
        "anna Bob",
        """
        anna> NICK
        anna< ERR missing-argument
        anna> NICK bOB
        anna< ERR username-taken
        anna> NICK Ｂｏｂ
        anna< ERR username-taken
        anna> NICK b b
        anna< ERR invalid-username
        anna> WHO
        anna< USER anna
        anna< USER Bob
        """,
    ),
    "quit: before login nobody is told": (
        "anna",
        """
        new> QUIT
        new< BYE
        new< (closed: quit)
        """,
    ),
    "quit: what comes after it is ignored": (
        "anna bob",
        """
        anna> QUIT
        anna< BYE
        anna< (closed: quit)
        bob< INFO anna disconnected
        anna> MSG hi
        anna> (sends a line that is too long)
        anna> (is silent for too long)
        anna> (is lost)
        bob> WHO
        bob< USER bob
        """,
    ),
    "a lost connection: is told once": (
        "anna bob",
        """
        anna> (is lost)
        bob< INFO anna disconnected
        anna> (is lost)
        anna> MSG hi
        anna> (is silent for too long)
        """,
    ),
    "a lost connection: nobody knew them": (
        "anna",
        """
        new> (connects)
        new> (is lost)
        """,
    ),
    "silence": (
        "anna bob",
        """
        anna> (is silent for too long)
        bob< INFO anna disconnected
        anna< INFO idle-timeout
        anna< (closed: idle timeout)
        anna> (is lost)
        new> (connects)
        new> (is silent for too long)
        new< INFO idle-timeout
        new< (closed: idle timeout)
        """,
    ),
    "the server stops": (
        "anna bob",
        """
        new> (connects)
        server> (stops)
        anna< INFO server-shutdown
        anna< (closed: shutdown)
        bob< INFO server-shutdown
        bob< (closed: shutdown)
        new< INFO server-shutdown
        new< (closed: shutdown)
        anna> MSG hi
        anna> (is lost)
        bob> (is lost)
        server> (stops)
        """,
    ),
    "help: is not for those who know the way": (
        "anna",
        """
        anna> HELP
        anna< INFO LOGIN <username> [<password>]: log in with a name that nobody else has
        anna< INFO REGISTER <username> <password>: have a name for yourself
        anna< INFO MSG <text>: say something to everyone in the room
        anna< INFO DM <username> <text>: say something to one user alone
        anna< INFO WHO: list who is here
        anna< INFO NICK <username>: take another name
        anna< INFO JOIN <room>: come into a room, which is made if there is none
        anna< INFO LEAVE <room>: leave a room
        anna< INFO ROOMS: list the rooms
        anna< INFO NAMES <room>: list who is in a room
        anna< INFO SAY <room> <text>: say something to everyone in the room
        anna< INFO ME <room> <text>: do something in front of everyone in the room
        anna< INFO TOPIC <room> [<text>]: say, or ask, what a room is about
        anna< INFO HISTORY <room> [<count>]: read what was said in a room
        anna< INFO AWAY [<text>]: say that you are not there
        anna< INFO BACK: say that you are there again
        anna< INFO KICK <room> <username> [<reason>]: put someone out of a room
        anna< INFO BAN <room> <username> [<time>] [<reason>]: put someone out of a room for longer
        anna< INFO UNBAN <room> <username>: let someone into a room again
        anna< INFO BANS <room>: list who is banned or muted in a room
        anna< INFO MUTE <room> <username> [<time>] [<reason>]: let someone only listen in a room
        anna< INFO UNMUTE <room> <username>: let someone speak in a room again
        anna< INFO OP <room> <username>: make someone an operator
        anna< INFO DEOP <room> <username>: make someone no operator
        anna< INFO LOCK <room>: let operators alone set the topic, or all
        anna< INFO UNLOCK <room>: let operators alone set the topic, or all
        anna< INFO PING: see whether the server is there
        anna< INFO HELP: list the commands
        anna< INFO QUIT: leave
        """,
    ),
}


@pytest.mark.parametrize(("here", "transcript"), TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_transcript(here: str, transcript: str) -> None:
    play(Chat(*here.split(), limits=UNLIMITED), transcript)


# --- settings and limits --------------------------------------------------------------------------


def test_echo_is_for_what_is_said_to_all() -> None:
    play(
        Chat("anna", "bob", settings=Settings(echo=True)),
        """
        anna> MSG hi
        anna< MSG anna hi
        bob< MSG anna hi
        anna> DM bob psst
        bob< DM anna psst
        anna> NICK zoe
        anna< OK
        bob< INFO anna is now zoe
        """,
    )


def test_join_notices_are_for_those_who_were_there() -> None:
    play(
        Chat("anna", settings=Settings(join_notices=True)),
        """
        new> (connects)
        bob> LOGIN bob
        bob< OK
        anna< INFO bob joined the chat
        new> LOGIN bob
        new< ERR username-taken
        """,
    )


def test_a_greeting_comes_first() -> None:
    play(
        Chat(settings=Settings(greeting="Grüße!")),
        """
        anna> LOGIN anna
        anna< Grüße!
        anna< OK
        """,
    )


def test_a_full_server() -> None:
    play(
        Chat("anna", limits=Limits(clients_max=2), settings=Settings(greeting="Hello.")),
        """
        bob> (connects)
        bob< Hello.
        cleo> (connects)
        cleo< ERR server-full
        cleo< (closed: refused: server-full)
        cleo> LOGIN cleo
        anna> (is lost)
        dora> LOGIN dora
        dora< Hello.
        dora< OK
        """,
    )


def test_a_full_server_that_gets_more_room() -> None:
    chat = Chat("anna", "bob", limits=Limits(clients_max=2))
    chat.configure(Limits(clients_max=1))
    play(
        chat,
        """
        new> (connects)
        new< ERR server-full
        new< (closed: refused: server-full)
        anna> MSG hi
        bob< MSG anna hi
        """,
    )
    chat.configure(Limits(clients_max=3))
    play(chat, "newer> LOGIN new\nnewer< OK")


def test_other_settings_hold_from_then_on() -> None:
    chat = Chat("anna", "bob")
    chat.configure(settings=Settings(greeting="Hello.", echo=True, join_notices=True))
    play(
        chat,
        """
        anna> MSG hi
        anna< MSG anna hi
        bob< MSG anna hi
        cleo> LOGIN cleo
        cleo< Hello.
        cleo< OK
        anna< INFO cleo joined the chat
        bob< INFO cleo joined the chat
        """,
    )
    chat.configure()
    play(chat, "anna> MSG hi\nbob< MSG anna hi\ncleo< MSG anna hi")


# --- the player itself ----------------------------------------------------------------------------

WRONG = {
    "something is missing": "anna> PING",
    "something is there that shouldn't be": "anna> PING\nanna< PONG\nanna< PONG",
    "another is meant": "anna> MSG hi\nanna< MSG anna hi",
    "the order is another": "anna> WHO\nanna< USER bob\nanna< USER anna",
    "a byte is another": "anna> MSG hi\nbob< MSG anna hi ",
    "somebody else reads it, too": "anna> DM bob hi\nbob< DM anna hi\ncleo< DM anna hi",
    "it comes later": "anna> MSG hi\nanna> PING\nanna< PONG\nbob< MSG anna hi",
    "the end is missing": "anna> QUIT\nanna< BYE\nbob< INFO anna disconnected",
    "it is no transcript": "anna says hi",
}


@pytest.mark.parametrize("transcript", WRONG.values(), ids=WRONG)
def test_a_transcript_can_fail(transcript: str) -> None:
    with pytest.raises(AssertionError, match=r"after line|no part of a transcript"):
        play(Chat("anna", "bob"), transcript)
