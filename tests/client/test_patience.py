"""How long to wait."""

from __future__ import annotations

from chat.client.patience import Patience


def test_as_long_as_it_gets_less() -> None:
    patience = Patience(2.0)
    assert all(patience.lasts(100 - second, float(second)) for second in range(100))
    assert not patience.lasts(0, 100.0)


def test_not_for_ever() -> None:
    patience = Patience(2.0)
    assert patience.lasts(5, 10.0)
    assert patience.lasts(4, 11.9)
    assert patience.lasts(4, 13.8)
    assert patience.lasts(5, 13.8), "more is not less"
    assert not patience.lasts(4, 13.9)


def test_nothing_to_wait_for() -> None:
    assert not Patience(2.0).lasts(0, 10.0)
