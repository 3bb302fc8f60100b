"""Wakeup: what ends the loop's wait."""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator

import pytest

from reactor import Wakeup
from tests.reactor.support import DEADLINE_S


@pytest.fixture
def wakeup() -> Iterator[Wakeup]:
    wakeup = Wakeup()
    yield wakeup
    wakeup.close()


def is_awake(wakeup: Wakeup, timeout: float = 0.0) -> bool:
    return bool(select.select([wakeup], [], [], timeout)[0])


def test_it_is_readable_once_woken_and_until_that_is_forgotten(wakeup: Wakeup) -> None:
    assert not is_awake(wakeup)
    wakeup.wake()
    assert is_awake(wakeup)
    wakeup.ready(0)
    assert not is_awake(wakeup)


def test_many_wake_ups_are_forgotten_together(wakeup: Wakeup) -> None:
    for _ in range(100):
        wakeup.wake()
    wakeup.ready(0)
    assert not is_awake(wakeup)


def test_waking_never_blocks_nor_fails_however_often(wakeup: Wakeup) -> None:
    for _ in range(10_000):  # more than the kernel keeps of a socket nobody reads
        wakeup.wake()
    while is_awake(wakeup):
        wakeup.ready(0)
    wakeup.wake()
    assert is_awake(wakeup)


def test_exactly_as_many_as_are_read_at_once_are_forgotten(wakeup: Wakeup) -> None:
    wakeup._writer.send(bytes(2 * 4096))
    wakeup.ready(0)
    assert not is_awake(wakeup)


def test_waking_after_closing_does_nothing(wakeup: Wakeup) -> None:
    wakeup.close()
    wakeup.wake()
    assert (wakeup.fileno(), wakeup._writer.fileno()) == (-1, -1)


def test_another_thread_ends_the_wait(wakeup: Wakeup) -> None:
    thread = threading.Thread(target=wakeup.wake)
    thread.start()
    assert is_awake(wakeup, DEADLINE_S)
    thread.join()
