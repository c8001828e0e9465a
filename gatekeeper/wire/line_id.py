"""Circuit-id, NAS-Port-Id and ordered port -> one canonical port, so that both protocols and the orders can agree.

Forms known:

China Telecom (Cisco ``nas-port-id format c``, H3C and Huawei ``cn-telecom``)::

    {atm|eth|trunk|0} slot/subslot/port:XPI.XCI node/rack/frame/slot/subslot/port[:ANI_XPI.ANI_XCI]

XPI.XCI is VPI.VCI or outer.inner VLAN, 4096 = no such tag. A node of 0 is unknown to the access node. The access node
zeroes the BRAS part (``0 0/0/0:4096.1234 node/…``) and the BRAS fills it in, adding its outer tag; what both name alike
is the access node's part and the inner tag, and that is the key.

Huawei, H3C ``cn-163``: ``slot=2;subslot=2;port=22;vlanid=503;vlanid2=100;``, where vlanid is the *inner* tag and
vlanid2 the outer one (the reverse order of the other form), or ``vpi=;vci=``. It names no access node.

Everything else is opaque (RFC 3046 3.1) and is compared octet for octet.
"""

import re

from gatekeeper.model import PortId
from gatekeeper.wire.text import printable

NO_TAG = 4096

_TELECOM = re.compile(
    r"(?P<kind>[a-z]{1,8}|0) (?P<bras>\d{1,2}/(?:\d{1,2}/)?\d{1,2}):(?P<xpi>\d{1,4})\.(?P<xci>\d{1,5}) "
    r"(?P<node>[^\s/]{1,50})/(?P<ani>\d{1,2}/\d{1,2}/\d{1,3}/\d{1,2}/\d{1,3})(?::(?P<pvc>\d{1,4}\.\d{1,5}))?"
)
_KEYED = re.compile(r"\s*(\w{1,8})\s*=\s*(\d{1,5})\s*")
_NUMBERS = re.compile(r"\d+")


def port_from_wire(value: bytes, node: str) -> PortId:
    """A circuit-id, remote-id or NAS-Port-Id as it came. node: giaddr or NAS name, qualifies forms without a node."""
    return _port(printable(value), node)


def port_from_text(text: str) -> PortId:
    """A port as an order, a store or a person spells it, with or without ``node|`` in front."""
    node, bar, line = text.partition("|")
    return _port(line.strip(), node.strip()) if bar else _port(text.strip(), "")


def _port(line: str, node: str) -> PortId:
    match = _TELECOM.fullmatch(line)
    if match:
        return _telecom(match, line, node)
    if line.startswith(("slot", "SLOT")):
        return _keyed(line, node)
    return _qualified(line, line, node)


def _qualified(line: str, key: str, node: str) -> PortId:
    return PortId(f"{node}|{line}" if node else line, key, node)


def _telecom(match: re.Match[str], line: str, node: str) -> PortId:
    xci = int(match["xci"])
    if match["node"] == "0":  # unknown node: only the BRAS part tells the line
        return _qualified(line, f"{_plain(match['bras'])}:{int(match['xpi'])}.{xci}", node)
    return PortId(
        line, f"{match['node']}/{_plain(match['ani'])}:{xci}" + (f":{match['pvc']}" if match["pvc"] else ""), ""
    )


def _keyed(line: str, node: str) -> PortId:
    fields: dict[str, int] = {}
    for part in line.rstrip("; ").split(";"):
        match = _KEYED.fullmatch(part)
        if not match or match[1].lower() in fields:
            return _qualified(line, line, node)
        fields[match[1].lower()] = int(match[2])
    if not {"slot", "subslot", "port"} <= fields.keys():
        return _qualified(line, line, node)
    where = f"{fields['slot']}/{fields['subslot']}/{fields['port']}"
    if "vlanid" in fields:
        # vlanid is the inner tag, vlanid2 the outer; absent or 0 outer = single tag
        outer, inner = fields.get("vlanid2", 0) or NO_TAG, fields["vlanid"]
    elif "vpi" in fields and "vci" in fields:
        outer, inner = fields["vpi"], fields["vci"]
    else:
        return _qualified(line, line, node)
    canonical = ";".join(f"{name}={value}" for name, value in fields.items()) + ";"
    return _qualified(canonical, f"{where}:{outer}.{inner}", node)


def _plain(path: str) -> str:
    """``01/002/3`` -> ``1/2/3``."""
    return _NUMBERS.sub(lambda number: str(int(number[0])), path)
