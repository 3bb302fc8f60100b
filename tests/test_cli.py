"""The command, as a process of its own: how it starts, what it says, how it ends."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import chat
from chat import ChatServer, cli
from chat.cli import EXIT_INTERRUPTED, EXIT_USAGE, main
from chat.config import OPTIONS
from chat.serve import _raise_descriptor_limit
from tests.chatting import CERT, DEADLINE_S, HOST, KEY, OTHER_CERT, OTHER_KEY, trusting
from tests.programs import ROOT, Server, running_server, start

LOCKED_KEY = str(ROOT / "tests/data/locked-key.pem")


def ran(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command that ends by itself."""
    process = start(*arguments, environment=variables)
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out.decode(), err.decode()


def free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
        return port


# --- starting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["&-", "/dev/full"])
def test_it_serves_though_nothing_can_be_logged(where: str) -> None:
    """It says nowhere that it listens: instead of `serve_forever`, somebody comes in at once."""
    code = """if True:
        import sys
        from chat import ChatServer, cli
        def serve(server):
            server.join("Ann")
            server.run_once(0)
            server.close()
            print("served")
        ChatServer.serve_forever = serve
        sys.exit(cli.main(["0"]))
    """
    command = ["sh", "-c", f'exec "$0" -c "$1" 2>{where}', sys.executable, code]
    ended = subprocess.run(
        command, check=False, cwd=ROOT, stdout=subprocess.PIPE, timeout=DEADLINE_S
    )
    assert (ended.returncode, ended.stdout) == (0, b"served\n")


def test_it_says_where_it_listens_with_the_real_port() -> None:
    with running_server("--port", "0") as server:
        assert server.addresses == [f"{HOST}:{server.port}"]
        assert server.port > 0
        server.log_in("Ann").hang_up()


def test_it_says_every_place_where_it_listens(tmp_path: Path) -> None:
    path = str(tmp_path / "chat.sock")
    with running_server("0", "--listen", "line:0", "--listen", "line:0", "--unix", path) as server:
        second, third = server.read_address(), server.read_address()
        assert len({server.addresses[0], second, third}) == 3
        assert server.read_address() == path


def test_where_it_listens_as_json_whatever_is_logged() -> None:
    process = start("0", "--listen", "line:0", "--log-format", "json", "--log-level", "error")
    with Server(process) as server:
        for _ in range(2):
            entry = json.loads(server.log.read_line())
            assert re.fullmatch(rf"{HOST}:\d+", entry["address"])
            assert entry["message"] == f"listening on {entry['address']}"
            assert entry["level"] == "info"
            assert entry["time"] > 1.6e9  # seconds since the epoch


