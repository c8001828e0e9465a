"""The Policybook: the configuration as frozen values, ready for the packet path. ``config`` makes it."""

from typing import NamedTuple

from gatekeeper.wire.acs import AcsInfo
from gatekeeper.wire.nas import RateAttribute
from gatekeeper.wire.radius_seal import Secret


class Subnet(NamedTuple):
    """One [[dhcp.subnet]]. ``options``: configured values by code, the subnet mask among them."""

    number: int
    text: str
    network: int
    mask: int
    ranges: tuple[tuple[int, int], ...]
    lease_s: int
    options: tuple[tuple[int, bytes], ...]


class Acs(NamedTuple):
    """What tells a box its ACS: the dialect of ``wire.acs``, its fields, and whether to send it unasked."""

    encoding: str
    info: AcsInfo
    forced: bool


class BindingPolicy(NamedTuple):
    """[binding]. port: off learn strict. missing: refuse allow. port_key: circuit-id remote-id both."""

    port: str
    missing: str
    port_key: str
    port_names: dict[str, str]
    boxes_per_account: int


class Nas(NamedTuple):
    """One [[radius.client]]. password: mac any shared."""

    name: str
    network: int
    mask: int
    secret: Secret
    require_seal: str
    limit_proxy_state: str
    dialect: str
    rates: tuple[RateAttribute, ...]
    kilobit: int
    password: str
    shared_password: Secret | None


class Policybook(NamedTuple):
    """All that the engines are told."""

    subnets: tuple[Subnet, ...]
    server_id: int  # 0 = the address that heard the packet
    offer_s: int
    trusted: frozenset[str]
    check_source_mac: bool
    acs: Acs | None
    binding: BindingPolicy
    clients: tuple[Nas, ...]  # longest prefix first

    def subnet_of(self, address: int) -> Subnet | None:
        """The subnet that holds the address."""
        for subnet in self.subnets:
            if address & subnet.mask == subnet.network:
                return subnet
        return None

    def nas_of(self, address: int) -> Nas | None:
        """The client with the longest prefix that holds the address."""
        for nas in self.clients:
            if address & nas.mask == nas.network:
                return nas
        return None
