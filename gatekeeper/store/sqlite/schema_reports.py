"""What version 6 of the schema brings for accounting: reports that wait to be folded, and sessions in two tables."""

from typing import Final

# reports: what accounting said, a row for the reports of a commit, packed (``reports_format``). A row is there until
# what it says is in the sessions. Their numbers only rise: ``folded`` of a session is the last one that it has.
# report_folds: how often sessions were written from reports. Whoever has read sessions and is about to write them sees
# by it whether somebody else did meanwhile.
# rest: what the last report said besides, in eight octets: one that says the same only counts.
# courses: of a session what each Interim changes, in rows so short that a million of them are some 8,000 pages; what
# tells a session from others, and is in indexes, is written when it changes. So there is no index by ``heard`` but of
# those that have ended. sessions_address is one of all rows: of a question for one address SQLite does not see that it
# is not 0.
REPORTS: Final = """
CREATE TABLE reports (
    seq INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
CREATE TABLE report_folds (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    turn INTEGER NOT NULL
);
INSERT INTO report_folds VALUES (1, 0);
CREATE TABLE courses (
    session INTEGER PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('active', 'closed')),
    last_seen INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    heard INTEGER NOT NULL,
    folded INTEGER NOT NULL,
    rest BLOB NOT NULL
);
INSERT INTO courses SELECT id, state, last_seen, bytes_in, bytes_out, heard, 0, x'' FROM sessions;
CREATE INDEX courses_closed ON courses (heard) WHERE state = 'closed';
DROP INDEX sessions_running;
DROP INDEX sessions_heard;
DROP INDEX sessions_address;
CREATE INDEX sessions_address ON sessions (address, started);
ALTER TABLE sessions DROP COLUMN state;
ALTER TABLE sessions DROP COLUMN last_seen;
ALTER TABLE sessions DROP COLUMN bytes_in;
ALTER TABLE sessions DROP COLUMN bytes_out;
ALTER TABLE sessions DROP COLUMN heard;
CREATE INDEX dynauth_unverified ON dynauth (session) WHERE verified = 0;
"""
