"""A target for each reader: where its corpus starts, and the laws that any octets must keep.

A target takes octets and returns; whatever leaves it is a finding. The readers are fed as they are in service, with
what follows them on the way of a packet.
"""

import gzip
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from gatekeeper.book import Nas
from gatekeeper.config.load import load_file
from gatekeeper.drivers.capture import Capture, CaptureError, Packet, write_capture
from gatekeeper.intake.formats import NAMES as FORMATS
from gatekeeper.intake.formats import open_orders, recognised
from gatekeeper.intake.order_file import OrderFileError
from gatekeeper.policy.order_fields import Order, OrderRefused
from gatekeeper.policy.order_fields import read as read_order
from gatekeeper.report.explain import port_form
from gatekeeper.wire import Malformed, dhcp, radius
from gatekeeper.wire.aaa import read_grant
from gatekeeper.wire.acs import decode_tr069
from gatekeeper.wire.dhcp_options import show_value
from gatekeeper.wire.dynauth import error_cause
from gatekeeper.wire.eap import SUCCESS, decode_eap, encode_eap
from gatekeeper.wire.frame import UdpFrame, udp_frame
from gatekeeper.wire.line_forms import read_cisco
from gatekeeper.wire.line_id import NO_CONFIGURATION, port_from_text, port_from_wire
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.nas_port import FORMS
from gatekeeper.wire.nas_request import read_request
from gatekeeper.wire.radius_accounting import read_report
from gatekeeper.wire.relay_agent import read_relay_info
from gatekeeper.wire.session_class import read_class
from tests.vectors.reader import vectors

ROOT = Path(__file__).parents[2]
NOW = 1_700_000_000.0
_NODES = ("", "10.20.0.1", "bras1")


class Target(NamedTuple):
    """One reader. corpus: octets to start from; run: one input, read and held to its laws."""

    corpus: Callable[[], list[bytes]]
    run: Callable[[bytes], None]


def _of(*files: str) -> list[bytes]:
    return [vector.data for file in files for vector in vectors(file)]


