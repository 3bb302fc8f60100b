"""A chat server for people with `nc`, for programs that embed it, and for those who test one."""

from chat.config import Config, ConfigError
from chat.core import LOBBY, ChatCore, Limits, Settings
from chat.core.errors import Refusal
from chat.local import LocalUser
from chat.server import ChatServer

__version__ = "0.1.0"

__all__ = [
    "LOBBY",
    "ChatCore",
    "ChatServer",
    "Config",
    "ConfigError",
    "Limits",
    "LocalUser",
    "Refusal",
    "Settings",
    "__version__",
]
