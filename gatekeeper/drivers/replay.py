"""Replay: the client-side packets of a capture through the same engines as serve, by the capture's own clock.

A private store in memory, no sockets, no root. Equal input gives equal output, to the byte.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gatekeeper.config.load import Settings
from gatekeeper.drivers.access import DHCP_PORT, tagged_vias
from gatekeeper.drivers.capture import Capture, Packet
from gatekeeper.drivers.engines import Engine
from gatekeeper.drivers.reader import look_up
from gatekeeper.drivers.serve import make_world
from gatekeeper.engine.accounting import AccountingEngine
from gatekeeper.engine.dhcp import DhcpEngine
from gatekeeper.engine.leasequery import LeaseQuestion
from gatekeeper.engine.order_desk import OrderDesk, rules_of
from gatekeeper.engine.radius import RadiusEngine
from gatekeeper.intake.order_file import OrderFile
from gatekeeper.model import Action, Datagram, Outcome, Verdict, Via
from gatekeeper.state.effects import lost_reason
from gatekeeper.state.replies import Replies
from gatekeeper.store import opening
from gatekeeper.store.ports import Store
from gatekeeper.wire import Malformed
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, udp_frame

_AUTH_PORTS = frozenset({1812, 1645})
_ACCT_PORTS = frozenset({1813, 1646})
_SERVER_ID = 54
_KEY = b"gatekeeper replay"  # equal input gives equal answers; nobody is let in by them
# The server's MAC where the capture shows none (locally administered).
_OUR_MAC = b"\x02\x67\x6b\x00\x00\x01"


class Step(NamedTuple):
    """One client-side packet, what the gate does with it, and the answer that the capture holds (b"" = none)."""

    packet: Packet
    outcome: Outcome
    recorded: bytes


class Replay:
    """One policy, one private store."""

    def __init__(self, settings: Settings, packets: list[Packet], store: Store) -> None:
        """store: in memory; what the packets lead to is written there."""
        self._settings = settings
        self._packets = packets
        self._store = store
        self._acct_ports = _ACCT_PORTS | {endpoint.port for endpoint in settings.acct_listen}
        self._auth_ports = (_AUTH_PORTS | {endpoint.port for endpoint in settings.auth_listen}) - self._acct_ports
        self._local = self._our_address()
        self._tagged = tagged_vias(settings.book)
        self._world = make_world(settings.book, store)
        heard = {packet.destination for packet in packets if packet.destination_port == DHCP_PORT} - {BROADCAST_IP}
        own_ids = heard | {self._local} | {endpoint.address for endpoint in settings.dhcp_listen}
        # There is no AAA in a capture: the orders decide, whatever [dhcp] authorize says.
        self._dhcp = DhcpEngine(settings.book, self._world, sorted(own_ids))
        kept = Replies()
        self._radius = RadiusEngine(settings.book, self._world, kept, _KEY)
        self._accounting = AccountingEngine(settings.book, self._world, kept)
        store.keep_lease_keys(bool(settings.book.leasequery))

    def _our_address(self) -> int:
        """Our address on the access VLAN: server_id, else what a server in the capture calls itself, else the first."""
        book = self._settings.book
        if book.server_id:
            return book.server_id
        for packet in self._packets:
            if packet.source_port == DHCP_PORT and packet.payload[:1] == b"\x02":
                try:
                    value = dhcp_wire.decode(packet.payload).options.get(_SERVER_ID, b"")
                except Malformed:
                    continue
                if len(value) == 4:
                    return int.from_bytes(value, "big")
        return book.subnets[0].network + 1 if book.subnets else 0

    def run(self) -> Iterator[Step]:
        """Each client-side packet in its sequence."""
        answers = _Answers(self._packets, self._auth_ports | self._acct_ports)
        for packet in self._packets:
            if packet.destination_port == DHCP_PORT and packet.payload[:1] != b"\x02":
                datagram = self._dhcp_datagram(packet)
                if datagram:
                    yield Step(packet, self._ask(self._dhcp, datagram, packet.time), answers.to_dhcp(packet))
            elif packet.destination_port in self._auth_ports | self._acct_ports and packet.payload:
                datagram = Datagram(packet.payload, packet.source, packet.source_port, _radius_via(packet))
                engine = self._radius if packet.destination_port in self._auth_ports else self._accounting
                yield Step(packet, self._ask(engine, datagram, packet.time), answers.to_radius(packet))

    def _dhcp_datagram(self, packet: Packet) -> Datagram | None:
        """How serve would hear it: broadcasts on an interface, the rest by UDP; None = not at all."""
        interfaces = self._settings.interfaces
        if packet.destination == BROADCAST_IP:
            if not interfaces:
                return None
            via = self._via_of(packet.vlan, interfaces[0])
            return Datagram(packet.payload, packet.source, packet.source_port, via, packet.source_mac)
        via = Via("udp", packet.destination, raw=False)
        return Datagram(packet.payload, packet.source, packet.source_port, via)

    def _via_of(self, vlan: int, interface: str) -> Via:
        """Where a broadcast is heard. A configuration without VLANs is asked about whatever was captured.

        vlan: of two tags the outer one; serve itself does not hear QinQ.
        """
        if not vlan or not self._tagged:
            return Via(interface, self._local, raw=True)
        known = self._tagged.get(vlan)
        # As on the trunk: a VLAN of no subnet has no address of ours, and gets NO_SUBNET.
        return known or Via(f"{interface}.{vlan}", 0, raw=True)

    def _ask(self, engine: Engine, datagram: Datagram, now: float) -> Outcome:
        asked = engine.read(datagram, now)
        if isinstance(asked, LeaseQuestion):
            return self._dhcp.answer_query(asked, self._store.leases_about(asked.sought, now), now)
        if isinstance(asked, Outcome):
            return asked
        look_up(self._world, self._store, (asked,), self._settings.book.binding.counts_boxes())
        outcome: Outcome = engine.answer(asked, now)  # type: ignore[arg-type]
        if outcome.durable:
            lost = self._store.commit(outcome.effects)
            if lost:
                self._world.lose(outcome.effects, lost)
                engine.lost(outcome)
                return outcome._replace(
                    reply="", answer=b"", verdict=Verdict(Action.SILENT, lost_reason(outcome.effects, lost))
                )
            self._world.settle(outcome.effects)
        engine.sent(outcome, now)
        return outcome


class _Answers:
    """The answers that the capture holds, found by what ties them to their question."""

    def __init__(self, packets: Iterable[Packet], radius_ports: frozenset[int] | set[int]) -> None:
        self._questions: dict[tuple[object, ...], list[int]] = {}
        self._answers: dict[tuple[object, ...], list[Packet]] = {}
        for packet in packets:
            if packet.source_port in radius_ports and packet.payload:
                key: tuple[object, ...] = (packet.destination, packet.destination_port, packet.payload[1])
                self._answers.setdefault(key, []).append(packet)
            elif packet.source_port == DHCP_PORT and packet.payload[:1] == b"\x02":
                self._answers.setdefault(_dhcp_key(packet), []).append(packet)
            if packet.destination_port in radius_ports and packet.payload:
                key = (packet.source, packet.source_port, packet.payload[1:2][0] if packet.payload[1:2] else -1)
                self._questions.setdefault(key, []).append(packet.frame)
            elif packet.destination_port == DHCP_PORT and packet.payload[:1] == b"\x01":
                self._questions.setdefault(_dhcp_key(packet), []).append(packet.frame)

    def to_dhcp(self, packet: Packet) -> bytes:
        return self._find(_dhcp_key(packet), packet.frame)

    def to_radius(self, packet: Packet) -> bytes:
        identifier = packet.payload[1] if len(packet.payload) > 1 else -1
        return self._find((packet.source, packet.source_port, identifier), packet.frame)

    def _find(self, key: tuple[object, ...], frame: int) -> bytes:
        """The first answer after the question and before the next question of the same kind."""
        later = [other for other in self._questions.get(key, ()) if other > frame]
        for answer in self._answers.get(key, ()):
            if answer.frame > frame and (not later or answer.frame < later[0]):
                return answer.payload
        return b""


def _dhcp_key(packet: Packet) -> tuple[object, ...]:
    """xid, giaddr and chaddr: what question and answer share."""
    return packet.payload[4:8], packet.payload[24:28], packet.payload[28:34]


def _radius_via(packet: Packet) -> Via:
    return Via(f"radius:{packet.destination_port}", packet.destination, raw=False)


def read_capture(path: Path) -> tuple[list[Packet], str]:
    """All UDP datagrams of the file, and why reading ended early ("" = it did not). Raises CaptureError."""
    capture = Capture(path)
    packets = list(capture)
    return packets, capture.cut


def private_store(settings: Settings, orders: Path | None, start: float) -> tuple[Store, list[str]]:
    """An empty store in memory with the orders of a CSV file applied, and the lines refused. Raises OrderFileError."""
    store = opening.private_store()
    refused: list[str] = []
    if orders:
        desk = OrderDesk(store, rules_of(settings.book))
        with OrderFile(orders) as lines:
            for line in lines:
                record = None if line.refusal else desk.hand_in(line.fields, int(start)).record
                why = line.refusal or (record if record and record.state == "refused" else None)
                if why:
                    refused.append(f"{orders}:{line.number}: {why.reason}: {why.detail}")
    return store, refused


def answer_frames(steps: Iterable[Step]) -> Iterator[tuple[float, bytes]]:
    """The gate's answers as Ethernet frames, at the time of their questions."""
    for packet, outcome, _ in steps:
        if not (outcome.answer and outcome.to):
            continue
        raw = bool(outcome.to.mac)
        source = outcome.via.local if outcome.via else packet.destination
        frame = udp_frame(
            outcome.answer,
            _OUR_MAC if packet.destination_mac in (b"", BROADCAST_MAC) else packet.destination_mac,
            outcome.to.mac if raw else packet.source_mac or BROADCAST_MAC,
            source,
            outcome.to.address,
            packet.destination_port,
            outcome.to.port,
            packet.vlan if outcome.via and outcome.via.raw else 0,  # the tag it was asked with
        )
        yield packet.time, frame


