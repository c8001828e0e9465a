"""The SQLite schema. ``application_id`` tells a gatekeeper store from any other file, ``user_version`` its schema."""

from typing import Final

from gatekeeper.store.sqlite.schema_4 import MOMENTS, SECRETS
from gatekeeper.store.sqlite.schema_5 import COMMITS, KEEP_LEASES, LEASES
from gatekeeper.store.sqlite.schema_clock import BEATS
from gatekeeper.store.sqlite.schema_evidence import BOUND, EVIDENCE, KEEP_EVIDENCE, OLD_REFUSED
from gatekeeper.store.sqlite.schema_leases import LEASE_LOG
from gatekeeper.store.sqlite.schema_reports import REPORTS

APPLICATION_ID: Final = 0x676B7072  # "gkpr"
VERSION: Final = 6

# That an address has one holder and a MAC one account is said here, by primary keys, not hoped for in memory.
_TABLES: Final = """
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

-- One row for each MAC whose facts changed: running engines read on from where they were and forget it.
-- origin: the engine that caused it and need not look again, '' = everybody must.
CREATE TABLE feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    mac TEXT NOT NULL,
    address INTEGER NOT NULL,
    origin TEXT NOT NULL
);

CREATE TABLE rogues (
    server TEXT NOT NULL,
    mac TEXT NOT NULL,
    interface TEXT NOT NULL,
    offers INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (server, mac, interface)
) WITHOUT ROWID;
"""
_OLD_LEASES: Final = """
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
"""

# What RADIUS accounting tells, and what is asked of a NAS because of it. New with version 2.
SESSIONS: Final = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    nas TEXT NOT NULL,
    device TEXT NOT NULL,
    source INTEGER NOT NULL,
    mac TEXT NOT NULL,
    account TEXT NOT NULL,
    port TEXT NOT NULL,
    address INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'closed')),
    started INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    cause TEXT NOT NULL,
    "order" TEXT NOT NULL,
    heard INTEGER NOT NULL,
    keys BLOB NOT NULL
);
-- One NAS has one running session of a name; it may use the name again afterwards.
CREATE UNIQUE INDEX sessions_running ON sessions (nas, device, session) WHERE state = 'active';
CREATE INDEX sessions_name ON sessions (nas, device, session);
CREATE INDEX sessions_mac ON sessions (mac);
CREATE INDEX sessions_heard ON sessions (state, heard);
CREATE INDEX sessions_address ON sessions (address, started) WHERE address <> 0;

-- CoA and Disconnect: written in the transaction that makes them necessary, sent by whoever serves, also after a crash.
-- "order": the one that caused it, '' = a person did; verified: when accounting has shown that it worked, 0 = not.
CREATE TABLE dynauth (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('coa', 'disconnect')),
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    "order" TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'acknowledged', 'refused', 'lost', 'unneeded')),
    verified INTEGER NOT NULL,
    detail TEXT NOT NULL,
    asked INTEGER NOT NULL,
    ended INTEGER NOT NULL
);
CREATE INDEX dynauth_going ON dynauth (id) WHERE ended = 0;
CREATE INDEX dynauth_session ON dynauth (session);
CREATE INDEX dynauth_order ON dynauth ("order");

CREATE TABLE nas_seen (
    name TEXT PRIMARY KEY,
    requests INTEGER NOT NULL,
    accepts INTEGER NOT NULL,
    rejects INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    unsealed INTEGER NOT NULL,
    unsealed_from TEXT NOT NULL,
    last_seen INTEGER NOT NULL
) WITHOUT ROWID;
"""

# Orders that wait for the one that they refer to, and what happened when. New with version 2.
_ORDERS: Final = """
CREATE TABLE {name} (
    number TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    mac TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('applied', 'held', 'refused')),
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received INTEGER NOT NULL,
    effects TEXT NOT NULL,
    contents TEXT NOT NULL,
    held_until INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""
