"""The kit's page says nothing that isn't so: its examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "chat/testing/README.md").read_text(encoding="utf-8")
RUNS = re.findall(r"<!-- runs -->\n```python\n(.*?)```\n```text\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("code", "output"), RUNS)
def test_an_example_prints_what_stands_below_it(code: str, output: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (output, "")


def test_every_example_is_found() -> None:
    assert len(RUNS) == README.count("```python") == 5
