"""``gatekeeper serve``: opens store and doors, runs the gate, minds the signals."""

import os
import secrets
import signal
import socket
import threading

from gatekeeper.book import Policybook
from gatekeeper.config import ConfigError
from gatekeeper.config.load import Settings, load_file
from gatekeeper.drivers.access import Interfaces
from gatekeeper.drivers.api_process import ApiProcess
from gatekeeper.drivers.commit import Committer, Notes
from gatekeeper.drivers.dynauth import DynauthClient
from gatekeeper.drivers.gate import Gate
from gatekeeper.drivers.log import Log
from gatekeeper.drivers.memory import make_world, warm
from gatekeeper.drivers.sockets import AnyAddressDoor, Door, DoorError, UdpDoor
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.store.opening import open_store


def open_doors(settings: Settings, interfaces: Interfaces) -> list[tuple[Door, str]]:
    """Every door of the configuration, with whose datagrams it hears. Raises DoorError, with all closed again."""
    doors = interfaces.doors()
    try:
        listens = (
            (DHCP, settings.dhcp_listen),
            (AUTHENTICATION, settings.auth_listen),
            (ACCOUNTING, settings.acct_listen),
        )
        for name, endpoints in listens:
            for address, port in endpoints:
                door = UdpDoor(address, port) if address else AnyAddressDoor(port, broadcasts=not settings.interfaces)
                doors.append((door, name))
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
        self._serving = threading.Event()
        self._store = open_store(*settings.store, create=create)
        self._store.check()
        self._store.keep_lease_keys(bool(settings.book.leasequery))
        self._log = Log(settings.log_packets)
        self._interfaces = Interfaces(settings, self._log)
        self._doors = open_doors(settings, self._interfaces)
        self._api = ApiProcess(settings, self._log, self._count) if settings.api else None
        if self._api:
            # It takes its time; what follows here goes on beside it.
            self._api.on_first = self._announce
            self._api.start()
        self._kept, self._seen = Replies(), NasCounts()
        self._key = secrets.token_bytes(32)
        seq = self._store.feed_end()
        self._world = make_world(settings.book, self._store)
        warm(self._world, self._store)
        committer = Committer(lambda: open_store(*settings.store))
        engines = self._engines(settings.book)
        self._gate = Gate(engines, self._world, self._store, committer, self._log, self._interfaces, seq)
        self._interfaces.on_new_address = lambda: self._gate.set_engines(self._engines(self._settings.book))
        for door, name in self._doors:
            self._gate.add_door(door, name)
        self._committer = committer
        self._dynauth = self._dynauth_client()
        self._gate.set_upstream(settings.book.aaa)

    def _engines(self, book: Policybook) -> Engines:
        return Engines.of(book, self._world, self._kept, self._seen, self._key, sorted(self._interfaces.own_ids()))

    def _dynauth_client(self) -> DynauthClient | None:
        """Who sends CoA and Disconnect, from the address that NASes know us by; only where there are NASes."""
        if not self._settings.auth_listen + self._settings.acct_listen:
            return None
        local = next((address for address, _ in self._settings.auth_listen if address), 0)
        return DynauthClient(lambda: open_store(*self._settings.store), lambda: self._settings.book, self._log, local)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._committer.start()
        if self._dynauth:
            self._dynauth.start()
        self._committer.note(Notes([], {}, [], [], []))  # the first heartbeat
        self._serving.set()
        if not self._api:
            self._announce("-")
        self._gate.run(reader, lambda: self._on_signal(os.read(reader, 64)))
        _notify("STOPPING=1")
        if self._api:
            self._api.stop()
        if self._dynauth:
            self._dynauth.stop()
        for door, _ in self._doors:
            door.close()
        self._store.close()
        self._log.say("gatekeeper stopped")
        self._log.stop()

    def _announce(self, api: str) -> None:
        """Say that all is ready; while the API starts, its thread says it."""
        self._serving.wait()
        self._log.say(self._ready_line(api))
        for note in self._settings.notes:
            self._log.say(f"note: {note}")
        _notify("READY=1")

    def _count(self, name: str) -> None:
        self._serving.wait()
        self._committer.note(Notes([], {tuple(name.split(".")): 1}, [], [], []))

    def _ready_line(self, api: str) -> str:
        dhcp = [door.name for door, name in self._doors if name == DHCP]
        radius = [door.name for door, name in self._doors if name in (AUTHENTICATION, ACCOUNTING)]
        return (
            f"gatekeeper ready: dhcp {','.join(dict.fromkeys(dhcp)) or '-'} radius {','.join(radius) or '-'} api {api}"
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
        if bool(settings.book.leasequery) != bool(old.book.leasequery):
            self._log.say("reload refused, going on as before: [dhcp] leasequery on or off needs a restart")
            return
        if (settings.store_url, *_listens(settings)) != (old.store_url, *_listens(old)):
            self._log.say("reload: interfaces, listen and store stay as they are until a restart")
        if settings.book.arp_probe != old.book.arp_probe:
            self._log.say("reload: arp_probe stays as it is until a restart")
        if settings.api != old.api:
            self._log.say("reload: [api] stays as it is until a restart, but for its token")
        self._settings = settings
        if self._api:
            self._api.hang_up()
        self._log.packets = settings.log_packets
        self._gate.set_engines(self._engines(settings.book))
        self._gate.set_upstream(settings.book.aaa)
        self._log.say(f"reload: {settings.file} is in force")


def _ranges(book: Policybook) -> list[tuple[tuple[int, int], ...]]:
    return [subnet.ranges for subnet in book.subnets]


def _listens(settings: Settings) -> tuple[object, ...]:
    places = tuple((subnet.interface, subnet.vlan, subnet.server) for subnet in settings.book.subnets)
    return settings.interfaces, places, settings.dhcp_listen, settings.auth_listen, settings.acct_listen


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
