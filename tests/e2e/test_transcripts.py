"""The transcripts that the protocol comes from, with `nc` and byte for byte.

Where a transcript shows two screens that can't have been on two desks at once, it is played as far
as it goes together with itself; the comments say where it doesn't.
"""

from __future__ import annotations

from tests.e2e.support import nc
from tests.programs import needs, running_server

pytestmark = needs("nc")

GREETING = "Welcome! Please login with: LOGIN <username>"


def test_the_socket_chat_assignment() -> None:
    with running_server("0") as server, nc(server.port) as one, nc(server.port) as two:
        one.log_in("Naman")
        two.log_in("Yudi")
        one.send("MSG hi everyone!", "MSG how are you?")
        two.expect("MSG Naman hi everyone!", "MSG Naman how are you?")
        two.send("MSG hello Naman!")
        one.expect("MSG Yudi hello Naman!")
        one.interrupt()
        two.expect("INFO Naman disconnected")
        two.interrupt()
        assert one.screen == b"OK\nMSG Yudi hello Naman!\n"
        assert two.screen == (
            b"OK\nMSG Naman hi everyone!\nMSG Naman how are you?\nINFO Naman disconnected\n"
        )


def test_the_options_of_the_assignment() -> None:
    with (
        running_server("0") as server,
        nc(server.port) as one,
        nc(server.port) as two,
        nc(server.port) as three,
    ):
        one.log_in("Naman")
        two.send("LOGIN Naman", "LOGIN Yudi", "WHO", "DM Naman  just   us  two ", "PING")
        two.expect("ERR username-taken", "OK", "USER Naman", "USER Yudi", "PONG")
        one.expect("DM Yudi just us two")
        three.send("MSG hello?", "PING")
        three.expect("ERR not-logged-in", "PONG")
        one.send("  MSG   extra \t spaces  ", "WHO")
        one.expect("USER Naman", "USER Yudi")
        two.expect("MSG Naman extra spaces")
        for person in (one, two, three):
            person.interrupt()


def test_the_first_answer_to_it() -> None:
    """GAURAV's screen is whole. BOB's shows a message from before he was there, and his own without
    his name, though GAURAV's shows his with it: his is what follows from GAURAV's."""
    with (
        running_server("0", "--echo", "--join-notices") as server,
        nc(server.port) as one,
        nc(server.port) as two,
    ):
        one.log_in("GAURAV")
        one.send("MSG Hello everyone!")
        one.expect("MSG GAURAV Hello everyone!")
        two.log_in("BOB")
        two.send("MSG Hi Gaurav!")
        two.expect("MSG BOB Hi Gaurav!")
        one.expect("INFO BOB joined the chat", "MSG BOB Hi Gaurav!")
        one.interrupt()
        two.expect("INFO GAURAV disconnected")
        two.interrupt()
        assert one.screen == (
            b"OK\nMSG GAURAV Hello everyone!\nINFO BOB joined the chat\nMSG BOB Hi Gaurav!\n"
        )
        assert two.screen == b"OK\nMSG BOB Hi Gaurav!\nINFO GAURAV disconnected\n"


def test_commands_in_any_case() -> None:
    with running_server("0") as server, nc(server.port) as one, nc(server.port) as two:
        one.send("login Gaurav")
        one.expect("OK")
        two.send("Login Bob")
        two.expect("OK")
        one.send("msg hi", "dm bob psst", "who")
        two.expect("MSG Gaurav hi", "DM Gaurav psst")
        one.expect("USER Gaurav", "USER Bob")
        one.interrupt()
        two.interrupt()


def test_the_second_answer_to_it() -> None:
    """Alice's screen ends before Bob's answer, which has to come."""
    with (
        running_server("0", "--greeting", GREETING) as server,
        nc(server.port) as one,
        nc(server.port) as two,
    ):
        one.expect(GREETING)
        one.log_in("Alice")
        two.expect(GREETING)
        two.log_in("Bob")
        one.send("MSG Hello world!")
        two.expect("MSG Alice Hello world!")
        two.send("MSG Hi Alice!")
        one.expect("MSG Bob Hi Alice!")
        one.interrupt()
        two.interrupt()
        assert one.screen == f"{GREETING}\nOK\nMSG Bob Hi Alice!\n".encode()
