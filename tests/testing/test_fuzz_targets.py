"""The fuzz targets hold for their corpus and what is near it; and they would notice."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from chat.core.commands import Say
from chat.dialects import DIALECTS
from chat.testing.fuzzing import targets
from chat.testing.fuzzing.properties import TARGETS
from reactor import LineFramer

SEED = 1
INPUTS = dict.fromkeys(TARGETS, 500) | {"framing": 200, "websocket": 200, "core": 150}


def test_every_target_has_a_corpus() -> None:
    assert set(targets.NAMES) == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_what_must_hold(name: str) -> None:
    for data in islice(targets.inputs(name, SEED), INPUTS[name]):
        TARGETS[name](data)


def run(name: str) -> None:
    for data in targets.corpus(name):
        TARGETS[name](data)


def broken_framer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a line is lost where bytes end with it."""
    feed = LineFramer.feed
    monkeypatch.setattr(LineFramer, "feed", lambda self, data: feed(self, data.rstrip(b"\n")))


def broken_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text comes through as it is."""
    monkeypatch.setattr(DIALECTS["line"], "parse", lambda line: Say("", line.decode("latin-1")))


def broken_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event has no words, and nobody expects that."""
    monkeypatch.setattr(DIALECTS["slash"], "render", lambda _event: b"half a line")


BROKEN = {"framing": broken_framer, "line": broken_dialect, "core": broken_core}


@pytest.mark.parametrize("name", BROKEN)
def test_it_would_be_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[name](monkeypatch)
    with pytest.raises(AssertionError):
        run(name)


def test_the_command(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["line", "--plain", "--seconds", "0", "--save", str(tmp_path)]
    assert targets.main(arguments) == 0
    assert "nothing found" in capsys.readouterr().out
    broken_dialect(monkeypatch)
    with pytest.raises(AssertionError):
        targets.main(arguments)
    (file,) = tmp_path.iterdir()
    with pytest.raises(AssertionError):
        targets.main(["line", "--input", str(file)])
