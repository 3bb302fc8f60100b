"""Record and replay: the same inputs, the same world; and nothing secret in between."""

from __future__ import annotations

import errno
import io
import json
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat import ChatServer
from chat.cli import main
from chat.config import Config
from chat.core import Limits
from chat.core.commands import Authenticate, Command, Enrol, Register
from chat.core.dialect import Dialect
from chat.core.snapshot import digest, dump, load
from chat.dialects import DIALECTS, JSON, JsonDialect, LineDialect
from chat.parsing import Rate
from chat.testing.recording import BATCH_INPUTS, Recorder
from chat.testing.replaying import Departure, NoRecordingError, Replay
from tests.chatting import HOST, Stepped

PASSWORD = "correct horse"


def talk(chat: Stepped) -> None:
    """Three people, two dialects, a name with a password, and a flood."""
    ann, ben = chat.log_in("Ann"), chat.connect()
    ben.send("/nick Ben", "/join tea")
    ben.expect("You are now Ben.", "Welcome to room tea!", "Current users: Ben")
    ann.send("JOIN tea", "SAY tea hello", f"REGISTER Ann {PASSWORD}")
    ann.expect("OK", "OK")
    ben.expect("Ann has joined the room.", "Ann: hello")
    ann.send("QUIT")
    ann.expect_end("BYE")
    ann = chat.connect()
    ann.send(f"LOGIN Ann {PASSWORD} wrong", f"LOGIN Ann {PASSWORD}", "MSG back again")
    ann.expect("ERR wrong-password", "OK")
    ben.send(*[f"line {number}" for number in range(30)], "/topic biscuits", "/kick Ann")
    ben.expect("Ann has disconnected.", "You are sending too fast: your lines wait their turn.")
    chat.let_pass(60.0)
    chat.turns(5)


