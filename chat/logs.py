"""How the log looks on stderr. Only the program sets this up; embedders keep their own."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import Any

from chat.config import Config, level

LEVELS = {number: name.lower() for name, number in logging.getLevelNamesMapping().items()}


class Record(logging.LogRecord):
    """What is written of a record, and no more: to take the code's path apart and to ask for the
    thread and the process would make a line cost 5.2 us instead of 3.4."""

    exc_text = stack_info = None  # asked for by formatters that others bring along

    def __init__(
        self,
        name: str,
        level: int,
        _pathname: str,
        _lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        _func: str | None = None,
        _stack: str | None = None,
    ) -> None:
        self.created = time.time()
        self.name = name
        self.levelno = level
        self.msg = msg
        self.args = args[0] if args and isinstance(args[0], dict) else args
        self.exc_info = exc_info


class TextFormatter(logging.Formatter):
    """2026-11-21 14:03:07 info 127.0.0.1:54321 #7 logged in as Ann."""

    def __init__(self) -> None:
        super().__init__()
        self._second = -1
        self._stamp = ""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback below it where there is one."""
        if self._second != int(record.created):  # a rush of logins shares its seconds
            self._second = int(record.created)
            self._stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._second))
        line = f"{self._stamp} {LEVELS[record.levelno]} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level and message; for a connection, the fields that the message is made of."""
        entry: dict[str, object] = {
            "time": round(record.created, 3),
            "level": LEVELS[record.levelno],
            "message": record.getMessage(),
        }
        if isinstance(record.args, dict):
            entry |= record.args
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


class TurnHandler(logging.Handler):
    """Writes what was logged in a turn of the loop in one piece, soon after; errors at once.

    Of what logging in costs, its line of log is 5 us. Put into words by itself, amid all else that
    is to be done then, it would be 8; written by itself, 20.
    """

    def __init__(self, formatter: logging.Formatter, call_soon: Callable[..., object]) -> None:
        super().__init__()
        self._format = formatter.format
        self._call_soon = call_soon
        self._lock = RLock()
        self._records: list[logging.LogRecord] = []

    def handle(self, record: logging.LogRecord) -> bool:
        """Called by `logging`, from any thread. Nothing is filtered here."""
        with self._lock:
            if not self._records:
                self._call_soon(self.flush)
            self._records.append(record)
            if record.levelno >= logging.WARNING:
                self.flush()
        return True

    def flush(self) -> None:
        """Also called by `logging` itself when the program ends."""
        with self._lock:
            records, self._records = self._records, []
            text = self._words(records)
        with suppress(OSError, ValueError):  # nobody reads it any more: no reason to stop serving
            sys.stderr.write(text)
            sys.stderr.flush()

    def _words(self, records: list[logging.LogRecord]) -> str:
        """A line for each; but one that there are no words for is a bug that `logging` tells of."""
        lines = []
        for record in records:
            try:
                lines.append(self._format(record))
            except Exception:  # noqa: BLE001 - whatever it was made of
                self.handleError(record)
        return "\n".join([*lines, ""])


def announce(config: Config, message: str, **fields: str) -> None:
    """Put a line on stderr whatever the level is, for who starts the program and waits for it."""
    record = logging.makeLogRecord({"levelno": logging.INFO, "msg": message, "args": fields})
    line = JsonFormatter().format(record) if config.log_format == "json" else record.getMessage()
    with suppress(OSError):  # as in `TurnHandler.flush`
        print(line, file=sys.stderr, flush=True)


def set_up(config: Config, call_soon: Callable[..., object]) -> None:
    """Send the log of `chat` and `reactor` to stderr, in place of where it went before.

    `call_soon` is a loop's, safe from any thread.
    """
    formatter = JsonFormatter() if config.log_format == "json" else TextFormatter()
    handler = TurnHandler(formatter, call_soon)
    for name in ("chat", "reactor"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level(config))
        logger.propagate = False
    # What `logging`'s own documentation says to turn off where nobody reads it ("Optimization").
    logging._srcfile = None
    logging.setLogRecordFactory(Record)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
