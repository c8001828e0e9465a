"""What a traced gate promised, by its own datagrams, and what a store has of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from gatekeeper.store.opening import open_store
from gatekeeper.wire.dhcp import ACK, DhcpMessage, decode
from gatekeeper.wire.text import ip_text, mac_text
from tests.clients.reporter import Report
from tests.clients.trouble.load import has
from tests.faults.trace import Call

_COOKIE: Final = b"\x63\x82\x53\x63"
_COOKIE_AT: Final = 236  # RFC 2131 2
_LEASE_TIME: Final = 51
_SLACK_S: Final = 3.0  # a lease ends at a whole second, and its box counts from when it asked


class Lease(NamedTuple):
    """An address, until then by the wall clock."""

    address: int
    until: float


class Promises:
    """All that was promised up to some moment; the last word for each box and session counts."""

    def __init__(self, said: Iterable[Report]) -> None:
        self.leases: dict[str, Lease] = {}
        self.reports: dict[str, Report] = {}
        self.count = 0
        self._said: dict[int, list[Report]] = {}
        for report in said:
            self._said.setdefault(report.packet[1], []).append(report)

    def hear(self, call: Call) -> bool:
        """This was sent. True if there is a promise in it."""
        before = self.count
        for message in dhcp_in(call.data):
            if message.kind == ACK:
                until = call.time_s + int.from_bytes(message.options[_LEASE_TIME], "big") - _SLACK_S
                self.leases[mac_text(message.mac)] = Lease(message.yiaddr, until)
                self.count += 1
        for data in radius_in(call.data):
            (report,) = (one for one in self._said.get(data[1], ()) if one.is_answered_by(data))
            self.reports[report.session] = report
            self.count += 1
        return self.count > before

    def assert_kept_by(self, store: Path, now: float, when: str) -> None:
        """All of it is on record there, and no address for two boxes."""
        opened = open_store(f"sqlite:{store}")
        try:
            opened.check()
            held = [lease for lease in opened.all_leases() if lease.state == "active"]
            sessions = {str(row["session"]): row for row in opened.view("sessions", int(now))}
        finally:
            opened.close()
        found = {mac_text(lease.mac): lease for lease in held}
        assert len(found) == len(held) == len({lease.address for lease in held}), when
        for mac, lease in self.leases.items():
            kept = found.get(mac)
            assert kept and kept.address == lease.address and kept.expires_at >= lease.until, (
                f"{when}: {mac} was promised {ip_text(lease.address)} until {lease.until}, and on record is {kept}"
            )
        for name, report in self.reports.items():
            assert has(sessions, report), f"{when}: {report} was acknowledged, and on record is {sessions.get(name)}"


def dhcp_in(data: bytes) -> Iterator[DhcpMessage]:
    """The answers in what one call sends: several, one behind the other, where the kernel takes them apart."""
    if data[:1] != b"\x02":
        return
    starts = []
    at = data.find(_COOKIE)
    while at >= 0:
        starts.append(at - _COOKIE_AT)
        at = data.find(_COOKIE, at + _COOKIE_AT)
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield decode(data[start:end])


def radius_in(data: bytes) -> Iterator[bytes]:
    """Accounting-Responses, each as long as it says (RFC 2865 3)."""
    while data[:1] == b"\x05":
        length = int.from_bytes(data[2:4], "big")
        yield data[:length]
        data = data[length:]
