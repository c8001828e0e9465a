"""The commit of effects: leases, releases, learned ports, refusals and counters, a transaction a batch."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import TypeVar

from gatekeeper.model import (
    AddressDeclined,
    Admitted,
    Effect,
    Lease,
    LeaseBound,
    LeaseReleased,
    PortLearned,
    Refused,
    SessionReported,
    SessionsEnded,
    StbidDiffers,
)
from gatekeeper.state.nas import NasSeen
from gatekeeper.state.rogues import Rogue
from gatekeeper.store.health import HealthTables
from gatekeeper.store.journal import Event, ended_events, lease_event
from gatekeeper.store.schema import CHUNKS, LEASE_COLUMNS, MARKS, MAX_FEED, MAX_REFUSED, MAX_ROGUES
from gatekeeper.store.sessions import SessionTables
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import ip_text, mac_text

_Item = TypeVar("_Item")

# An address changes hands only when its holder's time is over.
_BIND = {
    size: f"""
INSERT INTO leases ({LEASE_COLUMNS}) VALUES {",".join(["(?,?,?,?,?,?,?,?,?,?)"] * size)}
ON CONFLICT (address) DO UPDATE SET mac = excluded.mac, account = excluded.account, port = excluded.port,
    state = excluded.state, expires_at = excluded.expires_at, last_seen = excluded.last_seen, agent = excluded.agent,
    client_id = excluded.client_id,
    first_seen = CASE WHEN leases.mac = excluded.mac THEN leases.first_seen ELSE excluded.first_seen END
WHERE leases.state = 'released' OR leases.expires_at <= excluded.last_seen
   OR (leases.state = 'active' AND leases.mac = excluded.mac)"""
    for size in CHUNKS
}
_OLD_LEASES = {
    size: f"""
SELECT address, mac, account, port, expires_at FROM leases
WHERE address IN ({marks}) AND state = 'active' AND expires_at <= ?"""
    for size, marks in MARKS.items()
}
_RELEASE = "UPDATE leases SET state = 'released', expires_at = ?, last_seen = ? WHERE address = ? AND mac = ?"
_LEARN = {
    # column1 … column5 are account, port, protocol, time and line. (Before a WITH, sqlite3 would count no rows.)
    size: f"""
UPDATE accounts SET port = column2, port_state = 'learned', port_by = column3, port_at = column4, line = column5
FROM (VALUES {",".join(["(?,?,?,?,?)"] * size)}) WHERE account = column1 AND port_state = 'unlearned'"""
    for size in CHUNKS
}
_TELL = {
    size: f"""
WITH own (origin) AS (VALUES (?))
INSERT INTO feed (mac, address, origin)
SELECT mac, 0, CASE WHEN mac IN ({marks}) THEN origin ELSE '' END FROM boxes, own WHERE account IN ({marks})"""
    for size, marks in MARKS.items()
}
# A box that asks too often keeps the reason that it is refused for, while that is fresh.
_SAYS_MORE = """excluded.reason = 'RATE_LIMITED' AND refused.reason <> 'RATE_LIMITED'
    AND excluded.last_seen < refused.last_seen + 60"""
_REFUSED_EVERY_S = 3600
_KNOWN_REFUSED = {
    size: f"""
