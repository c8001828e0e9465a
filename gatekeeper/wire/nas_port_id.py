"""What a NAS-Port-Id (RFC 2869 5.17: "the port of the NAS") leaves of a line, once what the NAS made up for a session
is gone.

In it stand: what an access node wrote, alone or as a part; a physical port, with its VLANs; and things that are no line
at all. ``left_of`` takes the text apart by the rows below, and says which it was.
"""

import re
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.line_forms import read_line


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Left(Value):
    """``line``: what is left, "" = nothing names a line; ``vague``: it names what many lines may have in common."""

    __slots__ = ("line", "vague")

    def __init__(self, line: str, vague: bool = False) -> None:
        self.line: Final = line
        self.vague: Final = vague


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Session(Value):
    """One way of naming a session. left: the group of the pattern that is the line beside it, "" = there is none."""

    __slots__ = ("source", "pattern")

    def __init__(self, source: str, pattern: re.Pattern[str]) -> None:
        self.source: Final = source
        self.pattern: Final = pattern


def _row(source: str, pattern: str) -> Session:
    return Session(source, re.compile(pattern, re.IGNORECASE))


# Where a group ``left`` matches, it is the line, and is looked at again.
SESSIONS: Final[tuple[Session, ...]] = (
    _row("accel-ppp: the interface of a session, accel-ppp.conf(5)", r"(?:ipoe|ppp|l2tp|pptp|sstp)-?\d+"),
    _row("Linux, BSD: interfaces made for a session", r"(?:tun|tap|ng|pppoe|ppp|utun|wg)-?\d+"),
    _row("SmartEdge, NetEngine vendor-id 2352", r"(?:(?P<left>\S.*?) )?(?:pppoe|clips|l2tp|ppp) \d+"),
    _row(
        "IOS, IOS XR: suffix of a dynamic subscriber interface", r"(?P<left>\S.*?)\.(?:ip|pppoe|ppp|l2tp|ipsub|sub)\d+"
    ),
    _row(
        "IOS: one access interface a session",
        r"(?:virtual-access|virtual-template|vi|vt|uniq-sess-id|dialer)\d+(?:\.\d+)?",
    ),
    _row("RouterOS: dynamic interfaces stand in angles", r"<.*>|(?:pppoe|l2tp|pptp|sstp|ovpn)-(?:in|out)\d*"),
    _row("SR OS: L2TP network server, tunnels of a WLAN gateway", r"(?:LNS|GRE|L2TPv3) rtr-.*|VLAN svc-.*"),
    _row("sessions told as such", r"(?:session|sess|sid|conn|call)[ _=:#-]?\d+"),
    _row("hosts of hostapd: the virtual interface of a station", r"wlan\d+\.sta\d+"),
)

# Junos: physical interface, the interface that subscribers are demultiplexed on, unit, VLANs: outer-inner.
_JUNOS: Final = re.compile(
    r"(?P<device>(?:[a-z]{2}-\d{1,2}/\d{1,2}/\d{1,3}(?::\d)?|ae\d{1,4}|irb|ps\d{1,4}))?"
    r"(?:\.?(?P<demux>demux\d|pp0|si-\d+/\d+/\d+))?(?:\.(?P<unit>\d{1,10}))?(?P<tags>:\d{1,4}(?:-\d{1,4})?)?"
)
_FIRST_DYNAMIC: Final = 1 << 30  # Junos numbers dynamic units from 1073741824, later from 3221225472
_TAGS_ONLY: Final = re.compile(r"\d{1,8}:\d{1,4}-\d{1,4}")  # Junos 21.3: S-VLAN and C-VLAN alone
# SR OS: prefix, port and VLANs, suffix: a circuit-id or a remote-id.
_SR_OS: Final = re.compile(
    r"(?:\S{1,8} (?=\S+:))?(?:\d{1,2}/(?:\w{1,3}/)?\d{1,2}/(?:c\d{1,2}/)?\d{1,3}|lag-\d{1,3}|pw-\d{1,5})"
    r"(?::[\d*]{1,4}(?:\.[\d*]{1,5})?)? (?P<suffix>\S.*)"
)
_SMARTEDGE: Final = re.compile(r"(?:vlan-id|vpi-vci) .*")
_SHARED_WORD: Final = re.compile(
    r"(?:vlan|vlanif|vlan-interface|irb|bvi|bridge|bdi|br|svi|loopback|lo|dummy|vxlan|eoip)(?:[-_. ]\w.*|\d.*)?",
    re.IGNORECASE,
)
# A sub-interface of one VLAN; that of two is a customer's own (TR-101 1:1).
_ONE_VLAN: Final = re.compile(r"[a-z][a-z0-9]*\.\d{1,4}", re.IGNORECASE)
# Word and numbers, or numbers: eth7, port 7, GigabitEthernet1/0/7.100, ge-1/0/7, 1/1/4:501.1001, lag-12:1000.20, 7.
_PHYSICAL: Final = re.compile(
    r"(?:\d{1,3}(?=G))?(?:[A-Za-z][A-Za-z-]{0,24}[ _]?)?"
    r"\d{1,4}(?:(?:[/._-][a-z]{0,2}|[a-z])\d{1,5}){0,7}(?:[:.]\d{1,5}){0,3}"
    r"(?: (?:vlan-id|vlan|vpi-vci)(?: ?[\d:.]{1,11}){1,2})?"
)
_BINARY: Final = re.compile(r"0x(?:[0-9a-f]{2})+")  # octets of a circuit-id, as they came
_ROUNDS: Final = 4


