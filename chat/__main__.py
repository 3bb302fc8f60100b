"""`python3 -m chat`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older one could not even read what follows
    sys.exit("chat: this takes Python 3.11 or newer")

from chat.cli import main

if __name__ == "__main__":
    sys.exit(main())
