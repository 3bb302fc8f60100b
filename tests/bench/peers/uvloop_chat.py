"""The asyncio server on uvloop: `python3 -m tests.bench.peers.uvloop_chat PORT`."""

import sys

import uvloop

from tests.bench.peers.asyncio_chat import main

if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