def test_the_port_by_every_way(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    first, second, third = free_port(), free_port(), free_port()
    file.write_text(f"port = {first}\n", encoding="ascii")
    config = ("--config", str(file))
    variable = {"CHAT_PORT": str(second)}
    with (
        running_server(*config) as by_file,
        running_server(*config, environment=variable) as by_variable,
        running_server(str(third), *config, environment=variable) as by_argument,
        running_server("1", "--port", "0", *config, environment=variable) as by_flag,
        running_server("serve", "0", *config) as by_word,
    ):
        assert by_file.port == first
        assert by_variable.port == second
        assert by_argument.port == third
        assert by_flag.port not in {0, 1, first, second, third}
        assert by_word.port not in {0, 1, first, second, third}


def test_the_file_by_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('port = 0\ngreeting = "from the file"\n', encoding="ascii")
    with running_server(environment={"CHAT_CONFIG": str(file)}) as server:
        client = server.connect()
        client.expect("from the file")
        client.hang_up()


def test_it_runs_from_a_bare_copy_on_a_bare_python(tmp_path: Path) -> None:
    """Nothing is installed, nothing of the machine's is used: no site-packages, no variables."""
    for package in ("reactor", "chat"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    bare = (sys.executable, "-S", "-E", "-s", "-B", "-X", "dev", "-W", "error")
    with running_server("0", python=bare, folder=tmp_path) as server:
        ann, ben = server.log_in("Ann"), server.log_in("Ben")
        ann.send("MSG hello")
        ben.expect("MSG Ann hello")
        ann.hang_up()
        ben.hang_up()
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "Warning" not in server.log.read_rest()


def test_flags_without_a_value_and_their_opposite() -> None:
    flags = ("--echo", "--join-notices", "--no-join-notices")
    with running_server("0", *flags, environment={"CHAT_ECHO": "no"}) as server:
        ann, ben = server.log_in("Ann"), server.log_in("Ben")
        ann.send("MSG hi")
        ann.expect("MSG Ann hi")
        ben.expect("MSG Ann hi")
        ann.hang_up()
        ben.hang_up()


def test_too_few_descriptors_are_said() -> None:
    limited = ("sh", "-c", 'ulimit -n 100; exec "$0" "$@"', sys.executable)
    with running_server("0", "--max-clients", "101", python=limited) as server:
        assert server.log.read_line().endswith(
            " warning 100 descriptors (ulimit -n) are too few for 101 clients"
        )


@pytest.mark.parametrize(("before", "after"), [(256, 10_240), (20_000, 20_000)])
def test_where_there_is_no_limit_and_none_can_be_set(
    before: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS, where 256 descriptors are what a terminal's programs have otherwise."""
    limits = [before, resource.RLIM_INFINITY]

    def change(_kind: int, wanted: tuple[int, int]) -> None:
        if wanted[0] == resource.RLIM_INFINITY:
            raise ValueError("current limit exceeds maximum limit")
        limits[:] = wanted

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", change)
    assert _raise_descriptor_limit() == after
    assert limits == [after, resource.RLIM_INFINITY]


def test_tls() -> None:
    with running_server("0", "--tls-cert", CERT, "--tls-key", KEY) as server:
        client = server.connect(tls=trusting(CERT))
        client.send("PING")
        client.expect("PONG")
        client.hang_up()


# --- help -----------------------------------------------------------------------------------------


def test_help() -> None:
    status, out, err = ran("--help")
    assert (status, err) == (0, "")
    assert "chat serve --help" in out
    status, out, err = ran("serve", "--help")
    assert (status, err) == (0, "")
    for option in OPTIONS:
        assert f"--{option.flag}" in out
    assert max(map(len, out.splitlines())) <= 80


def test_an_older_python_is_told_so() -> None:
    old = "import runpy, sys; sys.version_info = (3, 10, 12); runpy.run_module('chat')"
    process = start(python=(sys.executable, "-c", old))
    _, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, err) == (1, b"chat: this takes Python 3.11 or newer\n")


def test_what_can_not_be_written_here_is_spelled_out(tmp_path: Path) -> None:
    path = str(tmp_path / "admin")
    with running_server("0", "--admin", path) as server:
        somebody = server.log_in("\u540d\u524d")
        users = ran("admin", "--socket", path, "users", PYTHONIOENCODING="ascii")
        somebody.hang_up()
    assert users == (0, "USER \\u540d\\u524d\n", "")


def test_version() -> None:
    assert ran("--version") == (0, f"reactor-chat {chat.__version__}\n", "")


# --- what can be wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["70000"], "'70000' is not a port: 0 to 65535"),
        (["serve", "hello"], "'hello' is not a port: 0 to 65535"),
        (["1", "--port", "x"], "argument --port: 'x' is not a port: 0 to 65535"),
        (["sevre"], "there is no command 'sevre'; try: chat --help"),
        (["sevre", "--port", "5"], "there is no command 'sevre'; try: chat --help"),
        (["--port", "-1"], "argument --port: '-1' is not a port: 0 to 65535"),
        (["--port"], "argument --port: expected one argument"),
        (["--idle-timeout", "soon"], "argument --idle-timeout: 'soon' is not a number of seconds"),
        (
            ["--rate-limit", "20"],
            "argument --rate-limit: '20' is not a rate: BURST:PER_SECOND, such as 20:10, or 0",
        ),
        (
            ["--listen", "gopher:70"],
            "argument --listen: 'gopher:70': the dialect must be one of: line, slash, ws",
        ),
        (
            ["--log-level", "loud"],
            "argument --log-level: 'loud' is not one of: debug, info, warning, error",
        ),
        (["--max-clients", "0"], "argument --max-clients: '0' is not a whole number from 1"),
        (
            ["--greeting", "two\nlines"],
            r"argument --greeting: 'two\nlines' is more than one line of plain text",
        ),
        (
            ["--listen", "foo"],
            "argument --listen: 'foo': the dialect must be one of: line, slash, ws",
        ),
        (["--prot=4000"], "unknown: --prot=4000; try: chat serve --help"),
        (["serve", "--prot", "5"], "unknown: --prot; try: chat serve --help"),
        (["--prot", "70000"], "unknown: --prot; try: chat serve --help"),
        (["--gre", "hello"], "unknown: --gre; try: chat serve --help"),
        (["--gre\nhello"], "unknown: --gre hello; try: chat serve --help"),
        (["-p", "5"], "unknown: -p; try: chat serve --help"),
        (["serve", "1", "2"], "unknown: 2; try: chat serve --help"),
        (["--config", "nosuch.toml"], "nosuch.toml: No such file or directory"),
    ],
)
def test_what_is_mistyped_is_one_line(arguments: list[str], says: str) -> None:
    assert one_line_wrong_with(*arguments) == says


