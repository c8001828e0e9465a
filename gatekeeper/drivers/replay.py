"""Replay: the client-side packets of a capture through the same engines as serve, by the capture's own clock.

A private store in memory, no sockets, no root. Equal input gives equal output, to the byte.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from gatekeeper.config.load import Settings
from gatekeeper.drivers.access import DHCP_PORT, tagged_vias
from gatekeeper.drivers.capture import Capture, Packet
from gatekeeper.drivers.commit import write_batch
from gatekeeper.drivers.memory import whole_world
from gatekeeper.drivers.supply import Supply
from gatekeeper.heart.engines import Engines
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP, Heart
from gatekeeper.model import Datagram, Outcome, Via
from gatekeeper.state.nas import NasCounts
from gatekeeper.state.replies import Replies
from gatekeeper.store import StoreError
from gatekeeper.store.ports import Store
from gatekeeper.wire import Malformed
from gatekeeper.wire import dhcp as dhcp_wire
from gatekeeper.wire.dhcp import BOOTREPLY, BOOTREQUEST
from gatekeeper.wire.dhcp_header import op_of, question_key
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, udp_frame
from gatekeeper.wire.radius import identifier_of
from gatekeeper.wire.runs import dhcp_answers, radius_answers

_FOLD_AT: Final = 16_384  # effects; nobody waits, and memory is bounded
_AUTH_PORTS: Final = frozenset({1812, 1645})
_ACCT_PORTS: Final = frozenset({1813, 1646})
_SERVER_ID: Final = 54
_KEY: Final = b"gatekeeper replay"  # equal input gives equal answers; nobody is let in by them
# The server's MAC where the capture shows none (locally administered).
_OUR_MAC: Final = b"\x02\x67\x6b\x00\x00\x01"


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
        self._unfolded = 0  # effects, about, that wait in the store's logs
        self._acct_ports = _ACCT_PORTS | {endpoint.port for endpoint in settings.acct_listen}
        self._auth_ports = (_AUTH_PORTS | {endpoint.port for endpoint in settings.auth_listen}) - self._acct_ports
        self._local = self._our_address()
        self._tagged = tagged_vias(settings.book)
        self._hears_all = any(not endpoint.address for endpoint in settings.dhcp_listen)
        heard = {packet.destination for packet in packets if packet.destination_port == DHCP_PORT} - {BROADCAST_IP}
        own_ids = heard | {self._local} | {endpoint.address for endpoint in settings.dhcp_listen}
        # There is no AAA in a capture: the orders decide, whatever [dhcp] authorize says.
        book = settings.book._replace(aaa=None)
        world = whole_world(book, store)
        self._heart = Heart(Engines.of(book, world, Replies(), NasCounts(), _KEY, sorted(own_ids)).mouths(), world)
        self._supply = Supply(self._heart, store, _fail, store.feed_end())
        store.keep_lease_keys(bool(book.leasequery))

    def _our_address(self) -> int:
        """Our address on the access VLAN: server_id, else what a server in the capture calls itself, else the first."""
        book = self._settings.book
        if book.server_id:
            return book.server_id
        for packet in self._packets:
            if packet.source_port == DHCP_PORT and op_of(packet.payload) == BOOTREPLY:
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
            if packet.destination_port == DHCP_PORT and op_of(packet.payload) != BOOTREPLY:
                datagram = self._dhcp_datagram(packet)
                if datagram:
                    yield Step(packet, self._ask(DHCP, datagram, packet.time), answers.to_dhcp(packet))
            elif packet.destination_port in self._auth_ports | self._acct_ports and packet.payload:
                datagram = Datagram(packet.payload, packet.source, packet.source_port, _radius_via(packet))
                name = AUTHENTICATION if packet.destination_port in self._auth_ports else ACCOUNTING
                yield Step(packet, self._ask(name, datagram, packet.time), answers.to_radius(packet))

    def _dhcp_datagram(self, packet: Packet) -> Datagram | None:
        """How serve would hear it: broadcasts on an interface, else 0.0.0.0; the rest by UDP; None = not at all."""
        interfaces = self._settings.interfaces
        if packet.destination == BROADCAST_IP and interfaces:
            via = self._via_of(packet.vlan, interfaces[0])
            return Datagram(packet.payload, packet.source, packet.source_port, via, packet.source_mac)
        if packet.destination == BROADCAST_IP and not self._hears_all:
            return None
        local = self._local if packet.destination == BROADCAST_IP else packet.destination
        via = Via("udp", local, raw=False)
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

    def _ask(self, name: str, datagram: Datagram, now: float) -> Outcome:
        """One packet through the heart. The store answers at once, so that the packet ends before the next one."""
        heart = self._heart
        heart.receive(name, (datagram,), None, now)
        self._supply.meet(now)
        batch = heart.next_batch()
        if batch:
            lost, unfit = write_batch(self._store, batch.effects, batch.at_ms, batch.sizes)
            heart.committed(batch.number, lost, now, unfit)
            self._unfolded += len(batch.effects)
            if self._unfolded >= _FOLD_AT:
                self._store.fold_all()
                self._unfolded = 0
        for bug in heart.bugs():
            raise bug.error
        return heart.told()[0].outcome


class _Answers:
    """The answers that the capture holds, found by what ties them to their question."""

    def __init__(self, packets: Iterable[Packet], radius_ports: frozenset[int] | set[int]) -> None:
        self._questions: dict[tuple[object, ...], list[int]] = {}
        self._answers: dict[tuple[object, ...], list[Packet]] = {}
        for packet in packets:
            if packet.source_port in radius_ports and packet.payload:
                for answer in radius_answers(packet.payload):
                    key: tuple[object, ...] = (packet.destination, packet.destination_port, identifier_of(answer))
                    self._answers.setdefault(key, []).append(packet._replace(payload=answer))
            elif packet.source_port == DHCP_PORT and op_of(packet.payload) == BOOTREPLY:
                for answer in dhcp_answers(packet.payload):
                    self._answers.setdefault(question_key(answer), []).append(packet._replace(payload=answer))
            if packet.destination_port in radius_ports and packet.payload:
                key = (packet.source, packet.source_port, identifier_of(packet.payload))
                self._questions.setdefault(key, []).append(packet.frame)
            elif packet.destination_port == DHCP_PORT and op_of(packet.payload) == BOOTREQUEST:
                self._questions.setdefault(question_key(packet.payload), []).append(packet.frame)

    def to_dhcp(self, packet: Packet) -> bytes:
        return self._find(question_key(packet.payload), packet.frame)

    def to_radius(self, packet: Packet) -> bytes:
        return self._find((packet.source, packet.source_port, identifier_of(packet.payload)), packet.frame)

    def _find(self, key: tuple[object, ...], frame: int) -> bytes:
        """The first answer after the question and before the next question of the same kind."""
        later = [other for other in self._questions.get(key, ()) if other > frame]
        for answer in self._answers.get(key, ()):
            if answer.frame > frame and (not later or answer.frame < later[0]):
                return answer.payload
        return b""


def _fail(text: str, now: float) -> None:
    """A store of our own in memory that cannot be read: there is nothing to replay against."""
    raise StoreError(text)


def _radius_via(packet: Packet) -> Via:
    return Via(f"radius:{packet.destination_port}", packet.destination, raw=False)


def read_capture(path: Path) -> tuple[list[Packet], str]:
    """All UDP datagrams of the file, and why reading ended early ("" = it did not). Raises CaptureError."""
    capture = Capture(path)
    packets = list(capture)
    return packets, capture.cut


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
