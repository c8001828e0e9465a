"""What version 4 of the schema brings, as steps that make it of version 3."""

from typing import Final

# What happened when, to the millisecond, under a number that is never given again: so timelines and orders stand in the
# sequence in which things happened. What an older store has of one second keeps the sequence it was shown in. And since
# when a session goes on whose end a NAS has acknowledged, 0 = it does not.
MOMENTS: Final = """
CREATE TABLE journal_4 (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    mac TEXT NOT NULL,
    account TEXT NOT NULL,
    address INTEGER NOT NULL,
    port TEXT NOT NULL,
    detail TEXT NOT NULL
);
INSERT INTO journal_4 (at_ms, kind, mac, account, address, port, detail)
    SELECT at * 1000, kind, mac, account, address, port, detail FROM journal
    ORDER BY at, kind NOT IN ('order', 'refused', 'Access-Accept'), id;
DROP TABLE journal;
ALTER TABLE journal_4 RENAME TO journal;
CREATE TABLE orders_4 (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    mac TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('applied', 'held', 'refused')),
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    effects TEXT NOT NULL,
    contents TEXT NOT NULL,
    held_until INTEGER NOT NULL
);
INSERT INTO orders_4
    (number, kind, account, mac, state, reason, detail, received_ms, effects, contents, held_until)
    SELECT number, kind, account, mac, state, reason, detail, received * 1000, effects, contents, held_until
    FROM orders ORDER BY received, number;
DROP TABLE orders;
ALTER TABLE orders_4 RENAME TO orders;
CREATE INDEX orders_held ON orders (account, seq) WHERE state = 'held';
ALTER TABLE dynauth ADD COLUMN still_online INTEGER NOT NULL DEFAULT 0;
"""
# What the packets of a source show of its secret; name: its client, '' = none; reason: '' = it is right.
SECRETS: Final = """
CREATE TABLE nas_secrets (
    source TEXT NOT NULL,
    port TEXT NOT NULL CHECK (port IN ('authentication', 'accounting')),
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    times INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (source, port)
) WITHOUT ROWID;
"""
