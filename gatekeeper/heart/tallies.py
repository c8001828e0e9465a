"""What is counted of all that is told: outcomes by their columns, refused boxes, boxes that were let in. A reader of
``Told`` records; drained into the store every second or so. Bounded by what it is made of."""

from typing import Final

from gatekeeper.heart.told import Told
from gatekeeper.model import Action, Reason
from gatekeeper.state.admissions import Admissions
from gatekeeper.state.evidence import Admitted, Refused
from gatekeeper.state.refusals import Refusals

_ACCEPT: Final = Action.ACCEPT
_ACK: Final = Action.ACK
Columns = tuple[str, ...]  # protocol, message, reply, reason: as state.counts reads them


class Tallies:
    """Since the last drain."""

    def __init__(self) -> None:
        self._outcomes: dict[Columns, list[int]] = {}  # one number each, so that it is found once
        self._refusals = Refusals()
        self._admissions = Admissions()

    def read(self, told: Told) -> None:
        """Count it."""
        outcome, at = told.outcome, told.at
        verdict = outcome.verdict
        reason = verdict.reason
        columns = outcome.protocol, outcome.message, outcome.reply or "no-answer", reason or "ok"
        counted = self._outcomes.get(columns)
        if counted:
            counted[0] += 1
        else:
            self._outcomes[columns] = [1]
        if reason and outcome.mac and reason is not Reason.DUPLICATE:
            self._refusals.count(outcome, reason, at)
            if reason is not Reason.UNKNOWN_MAC and outcome.protocol == "dhcp":
                self._admissions.doubt(outcome.mac)
        elif verdict.action is _ACCEPT and outcome.binding:
            port = outcome.port.text if outcome.port else ""
            self._admissions.meet(outcome.mac, outcome.binding.account, outcome.where, port, at)
        elif verdict.action is _ACK:
            self._admissions.meet_lease(outcome, at)

    def outcomes(self) -> dict[Columns, int]:
        """Those of now; in any thread."""
        return {columns: counted[0] for columns, counted in self._outcomes.copy().items()}

    def drain_outcomes(self) -> dict[Columns, int]:
        drained = self.outcomes()
        self._outcomes.clear()
        return drained

    def drain_refusals(self) -> list[Refused]:
        return self._refusals.drain()

    def drain_admitted(self) -> list[Admitted]:
        return self._admissions.drain()
