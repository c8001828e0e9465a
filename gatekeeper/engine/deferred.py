"""Extensions that the disk does not have: what a box is told of the lease that it has there."""

from typing import Final

from gatekeeper.book import Subnet
from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.model import ExtensionDeferred, Outcome
from gatekeeper.reply.dhcp import DhcpReplies
from gatekeeper.wire.dhcp import ACK

# States in which a box asks to go on with what it has (RFC 2131 4.3.2), so that it can be told what is left of that.
EXTENDING: Final = frozenset({"renewing", "rebinding", "init-reboot"})
LEAST_LEFT_S: Final = 5  # less is of no use to a box: it would ask again at once


def deferred(
    replies: DhcpReplies,
    subnet: Subnet,
    server_id: int,
    question: DhcpQuestion,
    outcome: Outcome,
    until: int,
    now: float,
) -> Outcome | None:
    """The ACK of outcome, with a lease that ends then, and T1 and T2 by that (RFC 2131 4.4.5); None = silence."""
    left_s = int(until - now)
    if question.state not in EXTENDING or left_s < LEAST_LEFT_S:
        return None
    of_account = (outcome.binding.acs_url, outcome.binding.plan) if outcome.binding else ("", "")
    left = subnet._replace(lease_s=left_s)
    answer = replies.grant(ACK, question.message, outcome.verdict.address, server_id, left, *of_account)
    return outcome._replace(effects=(ExtensionDeferred(outcome.mac, until),), answer=answer, durable=False)
