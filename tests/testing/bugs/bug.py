"""Bug: one mistake in the source, as an edit of its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bug:
    """In `file`, instead of `before`, which stands there once, `after`."""

    name: str
    """What goes wrong, in plain words."""

    file: str
    before: str
    after: str

    def planted(self, source: str) -> str:
        """The source with the bug in it. Raises ValueError when it can't be planted."""
        count = source.count(self.before)
        if count != 1:
            raise ValueError(
                f"{self.name}: what it changes in {self.file} stands there {count} times"
            )
        return source.replace(self.before, self.after)
