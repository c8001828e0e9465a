"""A gate without sockets or clock: configuration text, the heart and a store; a packet in, its outcome out."""

from collections.abc import Callable
from math import inf
from pathlib import Path

from gatekeeper.config.load import load_file
from gatekeeper.drivers.commit import write_batch
from gatekeeper.drivers.memory import make_world
from gatekeeper.drivers.supply import Supply
from gatekeeper.engine.order_desk import OrderDesk, OrderResult, rules_of
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP, Heart
from gatekeeper.model import Action, Datagram, Outcome, Verdict, Via
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.store import StoreError
from gatekeeper.store.opening import open_store
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant
from gatekeeper.wire.radius_seal import Secret, hide_password, sealed_request, signed_request
from gatekeeper.wire.text import parse_ip

NOW = 1_800_000_000
BOX, OTHER, THIRD = bytes.fromhex("d4c1c8ee9b1f"), bytes.fromhex("d4c1c8000002"), bytes.fromhex("d4c1c8000003")
SERVER, GIADDR, FAR = parse_ip("10.20.0.2"), parse_ip("10.20.0.1"), parse_ip("10.30.0.1")
FIRST = parse_ip("10.20.1.0")  # the first address of the pool
ORIGIN = "bench"  # what the change feed knows this engine by
SECRET = Secret(b"testing123")
BRAS, H3C, MIKROTIK = parse_ip("192.0.2.1"), parse_ip("192.0.2.2"), parse_ip("192.0.2.3")

RELAYED = Via("10.20.0.2:67", SERVER, raw=False)
DIRECT = Via("eth0.100", SERVER, raw=True)
TRUSTED = Via("olt0", SERVER, raw=True)
RADIUS = Via("0.0.0.0:1812", 0, raw=False)
REPORTS = Via("0.0.0.0:1813", 0, raw=False)

CONFIG = """
[acs]
url = "http://itms.example.net:7547/acs"
provisioning_code = "SC.IPTV.01"

[dhcp]
interfaces = ["eth0.100", "olt0"]
listen = ["10.20.0.2:67"]
server_id = "10.20.0.2"
trusted = ["olt0"]

[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.0-10.20.1.3"]
routers = ["10.20.0.1"]
dns = ["10.20.0.53"]
lease_s = 3600
options = { 42 = "10.20.0.1", domain-name = "itv.example.net" }

[[dhcp.subnet]]
network = "10.30.0.0/24"
pools = ["10.30.0.10-10.30.0.20"]
routers = ["10.30.0.1"]

[radius]
listen_auth = ["0.0.0.0:1812"]

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.1"
secret = "testing123"
nas = "huawei"

[[radius.client]]
name = "h3c1"
ipaddr = "192.0.2.2"
secret = "testing123"
nas = "h3c"
kilobit = 1024

[[radius.client]]
name = "mt1"
ipaddr = "192.0.2.3"
secret = "testing123"
nas = "mikrotik"
"""


# What handle gives while an answer waits for its commit, which ``commit`` then gives.
WAITS = Outcome("", "waits for its commit", "", b"", Verdict(Action.SILENT), "", None, None)


