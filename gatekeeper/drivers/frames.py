"""Frames on an interface (AF_PACKET): boxes without an address, and the answers of other DHCP servers.

The kernel filters before anything is queued. A trunk's 802.1Q tags are taken off by the kernel, or by the card, and
come beside the frame (PACKET_AUXDATA, man 7 packet).
"""

import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from ctypes import addressof, c_char, create_string_buffer
from typing import Final

from gatekeeper.drivers.buffers import dropped
from gatekeeper.drivers.hearing import BATCH, Places, told_beside
from gatekeeper.drivers.sockets import NOTHING, DoorError, Ear, Heard, Link
from gatekeeper.model import Datagram, Destination, Via
from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import CLIENT_PORT, SERVER_PORT
from gatekeeper.wire.frame import (
    BROADCAST_IP,
    DESTINATION,
    DESTINATION_PORT,
    ETHERTYPE,
    FRAGMENT,
    FRAGMENT_BITS,
    IP,
    IPV4,
    PROTOCOL,
    SOURCE_PORT,
    UDP,
    UdpFrame,
    udp_frame,
)

_FRAME: Final = 2048
_SO_ATTACH_FILTER: Final = 26
_SOL_PACKET: Final = 263
_PACKET_AUXDATA: Final = 8
_PACKET_IGNORE_OUTGOING: Final = 23
# Bound to IPv4 alone, the kernel would show us frames of VLANs it does not know with their tags gone.
_ETH_P_ALL: Final = 0x0003
_AUXDATA: Final = struct.Struct("=IIIHHHH")
_VLAN_VALID: Final = 0x10
_VLAN_ID: Final = 0xFFF

# Classic BPF (man 7 packet, filter.rst of the kernel). A check: load, offset, jump, value, and whether it must hold.
_Check = tuple[int, int, int, int, bool]
_BYTE: Final = 0x30
_HALF: Final = 0x28
_WORD: Final = 0x20
_HALF_BEHIND_IP: Final = 0x48
_EQUAL: Final = 0x15
_BITS: Final = 0x45
_NOT_OUR_OWN: Final[_Check] = (_WORD, 0xFFFFF004, _EQUAL, 4, False)  # packet type: outgoing
_UNTAGGED: Final[_Check] = (_WORD, 0xFFFFF02C, _BITS, _VLAN_ID, False)  # VLAN tag; id 0 is a priority alone
_UDP: Final[tuple[_Check, ...]] = (
    (_HALF, ETHERTYPE, _EQUAL, IPV4, True),
    (_BYTE, PROTOCOL, _EQUAL, UDP, True),
    (_HALF, FRAGMENT, _BITS, FRAGMENT_BITS, False),
)
# What boxes without an address send, and what servers send to boxes.
FROM_BOXES: Final[tuple[_Check, ...]] = (
    (_WORD, DESTINATION, _EQUAL, BROADCAST_IP, True),
    (_HALF_BEHIND_IP, IP + DESTINATION_PORT, _EQUAL, SERVER_PORT, True),
)
FROM_SERVERS: Final[tuple[_Check, ...]] = (
    (_HALF_BEHIND_IP, IP + SOURCE_PORT, _EQUAL, SERVER_PORT, True),
    (_HALF_BEHIND_IP, IP + DESTINATION_PORT, _EQUAL, CLIENT_PORT, True),
)