SELECT b.mac, b.account, r.reason, r.last_seen FROM boxes b LEFT JOIN refused r USING (mac) WHERE b.mac IN ({marks})"""
    for size, marks in MARKS.items()
}
_REFUSE = "INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mac) DO UPDATE SET " + ", ".join(
    (
        "count = refused.count + excluded.count",
        *(
            f"{column} = CASE WHEN {_SAYS_MORE} THEN refused.{column} ELSE excluded.{column} END"
            for column in ("protocol", "reason", "port", "last_seen", "bound")
        ),
    )
)
_ROGUE = """
INSERT INTO rogues VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (server, mac, interface) DO UPDATE SET offers = rogues.offers + excluded.offers,
    last_seen = excluded.last_seen"""
_PRUNE_ROGUES = """
DELETE FROM rogues WHERE (server, mac, interface) IN
    (SELECT server, mac, interface FROM rogues ORDER BY last_seen DESC LIMIT -1 OFFSET ?)"""
_COUNT = "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"


class EffectTables(SessionTables, HealthTables):
    """The commit thread's side of the store."""

    _told = 0  # rows put into the change feed since it was pruned

    def commit(self, effects: Sequence[Effect], origin: str = "") -> set[Effect]:
        """Write effects as one fsynced transaction. Returns those that lost against a constraint; raises StoreError.

        origin: the engine whose effects these are; the change feed does not tell it what it knows already.
        """
        lost: set[Effect] = set()
        with self._transaction():
            self._end_old_leases(effects)
            # Leases are gathered into few statements, up to one that must see what stands before it.
            bound: dict[int, list[LeaseBound | AddressDeclined]] = {}
            learned: list[PortLearned] = []
            for effect in effects:
                if isinstance(effect, LeaseBound):
                    same = bound.get(effect.lease.address)
                    if same and same[0].lease.mac != effect.lease.mac:
                        self._bind(bound, lost)
                    bound.setdefault(effect.lease.address, []).append(effect)
                    if effect.ended:
                        self._bind(bound, lost)
                        if effect not in lost:
                            self._release(effect.ended, effect.lease)
                            self._tell_event(_lease_over("lease ended", effect.lease, effect.ended))
                elif isinstance(effect, LeaseReleased):
                    self._bind(bound, lost)
                    self._release(effect.lease.address, effect.lease)
                    self._tell_event(_lease_over("released", effect.lease))
                elif isinstance(effect, AddressDeclined):
                    self._bind(bound, lost)
                    self._bind({effect.lease.address: [effect]}, lost)
                    self._tell_event(_lease_over("declined", effect.lease))
                elif isinstance(effect, PortLearned):
                    learned.append(effect)
                elif isinstance(effect, SessionReported):
                    self._report(effect)
                elif isinstance(effect, SessionsEnded):
                    self._end_all(effect)
            self._bind(bound, lost)
            self._learn(learned, lost, origin)
            self._tell_event(*_new_leases(effects, lost), *_new_ports(learned, lost), *_other_stbids(effects))
        return lost

    def _end_old_leases(self, effects: Sequence[Effect]) -> None:
        """Say when those leases ended whose addresses go to somebody now: who had an address is asked later."""
        new = [one.lease for one in effects if isinstance(one, LeaseBound) and _is_new(one.lease)]
        for part in _parts([lease.address for lease in new]):
            rows = self._connection.execute(_OLD_LEASES[len(part)], (*part, new[-1].last_seen)).fetchall()
            if rows:
                self._tell_event(*ended_events(rows))

    def _release(self, address: int, lease: Lease) -> None:
        self._connection.execute(_RELEASE, (lease.last_seen, lease.last_seen, address, mac_text(lease.mac)))

    def _bind(self, bound: dict[int, list[LeaseBound | AddressDeclined]], lost: set[Effect]) -> None:
        """Write each address's last lease and empty bound; where the address is another box's, all of them are lost."""
        for part in _parts(list(bound.values())):
            values: list[object] = []
            for same in part:
                values += same[-1].lease
                values[-9] = mac_text(same[-1].lease.mac)
            if self._connection.execute(_BIND[len(part)], values).rowcount != len(part):
                for same in part:
                    if not self._is_holder(same[-1].lease):
                        lost.update(same)
        bound.clear()

    def _is_holder(self, lease: Lease) -> bool:
        row = self._connection.execute("SELECT mac, state FROM leases WHERE address = ?", (lease.address,)).fetchone()
        return bool(row == (mac_text(lease.mac), lease.state))

    def _learn(self, learned: list[PortLearned], lost: set[Effect], origin: str) -> None:
        """Lock each account to its first port; those that come after a different one are lost."""
        first: dict[str, PortLearned] = {}
        for effect in learned:
            first.setdefault(effect.account, effect)
        for part in _parts(list(first.values())):
            values: list[object] = []
            for effect in part:
                values += (effect.account, effect.port.text, effect.protocol, effect.at, effect.port.line())
            if self._connection.execute(_LEARN[len(part)], values).rowcount != len(part):
                lost.update(effect for effect in part if not self._is_on_port(effect))
            # The account's other boxes must be looked up again by everybody, the box itself only by other engines.
            told = (origin, *(mac_text(effect.mac) for effect in part), *(effect.account for effect in part))
            self._connection.execute(_TELL[len(part)], told)
        for effect in learned:
            winner = first[effect.account]
            follows = winner not in lost and winner.port.covers(effect.port)
            if effect is not winner and not follows and not self._is_on_port(effect):
                lost.add(effect)
        self._told += len(learned)
        if self._told > MAX_FEED // 100:
            self._told = 0
            self._prune_feed()

    def _is_on_port(self, effect: PortLearned) -> bool:
        found = self._connection.execute("SELECT port FROM accounts WHERE account = ?", (effect.account,)).fetchone()
        return bool(found) and bool(found[0]) and port_from_text(found[0]).covers(effect.port)

    def _news_of(self, refused: list[Refused]) -> Iterator[Event]:
        """Refusals of boxes that orders know, where the reason is another one or the last one is an hour old."""
        for part in _parts(refused):
            by_mac = {mac_text(one.mac): one for one in part}
            rows = self._connection.execute(_KNOWN_REFUSED[len(part)], [mac_text(one.mac) for one in part]).fetchall()
            for mac, account, reason, last_seen in rows:
                one = by_mac[mac]
                if reason != one.reason or (last_seen or 0) < one.first_seen - _REFUSED_EVERY_S:
                    should = f", should be {one.bound}" if one.bound else ""
                    told = f"{one.protocol} {one.reason}, {one.times} times{should}"
                    yield Event(one.first_seen, "refused", mac, account, 0, one.port, told)

    def note(
        self,
        refused: Iterable[Refused],
        counters: dict[str, int],
        rogues: Iterable[Rogue] = (),
        nas: Iterable[NasSeen] = (),
        admitted: Iterable[Admitted] = (),
        beat: int = 0,
    ) -> None:
        """Keep what was refused, counted, and heard of foreign servers and NASes since then. Raises StoreError.

        beat: when whoever serves says by this that it does; 0 = it is not he.
        """
        refused = list(refused)
        with self._transaction():
            if beat:
                self._beat(beat)
            self._note_nas(nas)
            self._tell_event(*self._news_of(refused), *map(_admission, admitted))
            self._connection.executemany(
                _REFUSE,
                [(mac_text(r.mac), r.protocol, str(r.reason), r.port, r.times, *r[5:]) for r in refused],
            )
            self._connection.executemany(_COUNT, counters.items())
            seen = [(ip_text(one.server), mac_text(one.mac), *one[2:]) for one in rogues]
            if seen:
                self._connection.executemany(_ROGUE, seen)
                self._connection.execute(_PRUNE_ROGUES, (MAX_ROGUES,))
            self._connection.execute(
                "DELETE FROM refused WHERE mac IN (SELECT mac FROM refused ORDER BY last_seen DESC LIMIT -1 OFFSET ?)",
                (MAX_REFUSED,),
            )


