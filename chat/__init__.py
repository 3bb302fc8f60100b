"""A chat server for people with `nc`, for programs that embed it, and for those who test one."""

from importlib import import_module
from typing import TYPE_CHECKING

from chat.version import VERSION as __version__

if TYPE_CHECKING:
    from chat.config import Config
    from chat.core import LOBBY, ChatCore, Limits, Settings
    from chat.core.errors import Refusal
    from chat.local import LocalUser
    from chat.parsing import ConfigError, Listen, Rate
    from chat.server import ChatServer

__all__ = [
    "LOBBY",
    "ChatCore",
    "ChatServer",
    "Config",
    "ConfigError",
    "Limits",
    "Listen",
    "LocalUser",
    "Rate",
    "Refusal",
    "Settings",
    "__version__",
]

# Imported when they are asked for: who wants the core alone gets no sockets and threads with it.
_NAMES = {
    "chat.config": ("Config",),
    "chat.parsing": ("ConfigError", "Listen", "Rate"),
    "chat.core": ("LOBBY", "ChatCore", "Limits", "Settings"),
    "chat.core.errors": ("Refusal",),
    "chat.local": ("LocalUser",),
    "chat.server": ("ChatServer",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would believe that there is every name

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(_MODULES[name]), name))

    def __dir__():
        return sorted({*globals(), *__all__})
