"""The Policybook: the configuration as frozen values, ready for the packet path. ``config`` makes it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gatekeeper.wire.acs import AcsInfo
from gatekeeper.wire.dhcp_options import BY_CODE
from gatekeeper.wire.line_id import NO_CONFIGURATION, Lines
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_rates import RateAttribute
from gatekeeper.wire.nas_request import Reading
from gatekeeper.wire.radius_seal import Secret
from gatekeeper.wire.user_name import NamePart

# Boot file and server name, by the codes of the options that say them too (67, 66); b"" = none.
Names = tuple[tuple[int, bytes], ...]


class Subnet(NamedTuple):
    """One [[dhcp.subnet]]. ``options``: configured values by code, the subnet mask among them.

    ``interface`` and ``vlan``: where its boxes are heard, if it says so; ``server``: our address there, 0 = not said.
    ``next_server``, ``names``: what its boxes start from, as in ``Extra``; 0 = not told.
    ``link``: numbers of the subnets of its shared network, itself among them; empty where it is alone on its link.
    ``defer``: share of a lease that must have passed before a box that comes back is given a whole new one, 0 = none;
    ``min_lease_s``: less than that is never told of the old one.
    """

    number: int
    text: str
    network: int
    mask: int
    ranges: tuple[tuple[int, int], ...]
    lease_s: int
    options: tuple[tuple[int, bytes], ...]
    interface: str = ""
    vlan: int = 0
    server: int = 0
    link: tuple[int, ...] = ()
    next_server: int = 0
    names: Names = ()
    defer: float = 0.0
    min_lease_s: int = 1


class Acs(NamedTuple):
    """What tells a box its ACS: the dialect of ``wire.acs``, its fields, and whether to send it unasked."""

    encoding: str
    info: AcsInfo
    forced: bool
    classes: tuple["AcsClass", ...] = ()  # those that are told otherwise


class Boxes(NamedTuple):
    """Those whose make (option 60, or data of 124) is, or else holds, this text."""

    text: bytes
    exact: bool

    def fit(self, makes: Sequence[bytes]) -> bool:
        """True if one of these is such a make."""
        return self.text in makes if self.exact else any(self.text in make for make in makes)

    def quoted(self) -> str:
        """As the configuration says it: ``match "SCITV"``."""
        return f'{"exact" if self.exact else "match"} "{self.text.decode()}"'


class AcsClass(NamedTuple):
    """One [[acs.class]]."""

    boxes: Boxes
    acs: Acs


class Extra(NamedTuple):
    """What a [[dhcp.class]] or [[dhcp.profile]] says beside the subnet.

    ``next_server``: siaddr, 0 = none, None = as the subnet has it. ``forced``: its options are sent unasked.
    ``lease_s``: 0 = as the subnet has it.
    """

    next_server: int | None
    names: Names
    options: tuple[tuple[int, bytes], ...]
    forced: bool
    lease_s: int


class DhcpClass(NamedTuple):
    """One [[dhcp.class]]."""

    boxes: Boxes
    extra: Extra


class BindingPolicy(NamedTuple):
    """[binding]. port: off learn strict. missing: refuse allow. port_key: circuit-id remote-id both.

    ``lines``: how texts are read as access lines, ``port_names`` and line_templates among it.
    """

    port: str
    missing: str
    port_key: str
    port_names: dict[str, str]
    boxes_per_account: int
    boxes_per_port: int = 0  # 0 = no limit
    lines: Lines = NO_CONFIGURATION
    stbid: str = "warn"  # off warn refuse: a box that says an STBID that is not its own
    shared_line: int = 8  # accounts; a line of more than so many is said to be a VLAN, 0 = never

    def counts_boxes(self) -> bool:
        """True if a box may be refused because its port has too many."""
        return self.port == "learn" and self.boxes_per_port > 0

    def looks_for_vlans(self) -> bool:
        """True if lines of many accounts are to be told: where boxes are bound to lines."""
        return self.port != "off" and self.shared_line > 0


class Limits(NamedTuple):
    """[limits], packets per second of one mouth. total_per_s: 0 = no limit."""

    per_mac_per_s: int
    per_port_per_s: int
    per_nas_per_s: int
    total_per_s: int


class Nas(NamedTuple):
    """One [[radius.client]]. password: mac any shared.

    ``rates``: all attributes that come out of templates; ``plans``: the same for accounts of these plans; ``per_box``:
    one of them is not the same for all accounts of one rate and plan. ``option_43``: the attribute that carries it.
    Times of 0 are not told. ``session_keys``: types of the attributes that name a session to it in CoA and Disconnect.
    """

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
    reading: Reading
    plans: dict[str, tuple[RateAttribute, ...]]
    per_box: bool = False
    framed_address: bool = True
    framed_pool: str = ""
    session_timeout_s: int = 0
    option_43: AttributeCode | None = None
    session_keys: frozenset[int] = frozenset()
    coa_port: int = 3799
    seals: bool = True  # our packets to it have a Message-Authenticator
    interim_s: int = 0  # how often it is told to report on a session, 0 = not told

    def told(self, plan: str) -> tuple[RateAttribute, ...]:
        """The attributes for an account of this plan."""
        return self.plans.get(plan, self.rates)


class AaaServer(NamedTuple):
    """One [[dhcp.radius.server]]. sealed_only: an answer without Message-Authenticator is not believed."""

    address: int
    port: int
    secret: Secret
    sealed_only: bool


class AaaPolicy(NamedTuple):
    """[dhcp.radius]: who is asked about a box, as whom, and for how long. shared_password: None = the MAC."""

    servers: tuple[AaaServer, ...]  # in sequence of preference
    user_name: tuple[NamePart, ...]
    shared_password: Secret | None
    timeout_s: float
    tries: int
    cache_s: int
    hold_down_s: int
    nas_identifier: str


class Policybook(NamedTuple):
    """All that the engines are told."""

    subnets: tuple[Subnet, ...]
    server_id: int  # 0 = the address that heard the packet
    offer_s: int
    quarantine_s: int
    rapid_commit: bool
    arp_probe: bool
    deny_auto_configure: bool
    lenient: bool  # small clients' messages that RFC 2131 has no row for are answered where they can mean one thing
    trusted: frozenset[str]
    check_source_mac: bool
    acs: Acs | None
    binding: BindingPolicy
    clients: tuple[Nas, ...]  # longest prefix first
    limits: Limits | None = None  # None = none are in force
    leasequery: tuple[tuple[int, int], ...] = ()  # (network, mask) of those who may ask for leases
    relays: tuple[tuple[int, int], ...] = ()  # (network, mask) of those who relay; empty = not said
    hold_s: int = 0  # how long an order waits for the install of its account
    journal_days: int = 90  # of the journal, and of sessions that have ended
    stale_session_s: int = 86_400  # a session not heard of for so long is over
    aaa: AaaPolicy | None = None  # None = the orders decide about DHCP
    own: frozenset[int] = frozenset()  # addresses of ours that the file names
    declines_per_hour: int = 3  # that a box is believed
    strict_addresses: bool = False  # an order's address outside every subnet is refused
    dhcp_classes: tuple[DhcpClass, ...] = ()
    dhcp_profiles: Mapping[str, Extra] = {}  # by the plan of an account
    option_names: Mapping[int, str] = {}  # of the operator's own options

    def option_name(self, code: int) -> str:
        """The option's name in small letters, as people read it in counts; its number where it has none."""
        row = BY_CODE.get(code)
        own = self.option_names.get(code, str(code))
        return row.name if row else own.lower().replace("_", "-")

    def longest_lease_s(self) -> int:
        """The longest time that a lease can be given for."""
        extras = (*self.dhcp_profiles.values(), *(each.extra for each in self.dhcp_classes))
        return max((*(subnet.lease_s for subnet in self.subnets), *(extra.lease_s for extra in extras)), default=0)

    def stale_after(self) -> dict[str, int]:
        """Seconds without a report after which a session is over, for clients that are told how often to report."""
        return {nas.name: 3 * nas.interim_s + 60 for nas in self.clients if nas.interim_s}

    def subnet_of(self, address: int) -> Subnet | None:
        """The subnet that holds the address."""
        for subnet in self.subnets:
            if address & subnet.mask == subnet.network:
                return subnet
        return None

    def is_behind_router(self, address: int, local: int) -> bool:
        """True if the address is in a subnet of ours, but not on the link where our own address local is."""
        there, here = self.subnet_of(address), self.subnet_of(local)
        return there is not None and there is not here and (here is None or there.number not in here.link)

    def nas_of(self, address: int) -> Nas | None:
        """The client with the longest prefix that holds the address."""
        for nas in self.clients:
            if address & nas.mask == nas.network:
                return nas
        return None
