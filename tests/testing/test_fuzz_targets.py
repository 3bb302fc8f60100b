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
    capsys.readouterr()
    with pytest.raises(AssertionError):
        targets.main(["line", "--input", str(file)])
    assert capsys.readouterr().out == ""


def test_one_input(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "file"
    assert targets.main(["line", "--input", str(file)]) == 2
    assert capsys.readouterr().err == f"targets: --input: {file}: No such file or directory\n"
    file.touch()
    assert targets.main(["line", "--input", str(file)]) == 0
    assert capsys.readouterr().out == "nothing found\n"


@pytest.mark.parametrize("name", targets.NEED_WEBSOCKETS)
def test_without_the_extra(
    name: str, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "find_spec", lambda _name: None)
    folder = tmp_path / "folder"
    assert targets.main([name, "--plain", "--save", str(folder)]) == 2
    said = f"targets: {name} needs: pip install 'reactor-chat[websocket]'\n"
    assert capsys.readouterr() == ("", said)
    assert not folder.exists()


def test_nothing_can_be_saved(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    arguments = ["line", "--plain", "--save", str(file)]
    assert targets.main(arguments) == 2
    assert capsys.readouterr().err == f"targets: --save: {file} is no folder\n"
    monkeypatch.setattr(targets, "make_folder", lambda _path: None)
    broken_dialect(monkeypatch)
    with pytest.raises(AssertionError):
        targets.main(arguments)
    assert ": Not a directory\n" in capsys.readouterr().out


def test_the_command_is_interrupted(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def target(data: bytes) -> None:
        seen.append(data)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setitem(TARGETS, "line", target)
    assert targets.main(["line", "--plain", "--seed", "1", "--save", str(tmp_path)]) == 130
    assert capsys.readouterr().out.endswith("\ninterrupted\n1 input, nothing found\n")
