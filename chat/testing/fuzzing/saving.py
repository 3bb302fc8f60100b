"""Saving: a folder for findings, which is there before anything is found."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile


class NoFolderError(ValueError):
    """Nothing can be saved there. The message says why, in a line."""


def make_folder(path: Path) -> None:
    """Make it, unless it is there, and see whether files can be. Raises NoFolderError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            pass
    except FileExistsError:
        raise NoFolderError(f"--save: {path} is no folder") from None
    except OSError as error:
        raise NoFolderError(f"--save: {path}: {error.strerror}") from None
