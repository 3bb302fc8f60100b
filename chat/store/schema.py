"""What is in the file, and how it came to be so, version by version."""

from __future__ import annotations

APPLICATION_ID = 0x63686174  # "chat": says in the file's header that it is ours

# Each leads to the next version of the file, which is kept as its user_version. Those that were
# released never change.
MIGRATIONS: tuple[str, ...] = (
    f"""
    PRAGMA application_id = {APPLICATION_ID};
    CREATE TABLE rooms (
        id INTEGER PRIMARY KEY,
        key TEXT UNIQUE,  -- NULL: forgotten, and here until its messages are deleted
        name TEXT NOT NULL,
        seq INTEGER NOT NULL,  -- of the last message, deleted or not
        spoken_at REAL NOT NULL
    );
    CREATE TABLE messages (
        room INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        at REAL NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        act INTEGER NOT NULL,
        tag TEXT NOT NULL,  -- the sender's own name for it
        PRIMARY KEY (room, seq)
    ) WITHOUT ROWID;
    CREATE TABLE records (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;
    CREATE TABLE file (epoch TEXT NOT NULL);  -- see Store.epoch
    INSERT INTO file VALUES (lower(hex(randomblob(8))));
    """,
)
