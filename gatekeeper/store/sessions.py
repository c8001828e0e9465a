"""Sessions as accounting tells them. What one report says is written once, however often and however late it comes."""

from collections.abc import Iterable

from gatekeeper.model import Session, SessionReported, SessionsEnded
from gatekeeper.state.nas import NasSeen
from gatekeeper.store.journal import Event, JournalTables
from gatekeeper.wire.text import mac_text

# Sessions that ended long ago go, so many at a time.
_PRUNE = 1_000
# A second Start under the name of a running session is the same one sent again, if it is not younger than this.
_START_AGAIN_S, _ROUNDING_S = 10, 2

_COLUMNS = (
    'session, nas, device, source, mac, account, port, address, "order", started, last_seen, bytes_in, bytes_out,'
    " cause, keys"
)
_FIND = """
SELECT id, state, last_seen FROM sessions WHERE nas = ? AND device = ? AND session = ?
ORDER BY id DESC LIMIT 1"""
_INSERT = f"""
INSERT INTO sessions ({_COLUMNS}, state, heard) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"""
# A report that lacks something takes nothing away, and counters do not go back.
_UPDATE = """
UPDATE sessions SET source = ?, mac = coalesce(nullif(?, ''), mac), account = coalesce(nullif(?, ''), account),
    port = coalesce(nullif(?, ''), port), address = coalesce(nullif(?, 0), address),
    "order" = coalesce(nullif(?, ''), "order"), started = min(started, ?), last_seen = max(last_seen, ?),
    bytes_in = max(bytes_in, ?), bytes_out = max(bytes_out, ?), cause = ?, keys = ?, state = ?, heard = ?
WHERE id = ?"""
_CLOSE = "UPDATE sessions SET state = 'closed', cause = ?, last_seen = max(last_seen, ?) WHERE id = ?"
_CLOSE_ALL = """
UPDATE sessions SET state = 'closed', cause = 'NAS restarted', last_seen = max(last_seen, ?)
WHERE nas = ? AND device = ? AND state = 'active' AND started <= ?"""
_STALE = """
UPDATE sessions SET state = 'closed', cause = 'not heard of for ' || ? || ' s'
WHERE state = 'active' AND heard < ? AND nas = ?"""
_STALE_OTHERS = """
UPDATE sessions SET state = 'closed', cause = 'not heard of for ' || ? || ' s'
WHERE state = 'active' AND heard < ?"""
# A Disconnect is shown to have worked by the session's end, a CoA by a report that bears the order's Class.
_SHOW_END = """
UPDATE dynauth SET verified = ? WHERE session = ? AND kind = 'disconnect' AND verified = 0 AND state <> 'refused'"""
_SHOW_ENDS = """
UPDATE dynauth SET verified = ? WHERE kind = 'disconnect' AND verified = 0 AND state <> 'refused'
    AND session IN (SELECT id FROM sessions WHERE nas = ? AND device = ? AND state = 'closed')"""
_SHOW_CHANGE = """
UPDATE dynauth SET verified = ? WHERE session = ? AND kind = 'coa' AND verified = 0 AND "order" = ?"""
_NAS = """
INSERT INTO nas_seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET requests = nas_seen.requests + excluded.requests,
    accepts = nas_seen.accepts + excluded.accepts, rejects = nas_seen.rejects + excluded.rejects,
    sealed = nas_seen.sealed + excluded.sealed, unsealed = nas_seen.unsealed + excluded.unsealed,
    unsealed_from = coalesce(nullif(excluded.unsealed_from, ''), nas_seen.unsealed_from),
    last_seen = max(nas_seen.last_seen, excluded.last_seen)"""


