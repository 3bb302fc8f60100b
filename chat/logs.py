"""How the log looks on stderr. Only the program sets this up; embedders keep their own."""

from __future__ import annotations

import json
import logging

from chat.config import Config, level

FIELDS = ("connection", "peer", "event", "user", "reason", "seconds")  # of `chat.server.note`


class TextFormatter(logging.Formatter):
    """2026-11-21 14:03:07 info 127.0.0.1:54321 #7 opened."""

    default_msec_format = ""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback below it where there is one."""
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level and message, and for a connection the fields that it is made of."""
        entry: dict[str, object] = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        entry |= {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up(config: Config) -> None:
    """Send the log of `chat` and `reactor` to stderr, in place of where it went before."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if config.log_format == "json" else TextFormatter())
    for name in ("chat", "reactor"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level(config))
        logger.propagate = False
