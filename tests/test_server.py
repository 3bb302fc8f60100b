"""Embedding: the ways in which a program runs, steps, stops and joins a server with its own."""

from __future__ import annotations

import asyncio
import errno
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from chat import ChatServer, Config
from tests.chatting import DEADLINE_S, HOST, Chat, Client, Stepped, Threaded


class Started(Chat):
    """A server that runs already; the test ends it."""

    def end(self) -> None:
        self.server.close()

    def wait(self, client: Client) -> None:
        client.sock.settimeout(DEADLINE_S)


def is_refused(address: tuple[str, int]) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(address) == errno.ECONNREFUSED


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread) -> bool:
    thread.join(DEADLINE_S)
    return not thread.is_alive()


def interrupt() -> None:
    raise KeyboardInterrupt


# --- in a thread ----------------------------------------------------------------------------------


def test_a_server_in_a_thread() -> None:
    with Threaded() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        ann.send("MSG hello")
        ben.expect("MSG Ann hello")
        address = chat.server.address
        assert address[0] == HOST
        assert address[1] > 0
    assert chat.server.stopped
    assert is_refused(address)
    assert "chat-server" not in {thread.name for thread in threading.enumerate()}


def test_it_is_bound_as_soon_as_it_is_made() -> None:
    server = ChatServer(port=0)
    waiting = socket.create_connection(server.address, DEADLINE_S)
    waiting.sendall(b"PING\n")
    with server:
        assert waiting.recv(100) == b"PONG\n"
        waiting.close()


def test_serving_until_another_thread_stops_it() -> None:
    with Started(ChatServer(port=0)) as chat:
        said: list[list[str]] = []

        def talk() -> None:
            client = chat.log_in("Ann")
            chat.server.stop()
            said.append(client.read(2))
            client.hang_up()

        talking = in_thread(talk)
        chat.server.serve_forever()
        assert ended(talking)
        assert said == [["INFO server-shutdown", "(the end)"]]


def test_stopping_is_idempotent_and_done_from_any_thread() -> None:
    server = ChatServer(port=0)
    server.stop()  # before it runs: it ends as soon as it does
    stopping = [in_thread(server.stop) for _ in range(8)]
    server.serve_forever()
    assert all(ended(thread) for thread in stopping)
    server.stop()
    server.close()
    server.close()
    assert server.stopped


def test_closing_from_another_thread_tells_everyone_and_waits_for_the_end() -> None:
    with Threaded() as chat:
        ann = chat.log_in("Ann")
        chat.server.close()
        assert chat.server.stopped
        ann.expect_end("INFO server-shutdown")
        with pytest.raises(ConnectionRefusedError):
            chat.connect()
        chat.server.close()


def test_an_interrupted_server_cleans_up() -> None:
    """Ctrl-C in a program that handles no signals itself."""
    with Started(ChatServer(port=0)) as chat:
        client = chat.connect()
        while not chat.server.reactor.connections:
            chat.server.run_once(DEADLINE_S)
        chat.server.reactor.call_soon(interrupt)
        with pytest.raises(KeyboardInterrupt):
            chat.server.serve_forever()
        client.expect_end("INFO server-shutdown")
        assert is_refused(chat.server.address)


def test_two_servers_in_one_process() -> None:
    with Threaded() as one, Threaded(echo=True) as other:
        first, second = one.log_in("Ann"), other.log_in("Ann")
        first.send("MSG hello")
        first.expect_nothing()
        second.expect_nothing()
        second.send("MSG hello")
        second.expect("MSG Ann hello")


# --- in steps -------------------------------------------------------------------------------------


def test_a_turn_ends_with_the_answers_on_their_way() -> None:
    with Stepped() as chat:
        client = chat.log_in("Ann")
        client.send("WHO")
        session = next(iter(chat.server.reactor.connections.values()))
        heard_at = session.heard_at
        chat.clock.now += 1
        chat.until(lambda: session.heard_at > heard_at, "the line to be read")
        client.sock.settimeout(DEADLINE_S)  # it waits now, and nobody steps the server
        assert client.sock.recv(100) == b"USER Ann\n"


def test_a_turn_waits_no_longer_than_it_may() -> None:
    server = ChatServer(port=0)
    before = time.monotonic()
    server.run_once(0)
    server.run_once(0.01)
    assert time.monotonic() - before < DEADLINE_S
    server.close()


