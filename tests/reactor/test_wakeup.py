"""Wakeup: what ends the loop's wait."""

from __future__ import annotations

import select
import signal
import sys
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


@pytest.fixture
def signalled() -> Iterator[None]:
    """USR1 has a handler, and no thread gets the interpreter from another that doesn't wait."""
    interval = sys.getswitchinterval()
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    sys.setswitchinterval(10 * DEADLINE_S)
    yield
    sys.setswitchinterval(interval)
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals here")
@pytest.mark.usefixtures("signalled")
def test_a_signal_that_another_thread_gets_ends_the_wait(wakeup: Wakeup) -> None:
    """Where it isn't said that it should, its handler would wait for the main thread."""
    waits = threading.Lock()

    def get_one() -> None:
        with waits:
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    wakeup.wake_on_signals()
    with waits:
        thread = threading.Thread(target=get_one)
        thread.start()
    assert is_awake(wakeup, DEADLINE_S)
    thread.join()


def test_signals_wake_nobody_who_is_closed(wakeup: Wakeup) -> None:
    wakeup.wake_on_signals()
    wakeup.close()
    assert signal.set_wakeup_fd(-1) == -1
