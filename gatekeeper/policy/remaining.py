"""A box that comes back while its lease is young is told what remains of it, and nothing is written.

That promise is on disk already, and a whole new lease would say little more. RFC 2131 4.3.1 has a server return the
time that was assigned before, unless a client asks for more; Kea calls it lease caching, dhcpd dhcp-cache-threshold. It
holds only where the lease on record would stay as it is but for its times.
"""

from gatekeeper.book import Subnet
from gatekeeper.model import Lease
from gatekeeper.policy.binding import learns_port
from gatekeeper.policy.dhcp import DhcpCase


def young_lease(case: DhcpCase, address: int, agent: bytes | None, client_id: bytes | None) -> Lease | None:
    """The lease that the box goes on with; None = it is given a whole new one of this address.

    agent: Option 82, where it is believed; client_id: option 61. What a message does not say is as on record.
    """
    lease, subnet, binding = case.lease, case.subnet, case.binding
    if lease is None or subnet is None or binding is None or lease.address != address:
        return None
    lease_s, given, ends = subnet.lease_s, lease.last_seen, lease.expires_at
    # One given in the future is of a clock that was set back; one of another length is of another configuration.
    if not 0 <= case.now - given < subnet.defer * lease_s or ends - given != lease_s:
        return None
    if ends - case.now < subnet.min_lease_s or lease.state != "active" or lease.account != binding.account:
        return None
    if case.port is not None and (case.port.text != lease.port or learns_port(case)):
        return None
    if (agent and agent != lease.agent) or (client_id and client_id != lease.client_id):
        return None
    return lease


def whole_from(lease: Lease, subnet: Subnet) -> int:
    """When whoever comes back with this lease is given a whole new one."""
    return int(lease.last_seen + subnet.defer * (lease.expires_at - lease.last_seen))
