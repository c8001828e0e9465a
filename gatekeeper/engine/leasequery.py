"""Lease queries: BRAS and access nodes ask which box holds which address (RFC 4388, by remote-id RFC 6148).

Only those that [dhcp] leasequery names are answered. What they are told is on disk: an answer never runs ahead of a
commit. It is handed in; nothing is written.
"""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Policybook
from gatekeeper.engine.limits import query_limit
from gatekeeper.engine.relays import Relays
from gatekeeper.model import Action, Datagram, Destination, Lease, Outcome, Reason, Verdict
from gatekeeper.policy.leasequery import ADDRESS, Sought, judge_query, read_sought
from gatekeeper.reply.leasequery import render_answer
from gatekeeper.state.pools import Pools
from gatekeeper.state.throttle import Throttle
from gatekeeper.value import Value
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import LEASEQUERY, NAMES, SERVER_PORT, DhcpMessage
from gatekeeper.wire.text import ip_text


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class LeaseQuestion(Value):
    """A lease query that was read and waits for the leases on record. port: where the answer goes."""

    __slots__ = ("sought", "message", "datagram", "port")

    def __init__(self, sought: Sought, message: DhcpMessage, datagram: Datagram, port: int) -> None:
        self.sought: Final = sought
        self.message: Final = message
        self.datagram: Final = datagram
        self.port: Final = port


class LeaseQueries:
    """Lease queries for one Policybook."""

    def __init__(self, book: Policybook, pools: Pools, relays: Relays, throttle: Throttle | None) -> None:
        """throttle: that of the boxes, so that who relays and asks has one bucket for both; None = no limits."""
        self._book = book
        self._pools = pools
        self._relays = relays
        self._throttle = throttle

    def read(
        self, message: DhcpMessage, datagram: Datagram, to_source_port: bool, now: float
    ) -> LeaseQuestion | Outcome:
        """What is asked; an Outcome where there will be no answer. to_source_port: RFC 8357 5.1."""
        if not message.giaddr:
            # RFC 4388 6.3: giaddr MUST be set, there is nowhere else to answer to.
            return _outcome(message, datagram, Verdict(Action.SILENT, Reason.MALFORMED, seen="no giaddr at octet 24"))
        # RFC 4388 7: what asks and what is answered must both be known; a forged source gains nothing.
        for address in (datagram.source, message.giaddr):
            if not self._may_ask(address):
                seen = f"{ip_text(address)} is not in [dhcp] leasequery"
                return _outcome(message, datagram, Verdict(Action.SILENT, Reason.UNSUPPORTED, seen=seen))
        stranger = self._relays.refusal(datagram.source, message.giaddr, now)
        if stranger:
            return _outcome(message, datagram, stranger)
        try:
            sought = read_sought(message)
        except Malformed as bad:
            return _outcome(message, datagram, Verdict(Action.SILENT, Reason.MALFORMED, seen=str(bad)))
        limit = query_limit(self._throttle, datagram, now) if self._throttle else None
        if limit:
            return _outcome(message, datagram, limit)
        return LeaseQuestion(sought, message, datagram, datagram.source_port if to_source_port else SERVER_PORT)

    def _may_ask(self, address: int) -> bool:
        return any(address & mask == network for network, mask in self._book.leasequery)

    def answer(self, question: LeaseQuestion, leases: Sequence[Lease] | None, now: float) -> Outcome:
        """leases: all on record for question.sought; None = the store cannot be read, and nobody is answered."""
        sought, message, datagram = question.sought, question.message, question.datagram
        seen = sought.text()
        if leases is None:
            return _outcome(message, datagram, Verdict(Action.SILENT, Reason.STORE_UNAVAILABLE, seen=seen))
        told = judge_query(sought, leases, sought.form == ADDRESS and self._is_ours(message.ciaddr), now)
        address = told.lease.address if told.lease else message.ciaddr
        server_id = self._book.server_id or datagram.via.local
        return _outcome(message, datagram, Verdict(Action.TELL, seen=seen, address=address))._replace(
            reply=NAMES[told.kind],
            mac=told.lease.mac if told.lease else b"",
            answer=render_answer(
                message, told.kind, told.lease, told.others, self._book.subnet_of(address), server_id, now
            ),
            to=Destination(message.giaddr, question.port),  # RFC 4388 6.4: by unicast to giaddr
        )

    def _is_ours(self, address: int) -> bool:
        """True if this server gives the address: it is in a pool, or an order fixed it."""
        subnet = self._book.subnet_of(address)
        pooled = subnet is not None and any(first <= address <= last for first, last in subnet.ranges)
        return pooled or self._pools.is_fixed(address)


def _outcome(message: DhcpMessage, datagram: Datagram, verdict: Verdict) -> Outcome:
    """No MAC: a query about a box is nothing that the box did."""
    return Outcome(
        protocol="dhcp",
        message=NAMES[LEASEQUERY],
        reply="",
        mac=b"",
        verdict=verdict,
        where=ip_text(message.giaddr or datagram.source),
        port=None,
        binding=None,
        via=datagram.via,
    )
