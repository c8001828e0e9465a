"""The interfaces that boxes are heard on: opened at the start, and opened again when one went away and came back.

On each of them foreign DHCP servers are listened for as well.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from gatekeeper.book import Policybook, Subnet
from gatekeeper.config.load import Settings
from gatekeeper.drivers.frames import FROM_BOXES, FROM_SERVERS, FrameDoor
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.probe import ArpProbe
from gatekeeper.drivers.sockets import Door, DoorError, Link, OwnAddresses, UdpDoor, find_link
from gatekeeper.engine.foreign import foreign_server
from gatekeeper.heart.life import DHCP
from gatekeeper.heart.needs import Probe
from gatekeeper.model import Via
from gatekeeper.report.line import rogue_line
from gatekeeper.state.rogues import Rogue, Rogues
from gatekeeper.wire.text import ip_text

DHCP_PORT: Final = 67
WATCH: Final = "watch"  # a door that only Interfaces.hear looks at


class Loop(Protocol):
    """Who polls the doors."""

    def add_door(self, door: Door, name: str) -> None: ...
    def remove_door(self, door: Door) -> None: ...
    def watch(self, descriptor: int) -> None: ...
    def unwatch(self, descriptor: int) -> None: ...


def find_access(book: Policybook, name: str) -> tuple[Link, dict[int, Via]]:
    """The interface, and by VLAN (0 = untagged) where its frames come in. Raises DoorError: no subnet fits it."""
    said = [subnet for subnet in book.subnets if subnet.interface == name]
    link = find_link(name, bare=bool(said))
    vias: dict[int, Via] = {}
    for subnet in said:
        local = _address_in(subnet, book, link)
        if not local:
            raise DoorError(f"interface {name}: none of our addresses is in {subnet.text}: set the subnet's server")
        vias[subnet.vlan] = Via(f"{name}.{subnet.vlan}" if subnet.vlan else name, local, raw=True)
    if 0 not in vias and link.address and book.subnet_of(link.address):
        vias[0] = Via(name, link.address, raw=True)
    if not vias:
        raise DoorError(f"interface {name}: no [[dhcp.subnet]] holds its address")
    return link, vias


def tagged_vias(book: Policybook) -> dict[int, Via]:
    """Where tagged frames come in, by VLAN, without looking at any interface. Two trunks with one VLAN: the first."""
    vias: dict[int, Via] = {}
    for subnet in book.subnets:
        if subnet.vlan:
            said = _address_in(subnet, book, Link(subnet.interface, b"", 0))
            vias.setdefault(subnet.vlan, Via(f"{subnet.interface}.{subnet.vlan}", said, raw=True))
    return vias


def _address_in(subnet: Subnet, book: Policybook, link: Link) -> int:
    """What we are called in this subnet; 0 = nothing."""
    known = subnet.server, book.server_id, link.address
    return next((one for one in known if one & subnet.mask == subnet.network), 0)


def _listed(addresses: Iterable[int]) -> str:
    return ",".join(map(ip_text, sorted(addresses)))


class Access:
    """One interface: the boxes' frames, other servers' frames, and what is sent to its own address."""

    def __init__(self, settings: Settings, name: str) -> None:
        """Open its doors. Raises DoorError."""
        self._book = settings.book
        self.name = name
        self.gone = False
        self.link, self.vias = find_access(self._book, name)
        self.unicast: UdpDoor | None = None
        self.boxes = FrameDoor(self.link, self.vias, FROM_BOXES)
        self.servers = FrameDoor(self.link, self.vias, FROM_SERVERS)
        self.probe = ArpProbe(name, self.link.mac) if self._book.arp_probe else None
        covered = {endpoint.address for endpoint in settings.dhcp_listen if endpoint.port == DHCP_PORT}
        # Unicast renewals and relays come to the interface's own address.
        if self.link.address and not covered & {0, self.link.address}:
            try:
                self.unicast = UdpDoor(self.link.address, DHCP_PORT, name)
            except DoorError:
                self.close()
                raise

    def set_book(self, book: Policybook, found: tuple[Link, dict[int, Via]] | None) -> None:
        """Go on with another Policybook. found: what find_access says of it; None = the interface is gone just now."""
        self._book = book
        if found and found[1] != self.vias:
            self.vias = found[1]
            for door in (self.boxes, self.servers):
                door.set_vias(self.vias)

    def doors(self) -> list[tuple[Door, str]]:
        """All of them, each with what it is for."""
        found: list[tuple[Door, str]] = [(self.boxes, DHCP), (self.servers, WATCH)]
        return [*found, (self.unicast, DHCP)] if self.unicast else found

    def own_ids(self) -> set[int]:
        """The addresses that we have there."""
        return {self.link.address, *(via.local for via in self.vias.values())} - {0}

    def close(self) -> None:
        for door, _ in self.doors():
            door.close()
        if self.probe:
            self.probe.close()

    def leave(self, loop: Loop) -> None:
        """Listen no more to frames of an interface that is gone."""
        self.gone = True
        for door in (self.boxes, self.servers):
            loop.remove_door(door)
            door.close()
        if self.probe:
            loop.unwatch(self.probe.fileno())
            self.probe.close()

    def come_back(self, loop: Loop) -> None:
        """Open again, by name. Raises DoorError while that cannot be done."""
        link, vias = find_access(self._book, self.name)
        if self.unicast and link.address != self.link.address:
            loop.remove_door(self.unicast)
            self.unicast.close()
            self.unicast.open(link.address, DHCP_PORT)
            loop.add_door(self.unicast, DHCP)
        self.link, self.vias = link, vias
        self.boxes.open(link, vias)
        try:
            self.servers.open(link, vias)
            if self.probe:
                self.probe.open(link.mac)
        except DoorError:
            self.boxes.close()
            self.servers.close()
            raise
        if self.probe:
            loop.watch(self.probe.fileno())
        loop.add_door(self.boxes, DHCP)
        loop.add_door(self.servers, WATCH)
        self.gone = False


def _said(book: Policybook) -> set[int]:
    """Addresses that the book says are ours."""
    return {book.server_id, *(subnet.server for subnet in book.subnets)} - {0}


class Interfaces:
    """All of them."""

    def __init__(self, settings: Settings, log: Log) -> None:
        """Open. Raises DoorError; what was opened is closed again."""
        self._log = log
        self._rogues = Rogues()
        self._all: list[Access] = []
        # Called when an address has come or gone: engines must know what a box may call us.
        self.on_new_address: Callable[[], None] = lambda: None
        self._listens = {endpoint.address for endpoint in settings.dhcp_listen if endpoint.address}
        self._said = _said(settings.book)
        # A listener on 0.0.0.0 answers under whichever address of this machine it was asked at.
        self._any = OwnAddresses() if any(not endpoint.address for endpoint in settings.dhcp_listen) else None
        try:
            for name in settings.interfaces:
                self._all.append(Access(settings, name))
        except DoorError:
            for opened in self._all:
                opened.close()
            raise
        self._ours = frozenset(self.own_ids())

    def own_ids(self) -> set[int]:
        """Every address that we answer under."""
        machine = self._any.look() if self._any else ()
        return self._said.union(self._listens, machine, *(one.own_ids() for one in self._all))

    def set_book(self, book: Policybook) -> None:
        """Hear on the same interfaces what another Policybook says of them. Raises DoorError, and all is as before."""
        found = [None if one.gone else find_access(book, one.name) for one in self._all]
        for one, access in zip(self._all, found, strict=True):
            one.set_book(book, access)
        self._said = _said(book)
        self._ours = frozenset(self.own_ids())

    def doors(self) -> list[tuple[Door, str]]:
        return [pair for one in self._all for pair in one.doors()]

    def endpoints(self) -> list[str]:
        """Where unicast is heard beside the listeners of the configuration."""
        return [f"{ip_text(one.link.address)}:{DHCP_PORT}" for one in self._all if one.unicast]

    def watch_probes(self, loop: Loop) -> None:
        """Have the loop wake up for what answers to ARP probes."""
        for one in self._all:
            if one.probe:
                loop.watch(one.probe.fileno())

    def look(self, loop: Loop) -> None:
        """Once a second: leave what is gone, take back what is there again, each told once; see what we are called."""
        for one in self._all:
            why = one.boxes.lost or one.servers.lost
            if not one.gone:
                if not why:
                    continue
                one.leave(loop)
                self._log.say(f"alarm: interface {one.name} is lost ({why}): it is tried again every second")
            try:
                one.come_back(loop)
            except (DoorError, OSError):
                continue
            self._log.say(f"interface {one.name} is back")
        ours = frozenset(self.own_ids())
        if ours != self._ours:
            came, went = map(_listed, (ours - self._ours, self._ours - ours))
            self._log.say(f"addresses of this machine: {came or 'none'} has come, {went or 'none'} has gone")
            self._ours = ours
            self.on_new_address()

    def hear(self, door: Door, now: float) -> None:
        """Look for foreign servers in what a door has."""
        for datagram in door.receive().datagrams:
            foreign = foreign_server(datagram, self._ours)
            if foreign and self._rogues.hear(foreign, now):
                self._log.say(rogue_line(foreign))

    def probing(self) -> frozenset[str]:
        """Names of the interfaces on which addresses are asked for before they are offered."""
        return frozenset(one.name for one in self._all if one.probe)

    def probe(self, probe: Probe, now: float) -> bool:
        """Ask for this address on the link. False: it cannot be asked."""
        for one in self._all:
            if one.probe and not one.gone and probe.via.name == one.name:
                return one.probe.send(probe.address)
        return False

    def claims(self) -> Iterator[tuple[int, bytes]]:
        """(address, MAC) of others who say on a link that an address is theirs."""
        for one in self._all:
            if one.probe and not one.gone:
                yield from one.probe.claims()

    def drain(self) -> list[Rogue]:
        """The foreign servers heard since the last time."""
        return self._rogues.drain()