def test_stepping_until_everyone_is_gone() -> None:
    with Stepped() as chat:
        client = chat.log_in("Ann")
        chat.server.stop()
        assert not chat.server.stopped
        client.expect_end("INFO server-shutdown")
        assert not chat.server.stopped  # this client is still to hang up
        client.hang_up()
        chat.until(lambda: chat.server.stopped, "the end of the server")


def test_closing_without_a_turn_tells_everyone() -> None:
    with Stepped() as chat:
        client = chat.log_in("Ann")
        chat.server.close()
        client.expect_end("INFO server-shutdown")
        assert chat.server.stopped
        assert is_refused(chat.server.address)


def test_files_may_be_paths(tmp_path: Path) -> None:
    with Stepped(store=tmp_path / "chat.db", admin=tmp_path / "admin") as chat:
        assert chat.server.config.store == str(tmp_path / "chat.db")
        assert (tmp_path / "admin").is_socket()


def test_nobody_runs_it_twice() -> None:
    with ChatServer(port=0) as server:
        for again in (server.serve_forever, server.run_once, server.__enter__):
            with pytest.raises(RuntimeError, match="runs already"):
                again()
        assert server.join("Ann").who() == ("Ann",)


def test_nobody_runs_it_again() -> None:
    """In a `with`, the body would go on beside a thread that has failed."""
    server = ChatServer(port=0)
    with server:
        pass
    for again in (server.serve_forever, server.run_once, server.__enter__):
        with pytest.raises(RuntimeError, match="has stopped"):
            again()
    server.close()


def test_nobody_begins_to_run_it_while_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ChatServer(port=0)
    end, threads, said = server._end, list[threading.Thread](), list[str]()

    def serve() -> None:
        with pytest.raises(RuntimeError) as raised:
            server.serve_forever()
        said.append(str(raised.value))

    def ending() -> None:
        if not threads:  # it is in the midst of closing
            threads.append(in_thread(serve))
        end()

    monkeypatch.setattr(server, "_end", ending)
    server.close()
    assert ended(threads[0])
    assert said == ["the server has stopped"]


def test_where_there_is_no_thread_left_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server = ChatServer(port=0)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="new thread"):
            server.__enter__()
    assert is_refused(server.address)
    assert ended(in_thread(server.close))


def test_a_callback_may_close_it() -> None:
    server = ChatServer(port=0)
    with server:
        server.reactor.call_soon_threadsafe(server.close)
    assert server.stopped
    server.close()


@pytest.mark.parametrize("ends", [ChatServer.close, ChatServer.stop])
def test_a_signal_may_end_it_in_the_midst_of_anything(ends: Callable[[ChatServer], None]) -> None:
    """At each line that is run from the beginning of `serve_forever` to its end, in turn."""
    for line in count():
        server = ChatServer(port=0)
        server.reactor.call_soon(server.stop)  # if nothing ends it before
        signals = Signals(partial(ends, server), line)
        serving = in_thread(partial(signals.serve, server))
        assert ended(serving), f"stuck after line {line}: {signals.at}"
        assert server.stopped
        assert is_refused(server.address)
        assert signals.problem in {"", "the server has stopped"}
        if not signals.at:
            break
    assert line > 40


class Signals:
    """Calls a handler before the line of that number which its thread runs in the server or the
    loop, as a signal does."""

    def __init__(self, handler: Callable[[], None], line: int) -> None:
        self._handler = handler
        self._left = line
        self.at = ""  # what was interrupted
        self.problem = ""

    def serve(self, server: ChatServer) -> None:
        sys.settrace(self._trace)
        try:
            server.serve_forever()
        except RuntimeError as error:
            self.problem = str(error)
        finally:
            sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.endswith(("chat/server.py", "reactor/loop.py")):
            return None
        if event == "line" and not self.at:
            self._left -= 1
            if self._left < 0:
                self.at = f"{frame.f_code.co_name}, line {frame.f_lineno}"
                self._handler()
        return self._trace


def test_a_server_that_never_ran_is_closed_for_good() -> None:
    server = ChatServer(port=0)
    server.close()
    assert is_refused(server.address)


# --- in another program's loop --------------------------------------------------------------------