def difference(ours: bytes, theirs: bytes, protocol: str) -> str:
    """What two answers differ in, by field, for people; "" where they are the same octets."""
    if ours == theirs:
        return ""
    fields = _dhcp_fields if protocol == "dhcp" else _radius_fields
    try:
        mine, other = fields(ours), fields(theirs)
    except Malformed as bad:
        return f"unreadable: {bad}"
    names = [
        name for name in (*mine, *(name for name in other if name not in mine)) if mine.get(name) != other.get(name)
    ]
    return (
        ", ".join(f"{name} {mine.get(name, '-')} was {other.get(name, '-')}" for name in names) or "padding or sequence"
    )


def _dhcp_fields(data: bytes) -> dict[str, str]:
    from gatekeeper.wire.dhcp_options import BY_CODE, show_value
    from gatekeeper.wire.text import ip_text

    if not data:
        return {"answer": "none"}
    message = dhcp_wire.decode(data)
    fields = {name: ip_text(getattr(message, name)) for name in ("ciaddr", "yiaddr", "siaddr", "giaddr")}
    fields |= {"answer": dhcp_wire.NAMES.get(message.kind, str(message.kind)), "flags": f"0x{message.flags:04x}"}
    for code, value in message.options.items():
        fields[BY_CODE[code].name if code in BY_CODE else f"option {code}"] = show_value(code, value)
    return fields


def _radius_fields(data: bytes) -> dict[str, str]:
    if not data:
        return {"answer": "none"}
    packet = radius_wire.decode(data)
    fields = {"answer": radius_wire.NAMES[packet.code]}
    fields |= {
        f"attribute {kind}": "0x" + value.hex() for kind, value in packet.attributes.items() if kind not in (26, 80)
    }
    return fields | {f"vendor attribute {at}": "0x" + value.hex() for at, value in enumerate(packet.vendor)}