class Bench:
    """One node over one store: a heart, driven with a packet at a time. The time is an argument."""

    def __init__(self, folder: Path, config: str = CONFIG, store: str = ":memory:") -> None:
        file = folder / "gatekeeper.toml"
        file.write_text(config, encoding="utf-8")
        self.book = load_file(file).book
        self.store = open_store(f"sqlite:{store}", create=True)
        self.desk = OrderDesk(self.store, rules_of(self.book))
        self._orders = 0
        self.gathers = False  # True: durable outcomes wait for commit(), as in a running gate
        self.lost = 0  # effects that the store refused: the memory was wrong
        self.unfit: list[str] = []  # outcomes that were no rows: a reader let something through
        self.aaa: Callable[[AaaQuestion], Grant] = lambda _: UNREACHABLE  # the upstream AAA, where one decides
        self.start()

    def start(
        self, key: bytes = b"key of the bench", probing: frozenset[str] = frozenset(), reads_first: bool = True
    ) -> None:
        """Begin with what the store says: memory is empty, as after a restart. key: what seals State; probing: doors on
        whose links addresses are probed; reads_first: all leases are read before anything is heard."""
        self.world, self.reader = make_world(self.book, self.store)
        if reads_first:
            self.reader.read_on(inf)
        self.kept = Replies()
        self.engines = Engines.of(self.book, self.world, self.kept, NasCounts(), key, [SERVER])
        self.dhcp, self.radius = self.engines.dhcp, self.engines.authentication
        self.accounting = self.engines.accounting
        self.heart = Heart(self.engines.mouths(), self.world, probing)
        self.supply = Supply(self.heart, self.store, fail, self.store.feed_end(), ORIGIN)
        self.supply.ask = self._ask_aaa
        self.supply.read_fixed = self.reader.read_fixed

    def reload(self, *ranges: tuple[int, int], now: int = NOW) -> None:
        """Go on with other ranges in the first subnet, as a running gate does."""
        first, *others = self.book.subnets
        self.book = self.book._replace(subnets=(first._replace(ranges=ranges), *others))
        self.world.pools.arrange([subnet.ranges for subnet in self.book.subnets], now)
        self.engines = Engines.of(self.book, self.world, self.kept, NasCounts(), b"key of the bench", [SERVER])
        self.heart.set_mouths(self.engines.mouths())

    def reopen(self) -> None:
        """Close the store, open it again and begin anew. It must be in a file."""
        path = self.store.path
        self.store.close()
        self.store = open_store(f"sqlite:{path}")
        self.desk = OrderDesk(self.store, rules_of(self.book))
        self.start()

    def _ask_aaa(self, question: AaaQuestion, now: float) -> bool:
        self.heart.heard_word(question, self.aaa(question), now)
        return True

    def order(self, kind: str, account: str = "A", now: float = NOW, **fields: str) -> OrderResult:
        """Hand in one order; numbered if it has no number."""
        self._orders += 1
        return self.desk.hand_in({"order": f"#{self._orders}", "kind": kind, "account": account, **fields}, now)

    def install(self, mac: bytes = BOX, account: str = "A", **fields: str) -> None:
        """An order that must be applied."""
        result = self.order("install", account, mac=mac.hex(":"), **fields)
        assert result.record.state == "applied", result.record

    def handle(self, name: str, datagram: Datagram, now: float = NOW) -> Outcome:
        """One datagram through the heart. name: whose it is, DHCP AUTHENTICATION ACCOUNTING."""
        self.supply.read_feed(now)
        self.heart.receive(name, (datagram,), None, now)
        self.supply.meet(now)
        ended = self.told()
        if ended:
            return ended[-1]
        return WAITS if self.gathers else self.commit(now)[0]

    def commit(self, now: float = NOW) -> list[Outcome]:
        """Write what waits as one batch; the outcomes as they leave, without answer where the store said no."""
        batch = self.heart.next_batch()
        if batch:
            lost, unfit = write_batch(self.store, batch.effects, batch.at_ms, batch.sizes, ORIGIN)
            self.lost += len(lost)
            self.unfit += unfit.values()
            self.heart.committed(batch.number, lost, now, unfit)
        return self.told()

    def told(self) -> list[Outcome]:
        """What has ended since the last time. A bug is raised."""
        for bug in self.heart.bugs():
            raise bug.error
        return [one.outcome for one in self.heart.told()]

    def hear(
        self, data: bytes, via: Via = RELAYED, now: float = NOW, source_mac: bytes = BOX, source: int = 0
    ) -> Outcome:
        """One DHCP payload. source: 0 = its giaddr, as a relay sends it."""
        relay = 0 if via.raw else int.from_bytes(data[24:28], "big")
        return self.handle(DHCP, Datagram(data, source or relay, 67, via, source_mac), now)

    def ask(self, data: bytes, source: int = BRAS, now: float = NOW, port: int = 40000) -> Outcome:
        """One RADIUS payload."""
        return self.handle(AUTHENTICATION, Datagram(data, source, port, RADIUS), now)

    def report(self, data: bytes, source: int = BRAS, now: float = NOW, port: int = 40001) -> Outcome:
        """One accounting payload."""
        return self.handle(ACCOUNTING, Datagram(data, source, port, REPORTS), now)

    def bind(self, mac: bytes = BOX, now: float = NOW, **header: int) -> int:
        """DISCOVER and REQUEST through the relay, as a box does it; the address it got, 0 if it got none."""
        offer = self.hear(discover(mac, **header), now=now)
        if offer.reply != "DHCPOFFER":
            return 0
        address = offer.verdict.address
        ack = self.hear(selecting(mac, address, **header), now=now)
        return address if ack.reply == "DHCPACK" else 0


def fail(text: str, now: float) -> None:
    """The store of a bench can be read."""
    raise StoreError(text)


