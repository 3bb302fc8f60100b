"""Speed of this server beside the usual ways to write one: `python3 -m tests.bench`."""
