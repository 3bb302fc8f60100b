"""The programs that people use: `nc`, `ncat` and `telnet`, run as people run them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from typing import Self

from tests.chatting import HOST
from tests.programs import Output, Program

CONTROL_C = "\x03"
CONTROL_BRACKET = "\x1d"

TAKE_OVER_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"


class Netcat(Program):
    """`nc` or `ncat`, with what is typed into it and what stands on its screen."""

    def __init__(self, *command: str) -> None:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        super().__init__(process)
        assert process.stdout is not None
        self.output = Output(process.stdout.fileno())

    def send(self, *lines: str) -> None:
        """Type lines."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def expect(self, *lines: str) -> None:
        """The next lines to appear have to be these."""
        for line in lines:
            read = self.output.read_line()
            assert read == line, f"{read!r} instead of {line!r}"

    def read_rest(self) -> str:
        """All that appears until the program ends, as it does when the server has hung up."""
        return self.output.read_rest()

    def interrupt(self) -> None:
        """Ctrl-C, as there is no terminal that would make a signal of the key."""
        self.process.terminate()
        self.process.wait()

    def log_in(self, name: str) -> Self:
        """Say who they are."""
        self.send(f"LOGIN {name}")
        self.expect("OK")
        return self

    @property
    def screen(self) -> bytes:
        """Every byte that has appeared, of those that the test has looked at."""
        return self.output.seen


def nc(port: int, *flags: str) -> Netcat:
    """`nc localhost 4000`, with our port."""
    return Netcat("nc", *flags, HOST, str(port))


class Telnet(Program):
    """`telnet` at a terminal: keys go in, and the screen shows what is typed and what comes."""

    def __init__(self, port: int) -> None:
        self._terminal, inside = pty.openpty()
        termios.tcsetwinsize(inside, (24, 80))
        # For Ctrl-C to be a signal, the terminal must be the one that the program is controlled by.
        process = subprocess.Popen(
            [sys.executable, "-c", TAKE_OVER_TERMINAL, "telnet", HOST, str(port)],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=os.environ | {"TERM": "vt100"},
        )
        os.close(inside)
        super().__init__(process)
        self.screen = Output(self._terminal)

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        os.close(self._terminal)

    def type(self, keys: str) -> None:
        """Press keys; `\\n` is Enter."""
        os.write(self._terminal, keys.encode())

    def expect(self, text: str) -> str:
        """It has to appear on the screen. Returns all that did, up to it."""
        return self.screen.read_past(text)
