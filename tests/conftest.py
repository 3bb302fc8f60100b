"""How Hypothesis looks for what can be wrong: the same examples on every run, none kept in files,
and no look at a clock, as other programs are on the same machine. And how many tests run at once.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

# Who draws text first, after a clone, waits for tables of all of Unicode.
SLOW = [HealthCheck.too_slow]

settings.register_profile(
    "tests",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=SLOW,
)
settings.load_profile("tests")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a fourth of the time a test waits, for a program or for
    what must not come."""
    return (os.cpu_count() or 1) + 1
