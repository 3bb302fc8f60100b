"""What hypothesis can make for whoever tests a chat server, or anything that reads its protocol.

Well-meant and hostile are apart: `lines`, `visits` and `conversations` hold only what any server
of the protocol takes; `hostile_lines` and `hostile_conversations`, anything. All shrink to the
simplest first. Needs the extra `testing`.
"""

from importlib.util import find_spec

if find_spec("hypothesis") is None:
    raise ImportError("The strategies need: pip install 'reactor-chat[testing]'")

from chat.testing.strategies.commands import COMMANDS, any_command
from chat.testing.strategies.steps import (
    Conversation,
    Step,
    conversations,
    hostile_conversations,
    visits,
)
from chat.testing.strategies.values import (
    HOSTILE,
    PEOPLE,
    PLAIN,
    names,
    passwords,
    rooms,
    texts,
)
from chat.testing.strategies.verbs import (
    PROMISED,
    Dialect,
    hostile_lines,
    lines,
    streams,
    torn,
)

__all__ = [
    "COMMANDS",
    "HOSTILE",
    "PEOPLE",
    "PLAIN",
    "PROMISED",
    "Conversation",
    "Dialect",
    "Step",
    "any_command",
    "conversations",
    "hostile_conversations",
    "hostile_lines",
    "lines",
    "names",
    "passwords",
    "rooms",
    "streams",
    "texts",
    "torn",
    "visits",
]
