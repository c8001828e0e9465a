"""Interfaces, addresses and routes of the namespace that the caller is in. The only place that knows pyroute2."""

import errno
from pathlib import Path

from gatekeeper.lab.namespace import LabError


def bring_up(name: str, *addresses: str) -> None:
    """Give an interface its addresses, each ``a.b.c.d/length``, and switch it on. One it has already is kept."""
    from pyroute2 import IPRoute

    with IPRoute() as netlink:
        index = _index(netlink, name)
        for address in addresses:
            host, _, length = address.partition("/")
            netlink.addr("replace", index=index, address=host, prefixlen=int(length))
        netlink.link("set", index=index, state="up")


def drop_addresses(name: str) -> None:
    """Take every IPv4 address off an interface."""
    from pyroute2 import IPRoute

    with IPRoute() as netlink:
        netlink.flush_addr(index=_index(netlink, name))


def lay_cable(near: str, far: str, far_pid: int, far_mac: str = "") -> None:
    """A veth pair: near end here and up, far end in the network of far_pid. Raises LabError."""
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    peer: dict[str, object] = {"ifname": far, "net_ns_pid": far_pid}
    if far_mac:
        peer["address"] = far_mac
    with IPRoute() as netlink:
        try:
            netlink.link("add", ifname=near, kind="veth", peer=peer)
        except NetlinkError as error:
            if error.code in (errno.EOPNOTSUPP, errno.ENODEV):
                raise LabError(
                    "the kernel has no virtual Ethernet (veth): load it with 'modprobe veth', or take a usual kernel"
                ) from None
            raise
        netlink.link("set", index=_index(netlink, near), state="up")


def pull_cable(near: str) -> None:
    """Remove a veth pair, both ends."""
    from pyroute2 import IPRoute

    with IPRoute() as netlink:
        netlink.link("del", index=_index(netlink, near))


def route(destination: str, gateway: str = "", interface: str = "") -> None:
    """Set a route, through a gateway or straight out of an interface."""
    from pyroute2 import IPRoute

    with IPRoute() as netlink:
        if gateway:
            netlink.route("replace", dst=destination, gateway=gateway)
        else:
            netlink.route("replace", dst=destination, oif=_index(netlink, interface), scope=253)


def set_sysctl(path: str, value: str) -> None:
    """Write ``/proc/sys/net/…`` of this namespace. Raises OSError."""
    Path("/proc/sys/net", path).write_text(value)


def prepare() -> None:
    """Make a new network fit: loopback up, none of the machine's own hardening, no IPv6. Raises OSError."""
    # A new network starts with the machine's IPv4 settings; a router whose ports have no address needs these.
    for name in ("rp_filter", "arp_ignore", "arp_announce", "arp_filter"):
        for scope in ("all", "default"):
            set_sysctl(f"ipv4/conf/{scope}/{name}", "0")
    try:
        # Neighbour discovery would only fill the captures.
        for scope in ("all", "default"):
            set_sysctl(f"ipv6/conf/{scope}/disable_ipv6", "1")
    except FileNotFoundError:
        pass  # a kernel without IPv6
    bring_up("lo")


def _index(netlink: object, name: str) -> int:
    found = netlink.link_lookup(ifname=name)  # type: ignore[attr-defined]
    if not found:
        raise LookupError(f"no interface {name}")
    return int(found[0])
