"""What version 5 of the schema brings: the number of the last commit, and leases that a recovery keeps."""

from typing import Final

# The one row says which commit was the last one, which store this is, and whether it is being served: what a file that
# was left or copied must have beside it (``mark``).
COMMITS: Final = """
CREATE TABLE commits (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    store BLOB NOT NULL,
    served INTEGER NOT NULL
);
INSERT INTO commits VALUES (1, 0, randomblob(16), 0);
"""
# recovered: an address that may have been given by a commit that is lost; mac '' = whose it is nobody knows.
_LEASES: Final = """
CREATE TABLE {name} (
    address INTEGER PRIMARY KEY,
    mac TEXT NOT NULL,
    account TEXT NOT NULL,
    port TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'released', 'declined', 'recovered')),
    expires_at INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    agent BLOB NOT NULL,
    client_id BLOB NOT NULL
);
"""
_INDEX: Final = """
CREATE INDEX leases_mac ON leases (mac);
"""
LEASES: Final = _LEASES.format(name="leases") + _INDEX
# A CHECK cannot be altered. What lease queries look leases up by goes with the old table's triggers, and is made anew
# when a gate serves that keeps it.
KEEP_LEASES: Final = f"""
{_LEASES.format(name="leases_5")}
INSERT INTO leases_5 SELECT * FROM leases;
DROP TABLE leases;
ALTER TABLE leases_5 RENAME TO leases;
{_INDEX}
DROP TABLE IF EXISTS lease_keys;
"""
