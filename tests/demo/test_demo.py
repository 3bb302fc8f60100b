"""The recording and its picture are what they should be, and can be made again."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.demo import client, record
from tests.demo.cast import CAST, MARKER, OUTPUT, Cast, read
from tests.demo.scene import scene
from tests.demo.still import STILL, still
from tests.demo.tmux import missing

CAST_MAX_BYTES = 100_000
PLAYED_S = (60, 120)  # the assignment asks for a minute or two
SEQUENCE = re.compile(r"\x1b(?:\[[?>\d;]*[A-Za-z]|\([AB0]|[=>])")


@pytest.fixture(scope="module")
def _programs() -> None:
    """Whoever has no tmux can do without this; where it has to be tested, it has to be there."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def check(path: Path) -> Cast:
    """What has to be true of any recording, today's or the one that is shown."""
    cast = read(path)
    text = SEQUENCE.sub("", cast.output())
    times = [event.time for event in cast.events]
    assert path.stat().st_size < CAST_MAX_BYTES
    assert (cast.width, cast.height) == (record.WIDTH, record.HEIGHT)
    assert times == sorted(times)
    assert PLAYED_S[0] <= times[-1] <= PLAYED_S[1]
    assert {event.kind for event in cast.events} == {OUTPUT, MARKER}
    assert "\x1b" not in text, "a sequence that the test does not know; could it be a question?"
    assert "/" not in text, "a path"
    assert "@" not in text, "a user's prompt"
    for step in scene(4000):
        for _, seen in step.sees:
            assert seen in text
    return cast


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def test_the_recording_that_is_shown() -> None:
    cast = check(CAST)
    text = cast.output()
    assert "MSG Naman hi everyone!" in text
    assert "INFO Naman disconnected" in text


def test_the_picture_is_well_formed() -> None:
    root = ET.parse(STILL).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "USER Yudi" in root.itertext()


@pytest.mark.usefixtures("_programs")
def test_the_picture_is_of_the_recording() -> None:
    assert ET.canonicalize(still(read(CAST))) == ET.canonicalize(STILL.read_text("utf-8"))


@pytest.mark.usefixtures("_programs")
def test_recording_again(tmp_path: Path) -> None:
    path = tmp_path / "again.cast"
    assert record.main(["--port", free_port(), "--output", str(path)]) == 0
    check(path)


def test_the_picture_of_the_client_is_of_what_was_captured() -> None:
    captured, drawn = client.CAPTURED.read_text("utf-8"), client.PICTURE.read_text("utf-8")
    assert client.picture(captured) == drawn


def test_the_picture_of_the_client_shows_what_it_is_for() -> None:
    texts = [text.strip() for text in ET.parse(client.PICTURE).getroot().itertext()]
    assert {"online", "2:work(2!)", "[from Cleo]", "puts the kettle on"} <= set(texts)
    assert client.HALF_TYPED in texts


def test_what_was_not_captured_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="no cursor"):
        client.picture("")


@pytest.mark.usefixtures("_programs")
def test_capturing_the_client_again(tmp_path: Path) -> None:
    path = tmp_path / "again.svg"
    assert client.main(["--port", free_port(), "--output", str(path)]) == 0
    times = re.compile(r"\d\d:\d\d|\d+ms")  # of the clock, and of an answer
    again, shown = (
        times.sub("", SEQUENCE.sub("", file.read_text("utf-8"))).split()
        for file in (path.with_suffix(".ans"), client.CAPTURED)
    )
    assert again == shown