def left_of(text: str) -> Left:
    """A printable NAS-Port-Id -> what it leaves."""
    line = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text
    for _ in range(_ROUNDS):
        part = _of_junos(line) if "#" in line else None
        if part is not None:
            return part
        known = read_line(line)
        if known.form:
            return Left(line, known.vague)
        part = _of_sr_os(line) or _unit(line)
        if part is not None:
            return part
        session = next((match for row in SESSIONS if (match := row.pattern.fullmatch(line))), None)
        if session is None:
            break
        line = (session.groupdict().get("left") or "").strip()
        if not line:
            return Left("")
    return _interface(line)


def _of_sr_os(line: str) -> Left | None:
    """Port and VLANs, then what the access node wrote; None = it is not put together so."""
    match = _SR_OS.fullmatch(line)
    if not match or _SMARTEDGE.match(match["suffix"]) or _is_session(match["suffix"]):
        return None
    return Left(match["suffix"])


def _of_junos(line: str) -> Left | None:
    """Parts between ``#``: the access node's, else the interface; None = it is not put together so."""
    parts = [part.strip() for part in line.split("#")]
    named = next((part for part in parts if read_line(part).named), None)
    if named is not None:
        return Left(named)
    # The default sequence: nas-identifier # interface-description # interface-text-description # agent-circuit-id …
    at = next((number for number, part in enumerate(parts) if part and _unit(part) is not None), None)
    if at is None:
        return None
    behind = [part for part in parts[at + 1 :] if part and not _TAGS_ONLY.fullmatch(part) and not part.isdigit()]
    return Left(behind[0]) if behind else _unit(parts[at])


def _unit(line: str) -> Left | None:
    """A Junos interface: static units stay, dynamic ones go."""
    match = _JUNOS.fullmatch(line)
    if not match or not (match["device"] or match["demux"]):
        return None
    device, tags, unit = match["device"] or "", match["tags"] or "", match["unit"]
    dynamic = match["demux"] is not None or (unit is not None and int(unit) >= _FIRST_DYNAMIC)
    if not dynamic:
        return Left(line, vague=device == "irb")
    if "-" in tags:
        return Left(f"{device}{tags}".lstrip(":"))  # outer and inner VLAN are a customer's own
    return Left(f"{device}{tags}", True) if device else Left("")


def _is_session(line: str) -> bool:
    return any(row.pattern.fullmatch(line) for row in SESSIONS)


def _interface(line: str) -> Left:
    """What no row above knows: a physical port, or something of which nobody can tell what it is."""
    is_line = _PHYSICAL.fullmatch(line) or _TAGS_ONLY.fullmatch(line) or _BINARY.fullmatch(line)
    return Left(line, is_interface_of_many(line) or is_line is None)


def is_interface_of_many(line: str) -> bool:
    """True for the name of a VLAN interface, a bridge or a sub-interface of one VLAN, as relays and routers tell it."""
    return _SHARED_WORD.fullmatch(line) is not None or _ONE_VLAN.fullmatch(line) is not None
