"""The SQLite schema. ``application_id`` tells a gatekeeper store from any other file, ``user_version`` its schema."""

APPLICATION_ID = 0x676B7072  # "gkpr"
VERSION = 1

# That an address has one holder and a MAC one account is said here, by primary keys, not hoped for in memory.
SCHEMA = """
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    subscriber TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'cancelled')),
    rate_down_kbps INTEGER NOT NULL,
    rate_up_kbps INTEGER NOT NULL,
    port TEXT NOT NULL,
    port_state TEXT NOT NULL CHECK (port_state IN ('unlearned', 'learned', 'ordered')),
    address INTEGER NOT NULL,
    acs_url TEXT NOT NULL,
    boxes INTEGER NOT NULL,
    plan TEXT NOT NULL,
    last_order TEXT NOT NULL,
    port_by TEXT NOT NULL DEFAULT '',
    port_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_address ON accounts (address) WHERE address <> 0;

CREATE TABLE boxes (
    mac TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts,
    stbid TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX boxes_account ON boxes (account);

CREATE TABLE leases (
    address INTEGER PRIMARY KEY,
    mac TEXT NOT NULL,
    account TEXT NOT NULL,
    port TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'released', 'declined')),
    expires_at INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    agent BLOB NOT NULL,
    client_id BLOB NOT NULL
);
CREATE INDEX leases_mac ON leases (mac);

CREATE TABLE orders (
    number TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    mac TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('applied', 'refused')),
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received INTEGER NOT NULL,
    effects TEXT NOT NULL,
    contents TEXT NOT NULL
) WITHOUT ROWID;

-- One row for each MAC whose facts changed: running engines read on from where they were and forget it.
-- origin: the engine that caused it and need not look again, '' = everybody must.
CREATE TABLE feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    mac TEXT NOT NULL,
    address INTEGER NOT NULL,
    origin TEXT NOT NULL
);

CREATE TABLE refused (
    mac TEXT PRIMARY KEY,
    protocol TEXT NOT NULL,
    reason TEXT NOT NULL,
    port TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX refused_last_seen ON refused (last_seen);

CREATE TABLE rogues (
    server TEXT NOT NULL,
    mac TEXT NOT NULL,
    interface TEXT NOT NULL,
    offers INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (server, mac, interface)
) WITHOUT ROWID;

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
"""

LEASE_COLUMNS = "address, mac, account, port, state, expires_at, first_seen, last_seen, agent, client_id"
# Rows or MACs in one statement: few sizes, so that every prepared statement stays in the connection's cache.
CHUNKS = (64, 16, 4, 1)
MARKS = {size: ",".join("?" * size) for size in CHUNKS}

# A flood of invented MACs must not fill the disk: the oldest rows go.
MAX_REFUSED = 20_000
MAX_ROGUES = 1_000
# An engine that was away for longer than this many changes forgets everything it knew instead.
MAX_FEED = 100_000
