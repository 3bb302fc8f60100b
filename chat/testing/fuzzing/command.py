"""What `chat fuzz` does, once it is clear that somebody wants it."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import socket
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import repeat
from pathlib import Path
from random import SystemRandom
from typing import Final

from chat.parsing import (
    ConfigError,
    parse_argument,
    parse_count,
    parse_server,
    parse_some_seconds,
)
from chat.testing.fuzzing import conversation
from chat.testing.fuzzing.campaign import CALM_PACE_S, Campaign, Plan, UnwellError
from chat.testing.fuzzing.conversation import Conversation, NoConversationError
from chat.testing.fuzzing.drawing import draw
from chat.testing.fuzzing.process import Process
from chat.testing.fuzzing.saving import NoFolderError, make_folder
from chat.testing.fuzzing.tongues import TONGUES, Tongue, tongue

EXIT_OK, EXIT_FOUND, EXIT_USAGE = 0, 1, 2
UNREAD: Final = {errno.EPIPE, errno.ENOSPC}
SEED_MAX: Final = 10**9


def run(parsed: argparse.Namespace, runs: int) -> int:
    """Fuzz; returns the exit status. `runs`: if nobody says how many."""
    try:
        return _run(parsed, runs)
    except (ConfigError, NoConversationError, NoFolderError) as error:
        print(f"chat: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno in UNREAD and not error.filename:
            raise  # that is of standard output
        where = error.filename or parsed.address
        print(f"chat: {where}: {error.strerror or error}", file=sys.stderr)
    return EXIT_USAGE


def _run(parsed: argparse.Namespace, runs: int) -> int:
    """Raises ConfigError, NoConversationError, NoFolderError or OSError."""
    seed = _count("--seed", parsed.seed) if parsed.seed else SystemRandom().randrange(1, SEED_MAX)
    again = _read(parsed.replay) if parsed.replay else None
    dialect = again.dialect if again else parsed.dialect
    if dialect == "ws" and find_spec("websockets") is None:
        raise ConfigError("WebSocket needs: pip install 'reactor-chat[websocket]'")
    plan = Plan(
        address=_address(parsed.address, parsed.i_own_this_server),
        tongue=tongue(dialect),
        prefix=f"{dialect}-{seed}",
        seconds=parse_argument("--seconds", parse_some_seconds, parsed.seconds),
        folder=None if again else Path(parsed.save),
        memory_more_max_mib=_count("--memory-mib", parsed.memory_mib),
        pace_s=CALM_PACE_S if again else 0.0,
    )
    runs = _count("--runs", parsed.runs) if parsed.runs else (1 if again else runs)
    campaign = _campaign(plan, parsed)
    if plan.folder:
        make_folder(plan.folder)
    of = f", as {parsed.replay} says" if again else f", seed {seed}"
    print(f"dialect {dialect}{of}", flush=True)
    try:
        campaign.run(repeat(again, runs) if again else _drawn(plan.tongue, seed, runs))
    except KeyboardInterrupt:
        print("interrupted")
    print(campaign)
    return EXIT_FOUND if campaign.found else EXIT_OK


def _campaign(plan: Plan, parsed: argparse.Namespace) -> Campaign:
    process = _process(parsed.pid)
    try:
        campaign = Campaign(plan, process, lambda text: print(text, flush=True))
    except UnwellError as error:
        raise ConfigError(f"{parsed.address}: {error}") from None
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{parsed.address}: nobody is there ({reason})") from None
    if process and process.listens(plan.address[1]) is False:
        raise ConfigError(f"--pid: process {parsed.pid} does not listen there")
    return campaign


def _count(name: str, text: str) -> int:
    return parse_argument(name, parse_count, text)


def _drawn(spoken: Tongue, seed: int, runs: int) -> Iterator[Conversation]:
    return (draw(spoken, seed, number) for number in range(1, runs + 1))


def _read(path: str) -> Conversation:
    try:
        read = conversation.read(Path(path))
    except NoConversationError as error:
        raise NoConversationError(f"{path}: {error}") from None
    if read.dialect not in TONGUES:
        raise NoConversationError(f"{path}: line 1: the dialect is one of: {', '.join(TONGUES)}")
    return read


def _process(pid: str | None) -> Process | None:
    if pid is None:
        return None
    try:
        return Process(_count("--pid", pid))
    except OSError as error:
        raise ConfigError(f"process {pid} can't be watched: {error.strerror}") from None


def _address(text: str, is_mine: bool) -> tuple[str, int]:
    """What a name stands for is looked up once: it may mean something else a moment later."""
    host, port = parse_server(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{text}: nobody is there ({reason})") from None
    address = str(found[0][4][0])
    if not is_mine and not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        raise ConfigError(f"{host} is not this machine; if it is yours: --i-own-this-server")
    return address, port
