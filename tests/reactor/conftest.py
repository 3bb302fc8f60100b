"""Fixtures of the reactor's tests; what they are made of is in support.py."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.reactor.support import World

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world() -> Iterator[MakeWorld]:
    """Makes worlds, which are closed when the test is over."""
    with ExitStack() as stack:

        def make(*arguments: Any, **named: Any) -> World:
            return stack.enter_context(World(*arguments, **named))

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A plain one."""
    return make_world()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """For tests in which something is to be logged: the messages, errors and worse."""
    return lambda: [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ]


@pytest.fixture(autouse=True)
def nothing_logged(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """A callback that failed is only logged: without this, a test might not notice."""
    yield
    if "logged" not in request.fixturenames:
        errors = [r for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
        assert not errors, errors[0].getMessage()