def one_line_wrong_with(*arguments: str, **variables: str) -> str:
    """What the command says as it refuses to start: one line, without the command's name."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith("CHAT_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(ChatServer, "serve_forever", lambda _: pytest.fail("it serves"))
        assert status_of(arguments) == EXIT_USAGE
    assert out.getvalue() == ""
    match = re.fullmatch(r"chat: (.*)\n", err.getvalue())
    assert match, err.getvalue()
    return match[1]


def status_of(arguments: Sequence[str]) -> int | str | None:
    """What a process would end with."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code


def test_a_process_ends_with_one_line_too() -> None:
    wrong = ran("70000"), ran("0", "--tls-cert", CERT)
    assert wrong == (
        (EXIT_USAGE, "", "chat: '70000' is not a port: 0 to 65535\n"),
        (EXIT_USAGE, "", "chat: tls-cert and tls-key go together\n"),
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config", "/nowhere/chat.toml"], "/nowhere/chat.toml: No such file or directory"),
        (["--unix", "/nowhere/chat.sock"], "/nowhere/chat.sock: No such file or directory"),
        (["--unix", CERT], f"{CERT}: Address already in use"),
        (["--unix", "/" + "x" * 200], f"/{'x' * 200}: AF_UNIX path too long"),
        (["--host", "192.0.2.1"], "192.0.2.1:0: Cannot assign requested address"),
        (["--host", "nosuch.invalid"], "host 'nosuch.invalid': "),
        (["--host", ""], "host '': "),
        (["--host", "a..b"], "host 'a..b': no such name can be"),
        (["--tls-cert", CERT], "tls-cert and tls-key go together"),
        (["--tls-cert", CERT, "--tls-key", "none.pem"], "none.pem: No such file or directory"),
        (["--tls-cert", KEY, "--tls-key", KEY], f"{KEY}, {KEY}: not a certificate and its key"),
        (["--tls-cert", CERT, "--tls-key", OTHER_KEY], f"{CERT}, {OTHER_KEY}: not a certificate"),
        (["--tls-cert", OTHER_CERT, "--tls-key", LOCKED_KEY], f"{OTHER_CERT}, {LOCKED_KEY}: not a"),
    ],
)
def test_what_can_not_be_had_is_one_line(arguments: list[str], says: str) -> None:
    assert one_line_wrong_with("0", *arguments).startswith(says)


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert one_line_wrong_with(str(port)) == f"{HOST}:{port}: Address already in use"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may listen on every port")
def test_a_privileged_port_is_one_line() -> None:
    assert one_line_wrong_with("80") == f"{HOST}:80: Permission denied"


def test_a_mistake_in_a_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_bytes(b"prot = 4000\n")
    assert one_line_wrong_with("--config", str(file)) == f"{file}: unknown setting 'prot'"
    file.write_bytes(b"\xff")
    assert one_line_wrong_with(CHAT_CONFIG=str(file)).startswith(f"{file}: ")


def test_a_mistake_in_a_variable_is_one_line() -> None:
    assert one_line_wrong_with(CHAT_PORT="http") == "CHAT_PORT: 'http' is not a port: 0 to 65535"
    assert one_line_wrong_with(CHAT_LISTEN="line:0 x:0").startswith("CHAT_LISTEN: 'x:0': the ")


def in_a_shell(command: str, *arguments: str) -> tuple[int, bytes, bytes]:
    """Exit status, standard output and standard error of `chat`, redirected as the command says."""
    shell = ["sh", "-c", f'exec "$0" -m chat "$@" {command}', sys.executable, *arguments]
    ended = subprocess.run(shell, check=False, cwd=ROOT, capture_output=True, timeout=DEADLINE_S)
    return ended.returncode, ended.stdout, ended.stderr


def test_what_nobody_wants_to_read_is_not_among_what_they_do(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nosuch")
    ended = in_a_shell("2>&-", "admin", "--json", "--socket", nowhere, "users")
    assert ended == (EXIT_USAGE, b"", b"")


def test_a_full_disk_is_no_verdict(tmp_path: Path) -> None:
    path = str(tmp_path / "admin")
    with running_server("0", "--admin", path):
        ended = in_a_shell(">/dev/full", "admin", "--socket", path, "ping")
    assert ended == (EXIT_USAGE, b"", b"chat: standard output: No space left on device\n")


def test_who_has_no_patience_for_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "import_module", interrupted)
    assert main(["serve"]) == EXIT_INTERRUPTED


def test_a_module_that_is_imported_starts_nothing() -> None:
    code = "import chat.__main__, logging; assert not logging.getLogger('chat').handlers"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0
