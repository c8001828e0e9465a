"""What remains of a lease that the disk has, told without anything being written: see ``policy.remaining`` for a young
one, and ``heart.commits`` for one that the store cannot extend in time."""

from typing import Final

from gatekeeper.book import Subnet
from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.model import ExtensionDeferred, LeaseBound, Outcome, Verdict
from gatekeeper.policy.dhcp import DhcpCase
from gatekeeper.policy.remaining import young_lease
from gatekeeper.reply.dhcp import DhcpReplies
from gatekeeper.state.world import World
from gatekeeper.wire.dhcp import ACK

_CLIENT_ID: Final = 61
# States in which a box goes on with what it has (RFC 2131 4.3.2). One that begins anew waits for a store in trouble.
_EXTENDING: Final = frozenset({"renewing", "rebinding", "init-reboot"})


def young(
    world: World, case: DhcpCase, verdict: Verdict, question: DhcpQuestion, agent: bytes | None
) -> ExtensionDeferred | None:
    """That the box goes on with the lease on disk; None = it has none, or is given a whole new one. agent: Option 82,
    where it is believed."""
    # What is on its way to disk may never be there.
    if case.lease is None or world.is_on_its_way(case.mac):
        return None
    lease = young_lease(case, verdict.address, agent, question.message.options.get(_CLIENT_ID))
    return ExtensionDeferred(lease.mac, lease.expires_at, lease.last_seen) if lease else None


def deferred(
    replies: DhcpReplies, subnet: Subnet, server_id: int, question: DhcpQuestion, outcome: Outcome,
    until: int, since: int, now: float,
) -> Outcome | None:  # fmt: skip
    """The ACK of outcome, which is not on disk, by the lease that is there: given then, and lasting until then. None =
    silence: the box begins anew, or too little remains of it."""
    left_s, bound, binding = int(until - now), outcome.effects[0], outcome.binding
    if question.state not in _EXTENDING or left_s < subnet.min_lease_s or not isinstance(bound, LeaseBound):
        return None
    whole = subnet._replace(lease_s=bound.lease.expires_at - bound.lease.last_seen)
    of_account = (binding.acs_url, binding.plan) if binding else ("", "")
    address = outcome.verdict.address
    answer = replies.grant(ACK, question.message, address, server_id, whole, *of_account, left_s=left_s)
    effects = (ExtensionDeferred(outcome.mac, until, since),)
    return outcome._replace(effects=effects, answer=answer, durable=False)
