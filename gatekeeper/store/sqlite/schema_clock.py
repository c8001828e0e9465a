"""What version 5 of the schema keeps of the heartbeat beside the wall clock: see ``state.clock.Beat``."""

from typing import Final

BEATS: Final = """
ALTER TABLE heartbeat ADD COLUMN gate REAL NOT NULL DEFAULT 0;
ALTER TABLE heartbeat ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE heartbeat ADD COLUMN boottime REAL NOT NULL DEFAULT 0;
ALTER TABLE heartbeat ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE heartbeat ADD COLUMN since REAL NOT NULL DEFAULT 0;
UPDATE heartbeat SET gate = at;
"""