def _message(kind: int, mac: bytes, options: dict[int, bytes], agent: bytes, header: dict[str, int]) -> bytes:
    if agent:
        options = {**options, 82: agent}
    return dhcp_wire.encode(dhcp_wire.message(kind, mac, 0x3903F326, options, **header))


def circuit(line: str) -> bytes:
    """Option 82 with this circuit-id."""
    return bytes((1, len(line))) + line.encode()


def discover(mac: bytes = BOX, options: dict[int, bytes] | None = None, agent: bytes = b"", **header: int) -> bytes:
    """DHCPDISCOVER, through the relay unless header says otherwise."""
    return _message(1, mac, options or {}, agent, {"giaddr": GIADDR} | header)


def selecting(
    mac: bytes, address: int, server: int = SERVER, options: dict[int, bytes] | None = None, agent: bytes = b"",
    **header: int,
) -> bytes:  # fmt: skip
    """DHCPREQUEST after an offer: option 54 and 50."""
    both = {50: address.to_bytes(4, "big"), 54: server.to_bytes(4, "big"), **(options or {})}
    return _message(3, mac, both, agent, {"giaddr": GIADDR} | header)


def init_reboot(mac: bytes, address: int, agent: bytes = b"", **header: int) -> bytes:
    """DHCPREQUEST of a box that remembers its address: option 50 alone."""
    return _message(3, mac, {50: address.to_bytes(4, "big")}, agent, {"giaddr": GIADDR} | header)


def renewing(mac: bytes, address: int, agent: bytes = b"", **header: int) -> bytes:
    """DHCPREQUEST by unicast: ciaddr alone. With giaddr it is REBINDING through a relay."""
    return _message(3, mac, {}, agent, {"ciaddr": address} | header)


def decline(mac: bytes, address: int, server: int = SERVER, **header: int) -> bytes:
    """DHCPDECLINE: somebody else answers for the address."""
    both = {50: address.to_bytes(4, "big"), 54: server.to_bytes(4, "big")}
    return _message(4, mac, both, b"", {"giaddr": GIADDR} | header)


def inform(mac: bytes, address: int, agent: bytes = b"", **header: int) -> bytes:
    """DHCPINFORM of a box that has its address from elsewhere."""
    return _message(8, mac, {55: b"\x01\x03\x06\x2a"}, agent, {"ciaddr": address} | header)


def release(mac: bytes, address: int) -> bytes:
    """DHCPRELEASE."""
    return _message(7, mac, {54: SERVER.to_bytes(4, "big")}, b"", {"ciaddr": address})


def access_request(
    name: str | None = BOX.hex(),
    station: str | None = None,
    password: str | bytes | None = BOX.hex(),
    port: str | None = None,
    identifier: int = 1,
    sealed: bool = True,
    extra: bytes = b"",
    secret: Secret = SECRET,
    authenticator: bytes = bytes(range(16)),
) -> bytes:
    """An Access-Request; what is None is left out."""
    body = b""
    if name is not None:
        body += radius_wire.attribute(1, name.encode())
    if password is not None:
        clear = password.encode() if isinstance(password, str) else password
        body += radius_wire.attribute(2, hide_password(clear, authenticator, secret))
    if station is not None:
        body += radius_wire.attribute(31, station.encode())
    if port is not None:
        body += radius_wire.attribute(87, port.encode())
    body += radius_wire.attribute(4, b"\xc0\x00\x02\x01") + extra
    if sealed:
        return sealed_request(1, identifier, authenticator, body, secret)
    return radius_wire.HEADER.pack(1, identifier, 20 + len(body), authenticator) + body


def accounting_request(
    status: int,
    session: str | None = "00000001",
    name: str | None = BOX.hex(),
    numbers: dict[int, int] | None = None,
    identifier: int = 1,
    extra: bytes = b"",
    secret: Secret = SECRET,
    sealed: bool = False,
) -> bytes:
    """An Accounting-Request; numbers: attributes of 4 octets by type."""
    body = radius_wire.attribute(40, status.to_bytes(4, "big"))
    if session is not None:
        body += radius_wire.attribute(44, session.encode())
    if name is not None:
        body += radius_wire.attribute(1, name.encode())
    for kind, value in (numbers or {}).items():
        body += radius_wire.attribute(kind, value.to_bytes(4, "big"))
    body += radius_wire.attribute(4, b"\xc0\x00\x02\x01") + extra
    return signed_request(4, identifier, body, secret, sealed)


def told(outcome: Outcome) -> tuple[str, str]:
    """(reply or "silent", reason): what the tables of these tests compare."""
    return outcome.reply or "silent", str(outcome.verdict.reason or "")
