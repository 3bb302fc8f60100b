"""The exit statuses of `chat connect`, as `--help` tells them."""

from typing import Final

FINE: Final = 0
REFUSED: Final = 1  # something, by the server; or a line was no command
USAGE: Final = 2  # or a standard stream that can't be used
LOST: Final = 3  # or never made: the connection
INTERRUPTED: Final = 130  # as shells have it
