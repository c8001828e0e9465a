"""What version 6 of the schema brings for leases: what commits say of them, until it is folded."""

from typing import Final

# A row for the leases and the events of a commit, packed (``lease_format``). It is there until they are in ``leases``
# and ``journal``; the rows go in their sequence, so that of an address the last word is the last to go. Numbers rise.
# lease_folds: how often leases were written from the log. Whoever has read the log and is about to write them sees by
# it whether somebody else did meanwhile, who may have read more of it.
LEASE_LOG: Final = """
CREATE TABLE lease_log (
    seq INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
CREATE TABLE lease_folds (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    turn INTEGER NOT NULL
);
INSERT INTO lease_folds VALUES (1, 0);
"""
