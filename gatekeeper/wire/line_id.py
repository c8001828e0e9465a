"""What an access line is: circuit-id, NAS-Port-Id and ordered port -> one canonical port, for both protocols and the
orders.

A line is what an access node wrote (Option 82, RFC 4679, a NAS's copy of it, a part of NAS-Port-Id) in a form of
``line_forms`` or of the operator's own (``line_template``), or a physical port of the NAS (``nas_port_id``). Every
other text of an access node is opaque (RFC 3046 3.1): it is compared octet for octet, whichever way its octets are
spelled.

Some texts name what many lines have in common, a VLAN or an interface: they are *vague*. Nothing is learned from them,
and they are compared with nothing but a port that an order names.

Huawei (NetEngine, ``radius-server nas-port-id-format``) ends a copied circuit-id at its 128th octet or before its
first NUL.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from gatekeeper.model import PortId
from gatekeeper.wire.line_forms import Line, read_cisco, read_line
from gatekeeper.wire.line_template import LineTemplate
from gatekeeper.wire.nas_port_id import is_interface_of_many, left_of
from gatekeeper.wire.text import printable

_CUT_AT: Final = 128
_HEX: Final = re.compile(r"0[xX]((?:[0-9A-Fa-f]{2})+)")
# Without 0x it may be octets, or a text that looks so: 4 octets or more in pairs, or in one piece.
_BARE_HEX: Final = re.compile(r"[0-9A-Fa-f]{2}(?:([: -])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2})+)?|(?:[0-9A-Fa-f]{2}){4,}")
_PAIRS: Final = re.compile(r"[: -]")
_COUNTED: Final = (0, 1)  # Cisco, RFC 3046 by example: type, length, then text


class Lines:
    """How texts are read under one configuration. ``nodes``: names that are one access node's, and which; cut_nodes:
    those whose lines a NAS tells that cuts them."""

    __slots__ = ("_cut_nodes", "_nodes", "_templates")

    def __init__(
        self,
        nodes: Mapping[str, str] | None = None,
        templates: Sequence[LineTemplate] = (),
        cut_nodes: frozenset[str] = frozenset(),
    ) -> None:
        self._nodes = dict(nodes or {})
        self._templates = tuple(templates)
        self._cut_nodes = cut_nodes

    def node(self, name: str) -> str:
        """The access node that this giaddr or NAS name stands for."""
        return self._nodes.get(name, name) if self._nodes else name

    def are_cut(self, node: str) -> bool:
        """True if a NAS that cuts lines tells those of this access node."""
        return node in self._cut_nodes

    def of_agent(self, value: bytes, node: str, cuts: bool = False) -> PortId:
        """What an access node wrote: a circuit-id or remote-id. node: giaddr or NAS name; cuts: a NAS tells it whole
        that cuts other lines."""
        node = self.node(node)
        port = self._of_octets(value, node)
        return _with_short(port) if cuts or node in self._cut_nodes else port

    def of_nas(self, value: bytes, node: str, how: str, cuts: bool = False) -> PortId | None:
        """What a NAS calls the port (NAS-Port-Id); None where it names a session and no line. cuts: this may be what is
        left of a line.

        how: ``copy``: it is the access node's text, in any form; ``port``: in a form that is known, else it is vague;
        ``interface``: the interface that boxes are served on, a line only where two VLANs are in it.
        """
        return _of_nas(self, value, node, how, cuts)

    def of_text(self, text: str) -> PortId:
        """A port as an order or a person spells it, with or without ``node|`` in front."""
        node, bar, line = text.partition("|")
        if not bar:
            node, line = "", text
        found = self._of_template(line)
        return _with_short(_port(found, self.node(node)) if found else _of_spelling(line, self.node(node)))

    def _of_octets(self, value: bytes, node: str) -> PortId:
        text = value.rstrip(b"\0")  # C strings come with their end; in other octets a zero counts
        if text and text.isascii():
            line = text.decode("ascii")
            if line.isprintable():
                return self._of_agent_text(line, node)
        counted = _uncounted(value)
        if counted:
            return self._of_agent_text(counted, node)
        shown = printable(value if text else text)
        return PortId(f"{node}|{shown}" if node else shown, shown, node, "", _UNTOLD, (), False)

    def _of_agent_text(self, line: str, node: str) -> PortId:
        found = self._of_template(line)
        if found:
            return _port(found, node)
        port = _of_wire(line, node)
        return port._replace(vague=True) if not port.vague and is_interface_of_many(line) else port

    def of_nas_anew(self, value: bytes, node: str, is_copy: bool) -> PortId | None:
        """As of_nas, under the node's own name. is_copy: a text in no known form is the access node's."""
        text = value.rstrip(b"\0")
        line = text.decode("ascii") if text.isascii() else ""
        if not line or not line.isprintable():
            return self._of_octets(value, node) if text else None
        found = self._of_template(line)
        if found:
            return _port(found, node)
        left = left_of(_unhex(line) or line)
        if not left.line:
            return None
        found = self._of_template(left.line)
        if found:
            return _port(found, node)
        shown = _octets_of(left.line)
        is_known = is_copy or read_line(shown).form or read_cisco(shown)
        vague = left.vague and (not is_known or is_interface_of_many(left.line))
        return _of_wire(left.line, node)._replace(vague=vague, also=_also(left.line))

    def _of_template(self, line: str) -> Line | None:
        for template in self._templates:
            found = template.read(line)
            if found:
                return found
        return None


_UNTOLD: Final = ("", "")
NO_CONFIGURATION: Final = Lines()


# The same line comes with every request of a box.
@lru_cache(maxsize=4_096)
def _of_nas(lines: Lines, value: bytes, node: str, how: str, cuts: bool) -> PortId | None:
    port = lines.of_nas_anew(value, lines.node(node), how == "copy")
    if port and how == "interface" and not port.vague and port.key.count(".") < 2:
        # A text in an access node's form is no interface, wherever it stands.
        port = port._replace(vague=not read_line(port.text.rpartition("|")[2]).form)
    return port._replace(short=port.key) if port and cuts else port


def port_from_wire(value: bytes, node: str) -> PortId:
    """A circuit-id or remote-id as it came. node: giaddr or NAS name, qualifies forms without a node."""
    return NO_CONFIGURATION.of_agent(value, node)


# Out of the store the same text comes again and again.
@lru_cache(maxsize=4_096)
def port_from_text(text: str) -> PortId:
    """A port in its canonical spelling, as the store keeps it, or as a person spells it."""
    return NO_CONFIGURATION.of_text(text)


def read_as(text: str) -> str:
    """Which form a port's text is read as, for people; "" = none that is known: it is compared octet for octet."""
    line = text.rpartition("|")[2]
    found = read_line(line)
    if found.vague or (not found.form and is_interface_of_many(line)):
        return "VLAN or interface of many lines, never learned"
    return found.form or ("Cisco VLAN-mod-port" if read_cisco(line) else "")