def test_the_descriptor_is_readable_when_there_is_something_to_do() -> None:
    server = ChatServer(port=0)
    with selectors.DefaultSelector() as outside, Started(server) as chat:
        outside.register(server.fileno(), selectors.EVENT_READ)
        assert outside.select(0) == []
        client = chat.connect()
        client.send("LOGIN Ann")
        outside.register(client.sock, selectors.EVENT_READ)
        seen = {key.fileobj for key, _ in outside.select(DEADLINE_S)}
        while client.sock not in seen:
            assert seen == {server.fileno()}  # nothing else, and never for want of a wake-up
            server.run_once(0)
            seen = {key.fileobj for key, _ in outside.select(DEADLINE_S)}
        client.expect("OK")


def test_time_that_passes_is_told_by_timeout() -> None:
    with Stepped(idle_timeout=8.0) as chat:
        chat.turns()
        assert chat.server.timeout() is None
        chat.connect()
        chat.until(lambda: chat.connections, "the connection")
        assert chat.server.timeout() == pytest.approx(8.0, abs=0.1)
        chat.clock.now += 6
        assert chat.server.timeout() == pytest.approx(2.0, abs=0.1)


def test_a_server_in_asyncio() -> None:
    """The loop does nothing but watch one descriptor: lines, local users and stopping all work."""

    async def main() -> list[bytes]:
        server = ChatServer(port=0)
        loop = asyncio.get_running_loop()
        loop.add_reader(server.fileno(), server.run_once, 0)
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(b"LOGIN Ann\n")
        heard = [await asyncio.wait_for(reader.readline(), DEADLINE_S)]
        bot = server.join("bot")
        bot.say("hello from inside")
        heard.append(await asyncio.wait_for(reader.readline(), DEADLINE_S))
        bot.leave()
        heard.append(await asyncio.wait_for(reader.readline(), DEADLINE_S))
        server.stop()
        heard.append(await asyncio.wait_for(reader.readline(), DEADLINE_S))
        writer.close()
        loop.remove_reader(server.fileno())
        server.close()
        return heard

    assert asyncio.run(main()) == [
        b"OK\n",
        b"MSG bot hello from inside\n",
        b"INFO bot disconnected\n",
        b"INFO server-shutdown\n",
    ]


# --- settings and addresses -----------------------------------------------------------------------


def test_settings_by_name_go_over_those_of_a_config() -> None:
    config = Config(greeting="hello", echo=True, port=1)
    with Stepped(config=config, port=0, greeting="good day") as chat:
        client = chat.connect()
        client.expect("good day")
        client.send("LOGIN Ann", "MSG hi")
        client.expect("OK", "MSG Ann hi")


def test_a_setting_that_does_not_exist() -> None:
    with pytest.raises(TypeError, match="prot"):
        ChatServer(prot=4000)


def test_an_address_that_is_taken_is_the_callers_problem() -> None:
    with Stepped() as chat:
        _, port = chat.server.address
        with pytest.raises(OSError, match=f"{HOST}:{port}") as raised:
            ChatServer(port=port)
        assert raised.value.errno == errno.EADDRINUSE


@pytest.mark.parametrize("host", ["nosuch.invalid", "a..b", "x" * 64, ""])
def test_a_host_that_can_not_be_is_the_callers_problem(host: str) -> None:
    with pytest.raises(OSError, match=repr(host)):
        ChatServer(host=host, port=0)


def test_a_bad_certificate_is_the_callers_problem(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("not a certificate", encoding="ascii")
    with pytest.raises(OSError, match=str(bad)):
        ChatServer(port=0, tls_cert=str(bad), tls_key=str(bad))
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "none.pem")):
        ChatServer(port=0, tls_cert=str(bad), tls_key=str(tmp_path / "none.pem"))


def test_what_failed_to_start_holds_nothing(tmp_path: Path) -> None:
    """The port that was bound before the socket's folder turned out not to exist is free again."""
    with socket.create_server((HOST, 0)) as free:
        address = free.getsockname()
    before = len(os.listdir("/dev/fd"))
    path = tmp_path / "none" / "chat.sock"
    with pytest.raises(FileNotFoundError, match=str(path)):
        ChatServer(port=address[1], unix=str(path))
    assert len(os.listdir("/dev/fd")) == before
    assert is_refused(address)


def test_a_restart_on_the_same_port() -> None:
    """Also while the system remembers connections that the server was the first to end."""
    with Stepped() as chat:
        client = chat.log_in("Ann")
        chat.server.close()
        client.expect_end("INFO server-shutdown")
    with Stepped(port=chat.server.address[1]) as again:
        assert again.server.address == chat.server.address
        again.log_in("Ann").expect_nothing()
