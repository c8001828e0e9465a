"""Circuit-id, NAS-Port-Id and ordered port -> one canonical port, so that both protocols and the orders can agree.

Forms known:

China Telecom (Cisco ``nas-port-id format c``, H3C and Huawei ``cn-telecom``)::

    {atm|eth|trunk|0} slot/subslot/port:XPI.XCI node/rack/frame/slot/subslot/port[:ANI_XPI.ANI_XCI]

XPI.XCI is VPI.VCI or outer.inner VLAN, 4096 = no such tag. A node of 0 is unknown to the access node. The access node
zeroes the BRAS part (``0 0/0/0:4096.1234 node/…``) and the BRAS fills it in, adding its outer tag; what both name alike
is the access node's part and the inner tag, and that is the key.

Huawei, H3C ``cn-163``: ``slot=2;subslot=2;port=22;vlanid=503;vlanid2=100;``, where vlanid is the *inner* tag and
vlanid2 the outer one (the reverse order of the other form), or ``vpi=;vci=``. It names no access node.

TR-101 R-124 (DSL Forum)::

    node {atm|eth} slot/port[:vlan or vpi.vci]

Everything else is opaque (RFC 3046 3.1) and is compared octet for octet, but for this: Huawei (NetEngine,
``radius-server nas-port-id-format``) ends a copied circuit-id at its 128th octet or before its first NUL. One binary
form is read for people: that of Cisco's switches (vlan-mod-port), circuit-id ``00 04 VLAN(2) module port`` and
remote-id ``00 06 MAC``.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from gatekeeper.model import PortId, make
from gatekeeper.wire.text import printable

NO_TAG: Final = 4096
_CUT_AT: Final = 128

_TELECOM: Final = re.compile(
    r"(?P<kind>[a-z]{1,8}|0) (?P<bras>\d{1,2}/(?:\d{1,2}/)?\d{1,2}):(?P<xpi>\d{1,4})\.(?P<xci>\d{1,5}) "
    r"(?P<node>[^\s/|]{1,50})/(?P<ani>\d{1,2}/\d{1,2}/\d{1,3}/\d{1,2}/\d{1,3})(?::(?P<pvc>\d{1,4}\.\d{1,5}))?"
)
_TR_101: Final = re.compile(r"([^\s/|]{1,50}) (atm|eth) (\d{1,6}(?:/\d{1,6}){1,5})(?::(\d{1,5}(?:\.\d{1,5})?))?")
# As printed. Between the two parts of Option 82, where both make the port, stands a blank.
_CISCO: Final = re.compile(
    r"0x(?:0004(?P<vlan>[0-9a-f]{4})(?P<module>[0-9a-f]{2})(?P<port>[0-9a-f]{2})(?:200006(?P<mac>[0-9a-f]{12}))?"
    r"|0006(?P<only_mac>[0-9a-f]{12}))"
)
_KEYED: Final = re.compile(r"\s*(\w{1,8})\s*=\s*(\d{1,5})\s*")
_LEADING_ZERO: Final = re.compile(r"(?<!\d)0\d")
_NUMBERS: Final = re.compile(r"\d+")


def port_from_wire(value: bytes, node: str) -> PortId:
    """A circuit-id, remote-id or NAS-Port-Id as it came. node: giaddr or NAS name, qualifies forms without a node."""
    text = value.rstrip(b"\0")  # C strings come with their end; in other octets a zero counts
    if text and text.isascii():
        line = text.decode("ascii")
        if line.isprintable():
            return _port(line, node)
    return _port(printable(value if text else text), node)


def whole_port(value: bytes, node: str) -> PortId:
    """The same from where a line is told whole, of a node whose lines a NAS tells cut."""
    return _with_short(port_from_wire(value, node))


def cut_port(value: bytes, node: str) -> PortId:
    """The same from a NAS that cuts lines: this may be what is left of one."""
    text, key, qualifier, _ = port_from_wire(value, node)
    return make(PortId, (text, key, qualifier, key))


def port_from_text(text: str) -> PortId:
    """A port as an order, a store or a person spells it, with or without ``node|`` in front."""
    node, bar, line = text.partition("|")
    return _with_short(_port(line, node) if bar else _port(text, ""))


class CiscoLine(NamedTuple):
    """A line of a Cisco switch. vlan 0 = only the switch is named; switch: its MAC, b"" = it is not."""

    vlan: int
    module: int
    port: int
    switch: bytes


def read_cisco(text: str) -> CiscoLine | None:
    """A port's text, with or without ``node|`` in front; None where it is not of this form."""
    match = _CISCO.fullmatch(text.rpartition("|")[2])
    if not match:
        return None
    vlan, module, port = (int(match[name] or "0", 16) for name in ("vlan", "module", "port"))
    # 802.1Q: 1 to 4094. What says anything else is octets that look alike.
    if not match["only_mac"] and not 1 <= vlan <= 4094:
        return None
    return CiscoLine(vlan, module, port, bytes.fromhex(match["mac"] or match["only_mac"] or ""))


