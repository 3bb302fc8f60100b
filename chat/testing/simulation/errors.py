"""What a simulated server logs with a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from chat.store import StoreError


class _Errors(logging.Handler):
    """What the server logs with a traceback is a bug, unless the simulation has caused it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._problems = problems

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        known = isinstance(error, StoreError) or "fault of the simulation" in str(error)
        if error is not None and not known:
            self._problems.append(logging.Formatter().format(record))


@contextmanager
def errors_into(problems: list[str]) -> Iterator[None]:
    """While it is open, each of them is a problem."""
    handler = _Errors(problems)
    loggers = [logging.getLogger(name) for name in ("chat", "reactor")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.ERROR)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
