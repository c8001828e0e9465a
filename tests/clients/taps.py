"""Captures by tcpdump, and a reader of them that shares no code with the server."""

import signal
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.clients.net import Process, Space, wait_until

STORY_FILTER = "udp port 67 or udp port 68 or udp port 1812"
_KINDS = ["", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"]


class Heard(NamedTuple):
    """One UDP datagram of a capture, untagged Ethernet; addresses as text."""

    source_mac: str
    target_mac: str
    source: str
    target: str
    source_port: int
    target_port: int
    payload: bytes


class Dhcp(NamedTuple):
    """A DHCP message of a capture. Options in the sequence of the wire."""

    kind: str
    xid: int
    ciaddr: str
    yiaddr: str
    giaddr: str
    mac: str
    options: list[tuple[int, bytes]]
    heard: Heard

    def option(self, code: int) -> bytes | None:
        """The only instance of an option; None where there is none."""
        found = [value for number, value in self.options if number == code]
        assert len(found) < 2, f"option {code} {len(found)} times"
        return found[0] if found else None


def dotted(octets: bytes) -> str:
    return ".".join(map(str, octets))


def read_pcap(file: Path) -> list[Heard]:
    """Whole records of a classic pcap of Ethernet; a record still being written is left for the next look."""
    data = file.read_bytes()
    found: list[Heard] = []
    at = 24
    while at + 16 <= len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        frame = data[at + 16 : at + 16 + size]
        if len(frame) < size:
            break
        at += 16 + size
        heard = _read_frame(frame)
        if heard:
            found.append(heard)
    return found


def _read_frame(frame: bytes) -> Heard | None:
    if frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    udp = 14 + (frame[14] & 15) * 4
    source_port, target_port, length = struct.unpack_from("!HHH", frame, udp)
    return Heard(
        frame[6:12].hex(":"),
        frame[:6].hex(":"),
        dotted(frame[26:30]),
        dotted(frame[30:34]),
        source_port,
        target_port,
        frame[udp + 8 : udp + length],
    )


def read_dhcp(heard: Heard) -> Dhcp | None:
    """The message; None where the bytes are something else."""
    data = heard.payload
    if len(data) < 240 or data[236:240] != b"\x63\x82\x53\x63":
        return None
    options: list[tuple[int, bytes]] = []
    at = 240
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        options.append((data[at], data[at + 2 : at + 2 + data[at + 1]]))
        at += 2 + data[at + 1]
    kind = next((value[0] for code, value in options if code == 53), 0)
    return Dhcp(
        _KINDS[kind],
        int.from_bytes(data[4:8], "big"),
        *(dotted(data[start : start + 4]) for start in (12, 16, 24)),
        data[28:34].hex(":"),
        options,
        heard,
    )


class Tap:
    """tcpdump on one interface, from the call on."""

    def __init__(self, space: Space, interface: str, file: Path, words: str = STORY_FILTER) -> None:
        """Returns once it listens."""
        self.file = file
        command = f"tcpdump -i {interface} -n -s 0 -U --immediate-mode -Z root -w {file}"
        self._process: Process = space.start(*command.split(), words, output=file.with_suffix(".tcpdump"))
        wait_until(lambda: "listening on" in self._process.text(), 10, "tcpdump listening")
        wait_until(lambda: file.exists() and file.stat().st_size >= 24, 5, "the capture's header")

    def heard(self) -> list[Heard]:
        return read_pcap(self.file)

    def dhcp(self, **wanted: str) -> list[Dhcp]:
        """DHCP messages so far whose fields equal those wanted."""
        read = (read_dhcp(one) for one in self.heard())
        return [one for one in read if one and all(getattr(one, name) == value for name, value in wanted.items())]

    def wait_for(self, look: Callable[[list[Dhcp]], bool], timeout_s: float, what: str) -> list[Dhcp]:
        """Until the DHCP messages satisfy look; returns them."""
        wait_until(lambda: look(self.dhcp()), timeout_s, what)
        return self.dhcp()

    def stop(self) -> None:
        """End it, so that the file is whole."""
        self._process.end(signal.SIGINT)