def _port(line: str, node: str) -> PortId:
    text, key, named = _read(line)
    if named:
        return PortId(text, key, "")
    # A line that has a bar in itself gets one in front, so that its text is read back as what it is.
    return PortId(f"{node}|{text}" if node or "|" in text else text, key, node)


def _with_short(port: PortId) -> PortId:
    short = _short(port.key)
    return port._replace(short=short) if short else port


def _short(key: str) -> str:
    """The key of the line's cut form; "" where nothing is cut, or nothing left. The forms above are never so long."""
    if len(key) <= _CUT_AT and not key.startswith("0x"):
        return ""
    try:
        octets = bytes.fromhex(key[2:]) if key.startswith("0x") else key.encode()
    except ValueError:
        octets = key.encode()  # a line that begins so
    left = octets[:_CUT_AT].partition(b"\0")[0]
    return _read(printable(left))[1] if left and left != octets else ""


# The same line comes with every packet of a box, and again out of the store.
@lru_cache(maxsize=4_096)
def _read(line: str) -> tuple[str, str, bool]:
    """(canonical text, key, True if the line names its access node itself)."""
    match = _TELECOM.fullmatch(line)
    if match:
        return _telecom(match, line)
    match = _TR_101.fullmatch(line)
    if match:
        node, _, path, tag = match.groups()
        return line, f"{node}/{_plain(path)}" + (f":{tag}" if tag else ""), True
    if line.startswith(("slot", "SLOT")):
        return _keyed(line)
    return line, line, False


def _telecom(match: re.Match[str], line: str) -> tuple[str, str, bool]:
    _, bras, xpi, xci, node, ani, pvc = match.groups()
    if node == "0":  # unknown node: only the BRAS part tells the line
        return line, f"{_plain(bras)}:{int(xpi)}.{int(xci)}", False
    return line, f"{node}/{_plain(ani)}:{int(xci)}" + (f":{pvc}" if pvc else ""), True


def _keyed(line: str) -> tuple[str, str, bool]:
    opaque = line, line, False
    fields: dict[str, int] = {}
    for part in line.rstrip("; ").split(";"):
        match = _KEYED.fullmatch(part)
        if not match or match[1].lower() in fields:
            return opaque
        fields[match[1].lower()] = int(match[2])
    if not {"slot", "subslot", "port"} <= fields.keys():
        return opaque
    where = f"{fields['slot']}/{fields['subslot']}/{fields['port']}"
    if "vlanid" in fields:
        # vlanid is the inner tag, vlanid2 the outer; absent or 0 outer = single tag
        outer, inner = fields.get("vlanid2", 0) or NO_TAG, fields["vlanid"]
    elif "vpi" in fields and "vci" in fields:
        outer, inner = fields["vpi"], fields["vci"]
    else:
        return opaque
    canonical = ";".join(f"{name}={value}" for name, value in fields.items()) + ";"
    return canonical, f"{where}:{outer}.{inner}", False


def _plain(path: str) -> str:
    """``01/002/3`` -> ``1/2/3``."""
    if not _LEADING_ZERO.search(path):
        return path
    return _NUMBERS.sub(lambda number: str(int(number[0])), path)


def read_as(text: str) -> str:
    """Which form a port's text is read as, for people: ``China Telecom``, ``TR-101``, ``Cisco VLAN-mod-port``; ``""``
    = none that is known, so that it is compared octet for octet."""
    line = text.rpartition("|")[2]
    if _TELECOM.fullmatch(line):
        return "China Telecom"
    if _TR_101.fullmatch(line):
        return "TR-101"
    if read_cisco(line):
        return "Cisco VLAN-mod-port"
    return "China Telecom 163" if _read(line)[1] != line else ""
