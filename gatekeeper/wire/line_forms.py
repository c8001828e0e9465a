"""The forms in which an access line is written, one row each: how a text is told by it, and what it is compared by.

A row's reader takes the match to a Line. The first row that fits counts; what none fits is opaque (RFC 3046 3.1).

``China Telecom``, ``China Telecom PON`` (Cisco ``nas-port-id format c``, H3C and Huawei ``cn-telecom``; formatters of
EPON OLTs and ONUs)::

    {atm|eth|trk|trunk|0} slot/subslot/port:SVLAN.CVLAN node/rack/frame/slot/subslot/port[:PVC]
    {…} slot/subslot/port:SVLAN.CVLAN node/rack/frame/slot/subslot/port/ONU [onuslot/onusubslot/onuport][:VLAN] [EP|GP]

The access node cannot know the BRAS's part and writes ``0 0/0/0``; a tag that is not there is 4096 or 0. The BRAS fills
its part in and adds its outer tag. What both name alike is the access node's part, and the inner tag where both tell
it. Node and ONU are compared without case: they are MACs or names. ONU is a MAC of 12 hex digits or a LOID, either of
them filled up to 24 characters with zeros in front, so that these say nothing; one formatter leaves out its slash.

``China Telecom 163`` (H3C ``cn-163``, Huawei): ``slot=2;subslot=2;port=22;vlanid=503;vlanid2=100;``, where vlanid is
the *inner* tag and vlanid2 the outer one (the reverse order of the other form), or ``vpi=;vci=``. It names no access
node.

``TR-101`` (DSL Forum, R-124): ``node {atm|eth} slot/port[:vlan or vpi.vci]``.

``template``: what a configured line template leaves, ``node=olt7;slot=1;port=3;onu=a1b2;`` (``line_template``).

``Cisco VLAN-mod-port`` is binary: circuit-id ``00 04 VLAN(2) module port``, remote-id ``00 06 MAC``; it is read for
people only, and compared octet for octet.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

NO_TAG: Final = 4096


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Line(Value):
    """One line as it was read. ``text``: its canonical spelling; ``key``: what is compared; ``named``: the text names
    its access node itself; ``tags``: inner tag and PVC, compared where both sides tell them, "" = not told; ``vague``:
    the text names no line but a VLAN; ``form``: the row's name, "" = opaque."""

    __slots__ = ("text", "key", "named", "tags", "vague", "form")

    def __init__(
        self,
        text: str,
        key: str,
        named: bool = False,
        tags: tuple[str, str] = ("", ""),
        vague: bool = False,
        form: str = "",
    ) -> None:
        self.text: Final = text
        self.key: Final = key
        self.named: Final = named
        self.tags: Final = tags
        self.vague: Final = vague
        self.form: Final = form


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Form(Value):
    """One row. read: None where the match is no line of this form after all."""

    __slots__ = ("name", "pattern", "read")

    def __init__(
        self, name: str, pattern: re.Pattern[str], read: Callable[["re.Match[str]", str], Line | None]
    ) -> None:
        self.name: Final = name
        self.pattern: Final = pattern
        self.read: Final = read


# The names of a template's fields. Those behind are tags.
PLACE_FIELDS: Final = ("node", "rack", "frame", "slot", "subslot", "port", "onu", "onu_slot", "onu_subslot", "onu_port")
TAG_FIELDS: Final = ("svlan", "cvlan", "vlan")
_NAMES: Final = ("node", "onu")  # compared without case

