"""The exit statuses of `chat connect`, as `--help` tells them."""

from typing import Final

FINE: Final = 0
REFUSED: Final = 1  # something, by the server
USAGE: Final = 2
LOST: Final = 3  # or never made: the connection
INTERRUPTED: Final = 130  # as shells have it