def may_be_learned(text: str, by: str) -> bool:
    """True if a port's canonical text names a line that lasts. by: dhcp or radius, the protocol that told it."""
    line = text.rpartition("|")[2]
    if by != "radius":
        return not port_from_text(text).vague and not is_interface_of_many(line)
    found = NO_CONFIGURATION.of_nas(line.encode(), "", "copy")
    return found is not None and not found.vague and found.key == port_from_text(text).key


@lru_cache(maxsize=4_096)
def _of_wire(line: str, node: str) -> PortId:
    """A printable text: in quotes, in hexadecimal, or as it stands."""
    inner = line[1:-1] if len(line) > 2 and line[0] == line[-1] == '"' else line
    return _port(read_line(_unhex(inner) or inner), node)


@lru_cache(maxsize=4_096)
def _of_spelling(line: str, node: str) -> PortId:
    """A person's spelling: any of the wire's, and some that could be octets or text."""
    port = _of_wire(line, node)
    if read_line(line).form:
        return port
    return port._replace(also=_also(line), vague=is_interface_of_many(line))


def _port(line: Line, node: str) -> PortId:
    text, key = line.text, line.key
    if line.named:
        return PortId(text, key, "", "", line.tags, (), line.vague)
    # A line that has a bar in itself gets one in front, so that its text is read back as what it is.
    shown = f"{node}|{text}" if node or "|" in text else text
    return PortId(shown, key, node, "", line.tags, (), line.vague)


def _unhex(line: str) -> str:
    """``0x6765…`` -> the text that these octets are, or ``0x…`` in small letters; "" where it is no such spelling."""
    match = _HEX.fullmatch(line)
    if not match:
        return ""
    octets = bytes.fromhex(match[1])
    return _uncounted(octets) or printable(octets)


def _uncounted(octets: bytes) -> str:
    """Text behind its type and length (Cisco's circuit-id and remote-id of type string); "" where it is none."""
    if len(octets) < 3 or octets[0] not in _COUNTED or octets[1] != len(octets) - 2:
        return ""
    text = printable(octets[2:])
    return "" if text.startswith("0x") else text


def _also(line: str) -> tuple[str, ...]:
    """Other keys of a text that can be spelled octets, or that is not ASCII: in UTF-8 or in GBK."""
    if not line.isascii():
        return tuple(dict.fromkeys("0x" + octets.hex() for octets in _encodings(line)))
    shown = _octets_of(line)
    found = read_line(shown)
    # Octets that are a text in no known form are as likely digits.
    return (found.key,) if shown and (shown.startswith("0x") or found.form or not line.isdigit()) else ()


def _octets_of(line: str) -> str:
    """What hexadecimal digits without 0x stand for, as text or ``0x…``; "" where it is no such spelling."""
    if not _BARE_HEX.fullmatch(line) or len(line) < 4:
        return ""
    octets = bytes.fromhex(_PAIRS.sub("", line))
    return _uncounted(octets) or printable(octets)


def _encodings(line: str) -> list[bytes]:
    found = []
    for name in ("utf-8", "gb18030"):
        try:
            found.append(line.encode(name))
        except UnicodeEncodeError:
            continue
    return found


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
    return read_line(printable(left)).key if left and left != octets else ""
