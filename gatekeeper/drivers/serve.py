"""``gatekeeper serve``: opens store and doors, runs the gate, minds the signals."""

import os
import signal
import socket
import time

from gatekeeper.book import Policybook
from gatekeeper.config import ConfigError
from gatekeeper.config.load import Settings, load_file
from gatekeeper.drivers.commit import Committer
from gatekeeper.drivers.gate import Engines, Gate
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.sockets import AnyAddressDoor, Door, DoorError, FrameDoor, Link, UdpDoor, find_link
from gatekeeper.engine.dhcp import DhcpEngine
from gatekeeper.engine.radius import RadiusEngine
from gatekeeper.state.pools import Pools
from gatekeeper.state.replies import Replies
from gatekeeper.state.world import World
from gatekeeper.store.sqlite import SqliteStore, sqlite_path

DHCP_PORT = 67
WARM_S = 0.5


def open_store(settings: Settings, create: bool = False) -> SqliteStore:
    """The configured store. Raises StoreError."""
    return SqliteStore(sqlite_path(settings.store_url, settings.folder), create)


def make_world(book: Policybook, store: SqliteStore) -> World:
    """The world as the store has it now."""
    pools = Pools([subnet.ranges for subnet in book.subnets])
    pools.load(((lease.address, lease.mac, lease.expires_at) for lease in store.all_leases()), store.fixed_addresses())
    return World(pools)


def warm(world: World, store: SqliteStore) -> None:
    """Look boxes up before the first packet, for half a second at most.

    After a power cut a whole district asks at once, and what is known already is answered sooner.
    """
    until = time.monotonic() + WARM_S
    macs = store.known_macs(b"", 1024)
    while macs and time.monotonic() < until and not world.is_full():
        world.admit(store.facts(macs))
        macs = store.known_macs(macs[-1], 1024)


def find_links(settings: Settings) -> list[Link]:
    """The interfaces to hear boxes on. Raises DoorError, also where no subnet fits an interface's address."""
    links = [find_link(name) for name in settings.interfaces]
    for link in links:
        if settings.book.subnet_of(link.address) is None:
            raise DoorError(f"interface {link.name}: no [[dhcp.subnet]] holds its address")
    return links


def open_doors(settings: Settings, links: list[Link]) -> list[tuple[Door, str]]:
    """Every door of the configuration with its protocol. Raises DoorError; what was opened is closed again."""
    doors: list[tuple[Door, str]] = []
    covered = {endpoint.address for endpoint in settings.dhcp_listen if endpoint.port == DHCP_PORT}
    try:
        for link in links:
            doors.append((FrameDoor(link), "dhcp"))
            # Unicast renewals and relays come to the interface's own address.
            if not covered & {0, link.address}:
                doors.append((UdpDoor(link.address, DHCP_PORT, link.name), "dhcp"))
        for protocol, endpoints in (("dhcp", settings.dhcp_listen), ("radius", settings.auth_listen)):
            for address, port in endpoints:
                door = UdpDoor(address, port) if address else AnyAddressDoor(port, broadcasts=not links)
                doors.append((door, protocol))
    except DoorError:
        for opened, _ in doors:
            opened.close()
        raise
    return doors


class Server:
    """One gatekeeper process."""

    def __init__(self, settings: Settings, create: bool) -> None:
        """Open everything. Raises StoreError, DoorError."""
        self._settings = settings
        self._store = open_store(settings, create)
        self._store.check()
        links = find_links(settings)
        self._own_ids = [link.address for link in links] + [endpoint.address for endpoint in settings.dhcp_listen]
        self._doors = open_doors(settings, links)
        self._kept = Replies()
        seq = self._store.feed_end()
        self._world = make_world(settings.book, self._store)
        warm(self._world, self._store)
        self._log = Log(settings.log_packets)
        committer = Committer(lambda: open_store(settings))
        self._gate = Gate(self._engines(settings.book), self._world, self._store, committer, self._log, seq)
        for door, protocol in self._doors:
            self._gate.add_door(door, protocol)
        self._committer = committer
        self._signals: list[int] = []

    def _engines(self, book: Policybook) -> Engines:
        return Engines(DhcpEngine(book, self._world, self._own_ids), RadiusEngine(book, self._world, self._kept))

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._committer.start()
        self._log.say(self._ready_line())
        for note in self._settings.notes:
            self._log.say(f"note: {note}")
        _notify("READY=1")
        self._gate.run(reader, lambda: self._on_signal(os.read(reader, 64)))
        _notify("STOPPING=1")
        for door, _ in self._doors:
            door.close()
        self._store.close()
        self._log.say("gatekeeper stopped")
        self._log.stop()

    def _ready_line(self) -> str:
        dhcp = [door.name for door, protocol in self._doors if protocol == "dhcp"]
        radius = [door.name for door, protocol in self._doors if protocol == "radius"]
        return (
            f"gatekeeper ready: dhcp {','.join(dict.fromkeys(dhcp)) or '-'} radius {','.join(radius) or '-'} api -"
            f" store={self._settings.store_url}"
        )

    def _on_signal(self, numbers: bytes) -> bool:
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            return False
        if signal.SIGHUP in numbers:
            self._reload()
        return True

    def _reload(self) -> None:
        """Take the new policy; a file with an error changes nothing. Doors and store stay as they were opened."""
        try:
            settings = load_file(self._settings.file)
        except ConfigError as error:
            for problem in error.problems:
                self._log.say(f"reload refused, going on as before: {problem}")
            return
        old = self._settings
        if _ranges(settings.book) != _ranges(old.book):
            self._log.say("reload refused, going on as before: other pools need a restart")
            return
        if (settings.store_url, *_listens(settings)) != (old.store_url, *_listens(old)):
            self._log.say("reload: interfaces, listen and store stay as they are until a restart")
        self._settings = settings
        self._log.packets = settings.log_packets
        self._gate.set_engines(self._engines(settings.book))
        self._log.say(f"reload: {settings.file} is in force")


def _ranges(book: Policybook) -> list[tuple[tuple[int, int], ...]]:
    return [subnet.ranges for subnet in book.subnets]


def _listens(settings: Settings) -> tuple[object, ...]:
    return settings.interfaces, settings.dhcp_listen, settings.auth_listen


def _notify(state: str) -> None:
    """Tell systemd (sd_notify); without it, nothing."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        try:
            one.sendto(state.encode(), "\0" + path[1:] if path[0] == "@" else path)
        except OSError:
            pass