_BRAS: Final = r"(?:[A-Za-z]{1,8}|0) (?P<bras>\d{1,2}/(?:\d{1,2}/)?\d{1,3}):(?P<xpi>\d{1,4})(?:[.:](?P<xci>\d{1,5}))?"
_NODE: Final = r" (?P<node>[^\s/|;=]{1,50})/(?P<path>\d{1,2}/\d{1,2}/\d{1,3}/\d{1,2})/(?P<port>\d{1,3}?)"
_TELECOM: Final = re.compile(rf"{_BRAS}{_NODE}(?::(?P<pvc>\d{{1,4}}(?:\.\d{{1,5}})?))?")
_ONU: Final = r"(?:/?(?P<mac>(?:0{12})?[0-9A-Fa-f]{12})|/(?P<loid>[^\s/:|]{1,24})|/)?"
_ONU_PORT: Final = r"(?: (?P<onu_port>\d{1,3}/\d{1,3}/\d{1,3}(?:/[0-9A-Za-z.-]{1,32})?))?"
_PON: Final = re.compile(rf"{_BRAS}{_NODE}{_ONU}{_ONU_PORT}(?::(?P<pvc>\d{{1,4}}(?:\.\d{{1,5}})?))?(?: (?:EP|GP))?")
_TR_101: Final = re.compile(
    r"(?P<node>[^\s/|;=]{1,50}) (?:atm|eth) (?P<path>\d{1,6}(?:/\d{1,6}){1,5})(?::(?P<tag>\d{1,5}(?:\.\d{1,5})?))?"
)
_KEYED: Final = re.compile(r"(?:\s*\w{1,12}\s*=[^=;]{1,64};)*\s*\w{1,12}\s*=[^=;]{1,64};?\s*")
_PAIR: Final = re.compile(r"\s*(\w{1,12})\s*=\s*([^=;\s]{1,64})\s*")
_CISCO: Final = re.compile(
    # Between the two parts of Option 82, where both make the port, stands a blank.
    r"0x(?:0004(?P<vlan>[0-9a-f]{4})(?P<module>[0-9a-f]{2})(?P<port>[0-9a-f]{2})(?:200006(?P<mac>[0-9a-f]{12}))?"
    r"|0006(?P<only_mac>[0-9a-f]{12}))"
)
_LEADING_ZERO: Final = re.compile(r"(?<!\d)0\d")
_NUMBERS: Final = re.compile(r"\d+")
_ALL_ZERO: Final = re.compile(r"[0/]*")


def _tag(number: str | None) -> str:
    """ "" where the tag is not told: 0 and 4096 say so."""
    value = int(number) if number else 0
    return "" if value in (0, NO_TAG) else str(value)


def _pvc(text: str | None) -> str:
    """VLAN, VPI.VCI or two VLANs; an outer one that is not told goes."""
    outer, _, inner = (text or "").rpartition(".")
    return ".".join(tag for tag in (_tag(outer), _tag(inner)) if tag)


def _telecom(match: "re.Match[str]", line: str) -> Line:
    node, place = match["node"], plain(f"{match['path']}/{match['port']}")
    inner = _tag(match["xci"] if match["xci"] is not None else match["xpi"])
    if node == "0":  # The access node is unknown: only the BRAS's part tells the line, its tags with it.
        bras = plain(match["bras"])
        outer = _tag(match["xpi"]) if match["xci"] is not None else ""
        key = f"{bras}:{outer or NO_TAG}.{inner or NO_TAG}"
        return Line(line, key, vague=_ALL_ZERO.fullmatch(bras) is not None, form="China Telecom")
    return Line(line, f"{node.casefold()}/{place}", True, (inner, _pvc(match["pvc"])), form="China Telecom")


def _pon(match: "re.Match[str]", line: str) -> Line | None:
    onu = (match["mac"] or match["loid"] or "").casefold().lstrip("0")
    if match["node"] == "0":
        if not onu or not match["mac"]:
            return None  # Only a MAC is the same whoever's node the ONU is on.
        parts = ["", onu]
    else:
        parts = [match["node"].casefold(), plain(f"{match['path']}/{match['port']}"), onu]
    port = match["onu_port"]
    if port and not _ALL_ZERO.fullmatch(port):
        parts.append(plain(port).casefold())
    key = "/".join(part for part in parts if part)
    inner = _tag(match["xci"] if match["xci"] is not None else match["xpi"])
    return Line(line, key, True, (inner, _pvc(match["pvc"])), form="China Telecom PON")


