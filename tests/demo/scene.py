"""What happens in the demo: who types what, and what has to be seen before they go on."""

from __future__ import annotations

from typing import Final, NamedTuple

SERVER, NAMAN, YUDI = "server", "Naman", "Yudi"
PROMPT: Final = "$"
CTRL_C: Final = "C-c"

NAMAN_LEAVES: Final = "Naman presses Ctrl-C"


class Step(NamedTuple):
    """`who` types a line (or CTRL_C). Then each pane of `sees` shows one line more than before
    that has the text in it."""

    who: str
    types: str
    sees: tuple[tuple[str, str], ...]
    chapter: str = ""
    pause_s: float = 2.6  # for reading


def scene(port: int) -> tuple[Step, ...]:
    """The whole of it."""
    option = "" if port == 4000 else f" --port {port}"
    join = f"nc localhost {port}"
    return (
        Step(SERVER, f"python3 -m chat{option}", ((SERVER, "listening on"),), "The server starts"),
        Step(NAMAN, join, ((NAMAN, "nc localhost"),), "Naman logs in", 1.6),
        Step(NAMAN, "LOGIN Naman", ((NAMAN, "OK"), (SERVER, "Naman"))),
        Step(YUDI, join, ((YUDI, "nc localhost"),), "Yudi has to take another name", 1.6),
        Step(YUDI, "LOGIN Naman", ((YUDI, "ERR username-taken"),)),
        Step(YUDI, "LOGIN Yudi", ((YUDI, "OK"), (SERVER, "Yudi"))),
        Step(NAMAN, "MSG hi everyone!", ((YUDI, "MSG Naman hi everyone!"),), "They chat"),
        Step(YUDI, "MSG hello Naman!", ((NAMAN, "MSG Yudi hello Naman!"),)),
        Step(NAMAN, "MSG how are you?", ((YUDI, "MSG Naman how are you?"),)),
        Step(NAMAN, "WHO", ((NAMAN, "USER Naman"), (NAMAN, "USER Yudi")), "Who is here", 3.2),
        Step(YUDI, "DM Naman fine, thanks", ((NAMAN, "DM Yudi fine, thanks"),), "In private"),
        Step(NAMAN, "PING", ((NAMAN, "PONG"),), "PING"),
        Step(
            NAMAN,
            CTRL_C,
            ((NAMAN, PROMPT), (YUDI, "INFO Naman disconnected"), (SERVER, "closed")),
            NAMAN_LEAVES,
            3.2,
        ),
        Step(SERVER, CTRL_C, ((YUDI, "INFO server-shutdown"),), "The server is stopped"),
        # nc stays until its user leaves, and the server waits a while for those who may be reading.
        Step(YUDI, CTRL_C, ((YUDI, PROMPT), (SERVER, PROMPT)), pause_s=5.0),
    )
