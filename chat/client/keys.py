"""What a person's readline says about keys, and the history of what they typed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

from chat.client.typed import secret_from

INPUTRC_MAX_BYTES: Final = 262_144
HISTORY_MAX: Final = 1_000  # entries that are kept
ENTRY_MAX_CHARS: Final = 10_000  # of one; a pasted page


def vi_keys(keys: str) -> bool:
    """Whether keys are as in vi: the setting says so, or the file that readline reads."""
    if keys != "inputrc":
        return keys == "vi"
    path = Path(os.environ.get("INPUTRC") or "~/.inputrc")
    with suppress(OSError, RuntimeError), path.expanduser().open(errors="replace") as file:
        return editing_mode(file.read(INPUTRC_MAX_BYTES)) == "vi"
    return False


def editing_mode(inputrc: str) -> str:
    """`vi` or `emacs`: the last that is set. What stands under a condition is left out."""
    mode, depth = "emacs", 0
    for line in inputrc.splitlines():
        words = line.lower().split()
        if words[:1] == ["$if"]:
            depth += 1
        elif words[:1] == ["$endif"]:
            depth -= 1
        elif (
            depth <= 0 and words[:2] == ["set", "editing-mode"] and words[2:] in (["vi"], ["emacs"])
        ):
            mode = words[2]
    return mode


class TypedHistory(History):
    """One JSON text for each entry, in a file that nobody else may read. What has a password in
    it is forgotten at once. Without the file there is no less to talk about: it is left out where
    it can't be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__()

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        lines: list[str] = []
        with suppress(OSError):
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) > 2 * HISTORY_MAX:
            lines = lines[-HISTORY_MAX:]
            self._write("".join(f"{line}\n" for line in lines), os.O_TRUNC)
        entries = []
        for line in reversed(lines[-HISTORY_MAX:]):
            with suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, str):
                    entries.append(entry)
        return entries

    def append_string(self, string: str) -> None:
        """Remember what was typed."""
        if secret_from(string) == len(string) and len(string) <= ENTRY_MAX_CHARS:
            super().append_string(string)

    def store_string(self, string: str) -> None:
        """Write it down."""
        self._write(json.dumps(string) + "\n", os.O_APPEND)

    def _write(self, text: str, how: int) -> None:
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