HELD: Final = """
CREATE INDEX orders_held ON orders (account, received) WHERE state = 'held';
"""
# No index but the sequence: leases are given a thousand times for each time that somebody asks what happened, and
# asking reads the whole table (a million rows take some 0.2 s).
JOURNAL: Final = """
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    mac TEXT NOT NULL,
    account TEXT NOT NULL,
    address INTEGER NOT NULL,
    port TEXT NOT NULL,
    detail TEXT NOT NULL
);
"""
# TM Forum's service orders: items as JSON, each with the number of the order that it became. New with version 2.
SERVICE_ORDERS: Final = """
CREATE TABLE service_orders (
    number TEXT PRIMARY KEY,
    items TEXT NOT NULL,
    received INTEGER NOT NULL
) WITHOUT ROWID;
"""
_OLD_ORDERS: Final = (
    _ORDERS.format(name="orders")
    .replace("'applied', 'held', 'refused'", "'applied', 'refused'")
    .replace(",\n    held_until INTEGER NOT NULL DEFAULT 0", "")
)
_OLD_COUNTERS: Final = """
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
"""
VERSION_1: Final = _TABLES + _OLD_LEASES + OLD_REFUSED + _OLD_COUNTERS + _OLD_ORDERS
# How many boxes a line has is asked before a port is ordered or learned. port is one spelling of it, line what all
# spellings have in common.
PORTS: Final = """
ALTER TABLE accounts ADD COLUMN line TEXT NOT NULL DEFAULT '';
CREATE INDEX accounts_line ON accounts (line) WHERE port <> '';
"""
# What became of packets, and the rest by name; when the packet process reported last is one row. New with version 3.
COUNTS: Final = """
CREATE TABLE outcomes (
    protocol TEXT NOT NULL,
    message TEXT NOT NULL,
    reply TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (protocol, message, reply, reason)
) WITHOUT ROWID;
CREATE TABLE counters (
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, label)
) WITHOUT ROWID;
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
);
"""
# counted_as: the column of that name, as state.counts reads the dotted text; NULL where it has none of that name.
_SPLIT_COUNTERS: Final = """
ALTER TABLE counters RENAME TO dotted;
{counts}
INSERT INTO heartbeat SELECT 1, value FROM dotted WHERE name = 'loop.heartbeat';
DELETE FROM dotted WHERE name = 'loop.heartbeat';
INSERT INTO outcomes
    SELECT counted_as(name, 'protocol'), counted_as(name, 'message'), counted_as(name, 'reply'),
           counted_as(name, 'reason'), value
    FROM dotted WHERE counted_as(name, 'protocol') IS NOT NULL;
INSERT INTO counters
    SELECT counted_as(name, 'name'), counted_as(name, 'label'), value
    FROM dotted WHERE counted_as(name, 'name') IS NOT NULL;
DROP TABLE dotted;
"""
FILL_LINES: Final = "UPDATE accounts SET line = line_of(port) WHERE port <> ''"
_ORDERS_3: Final = _ORDERS.format(name="orders") + HELD
_SINCE_2: Final = PORTS + SESSIONS + JOURNAL + SERVICE_ORDERS + COUNTS
SCHEMA: Final = (
    _TABLES + LEASES + _ORDERS_3 + _SINCE_2 + EVIDENCE + MOMENTS + SECRETS + COMMITS + BEATS + REPORTS + LEASE_LOG
)

# may_be_learned: whether a port that was learned is still taken for a line. One that is not is learned again.
_READ_LINES_ANEW: Final = f"""
UPDATE accounts SET port = '', line = '', port_state = 'unlearned', port_by = '', port_at = 0
WHERE port_state = 'learned' AND NOT may_be_learned(port, port_by);
{FILL_LINES};
"""

# version -> what makes a store of it one of the next version
UPGRADES: Final = {
    1: _ORDERS.format(name="orders_2")
    + """
INSERT INTO orders_2 SELECT *, 0 FROM orders;
DROP TABLE orders;
ALTER TABLE orders_2 RENAME TO orders;
"""
    + HELD
    + PORTS
    + BOUND
    + f"{FILL_LINES};\n"
    + SESSIONS
    + JOURNAL
    + SERVICE_ORDERS,
    2: _SPLIT_COUNTERS.format(counts=COUNTS),
    3: KEEP_EVIDENCE + MOMENTS + SECRETS + _READ_LINES_ANEW,
    4: KEEP_LEASES + COMMITS + BEATS,
    5: REPORTS + LEASE_LOG,
}

# A lease that is a box's: ``model.HELD``, as a condition.
LEASED: Final = "state IN ('active', 'recovered') AND mac <> ''"

# Rows or MACs in one statement: few sizes, so that every prepared statement stays in the connection's cache.
CHUNKS: Final = (64, 16, 4, 1)
MARKS: Final = {size: ",".join("?" * size) for size in CHUNKS}
