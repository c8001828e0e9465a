"""What is counted of all that is told: outcomes by their columns, refused boxes, boxes that were let in. A reader of
``Told`` records; drained into the store every second or so. Bounded by what it is made of."""

from typing import Final

from gatekeeper.heart.told import Told
from gatekeeper.model import Action, Outcome, Reason, make
from gatekeeper.state.admissions import Admissions
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.refusals import Refusals

# Where a packet is refused before its line is read, or what it says of one is not believed.
_UNREAD: Final = frozenset(
    {Reason.MALFORMED, Reason.BAD_AUTHENTICATOR, Reason.UNSUPPORTED, Reason.UNTRUSTED_OPTION_82, Reason.UNKNOWN_NAS}
)
# What is sent by unicast passes the relay by, and names no line (RFC 3046 2.1).
_UNICAST: Final = frozenset({"renewing", "inform", "release"})

Columns = tuple[str, ...]  # protocol, message, reply, reason: as state.counts reads them


class Tallies:
    """Since the last drain."""

    def __init__(self) -> None:
        self._outcomes: dict[Columns, list[int]] = {}  # one number each, so that it is found once
        self._refusals = Refusals()
        self._admissions = Admissions()

    def read(self, told: Told) -> None:
        """Count it."""
        outcome, _, at = told
        verdict = outcome.verdict
        reason = verdict.reason
        columns = outcome.protocol, outcome.message, outcome.reply or "no-answer", reason or "ok"
        counted = self._outcomes.get(columns)
        if counted:
            counted[0] += 1
        else:
            self._outcomes[columns] = [1]
        if reason and outcome.mac and reason is not Reason.DUPLICATE:
            self._refusals.count(refused_by(outcome, reason, at), outcome.binding is not None)
            if reason is not Reason.UNKNOWN_MAC and outcome.protocol == "dhcp":
                self._admissions.doubt(outcome.mac)
        elif verdict.action is Action.ACCEPT and outcome.binding:
            port = outcome.port.text if outcome.port else ""
            self._admissions.meet(outcome.mac, outcome.binding.account, outcome.where, port, at)
        elif verdict.action is Action.ACK and outcome.binding:
            port = outcome.port.text if outcome.port else ""
            account, address = outcome.binding.account, verdict.address
            self._admissions.meet_lease(outcome.mac, account, outcome.where, port, address, at)

    def drain_outcomes(self) -> dict[Columns, int]:
        drained = {columns: counted[0] for columns, counted in self._outcomes.items()}
        self._outcomes.clear()
        return drained

    def drain_refusals(self) -> list[Refused]:
        return self._refusals.drain()

    def drain_admitted(self) -> list[Admitted]:
        return self._admissions.drain()


def refused_by(outcome: Outcome, reason: Reason, at: float) -> Refused:
    """What is kept of one refusal."""
    verdict, asked = outcome.verdict, outcome.asked
    state, link, address = asked or ("", 0, 0)
    port = outcome.port.text if outcome.port else None if reason in _UNREAD or state in _UNICAST else ""
    second = int(at)
    what = outcome.mac, outcome.protocol, reason, port, 1, second, second, verdict.bound, verdict.seen, outcome.where
    ms = int((at - second) * 1000)
    return make(Refused, (*what, outcome.message, outcome.reply, verdict.address or address, state, link, ms))
