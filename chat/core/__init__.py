"""The pure core: what chat is, without sockets, clocks, threads or files."""

from chat.core.engine import ChatCore
from chat.core.limits import Limits
from chat.core.settings import Settings
from chat.core.world import LOBBY

__all__ = ["LOBBY", "ChatCore", "Limits", "Settings"]
