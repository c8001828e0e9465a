"""What AAA said of which box, kept for a short while. Bounded by count and age."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.aaa import AaaQuestion, Grant

MAX_ACCEPTED: Final = 65_536
MAX_REFUSED: Final = 16_384


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class _Kept(Value):
    __slots__ = ("asked", "grant", "until")

    def __init__(self, asked: AaaQuestion, grant: Grant, until: float) -> None:
        self.asked: Final = asked
        self.grant: Final = grant
        self.until: Final = until


class Grants:
    """One answer a box, and only for the very question: a box that moved to another line is asked about anew."""

    def __init__(self) -> None:
        self._accepted: OrderedDict[bytes, _Kept] = OrderedDict()
        # Apart, so that a flood of invented MACs pushes out nobody who was let in.
        self._refused: OrderedDict[bytes, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accepted) + len(self._refused)

    def find(self, asked: AaaQuestion, now: float) -> Grant | None:
        """The answer to this question; None = it must be asked. What was kept for 0 s is found at the same time."""
        kept = self._accepted.get(asked.mac) or self._refused.get(asked.mac)
        return kept.grant if kept and kept.asked == asked and kept.until >= now else None

    def keep(self, asked: AaaQuestion, grant: Grant, until: float) -> None:
        """Remember the answer; an older one about the same box goes."""
        self.forget((asked.mac,))
        table, most = (self._refused, MAX_REFUSED) if grant.refusal else (self._accepted, MAX_ACCEPTED)
        if len(table) >= most:
            table.popitem(last=False)
        table[asked.mac] = _Kept(asked, grant, until)

    def forget(self, macs: Iterable[bytes] | None) -> None:
        """Ask about these again; None = all."""
        if macs is None:
            self._accepted.clear()
            self._refused.clear()
            return
        for mac in macs:
            self._accepted.pop(mac, None)
            self._refused.pop(mac, None)
