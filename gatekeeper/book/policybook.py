"""All of it as one value, and what is neither DHCP's nor RADIUS's."""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book.dhcp import Acs, DhcpClass, Extra, Subnet
from gatekeeper.book.radius import AaaPolicy, Nas
from gatekeeper.value import Value
from gatekeeper.wire.dhcp_options import BY_CODE
from gatekeeper.wire.line_id import NO_CONFIGURATION, Lines


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class BindingPolicy(Value):
    """[binding]. port: off learn strict. missing: refuse allow. port_key: circuit-id remote-id both.

    ``lines``: how texts are read as access lines, ``port_names`` and line_templates among it.
    """

    __slots__ = (
        "port",
        "missing",
        "port_key",
        "port_names",
        "boxes_per_account",
        "boxes_per_port",
        "lines",
        "stbid",
        "shared_line",
    )

    def __init__(
        self,
        port: str,
        missing: str,
        port_key: str,
        port_names: dict[str, str],
        boxes_per_account: int,
        boxes_per_port: int = 0,  # 0 = no limit
        lines: Lines = NO_CONFIGURATION,
        stbid: str = "warn",  # off warn refuse: a box that says an STBID that is not its own
        shared_line: int = 8,  # accounts; a line of more than so many is said to be a VLAN, 0 = never
    ) -> None:
        self.port: Final = port
        self.missing: Final = missing
        self.port_key: Final = port_key
        self.port_names: Final = port_names
        self.boxes_per_account: Final = boxes_per_account
        self.boxes_per_port: Final = boxes_per_port
        self.lines: Final = lines
        self.stbid: Final = stbid
        self.shared_line: Final = shared_line

    def counts_boxes(self) -> bool:
        """True if a box may be refused because its port has too many."""
        return self.port == "learn" and self.boxes_per_port > 0

    def looks_for_vlans(self) -> bool:
        """True if lines of many accounts are to be told: where boxes are bound to lines."""
        return self.port != "off" and self.shared_line > 0


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Limits(Value):
    """[limits], packets per second of one mouth. total_per_s: 0 = no limit."""

    __slots__ = ("per_mac_per_s", "per_port_per_s", "per_nas_per_s", "total_per_s")

    def __init__(self, per_mac_per_s: int, per_port_per_s: int, per_nas_per_s: int, total_per_s: int) -> None:
        self.per_mac_per_s: Final = per_mac_per_s
        self.per_port_per_s: Final = per_port_per_s
        self.per_nas_per_s: Final = per_nas_per_s
        self.total_per_s: Final = total_per_s


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Policybook(Value):
    """All that the engines are told."""

    __slots__ = (
        "subnets",
        "server_id",
        "offer_s",
        "quarantine_s",
        "rapid_commit",
        "arp_probe",
        "deny_auto_configure",
        "lenient",
        "trusted",
        "check_source_mac",
        "acs",
        "binding",
        "clients",
        "limits",
        "leasequery",
        "relays",
        "hold_s",
        "journal_days",
        "stale_session_s",
        "aaa",
        "own",
        "declines_per_hour",
        "answer_runs",
        "max_age_s",
        "strict_addresses",
        "dhcp_classes",
        "dhcp_profiles",
        "option_names",
    )

    def __init__(
        self,
        subnets: tuple[Subnet, ...],
        server_id: int,  # 0 = the address that heard the packet
        offer_s: int,
        quarantine_s: int,
        rapid_commit: bool,
        arp_probe: bool,
        deny_auto_configure: bool,
        lenient: bool,  # small clients' messages that RFC 2131 has no row for are answered if they can mean one thing
        trusted: frozenset[str],
        check_source_mac: bool,
        acs: Acs | None,
        binding: BindingPolicy,
        clients: tuple[Nas, ...],  # longest prefix first
        limits: Limits | None = None,  # None = none are in force
        leasequery: tuple[tuple[int, int], ...] = (),  # (network, mask) of those who may ask for leases
        relays: tuple[tuple[int, int], ...] = (),  # (network, mask) of those who relay; empty = not said
        hold_s: int = 0,  # how long an order waits for the install of its account
        journal_days: int = 90,  # of the journal, and of sessions that have ended
        stale_session_s: int = 86_400,  # a session not heard of for so long is over
        aaa: AaaPolicy | None = None,  # None = the orders decide about DHCP
        own: frozenset[int] = frozenset(),  # addresses of ours that the file names
        declines_per_hour: int = 3,  # that a box is believed
        answer_runs: str = "auto",  # auto always never: whether answers to one relay may leave in one call
        max_age_s: float = 4.0,  # a packet that has waited in a queue for longer is not answered; 0 = however long
        strict_addresses: bool = False,  # an order's address outside every subnet is refused
        dhcp_classes: tuple[DhcpClass, ...] = (),
        dhcp_profiles: Mapping[str, Extra] = {},  # by the plan of an account
        option_names: Mapping[int, str] = {},  # of the operator's own options
    ) -> None:
        self.subnets: Final = subnets
        self.server_id: Final = server_id
        self.offer_s: Final = offer_s
        self.quarantine_s: Final = quarantine_s
        self.rapid_commit: Final = rapid_commit
        self.arp_probe: Final = arp_probe
        self.deny_auto_configure: Final = deny_auto_configure
        self.lenient: Final = lenient
        self.trusted: Final = trusted
        self.check_source_mac: Final = check_source_mac
        self.acs: Final = acs
        self.binding: Final = binding
        self.clients: Final = clients
        self.limits: Final = limits
        self.leasequery: Final = leasequery
        self.relays: Final = relays
        self.hold_s: Final = hold_s
        self.journal_days: Final = journal_days
        self.stale_session_s: Final = stale_session_s
        self.aaa: Final = aaa
        self.own: Final = own
        self.declines_per_hour: Final = declines_per_hour
        self.answer_runs: Final = answer_runs
        self.max_age_s: Final = max_age_s
        self.strict_addresses: Final = strict_addresses
        self.dhcp_classes: Final = dhcp_classes
        self.dhcp_profiles: Final = dhcp_profiles
        self.option_names: Final = option_names

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