class SessionTables(JournalTables):
    """The side of the store that accounting writes; called inside a transaction of the commit."""

    def _report(self, effect: SessionReported) -> None:
        """One report: a new session, more of a known one, or nothing new."""
        session, now = effect.session, effect.heard
        found = self._connection.execute(_FIND, (session.nas, session.device, session.session)).fetchone()
        if found is None:
            self._insert(effect)
            return
        row, state, last_seen = found
        if _is_another(effect, state, last_seen):
            if state == "active":
                self._connection.execute(_CLOSE, ("another one has its name", last_seen, row))
                self._show(row, "", now, ended=True)
            self._insert(effect)
            return
        # What was closed for want of news lives if there are news; a late report of what has ended does not revive it.
        alive = effect.status != "stop" and (state == "active" or session.last_seen > last_seen)
        self._update(row, session, "active" if alive else "closed", state, now)
        self._show(row, session.order, now, ended=not alive)

    def _insert(self, effect: SessionReported) -> None:
        one = effect.session
        values = (
            *(one.session, one.nas, one.device, one.source, mac_text(one.mac), one.account, one.port, one.address),
            *(one.order, one.started, one.last_seen, one.bytes_in, one.bytes_out, one.cause, one.keys),
        )
        self._connection.execute(_INSERT, (*values, "closed" if effect.status == "stop" else "active", effect.heard))
        if effect.status != "stop":
            self._tell_event(_event("session", one, f"{one.session} at {one.nas}"))

    def _update(self, row: int, one: Session, state: str, before: str, now: int) -> None:
        kept = self._connection.execute("SELECT cause, keys FROM sessions WHERE id = ?", (row,)).fetchone()
        cause = one.cause or (kept[0] if state == before == "closed" else "")
        values = (
            *(one.source, mac_text(one.mac), one.account, one.port, one.address, one.order, one.started, one.last_seen),
            *(one.bytes_in, one.bytes_out, cause, one.keys or kept[1], state, now, row),
        )
        self._connection.execute(_UPDATE, values)
        if state == "closed" != before:
            self._tell_event(_event("session ended", one, f"{one.session} at {one.nas}: {cause}"))

    def _show(self, row: int, order: str, now: int, ended: bool) -> None:
        """Accounting has shown that what was asked of the NAS about this session was done."""
        if ended:
            self._connection.execute(_SHOW_END, (now, row))
        if order:
            self._connection.execute(_SHOW_CHANGE, (now, row, order))

    def _end_all(self, effect: SessionsEnded) -> None:
        self._connection.execute(_CLOSE_ALL, (effect.at, effect.nas, effect.device, effect.at))
        self._connection.execute(_SHOW_ENDS, (effect.at, effect.nas, effect.device))

    def close_stale(self, limits: dict[str, int], default_s: int, keep_s: int, now: int) -> int:
        """Close sessions not heard of for as long as limits says of their NAS, else default_s; returns how many.

        Those that ended longer ago than keep_s are forgotten. Raises StoreError.
        """
        with self._transaction():
            query = self._connection.execute
            closed = sum(query(_STALE, (after, now - after, nas)).rowcount for nas, after in limits.items())
            marks = ",".join("?" * len(limits))
            others = f"{_STALE_OTHERS} AND nas NOT IN ({marks})"
            closed += query(others, (default_s, now - default_s, *limits)).rowcount
            query(
                "DELETE FROM sessions WHERE id IN"
                " (SELECT id FROM sessions WHERE state = 'closed' AND heard < ? LIMIT ?)",
                (now - keep_s, _PRUNE),
            )
        return closed

    def _note_nas(self, seen: Iterable[NasSeen]) -> None:
        self._connection.executemany(_NAS, seen)


def _event(kind: str, one: Session, detail: str) -> Event:
    return Event(one.last_seen, kind, mac_text(one.mac), one.account, one.address, one.port, detail)


def _is_another(effect: SessionReported, state: str, last_seen: int) -> bool:
    """True if a session has the name of an older one: NASes count from 1 again after a restart.

    A Start that is sent again says how long ago it was (RFC 2866 5.2), in whole seconds that need not add up.
    """
    session = effect.session
    starts = effect.status == "start"
    if state == "active":
        return starts and session.started > last_seen + _START_AGAIN_S
    fresh = starts and session.last_seen >= effect.heard
    return session.started > last_seen + _ROUNDING_S or (fresh and session.started >= last_seen)
