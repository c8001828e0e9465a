"""Ports that accounts are bound to because a packet came from there, and who must hear of it."""

from collections.abc import Sequence
from typing import Any, Final

from mypy_extensions import trait

from gatekeeper.model import PortLearned
from gatekeeper.store.ports import MAX_FEED
from gatekeeper.store.sqlite.many import parts
from gatekeeper.store.sqlite.schema import CHUNKS, MARKS
from gatekeeper.store.sqlite.tables import Tables
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text

_LEARN: Final = {
    # column1 … column5 are account, port, protocol, time and line. (Before a WITH, sqlite3 would count no rows.)
    size: f"""
UPDATE accounts SET port = column2, port_state = 'learned', port_by = column3, port_at = column4, line = column5
FROM (VALUES {",".join(["(?,?,?,?,?)"] * size)}) WHERE account = column1 AND port_state = 'unlearned'"""
    for size in CHUNKS
}
_TELL: Final = {
    size: f"""
WITH own (origin) AS (VALUES (?))
INSERT INTO feed (mac, address, origin)
SELECT mac, 0, CASE WHEN mac IN ({marks}) THEN origin ELSE '' END FROM boxes, own WHERE account IN ({marks})"""
    for size, marks in MARKS.items()
}


@trait
class LearningTables(Tables):
    """The side of the store that learns ports."""

    _told = 0  # rows put into the change feed since it was pruned

    def _learn_all(self, effects: Any, learned: Sequence[int], origin: str) -> set[int]:
        """Lock each account to its first port; the places of those that come after a different one, which are lost.

        learned: places of effects that have learned a port. Inside the transaction of a commit.
        """
        lost: set[int] = set()
        first: dict[str, int] = {}
        for place in learned:
            first.setdefault(effects[place].account, place)
        for part in parts(list(first.values())):
            ports = [effects[place] for place in part]
            values: list[object] = []
            for one in ports:
                values += (one.account, one.port.text, one.protocol, one.at, one.port.line())
            if self._connection.execute(_LEARN[len(part)], values).rowcount != len(part):
                lost.update(place for place in part if not self._is_on_port(effects[place]))
            # The account's other boxes must be looked up again by everybody, the box itself only by other engines.
            told = (origin, *(mac_text(effect.mac) for effect in ports), *(effect.account for effect in ports))
            self._connection.execute(_TELL[len(part)], told)
        for place in learned:
            effect, winner = effects[place], first[effects[place].account]
            follows = winner not in lost and effects[winner].port.covers(effect.port)
            if place != winner and not follows and not self._is_on_port(effect):
                lost.add(place)
        self._told += len(learned)
        if self._told > MAX_FEED // 100:
            self._told = 0
            self._prune_feed()
        return lost

    def _is_on_port(self, effect: PortLearned) -> bool:
        found = self._connection.execute("SELECT port FROM accounts WHERE account = ?", (effect.account,)).fetchone()
        return bool(found) and bool(found[0]) and port_from_text(found[0]).covers(effect.port)