@cache
def _folder() -> Path:
    """Goes with the process."""
    kept = tempfile.TemporaryDirectory(prefix="gatekeeper-fuzz-")
    _KEPT.append(kept)
    return Path(kept.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def _file(data: bytes) -> Path:
    file = _folder() / "input"
    file.write_bytes(data)
    return file


# DHCP


def _dhcp_corpus() -> list[bytes]:
    found = _of("dhcp.txt")
    bare = dhcp.message(dhcp.DISCOVER, bytes(6), 7)
    options = [{43: value[2:]} for value in _of("acs.txt")] + [{82: value} for value in _relay_values()]
    return found + [dhcp.encode(bare._replace(options=bare.options | more)) for more in options]


def _relay_values() -> list[bytes]:
    return [bytes((1, len(line))) + line for line in _of("line_id.txt") if len(line) < 254]


def run_dhcp(data: bytes) -> None:
    """A message or Malformed; a message that is encoded and decoded is itself; its parts are read or Malformed."""
    try:
        message = dhcp.decode(data)
    except Malformed as bad:
        assert 0 <= bad.offset <= max(len(data), 240)
        return
    again = dhcp.decode(dhcp.encode(message))
    assert again == message
    assert list(again.options) == list(message.options)
    for code, value in message.options.items():
        assert show_value(code, value).isprintable()
    for port_key in ("both", "circuit-id", "remote-id"):
        _try(partial(read_relay_info, port_key=port_key), message.options.get(82, b""))
    _try(decode_tr069, message.options.get(43, b""))


def _try(read: Callable[[bytes], object], value: bytes) -> None:
    try:
        read(value)
    except Malformed as bad:
        assert 0 <= bad.offset <= len(value)


# RADIUS


def _radius_corpus() -> list[bytes]:
    # A reply's vector is its attributes alone; EAP is carried in attributes.
    bodies = _of("nas_reply.txt") + [radius.attribute(79, value[:253]) for value in _of("eap.txt")]
    head = [radius.HEADER.pack(2, 1, 20 + len(body), bytes(16)) + body for body in bodies]
    return _of("radius.txt", "radius_others.txt", "nas_request.txt") + head


@cache
def _clients() -> tuple[Nas, ...]:
    """One client of each dialect, and one with a template and bit fields."""
    lines: list[str] = []
    for number, dialect in enumerate((*DIALECTS, "generic"), 1):
        lines += ["[[radius.client]]", f'name = "nas{number}"', f'ipaddr = "192.0.2.{number}"', 'secret = "s"']
        lines += [f'nas = "{dialect}"']
    lines += ['user_name = "{option61}"', 'nas_port = "slot:8 subslot:4 port:8 vlan:12"', 'port_from = ["NAS-Port"]']
    file = _folder() / "gatekeeper.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_file(file).book.clients


def run_radius(data: bytes) -> None:
    """A packet or Malformed; where no type is repeated its attributes are its octets; all of it can be read."""
    try:
        packet = radius.decode(data)
    except Malformed as bad:
        assert 0 <= bad.offset <= max(len(data), 20)
        return
    assert packet.data == data[: len(packet.data)]
    body = b"".join(radius.attribute(*one) for one in packet.attributes.items() if len(one[1]) <= 253)
    if len(body) == len(packet.data) - 20:
        head = radius.HEADER.pack(packet.code, packet.identifier, 20 + len(body), packet.authenticator)
        assert head + body == packet.data
    assert not packet.seal_at or packet.data[packet.seal_at - 2 : packet.seal_at] == b"\x50\x12"
    for (vendor, kind), values in radius.vendor_table(packet).items():
        if vendor:
            assert radius.vendor_values(packet, vendor, kind) == values
    for client in _clients():
        named = read_request(packet, client.reading)
        assert len(named.mac) in (0, 6)
        assert named.port is None or named.port.text.isprintable()
    _read_rest(packet)


def _read_rest(packet: radius.RadiusPacket) -> None:
    """What accounting, EAP, an answer of AAA and a NAK of a NAS say."""
    read_grant(packet)
    for read in (lambda: read_report(packet, 0x0A000001, NOW), lambda: error_cause(packet)):
        try:
            read()
        except Malformed:
            pass
    decision = read_class(packet.attributes.get(25, b""))
    assert decision is None or len(decision.mac) == 6
    octets = packet.attributes.get(79, b"")
    try:
        eap = decode_eap(octets)
    except Malformed as bad:
        assert 0 <= bad.offset <= max(len(octets), 4)
    else:
        assert eap.code >= SUCCESS or octets.startswith(encode_eap(eap))


# Line ids


def _line_corpus() -> list[bytes]:
    texts = [vector.name.partition(" @")[0].encode() for vector in vectors("line_pair.txt")]
    return _of("line_id.txt", "line_pair.txt", "line_form.txt") + texts + _relay_values()


def run_line(data: bytes) -> None:
    """Any octets name a line, in text for people, that is itself: at once, out of the store, and cut by a NAS."""
    line = data[:255]
    for node in _NODES if line else ():
        seen, whole = port_from_wire(line, node), NO_CONFIGURATION.of_agent(line, node, cuts=True)
        assert seen.text.isprintable()
        assert seen.covers(seen)
        assert port_from_text(seen.text).covers(seen)
        assert port_from_text(whole.text).covers(whole)
        left = line[:128].partition(b"\0")[0]
        for tells in ("copy", "port", "interface"):
            told = NO_CONFIGURATION.of_nas(line, node, tells)
            assert told is None or port_from_text(told.text).covers(told)
        cut = NO_CONFIGURATION.of_nas(left, node, "copy", cuts=True) if left else None
        if cut and cut.text.endswith(port_from_wire(left, node).text):
            assert port_from_text(whole.text).covers(cut)
            assert port_from_text(cut.text).covers(whole)
        port_form(seen.text)
        cisco = read_cisco(seen.text)
        assert cisco is None or cisco.vlan <= 4094
    for read in FORMS.values():
        read(data, "both")
    _try(partial(read_relay_info, port_key="both"), data)


# Captures


def _capture_corpus() -> list[bytes]:
    found = [file.read_bytes() for file in sorted((ROOT / "captures").glob("*.pcap"))]
    return [*found, gzip.compress(found[0], mtime=0), *(_pcapng(data) for data in found[:1])]


def _pcapng(data: bytes) -> bytes:
    """A pcap of microseconds as pcapng, made by dpkt."""
    import dpkt

    file = _folder() / "made.pcapng"
    with file.open("wb") as target:
        writer = dpkt.pcapng.Writer(target)
        for time, frame in dpkt.pcap.Reader(_file(data).open("rb")):
            writer.writepkt(bytes(frame), ts=time)
    return file.read_bytes()


def run_capture(data: bytes) -> None:
    """Packets with rising frame numbers, or CaptureError; written as a capture and read again they are the same."""
    try:
        packets = list(Capture(_file(data)))
    except CaptureError:
        return
    frames = [packet.frame for packet in packets]
    assert frames == sorted(set(frames))
    if packets:
        _write_and_read(packets[:20])


def _write_and_read(packets: list[Packet]) -> None:
    made = [udp_frame(one.payload, bytes(6), bytes(6), *one[4:8]) for one in packets]
    for one, frame in zip(packets, made, strict=True):
        read = UdpFrame(frame)
        assert (read.source, read.destination, read.source_port, read.destination_port, read.payload) == one[4:9]
    file = _folder() / "written.pcap"
    write_capture(file, [(float(number), frame) for number, frame in enumerate(made)])
    assert [one[4:9] for one in Capture(file)] == [one[4:9] for one in packets]


# Order files


def _order_corpus() -> list[bytes]:
    """Files of each format, of every spelling of a MAC, of an STBID and of a line; the first octet is the format."""
    macs = [vector.data.decode("latin-1") for vector in vectors("mac.txt")]
    stbids = [vector.data.decode("latin-1") for vector in vectors("stbid.txt")]
    lines = [line.decode("latin-1") for line in _of("line_id.txt")]
    rows = [f'{number},A{number},"{mac}","{lines[number % len(lines)]}"' for number, mac in enumerate(macs)]
    csv = [f"order,account,mac,port\n{chr(10).join(rows)}\n", "order,account,stbid\n"]
    csv[1] += "\n".join(f"{number},B,{stbid}" for number, stbid in enumerate(stbids))
    csv += [file.read_text(encoding="utf-8") for file in sorted((ROOT / "captures").glob("*.csv"))]
    hosts = "\n".join(f"dhcp-host={mac},set:iptv,10.20.1.{number},box{number},1h" for number, mac in enumerate(macs))
    kea = ", ".join(f'{{ "hw-address": "{mac}", "ip-address": "10.20.1.7" }}' for mac in macs if mac.isprintable())
    users = "\n".join(f'"{mac}" Cleartext-Password := "{mac}"\n\tFramed-IP-Address = 10.20.1.7,' for mac in macs)
    isc = "\n".join(
        f"host b{n} {{ hardware ethernet {mac}; fixed-address 10.20.1.{n}; }}" for n, mac in enumerate(macs)
    )
    leases = "\n".join(
        f"lease 10.20.1.{n} {{ binding state active; hardware ethernet {mac}; }}" for n, mac in enumerate(macs)
    )
    rows = [f"10.20.1.{n},{mac},,3600,0,1,0,0,,0," for n, mac in enumerate(macs)]
    files = [
        *(("csv", text) for text in csv),
        ("dnsmasq", hosts),
        ("kea", f'{{ "Dhcp4": {{ "reservations": [ {kea} ], }} }}'),
        ("freeradius", users),
        ("isc", f"group {{ {isc} }}"),
        ("isc-leases", leases),
        (
            "kea-leases",
            "\n".join(
                ["address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state", *rows]
            ),
        ),
        ("dnsmasq-leases", "\n".join(f"{n} {mac} 10.20.1.{n} * *" for n, mac in enumerate(macs))),
        ("ethers", "\n".join(f"{mac} box{n}" for n, mac in enumerate(macs))),
        (
            "uci",
            "\n".join(f"config host\n\toption mac '{mac}'\n\toption ip '10.20.1.{n}'" for n, mac in enumerate(macs)),
        ),
    ]
    return [bytes((FORMATS.index(form),)) + text.encode() for form, text in files]


def run_orders(data: bytes) -> None:
    """The file of the format that the first octet chooses."""
    if data:
        walk_orders(FORMATS[data[0] % len(FORMATS)], _file(data[1:]))


def walk_orders(form: str, file: Path) -> None:
    """Lines, each with its place and an order or a refusal; or OrderFileError, which names the file."""
    data = file.read_bytes()
    assert recognised(file) in ("", *FORMATS)
    try:
        with open_orders(form, file) as lines:
            found = list(lines)
    except OrderFileError as error:
        assert str(error).startswith(str(file))
        return
    for line in found:
        assert 1 <= line.number <= data.count(b"\n") + data.count(b"\r") + 1
        try:
            if not line.refusal:
                order = read_order(line.fields)
                assert Order.of(order.contents()) == order
        except OrderRefused:
            pass


TARGETS: dict[str, Target] = {
    "dhcp": Target(_dhcp_corpus, run_dhcp),
    "radius": Target(_radius_corpus, run_radius),
    "line": Target(_line_corpus, run_line),
    "capture": Target(_capture_corpus, run_capture),
    "orders": Target(_order_corpus, run_orders),
}
