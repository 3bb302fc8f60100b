"""Wire text to commands and events to wire text: one module per dialect."""

from typing import Final

from chat.dialects.admin import AdminDialect, AdminJsonDialect
from chat.dialects.base import TextDialect
from chat.dialects.json import JsonDialect
from chat.dialects.line import LineDialect
from chat.dialects.local import LocalDialect
from chat.dialects.slash import SlashDialect

DIALECTS: Final[dict[str, TextDialect]] = {
    dialect.name: dialect for dialect in (LineDialect(), SlashDialect())
}
"""What a listener can be bound to, by name."""

JSON: Final = JsonDialect()
LOCAL: Final = LocalDialect()
ADMIN: Final = AdminDialect()
ADMIN_JSON: Final = AdminJsonDialect()

__all__ = [
    "ADMIN",
    "ADMIN_JSON",
    "DIALECTS",
    "JSON",
    "LOCAL",
    "JsonDialect",
    "LineDialect",
    "LocalDialect",
    "SlashDialect",
    "TextDialect",
]
