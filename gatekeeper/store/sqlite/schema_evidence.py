"""The tables of what was last heard of each box, as each version had them."""

from typing import Final

OLD_REFUSED: Final = """
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
"""
# A violation is told with both values: where the box was, and where it should be.
BOUND: Final = """
ALTER TABLE refused ADD COLUMN bound TEXT NOT NULL DEFAULT '';
"""
# For each box the last refusal by each protocol for each reason with its evidence, and the last time that it was let
# in. port: NULL = it was not asked for one, '' = it named none. What DHCP let in is in leases too. New with version 4.
EVIDENCE: Final = """
CREATE TABLE refused (
    mac TEXT NOT NULL,
    protocol TEXT NOT NULL,
    reason TEXT NOT NULL,
    port TEXT,
    count INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    bound TEXT NOT NULL,
    seen TEXT NOT NULL DEFAULT '',
    "where" TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    reply TEXT NOT NULL DEFAULT '',
    address INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT '',
    link INTEGER NOT NULL DEFAULT 0,
    ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (mac, protocol, reason)
) WITHOUT ROWID;
CREATE INDEX refused_last_seen ON refused (last_seen);
CREATE TABLE admitted (
    mac TEXT NOT NULL,
    protocol TEXT NOT NULL,
    account TEXT NOT NULL,
    "where" TEXT NOT NULL,
    port TEXT NOT NULL,
    at INTEGER NOT NULL,
    address INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    PRIMARY KEY (mac, protocol)
) WITHOUT ROWID;
"""
KEEP_EVIDENCE: Final = f"""
ALTER TABLE refused RENAME TO refused_3;
DROP INDEX refused_last_seen;
{EVIDENCE}
INSERT INTO refused (mac, protocol, reason, port, count, first_seen, last_seen, bound)
    SELECT mac, protocol, reason, CASE WHEN reason = 'PORT_MISSING' THEN port ELSE nullif(port, '') END,
           count, first_seen, last_seen, bound
    FROM refused_3;
DROP TABLE refused_3;
"""