def _admission(one: Admitted) -> Event:
    return Event(one.at, "Access-Accept", mac_text(one.mac), one.account, 0, one.port, f"at {one.where}")


def _is_new(lease: Lease) -> bool:
    return lease.first_seen == lease.last_seen


def _new_leases(effects: Iterable[Effect], lost: Set[Effect]) -> list[Event]:
    return [
        lease_event(one.lease)
        for one in effects
        if isinstance(one, LeaseBound) and _is_new(one.lease) and one not in lost
    ]


def _new_ports(learned: Iterable[PortLearned], lost: Set[Effect]) -> list[Event]:
    return [
        Event(one.at, "port learned", mac_text(one.mac), one.account, 0, one.port.text, f"by {one.protocol}")
        for one in learned
        if one not in lost
    ]


def _other_stbids(effects: Iterable[Effect]) -> list[Event]:
    return [
        Event(
            lease.last_seen, "STBID differs", mac_text(lease.mac), lease.account, lease.address, lease.port,
            f"says {said}, should be {wanted}",
        )
        for lease, wanted, said in (one for one in effects if isinstance(one, StbidDiffers))
    ]  # fmt: skip


def _lease_over(kind: str, lease: Lease, address: int = 0) -> Event:
    gone = address or lease.address
    return Event(lease.last_seen, kind, mac_text(lease.mac), lease.account, gone, lease.port, ip_text(gone))


def _parts(items: list[_Item]) -> Iterator[list[_Item]]:
    """The items in as few parts as the sizes of CHUNKS allow."""
    at = 0
    for size in CHUNKS:
        while len(items) - at >= size:
            yield items[at : at + size]
            at += size
