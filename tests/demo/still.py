"""Makes a picture of the recording, from the moment when everyone has talked and is still there.

    python3 -m tests.demo.still                 # makes tests/demo/chat.svg from chat.cast

Needs tmux.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.demo import cast
from tests.demo.scene import NAMAN_LEAVES
from tests.demo.screen import screen_at
from tests.demo.svg import draw
from tests.demo.tmux import DemoError, missing

STILL: Final = Path(__file__).with_name("chat.svg")


def still(recording: cast.Cast) -> str:
    """The picture, as the text of an SVG file. Raises DemoError if tmux is no help."""
    screen = screen_at(recording, recording.start_of(NAMAN_LEAVES))
    return draw(screen, recording.title)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.demo.still", description=__doc__)
    parser.add_argument("--output", type=Path, default=STILL, help="where to write it")
    options = parser.parse_args(arguments)
    if reason := missing():
        sys.exit(f"still: {reason}")
    try:
        options.output.write_text(still(cast.read(cast.CAST)), encoding="utf-8")
    except DemoError as error:
        sys.exit(f"still: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
