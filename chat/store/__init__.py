"""Store: what was said, and who is known, in one SQLite file.

A turn's messages are kept in one transaction, before anyone is shown them: what was seen outlives
the process, `kill -9` included. A power cut may cost the last moments, which the system had not
written to the disk yet; with `sync` it does not, and each commit waits for the disk. Either way
the file stays whole.

`schema.py` says what is in the file, `file.py` how it is opened and what can go wrong with it,
`store.py` what can be done with it.
"""

from chat.store.file import StoreError
from chat.store.store import Remembered, Store

__all__ = ["Remembered", "Store", "StoreError"]