@pytest.fixture(scope="module", params=["memory", "store"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of a conversation."""
    folder = tmp_path_factory.mktemp("recording")
    path = folder / "run.log"
    store = str(folder / "chat.db") if request.param == "store" else ""
    with Stepped(record=str(path), store=store) as chat:
        talk(chat)
        chat.server.close()
    return path


@pytest.fixture
def recorded(recording: Path, tmp_path: Path) -> Path:
    """The same, for a test to do with as it likes."""
    return Path(shutil.copy(recording, tmp_path / "run.log"))


def replayed(path: Path, limits: Limits | None = None) -> Replay:
    """A recording, run again."""
    with path.open(encoding="ascii") as lines:
        replay = Replay(lines, limits)
        replay.run()
    return replay


def test_the_same_inputs_lead_to_the_same_world(recorded: Path) -> None:
    replay = replayed(recorded)
    assert replay.digests >= 1
    assert replay.core.counts["said"] == 1 + 30 + 1
    assert replay.core.world.rooms.keys() <= {"lobby", "tea"}


def test_no_password_is_in_it(recorded: Path) -> None:
    text = recorded.read_text(encoding="ascii")
    assert "correct" not in text
    assert "horse" not in text
    assert "scrypt" not in text
    assert "hello" in text
    assert recorded.stat().st_mode & 0o777 == 0o600


LINE = DIALECTS["line"]


class Backwards(LineDialect):
    """A dialect of one's own: no password stands in a line as it is."""

    name = "backwards"

    def parse(self, line: bytes) -> Command:
        """Of what is typed from right to left."""
        return super().parse(line.decode()[::-1].encode())


class Jason(JsonDialect):
    """Another one, with tags."""

    name = "jason"


OWN: dict[str, Dialect] = {dialect.name: dialect for dialect in (Backwards(), Jason())}

ODD: dict[str, tuple[Dialect, str]] = {
    "another blank": (LINE, f"REGISTER\u3000Ann\u3000{PASSWORD}"),
    "one in front": (LINE, f"\xa0 REGISTER Ann {PASSWORD}"),
    "one that is a control character": (DIALECTS["slash"], f"/register\x1cAnn\x1c{PASSWORD}"),
    "a control character in front": (LINE, f"\x00 REGISTER Ann {PASSWORD}"),
    "what is infinite": (
        JSON,
        f'{{"type":"register","name":"Ann","password":"{PASSWORD}","x":1e999,"y":[1]}}',
    ),
    "with a tag": (JSON, f'{{"type":"register","name":"Ann","password":"{PASSWORD}","id":"7"}}'),
    "in a dialect of one's own": (OWN["backwards"], f"REGISTER Ann {PASSWORD}"[::-1]),
    "in one with tags": (
        OWN["jason"],
        f'{{"type":"register","name":"Ann","password":"{PASSWORD}","id":"one"}}',
    ),
}


@pytest.mark.parametrize(("dialect", "line"), ODD.values(), ids=ODD)
def test_no_password_is_in_it_however_it_was_written(dialect: Dialect, line: str) -> None:
    file = io.StringIO()
    core = Recorder(file)
    core.connect(1, dialect, 0.0)
    assert core.receive(1, line.encode(), 1.0)
    core.finish(1, "hash", 2.0)
    core.close()
    text = file.getvalue()
    for word in PASSWORD.split():
        assert word not in text
        assert word[::-1] not in text
    replay = Replay(text.splitlines(), dialects=OWN.values())
    replay.run()
    assert [account.name for account in replay.core.world.accounts.values()] == ["Ann"]


def test_a_dialect_of_ones_own_is_asked_for() -> None:
    file = io.StringIO()
    core = Recorder(file)
    core.connect(1, OWN["backwards"], 0.0)
    core.close()
    with pytest.raises(NoRecordingError, match=r"line \d: there is no dialect .backwards.; "):
        Replay(file.getvalue().splitlines()).run()


def test_no_password_is_in_it_of_who_is_gone() -> None:
    file = io.StringIO()
    core = Recorder(file)
    core.connect(1, LINE, 0.0)
    core.receive(1, b"QUIT", 1.0)
    assert core.receive(1, f"REGISTER Ann {PASSWORD}".encode(), 2.0) == []
    core.close()
    assert "horse" not in file.getvalue()
    Replay(file.getvalue().splitlines()).run()


@pytest.mark.parametrize("kind", [Authenticate, Enrol, Register])
def test_no_password_is_in_it_of_a_program_in_process(kind: Callable[[str, str], Command]) -> None:
    file = io.StringIO()
    core = Recorder(file)
    core.connect(1, LINE, 0.0)
    core.submit(1, kind("Ann", PASSWORD), 1.0)
    core.close()
    assert "Ann" in file.getvalue()
    assert "horse" not in file.getvalue()
    Replay(file.getvalue().splitlines()).run()


def test_no_password_is_in_it_that_a_bug_choked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    core = Recorder(file)
    core.connect(1, LINE, 0.0)
    monkeypatch.setattr(core._attempts, "check", None)
    with pytest.raises(TypeError):
        core.receive(1, f"REGISTER Ann {PASSWORD}".encode(), 1.0)
    core.receive(1, b"PING", 2.0)
    core.close()
    assert "horse" not in file.getvalue()
    assert "PING" in file.getvalue()


def test_another_world_is_a_departure(recorded: Path) -> None:
    text = recorded.read_text(encoding="ascii")
    recorded.write_text(text.replace("back again", "back agaim"), encoding="ascii")
    with pytest.raises(Departure, match="another world after"):
        replayed(recorded)


def test_other_limits(recorded: Path) -> None:
    replay = replayed(recorded, Limits(rate_burst=1, rate_per_s=1.0))
    assert replay.other is not None
    # Ann's REGISTER waits for so long that she is back before it, and can't log in.
    assert replay.other.counts["said"] == replay.core.counts["said"] - 1
    assert replay.other.counts["lines that waited"] > replay.core.counts["lines that waited"] > 0
    strict = replayed(recorded, Limits(text_max_chars=3))
    assert strict.other is not None
    assert strict.other.counts["said"] == 0


def test_the_same_limits_would_have_done_the_same(recorded: Path) -> None:
    header = json.loads(recorded.read_text(encoding="ascii").partition("\n")[0])
    replay = replayed(recorded, load(header["world"]).limits)
    assert replay.other is not None
    for name in ("said", "lines that waited", "connections closed"):
        assert replay.other.counts[name] == replay.core.counts[name], name


def test_limits_that_a_file_does_not_name_are_as_recorded(tmp_path: Path, capsys: Any) -> None:
    path, limits = tmp_path / "run.log", tmp_path / "limits.toml"
    slow = Rate(1, 1.0)
    with Stepped(record=str(path), rate_limit=slow) as chat:
        ann = chat.connect()
        ann.send("LOGIN Ann", "MSG one", "MSG two")
        ann.expect("OK", "INFO slow-down")
        chat.server.reconfigure(Config(rate_limit=slow, max_clients=7))
        chat.let_pass(1.0)
        chat.let_pass(1.0)
        chat.server.close()
    limits.write_text("history_kept = 3\n", encoding="utf-8")
    assert main(["replay", str(path), "--limits", str(limits)]) == 0
    assert "lines that waited: 2, under these limits 2\n" in capsys.readouterr().out


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "nothing": (lambda _: "", "no recording"),
    "text": (lambda _: "once upon a time\n", "no recording"),
    "something else": (lambda _: "{}\n", "no recording"),
    "a list": (lambda _: "[]\n", "no recording"),
    "newer": (
        lambda text: text.replace('"recording": 1', '"recording": 2', 1),
        "a recording of another version",
    ),
    "no world": (lambda _: '{"recording": 1, "settings": "{}"}\n', "no recording"),
    "a setting that there is not": (
        lambda text: text.replace("greeting", "greering", 1),
        "no recording",
    ),
    "nothing but brackets": (lambda _: "[" * 100_000, "no recording"),
    "a line of brackets": (lambda text: text + "[" * 100_000, "damaged, or cut off"),
    "more than there can be": (
        lambda text: re.sub(r'(\\"kept\\":)\d+', r"\g<1>1" + "0" * 30, text, count=1),
        "no recording",
    ),
    "cut off": (lambda text: text[:-10], "damaged, or cut off"),
    "two": (lambda text: text + text, "damaged, or cut off"),
    "no inputs": (
        lambda text: text.replace('"inputs"', '"outputs"', 1),
        "line 2: damaged, or cut off",
    ),
    "an input that there is not": (
        lambda text: text.replace('["connect"', '["connecting"', 1),
        "damaged, or cut off",
    ),
    "too little of it": (
        lambda text: re.sub(r'\["connect"[^\]]*', '["connect"', text, count=1),
        "damaged, or cut off",
    ),
    "another time": (lambda text: text.replace('"times":"', '"times":"AAAA', 1), "line 2: damaged"),
    "what can not be": (
        lambda text: text.replace('["finish",', '["finish",1', 1),
        "damaged, or a bug: finish ends in ",
    ),
}


@pytest.mark.parametrize(("breaking", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_recording(
    recorded: Path, breaking: Callable[[str], str], problem: str, capsys: Any
) -> None:
    recorded.write_text(breaking(recorded.read_text(encoding="ascii")), encoding="ascii")
    assert main(["replay", str(recorded)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"chat: {recorded}: ")
    assert problem in told
    assert told.count("\n") == 1


def test_the_command(recorded: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["replay", str(recorded)]) == 0
    assert "all the same\nsaid: 32\n" in capsys.readouterr().out
    limits = tmp_path / "limits.toml"
    limits.write_text("text_max_chars = 3\n", encoding="utf-8")
    assert main(["replay", str(recorded), "--limits", str(limits)]) == 0
    assert "said: 32, under these limits 0\n" in capsys.readouterr().out
    limits.write_text("tea = 3\n", encoding="utf-8-sig")  # with a mark, as some editors have it
    assert main(["replay", str(recorded), "--limits", str(limits)]) == 2
    assert capsys.readouterr().err == f"chat: {limits}: there is no limit 'tea'\n"
    assert main(["replay", str(tmp_path / "nosuch")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_without_a_digest_nothing_was_compared(recorded: Path, capsys: Any) -> None:
    text = recorded.read_text(encoding="ascii")
    recorded.write_text(re.sub(',"digest":"[^"]*"', "", text), encoding="ascii")
    assert main(["replay", str(recorded)]) == 0
    assert "inputs, 0 digests: there was nothing to compare with\n" in capsys.readouterr().out


def test_a_recording_is_never_written_over(recorded: Path) -> None:
    with pytest.raises(FileExistsError):
        Stepped(record=str(recorded))


def test_a_start_that_fails_leaves_no_recording(tmp_path: Path) -> None:
    """The next try would be refused, as the file is there."""
    path = tmp_path / "run.log"
    with socket.create_server((HOST, 0)) as taken, pytest.raises(OSError, match="in use"):
        ChatServer(port=taken.getsockname()[1], record=path)
    assert not path.exists()
    ChatServer(port=0, record=path).close()
    assert path.exists()


def test_why_a_start_failed_is_told_whatever_became_of_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.log"

    def moved_and_failed(_server: ChatServer) -> None:
        path.unlink()
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(ChatServer, "_listen", moved_and_failed)
    with pytest.raises(OSError, match="in use"):
        ChatServer(port=0, record=path)


def test_what_is_submitted_is_recorded_too(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    with Stepped(record=str(path)) as chat:
        bot = chat.server.join("bot")
        for number in range(BATCH_INPUTS * 3):
            bot.say(f"line {number}")
        with pytest.raises(Exception, match="not-registered"):
            bot.ask(Authenticate("ann", PASSWORD))
        chat.server.close()
    assert PASSWORD not in path.read_text(encoding="ascii")
    assert replayed(path).core.counts["said"] == BATCH_INPUTS * 3


def test_a_world_comes_back_as_it_was(recorded: Path) -> None:
    world = replayed(recorded).core.world
    copy = load(dump(world))
    copy.check_invariants()
    assert dump(copy) == dump(world)
    assert digest(copy) == digest(world)
    assert json.loads(dump(world, secrets=False)) != {}


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"limits": {"nosuch": 1}}'])
def test_what_is_no_world(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no world|^Expecting value"):
        load(text)


def test_a_full_disk_ends_the_recording_and_not_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    core = Recorder(Full())
    core.connect(1, LINE, 0.0)
    for number in range(BATCH_INPUTS * 3):
        assert core.receive(1, b"PING", float(number))
    core.close()
    assert [record.getMessage() for record in caplog.records] == [
        "the recording has ended: No space left on device"
    ]
