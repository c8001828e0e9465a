"""The heart by itself: what boxes and NASes send goes in, answers come out; no sockets, no disk, no clock.

A lap is the same datagrams again, LAP_S later, when all that was said before is over but the leases. What is decided is
said to be on disk at once.
"""

from collections import Counter
from pathlib import Path

from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP
from gatekeeper.model import Datagram
from gatekeeper.wire.radius_accounting import INTERIM, START, STOP
from tests.engine import bench

LAP_S = 1_000
ROUND = 64  # datagrams that are read together
LINE = "eth 2/0/1:100.{0} OLT0001/0/1/1/0/{0}"
CONFIG = bench.CONFIG.replace("10.20.1.0-10.20.1.3", "10.20.1.0-10.20.20.255").replace(
    'listen_auth = ["0.0.0.0:1812"]', 'listen_auth = ["0.0.0.0:1812"]\nlisten_acct = ["0.0.0.0:1813"]'
)

Tape = list[tuple[str, Datagram]]


class Inside:
    """One gate and its boxes, each with its lease; tapes by name: dora renewal access accounting odd."""

    def __init__(self, folder: Path, boxes: int = 256) -> None:
        self.bench = bench.Bench(folder, CONFIG)
        self.now = float(bench.NOW)
        self.tapes: dict[str, Tape] = {"dora": [], "renewal": [], "access": [], "accounting": [], "odd": []}
        for number in range(boxes):
            mac = (0xD4C1C8000000 + number).to_bytes(6, "big")
            self.bench.install(mac, f"A{number}", port=LINE.format(number))
            self._record(number, mac)
        self.now += LAP_S

    def _record(self, number: int, mac: bytes) -> None:
        """What this box and its NAS will send."""
        agent = bench.circuit(LINE.format(number))
        discover = bench.discover(mac, agent=agent)
        address = self.bench.hear(discover, now=self.now).verdict.address
        request = bench.selecting(mac, address, agent=agent)
        assert self.bench.hear(request, now=self.now).reply == "DHCPACK"
        self._put("dora", DHCP, discover, request)
        self._put("renewal", DHCP, bench.renewing(mac, address))
        name, identifier, session = mac.hex(), number & 255, f"{number:08}"
        self._put(
            "access", AUTHENTICATION,
            bench.access_request(name, password=name, port=LINE.format(number), identifier=identifier),
            port=40_000 + number // 256,
        )  # fmt: skip
        reports = [
            bench.accounting_request(status, session, name, {8: address, 42: 1000 * status}, identifier)
            for status in (START, INTERIM, STOP)
        ]
        for place, report in enumerate(reports):
            self._put("accounting", ACCOUNTING, report, port=41_000 + 4 * (number // 256) + place)
        stranger = bench.discover(b"\x02\0" + mac[2:], agent=agent)
        self._put("odd", DHCP, stranger, discover[: 40 + number % 200], bench.init_reboot(mac, address + 1))
        forged = bench.access_request(name, password=name, identifier=identifier, secret=bench.Secret(b"another"))
        self._put("odd", AUTHENTICATION, forged, forged[:19], port=42_000 + number // 256)
        self._put("odd", ACCOUNTING, reports[0][:4] + bytes(16) + reports[0][20:], port=43_000 + number // 256)

    def _put(self, tape: str, name: str, *octets: bytes, port: int = 67) -> None:
        source = bench.GIADDR if name == DHCP else bench.BRAS
        via = {DHCP: bench.RELAYED, AUTHENTICATION: bench.RADIUS, ACCOUNTING: bench.REPORTS}[name]
        self.tapes[tape] += [(name, Datagram(one, source, port, via, b"")) for one in octets]

    def play(self, *tapes: str) -> Counter[str]:
        """One lap of these tapes; the replies by name, "" = none. A bug is raised."""
        replies: Counter[str] = Counter()
        heart, supply, now = self.bench.heart, self.bench.supply, self.now
        for name, datagrams in self.rounds(tapes):
            heart.receive(name, datagrams, None, now)
            supply.meet(now)
            batch = heart.next_batch()
            if batch:
                heart.committed(batch.number, frozenset(), now)
            for bug in heart.bugs():
                raise bug.error
            replies.update([one.outcome.reply for one in heart.told()])
        self.now += LAP_S
        return replies

    def rounds(self, tapes: tuple[str, ...], size: int = ROUND) -> list[tuple[str, list[Datagram]]]:
        """(whose, datagrams that are read together), so many at most."""
        rounds = []
        for tape in tapes:
            by_mouth: dict[str, list[Datagram]] = {}
            for name, datagram in self.tapes[tape]:
                by_mouth.setdefault(name, []).append(datagram)
            for name, datagrams in by_mouth.items():
                rounds += [(name, datagrams[at : at + size]) for at in range(0, len(datagrams), size)]
        return rounds
