"""`telnet` at a real terminal, with its negotiations and its Ctrl-C."""

from __future__ import annotations

from tests.e2e.support import CONTROL_BRACKET, CONTROL_C, Telnet
from tests.programs import needs, running_server

pytestmark = needs("telnet")


def test_telnet_talks() -> None:
    with running_server("0") as server, Telnet(server.port) as one, Telnet(server.port) as two:
        one.expect("Escape character is")
        two.expect("Escape character is")
        one.type("LOGIN Ann\n")
        one.expect("OK\r\n")
        two.type("LOGIN Ben\n")
        two.expect("OK\r\n")
        one.type("MSG Grüße aus Köln\n")
        two.expect("MSG Ann Grüße aus Köln\r\n")
        two.type("QUIT\n")
        two.expect("BYE\r\n")
        two.expect("Connection closed by foreign host.")
        assert two.wait() is not None
        one.expect("INFO Ben disconnected\r\n")


def test_telnet_goes_on_after_control_c() -> None:
    """It throws away all that comes until its question for a timing mark is answered."""
    with running_server("0") as server, Telnet(server.port) as one, Telnet(server.port) as two:
        for person, name in ((one, "Ann"), (two, "Ben")):
            person.expect("Escape character is")
            person.type(f"LOGIN {name}\n")
            person.expect("OK\r\n")
        for round_ in range(3):
            one.type(CONTROL_C)
            one.type(f"MSG still here {round_}\n")
            two.expect(f"MSG Ann still here {round_}\r\n")
            two.type(f"MSG so am I {round_}\n")
            one.expect(f"MSG Ben so am I {round_}\r\n")


def test_telnets_own_commands() -> None:
    """Whatever telnet has to say besides lines, no word of it reaches the chat."""
    with running_server("0") as server, Telnet(server.port) as one:
        one.expect("Escape character is")
        one.type("LOGIN Ann\n")
        one.expect("OK\r\n")
        for command in ("send ayt", "send brk", "send nop", "send do echo", "send will naws"):
            one.type(CONTROL_BRACKET)
            one.expect("telnet> ")
            one.type(f"{command}\n")
            one.type("PING\n")  # and so wait until telnet has put the terminal back as it was
            one.expect("PONG\r\n")
        one.type("WHO\n")
        screen = one.expect("USER Ann\r\n")
        assert "ERR" not in screen
