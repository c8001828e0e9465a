"""What the heart asks of the engines. They fulfil these; the heart knows no more of them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, final

from mypy_extensions import mypyc_attr

from gatekeeper.engine.accounting import AccountingQuestion
from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.engine.leasequery import LeaseQuestion
from gatekeeper.engine.radius import RadiusQuestion
from gatekeeper.model import Datagram, Lease, Outcome, Reason
from gatekeeper.value import Value
from gatekeeper.wire.aaa import AaaQuestion, Grant

Question = DhcpQuestion | RadiusQuestion | AccountingQuestion


class Mouth(Protocol):
    """One engine: it reads a datagram, and decides about the question in it once the facts of its box are known.

    It is handed its own kind of question only.
    """

    def read(self, datagram: Datagram, now: float) -> Question | LeaseQuestion | Outcome:
        """Decode and verify. What needs no facts becomes an Outcome at once."""
        ...

    def answer(self, question: Any, now: float) -> Outcome:
        """Decide, render, apply. The facts of question.mac are known to the world."""
        ...

    def unanswered(self, question: Any, reason: Reason) -> Outcome:
        """The outcome of a question that cannot be decided: silence."""
        ...

    def sent(self, outcome: Outcome, now: float) -> None:
        """The answer leaves now."""
        ...

    def forget(self, question: Any) -> None:
        """No answer comes of it: the next try is a new question."""
        ...


class DhcpMouth(Mouth, Protocol):
    """DHCP may have to ask AAA, answers lease queries, and hears of addresses that somebody else uses."""

    def to_ask(self, question: DhcpQuestion, now: float) -> AaaQuestion | None:
        """What AAA must be asked first; None = nothing."""
        ...

    def learn(self, asked: AaaQuestion, grant: Grant, now: float) -> None:
        """AAA's word."""
        ...

    def ask_again(self, macs: Iterable[bytes] | None) -> None:
        """What AAA said of these is old; None = of all."""
        ...

    def answer_query(self, question: LeaseQuestion, leases: Sequence[Lease] | None, now: float) -> Outcome:
        """leases: those on record for question.sought; None = they cannot be read."""
        ...

    def deferred(self, question: DhcpQuestion, outcome: Outcome, until: int, since: int, now: float) -> Outcome | None:
        """What leaves of an acknowledged extension that is not on disk, where the lease ends then; None = nothing."""
        ...

    def conflict(self, offer: Outcome, now: float) -> Outcome:
        """Somebody else uses the address that this outcome offers."""
        ...


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Mouths(Value):
    """The engines of one Policybook over one world. A reload puts others in place.

    counts_boxes: how many boxes are bound to a line must be known before it is learned. aaa_s: how long AAA's word
    about a box may take at the most; 0 = it is not asked, the orders decide about DHCP.
    """

    __slots__ = ("dhcp", "authentication", "accounting", "counts_boxes", "aaa_s")

    def __init__(
        self, dhcp: DhcpMouth, authentication: Mouth, accounting: Mouth, counts_boxes: bool, aaa_s: float = 0.0
    ) -> None:
        self.dhcp: Final = dhcp
        self.authentication: Final = authentication
        self.accounting: Final = accounting
        self.counts_boxes: Final = counts_boxes
        self.aaa_s: Final = aaa_s
