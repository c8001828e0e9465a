"""Capture files: pcap and pcapng, gzipped or not -> UDP datagrams with their frame number and time."""

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import dpkt

from gatekeeper.drivers.files import written
from gatekeeper.wire.frame import (
    DESTINATION_MAC,
    ETHERTYPE,
    IDENTIFICATION,
    IP,
    IP_SIZE,
    IPV4,
    PROTOCOL,
    SOURCE_MAC,
    TOTAL_LENGTH,
    UDP,
    UDP_SIZE,
    VLAN_TAG,
)

_GZIP: Final = b"\x1f\x8b"
_RECORD_HEADER: Final = 16
_TAGS: Final = (VLAN_TAG, 0x88A8, 0x9100)
_VLAN_ID: Final = 0x0FFF
_IPV4: Final = IPV4.to_bytes(2, "big")
_LINK_ETHERNET: Final = 1
_LINK_RAW: Final = 101
_LINK_SLL: Final = 113
_LINK_SLL2: Final = 276
# What gzip and dpkt raise over a damaged file.
_DAMAGED: Final = (OSError, EOFError, ValueError, struct.error, zlib.error, dpkt.Error)


class CaptureError(Exception):
    """The file is no capture, or of a kind that cannot be read."""


class _Measured:
    """A file that knows whether it ended inside a record; dpkt hands out what is left of it without a word."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.short = False
        self.name = ""

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        # At a clean end dpkt reads a record's header, of 16 octets, and gets nothing.
        if 0 <= len(data) < size and (data or size != _RECORD_HEADER):
            self.short = True
        return data

    def seek(self, *where: int) -> int:
        return int(self._file.seek(*where))

    def tell(self) -> int:
        return int(self._file.tell())


class Packet(NamedTuple):
    """One UDP datagram of a capture. Addresses are int, ``frame`` counts from 1, ``time`` is Unix seconds."""

    frame: int
    time: float
    source_mac: bytes
    destination_mac: bytes
    source: int
    destination: int
    source_port: int
    destination_port: int
    payload: bytes
    vlan: int = 0  # the outermost 802.1Q tag's VLAN id, 0 = none


class Capture:
    """Iterates the UDP datagrams of a file that are whole. ``cut`` tells afterwards what was lost, "" = nothing: where
    reading ended early, and which frames hold less of their datagram than was on the wire."""

    def __init__(self, path: Path) -> None:
        """Open. Raises CaptureError."""
        self.cut = ""
        self._snapped: list[int] = []  # frames that the capture holds a part of
        try:
            raw: IO[bytes] = path.open("rb")
            magic = raw.read(2)
            raw.seek(0)
            self._file = _Measured(gzip.GzipFile(fileobj=raw) if magic == _GZIP else raw)
            self._frames: Any = dpkt.pcap.UniversalReader(self._file)
        except _DAMAGED as error:
            raise CaptureError(f"{path}: not a pcap or pcapng file: {error}") from None
        self._link = self._frames.datalink()
        if self._link not in (_LINK_ETHERNET, _LINK_RAW, _LINK_SLL, _LINK_SLL2):
            raise CaptureError(f"{path}: link type {self._link} is not read; capture on an Ethernet interface")

    def __iter__(self) -> Iterator[Packet]:
        frame = 0
        frames = iter(self._frames)
        while True:
            try:
                time, data = next(frames)
            except StopIteration:
                return self._end(frame)
            except _DAMAGED as error:
                return self._end(frame, f"cut after frame {frame}: {error or type(error).__name__}")
            if self._file.short:
                return self._end(frame)
            frame += 1
            packet = self._packet(frame, float(time), bytes(data))
            if packet:
                yield packet

    def _end(self, frame: int, damage: str = "") -> None:
        told = (
            [damage or f"cut after frame {frame}: the file ends inside a record"] if damage or self._file.short else []
        )
        if self._snapped:
            how = "cut by the capture's snap length (take it with tcpdump -s 0) and not judged"
            told.append(f"{how}: {len(self._snapped)} frames, frame {self._snapped[0]} the first")
        self.cut = "; ".join(told)

    def _packet(self, frame: int, time: float, data: bytes) -> Packet | None:
        macs, vlan, ip = _network_layer(self._link, data)
        if not ip or ip[0] >> 4 != 4:
            return None
        if _is_part(ip):
            self._snapped.append(frame)
            return None
        if len(ip) < IP_SIZE + UDP_SIZE:
            return None
        try:
            packet = dpkt.ip.IP(ip)
        except (dpkt.Error, struct.error, IndexError, ValueError):
            return None
        udp = packet.data
        # A fragment has no whole UDP datagram in it.
        if not isinstance(udp, dpkt.udp.UDP) or packet.mf or packet.offset:
            return None
        source, destination = int.from_bytes(packet.src, "big"), int.from_bytes(packet.dst, "big")
        payload = bytes(udp.data)[: max(udp.ulen - UDP_SIZE, 0)]
        return Packet(frame, time, macs[1], macs[0], source, destination, udp.sport, udp.dport, payload, vlan)


def _is_part(ip: bytes) -> bool:
    """True for the beginning of an IP packet, of UDP as far as that can be told (RFC 791 3.1)."""
    if len(ip) < IP_SIZE:
        return len(ip) <= PROTOCOL - IP or ip[PROTOCOL - IP] == UDP
    total = int.from_bytes(ip[TOTAL_LENGTH - IP : IDENTIFICATION - IP], "big")
    return ip[PROTOCOL - IP] == UDP and total > len(ip)


def _network_layer(link: int, data: bytes) -> tuple[tuple[bytes, bytes], int, bytes]:
    """((destination MAC, source MAC), VLAN id of the outermost tag, IP packet or b"")."""
    if link == _LINK_RAW:
        return (b"", b""), 0, data
    if link == _LINK_SLL:
        return (b"", data[6:12]), *_untagged(data, 14)
    if link == _LINK_SLL2:
        return (b"", data[12:18]), 0, data[20:] if data[0:2] == _IPV4 else b""
    return (data[DESTINATION_MAC:SOURCE_MAC], data[SOURCE_MAC:ETHERTYPE]), *_untagged(data, ETHERTYPE)


def _untagged(data: bytes, at: int) -> tuple[int, bytes]:
    """(VLAN id of the outermost tag, IP packet or b""). at: where the protocol stands, or the first tag."""
    vlan = 0
    while int.from_bytes(data[at : at + 2], "big") in _TAGS:
        # A tag of VLAN 0 is a priority alone (IEEE 802.1Q).
        vlan = vlan or int.from_bytes(data[at + 2 : at + 4], "big") & _VLAN_ID
        at += 4
    return vlan, data[at + 2 :] if data[at : at + 2] == _IPV4 else b""


def write_capture(path: Path, frames: list[tuple[float, bytes]]) -> None:
    """Ethernet frames with their times, as a classic pcap with microseconds. Raises OSError."""
    with written(path) as file:
        writer = dpkt.pcap.Writer(file, linktype=_LINK_ETHERNET)
        for time, data in frames:
            writer.writepkt(data, ts=time)