def filter_program(wanted: tuple[_Check, ...], tagged: bool) -> bytes:
    """The kernel's filter: whole UDP datagrams in frames that we did not send, all checks of wanted held."""
    checks = (_NOT_OUR_OWN, *(() if tagged else (_UNTAGGED,)), *_UDP, *wanted)
    lines: list[tuple[int, int, int, int]] = [(0xB1, 0, 0, IP)]  # X = length of the IP header
    for at, (load, offset, jump, value, holds) in enumerate(checks):
        drop = 2 * (len(checks) - at) - 1  # behind the last check: accept, drop
        lines += [(load, 0, 0, offset), (jump, 0 if holds else drop, drop if holds else 0, value)]
    lines += [(0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _attach(one: socket.socket, program: bytes, tagged: bool) -> None:
    """Have the kernel filter by this, and tell tags. Raises OSError."""
    memory = create_string_buffer(program)
    view = struct.pack("HL", len(program) // 8, addressof(c_char.from_buffer(memory)))
    one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, view)
    one.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, int(tagged))


class FrameDoor:
    """DHCP in frames on one interface, of one kind: FROM_BOXES or FROM_SERVERS.

    ``lost`` says why nothing is heard any more: the interface went down or away. ``open`` makes it hear again.

    Each frame leaves with a call of its own. Measured over a veth pair a ring (PACKET_TX_RING) costs the same, and
    sendmmsg(2) a tenth less from sixteen on and a third more for one.
    """

    def __init__(
        self, link: Link, vias: dict[int, Via], wanted: tuple[_Check, ...] = FROM_BOXES, plain: bool = False
    ) -> None:
        """vias: by VLAN, 0 = untagged; plain: frames are read one by one. Raises DoorError."""
        self.name = link.name
        self.segments = self.on_trial = False
        self._wanted = wanted
        self._ear = Ear(Places(_FRAME, plain))
        self.open(link, vias)

    def open(self, link: Link, vias: dict[int, Via]) -> None:
        """A new packet socket with its filter. Raises DoorError."""
        tagged = any(vias)
        try:
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise DoorError(f"interface {link.name}: hearing frames needs CAP_NET_RAW (root, or setcap)") from None
        try:
            self._ear.listen(opened)
            # The filter stands before the socket is bound, so that nothing else ever gets in.
            _attach(opened, filter_program(self._wanted, tagged), tagged)
            with suppress(OSError):  # Linux before 4.20 copies all that is sent here for the filter to drop
                opened.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
            opened.bind((link.name, _ETH_P_ALL))
        except OSError as error:
            opened.close()
            raise DoorError(f"interface {link.name}: {error.strerror}") from None
        self._socket, self._link = opened, link
        self._name_places(vias, tagged)
        self.lost = ""

    def _name_places(self, vias: dict[int, Via], tagged: bool) -> None:
        self._tagged, self._vias = tagged, dict(vias)
        self._tags = {via.name: vlan for vlan, via in vias.items()}

    def set_vias(self, vias: dict[int, Via]) -> None:
        """Hear other VLANs from now on."""
        tagged = any(vias)
        if tagged != self._tagged:
            _attach(self._socket, filter_program(self._wanted, tagged), tagged)
        self._name_places(vias, tagged)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def dropped(self) -> int:
        """How many frames have found its receive buffer full since it was opened."""
        return dropped(self._socket)

    def receive(self, max_age_s: float = 0.0) -> Heard:
        """What is waiting; frames that are no whole UDP datagram are passed over. max_age_s: as of other doors."""
        try:
            late, count, waited_s = self._ear.hear(max_age_s)
        except OSError as error:
            self.lost = error.strerror or str(error)
            return NOTHING
        if not count:
            return NOTHING
        return Heard(self._datagrams(late, count), self._datagrams(0, late) if late else (), count == BATCH, waited_s)

    def _datagrams(self, first: int, end: int) -> list[Datagram]:
        found: list[Datagram] = []
        places, tagged, vias = self._ear.places, self._tagged, self._vias
        for place, frame in enumerate(places.datagrams(first, end), first):
            via = self._via_of(places.beside(place)) if tagged else vias[0]
            try:
                heard = UdpFrame(frame)
            except Malformed:
                continue
            found.append(Datagram(heard.payload, heard.source, heard.source_port, via, heard.source_mac))
        return found

    def _via_of(self, beside: bytes) -> Via:
        told = told_beside(beside, _SOL_PACKET, _PACKET_AUXDATA)
        vlan = 0
        if len(told) >= _AUXDATA.size:
            status, _, _, _, _, tag, _ = _AUXDATA.unpack_from(told)
            vlan = tag & _VLAN_ID if status & _VLAN_VALID else 0
        via = self._vias.get(vlan)
        if via is None:
            # A VLAN of no subnet: without an address of ours there, policy finds none, and says so.
            via = self._vias[vlan] = Via(f"{self.name}.{vlan}" if vlan else self.name, 0, raw=True)
        return via

    def send(self, answer: bytes, to: Destination, via: Via) -> None:
        """As a frame to to.mac, from our address, with the tag it was asked with. Raises OSError."""
        vlan = self._tags.get(via.name, 0)
        self._socket.send(udp_frame(answer, self._link.mac, to.mac, via.local, to.address, SERVER_PORT, to.port, vlan))

    def send_run(self, answers: Sequence[bytes], to: Destination, via: Via) -> None:
        """Several; up to the first that cannot be sent. Raises OSError."""
        for answer in answers:
            self.send(answer, to, via)

    def allow_runs(self, allowed: bool, on_trial: bool = False) -> None:
        """A frame has one answer, whoever hears it."""

    def refuse_runs(self) -> None:
        """As before."""