def _tr_101(match: "re.Match[str]", line: str) -> Line:
    key = f"{match['node'].casefold()} {plain(match['path'])}"
    return Line(line, key, True, (_pvc(match["tag"]), ""), form="TR-101")


def _keyed(match: "re.Match[str]", line: str) -> Line | None:
    fields: dict[str, str] = {}
    for part in line.strip().rstrip("; ").split(";"):
        pair = _PAIR.fullmatch(part)
        if not pair or pair[1].lower() in fields:
            return None
        fields[pair[1].lower()] = pair[2]
    return _telecom_163(fields) or _of_template(fields)


def _telecom_163(fields: dict[str, str]) -> Line | None:
    if not {"slot", "subslot", "port"} <= fields.keys() or not ("vlanid" in fields or {"vpi", "vci"} <= fields.keys()):
        return None
    if not all(value.isascii() and value.isdigit() and len(value) <= 5 for value in fields.values()):
        return None
    numbers = {name: int(value) for name, value in fields.items()}
    where = f"{numbers['slot']}/{numbers['subslot']}/{numbers['port']}"
    if "vlanid" in numbers:
        # vlanid is the inner tag, vlanid2 the outer; absent or 0 outer = single tag
        outer, inner = numbers.get("vlanid2", 0) or NO_TAG, numbers["vlanid"] or NO_TAG
    else:
        outer, inner = numbers["vpi"], numbers["vci"]
    text = "".join(f"{name}={value};" for name, value in numbers.items())
    return Line(text, f"{where}:{outer}.{inner}", form="China Telecom 163")


def _of_template(fields: dict[str, str]) -> Line | None:
    if not fields.keys() <= {*PLACE_FIELDS, *TAG_FIELDS} or not fields.keys() & {"node", "port", "onu", "onu_port"}:
        return None
    return line_of_fields(fields)


def line_of_fields(fields: dict[str, str]) -> Line:
    """Fields of a template, whichever template they came out of -> the line."""
    place = {name: fields[name] for name in PLACE_FIELDS if fields.get(name)}
    same = {name: value.casefold() if name in _NAMES else plain(value) for name, value in place.items()}
    tags = {name: fields[name] for name in TAG_FIELDS if fields.get(name)}
    text = "".join(f"{name}={value};" for name, value in {**place, **tags}.items())
    key = "".join(f"{name}={value};" for name, value in same.items())
    inner = _tag(tags.get("cvlan") or tags.get("vlan"))
    return Line(text, key, "node" in place, (inner, ""), form="template")


def plain(path: str) -> str:
    """``01/002/3`` -> ``1/2/3``."""
    if not _LEADING_ZERO.search(path):
        return path
    return _NUMBERS.sub(lambda number: str(int(number[0])), path)


FORMS: Final[tuple[Form, ...]] = (
    Form("China Telecom", _TELECOM, _telecom),
    Form("China Telecom PON", _PON, _pon),
    Form("TR-101", _TR_101, _tr_101),
    Form("China Telecom 163", _KEYED, _keyed),
)


# The same line comes with every packet of a box, and again out of the store.
@lru_cache(maxsize=4_096)
def read_line(line: str) -> Line:
    """A printable text -> its line; opaque where no row fits."""
    for form in FORMS:
        match = form.pattern.fullmatch(line)
        read = form.read(match, line) if match else None
        if read:
            return read
    return Line(line, line)


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class CiscoLine(Value):
    """A line of a Cisco switch. vlan 0 = only the switch is named; switch: its MAC, b"" = it is not."""

    __slots__ = ("vlan", "module", "port", "switch")

    def __init__(self, vlan: int, module: int, port: int, switch: bytes) -> None:
        self.vlan: Final = vlan
        self.module: Final = module
        self.port: Final = port
        self.switch: Final = switch


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
