"""[dhcp] and [acs] in the Policybook: subnets, and what kinds of boxes are told beside them."""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.acs import AcsInfo

# Boot file and server name, by the codes of the options that say them too (67, 66); b"" = none.
Names = tuple[tuple[int, bytes], ...]


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Subnet(Value):
    """One [[dhcp.subnet]]. ``options``: configured values by code, the subnet mask among them.

    ``interface`` and ``vlan``: where its boxes are heard, if it says so; ``server``: our address there, 0 = not said.
    ``next_server``, ``names``: what its boxes start from, as in ``Extra``; 0 = not told.
    ``link``: numbers of the subnets of its shared network, itself among them; empty where it is alone on its link.
    ``defer``: share of a lease that must have passed before a box that comes back is given a whole new one, 0 = none;
    ``min_lease_s``: less than that is never told of the old one.
    """

    __slots__ = (
        "number",
        "text",
        "network",
        "mask",
        "ranges",
        "lease_s",
        "options",
        "interface",
        "vlan",
        "server",
        "link",
        "next_server",
        "names",
        "defer",
        "min_lease_s",
    )

    def __init__(
        self,
        number: int,
        text: str,
        network: int,
        mask: int,
        ranges: tuple[tuple[int, int], ...],
        lease_s: int,
        options: tuple[tuple[int, bytes], ...],
        interface: str = "",
        vlan: int = 0,
        server: int = 0,
        link: tuple[int, ...] = (),
        next_server: int = 0,
        names: Names = (),
        defer: float = 0.0,
        min_lease_s: int = 1,
    ) -> None:
        self.number: Final = number
        self.text: Final = text
        self.network: Final = network
        self.mask: Final = mask
        self.ranges: Final = ranges
        self.lease_s: Final = lease_s
        self.options: Final = options
        self.interface: Final = interface
        self.vlan: Final = vlan
        self.server: Final = server
        self.link: Final = link
        self.next_server: Final = next_server
        self.names: Final = names
        self.defer: Final = defer
        self.min_lease_s: Final = min_lease_s


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Acs(Value):
    """What tells a box its ACS: the dialect of ``wire.acs``, its fields, and whether to send it unasked."""

    __slots__ = ("encoding", "info", "forced", "classes")

    def __init__(
        self,
        encoding: str,
        info: AcsInfo,
        forced: bool,
        classes: tuple["AcsClass", ...] = (),  # those that are told otherwise
    ) -> None:
        self.encoding: Final = encoding
        self.info: Final = info
        self.forced: Final = forced
        self.classes: Final = classes


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Boxes(Value):
    """Those whose make (option 60, or data of 124) is, or else holds, this text."""

    __slots__ = ("text", "exact")

    def __init__(self, text: bytes, exact: bool) -> None:
        self.text: Final = text
        self.exact: Final = exact

    def fit(self, makes: Sequence[bytes]) -> bool:
        """True if one of these is such a make."""
        return self.text in makes if self.exact else any(self.text in make for make in makes)

    def quoted(self) -> str:
        """As the configuration says it: ``match "SCITV"``."""
        return f'{"exact" if self.exact else "match"} "{self.text.decode()}"'


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AcsClass(Value):
    """One [[acs.class]]."""

    __slots__ = ("boxes", "acs")

    def __init__(self, boxes: Boxes, acs: Acs) -> None:
        self.boxes: Final = boxes
        self.acs: Final = acs


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Extra(Value):
    """What a [[dhcp.class]] or [[dhcp.profile]] says beside the subnet.

    ``next_server``: siaddr, 0 = none, None = as the subnet has it. ``forced``: its options are sent unasked.
    ``lease_s``: 0 = as the subnet has it.
    """

    __slots__ = ("next_server", "names", "options", "forced", "lease_s")

    def __init__(
        self, next_server: int | None, names: Names, options: tuple[tuple[int, bytes], ...], forced: bool, lease_s: int
    ) -> None:
        self.next_server: Final = next_server
        self.names: Final = names
        self.options: Final = options
        self.forced: Final = forced
        self.lease_s: Final = lease_s


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class DhcpClass(Value):
    """One [[dhcp.class]]."""

    __slots__ = ("boxes", "extra")

    def __init__(self, boxes: Boxes, extra: Extra) -> None:
        self.boxes: Final = boxes
        self.extra: Final = extra
