"""NAS dialects, one row each: where a make of NAS names the box and its access line, and what tells it a rate.

Attributes are named as in ``dictionaries/``; their numbers and types come from there. ``nas_identity``, ``nas_port``
and ``nas_rates`` say what the words of a row mean.
"""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class MacRow(Value):
    """One attribute that names the box. form: how the MAC stands in it, a key of ``nas_identity.FORMS``."""

    __slots__ = ("attribute", "form")

    def __init__(self, attribute: str, form: str = "text") -> None:
        self.attribute: Final = attribute
        self.form: Final = form


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class PortRow(Value):
    """One place that names the access line. form: a key of ``nas_port.FORMS``; remote: the attribute that holds the
    remote id, where the place has one of its own for it. tells: what the value is, ``line``: an access node's text;
    ``copy``, ``port``, ``interface``: the NAS's own, see ``line_id.Lines.of_nas``."""

    __slots__ = ("attribute", "form", "remote", "tells")

    def __init__(self, attribute: str, form: str = "line", remote: str = "", tells: str = "line") -> None:
        self.attribute: Final = attribute
        self.form: Final = form
        self.remote: Final = remote
        self.tells: Final = tells


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class RateRow(Value):
    """One reply attribute: its dictionary name, and the template of its value."""

    __slots__ = ("attribute", "template")

    def __init__(self, attribute: str, template: str) -> None:
        self.attribute: Final = attribute
        self.template: Final = template


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Dialect(Value):
    """How one make of NAS speaks. source: where the rows' meaning is written.

    ``identity``: beside User-Name, every attribute that may name the box; all must agree. ``ports``: the first that
    says something counts. ``option_43``: the attribute that carries it into an Access-Accept, "" = none. ``cuts``: the
    NAS cuts the lines that it tells. ``session_keys``: of what its accounting told, what names a session to it in CoA
    and Disconnect (RFC 5176 3), beside what names the NAS itself. ``disputed_unit``: that of the rates, where sources
    contradict each other and an operator has to say it ("kbit" or "bit"; this one is the default); "" = it is known.
    """

    __slots__ = ("name", "rates", "source", "identity", "ports", "option_43", "cuts", "session_keys", "disputed_unit")

    def __init__(
        self,
        name: str,
        rates: tuple[RateRow, ...],
        source: str,
        identity: tuple[MacRow, ...] = (MacRow("Calling-Station-Id"),),
        ports: tuple[PortRow, ...] = (),
        option_43: str = "",
        cuts: bool = False,
        session_keys: tuple[str, ...] = (
            *("User-Name", "NAS-Port", "Framed-IP-Address", "Calling-Station-Id", "Acct-Session-Id"),
            "NAS-Port-Id",
        ),
        disputed_unit: str = "",
    ) -> None:
        self.name: Final = name
        self.rates: Final = rates
        self.source: Final = source
        self.identity: Final = identity
        self.ports: Final = ports
        self.option_43: Final = option_43
        self.cuts: Final = cuts
        self.session_keys: Final = session_keys
        self.disputed_unit: Final = disputed_unit


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AttributeCode(Value):
    """A dictionary entry: vendor 0 = standard; kind: a key of ``attribute_types.TYPES``.

    ``is_tagged``: its values may have a tag (RFC 2868 3); ``tag``: that of this one, -1 = none. ``type_octets``,
    ``length_octets``: of the vendor's own header (RFC 2865 5.26 recommends 1 and 1; 0 octets of length = none is told).
    """

    __slots__ = ("vendor", "code", "kind", "name", "is_tagged", "tag", "type_octets", "length_octets")

    def __init__(
        self,
        vendor: int,
        code: int,
        kind: str,
        name: str = "",
        is_tagged: bool = False,
        tag: int = -1,
        type_octets: int = 1,
        length_octets: int = 1,
    ) -> None:
        self.vendor: Final = vendor
        self.code: Final = code
        self.kind: Final = kind
        self.name: Final = name
        self.is_tagged: Final = is_tagged
        self.tag: Final = tag
        self.type_octets: Final = type_octets
        self.length_octets: Final = length_octets

    def place(self) -> tuple[int, int]:
        """Where it stands in dictionaries: vendor and code."""
        return self.vendor, self.code

    def text(self) -> str:
        """As a person names it: ``Tunnel-Type:1``."""
        return f"{self.name}:{self.tag}" if self.tag >= 0 else self.name


# The octets that the access node wrote, which DHCP sees too, come before the NAS's own idea of the line.
_AGENT: Final = PortRow("ADSL-Agent-Circuit-Id", "line", "ADSL-Agent-Remote-Id")  # RFC 4679 3.3.1, 3.3.2
_LINE: Final = PortRow("NAS-Port-Id", tells="port")
_COPY: Final = PortRow("NAS-Port-Id", tells="copy")  # by a NAS that copies the circuit-id there
_USUAL: Final = (_AGENT, _LINE)
_STATION: Final = MacRow("Calling-Station-Id")
DHCP_VENDOR: Final = "DHCP-Vendor"  # option 43 under vendor 54

_ROWS: Final = (
    Dialect(
        "generic",
        (),
        "no standard rate attribute exists: see wispr; RFC 2869 5.17, RFC 4679; FreeRADIUS dictionary.dhcp, vendor 54",
        ports=_USUAL,
        option_43=DHCP_VENDOR,
    ),
    Dialect(
        "huawei",
        (
            RateRow("Huawei-Input-Average-Rate", "{up_bps}"),
            RateRow("Huawei-Input-Peak-Rate", "{up_bps}"),
            RateRow("Huawei-Output-Average-Rate", "{down_bps}"),
            RateRow("Huawei-Output-Peak-Rate", "{down_bps}"),
        ),
        "NetEngine RADIUS attributes 26-2, 26-3, 26-5, 26-6: bit/s; a peak rate needs its average rate beside it; "
        "26-187 HW-DHCP-Option; nas-port-id-format: a copied option 82 ends at 128 octets or its first NUL; 26-156",
        identity=(_STATION, MacRow("Huawei-DHCP-Option", "wide-options")),
        ports=(_AGENT, PortRow("Huawei-DHCP-Option", "wide-options"), _COPY),
        option_43="Huawei-DHCPv4-Option43",
        cuts=True,
    ),
    Dialect(
        "zte",
        (RateRow("ZTE-Rate-Ctrl-SCR-Up", "{up_kbps}"), RateRow("ZTE-Rate-Ctrl-SCR-Down", "{down_kbps}")),
        "FreeRADIUS dictionary.zte; ABillS, type zte_m6000, sends kbit/s, ToughRADIUS bit/s; no text of ZTE's own; the "
        "MAC is in Calling-Station-Id",
        ports=(_AGENT, _COPY),
        disputed_unit="kbit",
    ),
    Dialect(
        "h3c",
        (
            RateRow("H3C-Input-Peak-Rate", "{up_bps}"),
            RateRow("H3C-Input-Average-Rate", "{up_bps}"),
            RateRow("H3C-Output-Peak-Rate", "{down_bps}"),
            RateRow("H3C-Output-Average-Rate", "{down_bps}"),
        ),
        "H3C proprietary attributes 1, 2, 4, 5: bit/s, input = from the user to the NAS; 60 is IP, blank, MAC",
        identity=(_STATION, MacRow("H3C-Ip-Host-Addr", "last-word")),
        ports=(_AGENT, _COPY),
    ),
    Dialect(
        "cisco",
        (
            RateRow(
                "Cisco-AVPair",
                "ip:interface-config=rate-limit input {up_bps} {up_burst} {up_burst_max} "
                "conform-action transmit exceed-action drop",
            ),
            RateRow(
                "Cisco-AVPair",
                "ip:interface-config=rate-limit output {down_bps} {down_burst} {down_burst_max} "
                "conform-action transmit exceed-action drop",
            ),
        ),
        "Cisco IOS command reference, rate-limit: bit/s, then octets of burst: 1.5 s of the rate, and twice that; ISG: "
        "Cisco-AVPair client-mac-address=, circuit-id-tag=, remote-id-tag=",
        identity=(_STATION, MacRow("Cisco-AVPair", "av-pair")),
        ports=(_AGENT, PortRow("Cisco-AVPair", "av-pair"), _LINE),
    ),
    Dialect(
        "juniper",
        (RateRow("ERX-CoS-Shaping-Pmt-Type", "T02 {down_bps}"),),
        "Junos, CoS traffic shaping predefined variables: 26-108, tag 2 = shaping rate of the output, bit/s; AAA "
        "Service Framework VSAs 26-55, 26-56, 26-110, 26-159, 26-182. No VSA has an upstream rate: policies have it",
        identity=(_STATION, MacRow("ERX-Dhcp-Mac-Addr"), MacRow("ERX-Dhcp-Options", "options")),
        ports=(
            _AGENT,
            PortRow("ERX-Acc-Loop-Cir-Id", "line", "ERX-Acc-Loop-Remote-Id"),
            PortRow("ERX-Dhcp-Option-82", "option-82"),
            _LINE,
        ),
        option_43="ERX-Dhcp-Options",
    ),
    Dialect(
        "nokia",
        (
            RateRow("Alc-Subscriber-QoS-Override", "i:q:1:pir={up_kbps},cir={up_kbps}"),
            RateRow("Alc-Subscriber-QoS-Override", "e:q:1:pir={down_kbps},cir={down_kbps}"),
        ),
        "7750 SR RADIUS Attributes Reference Guide, 26-6527-126: kbit/s of a queue, i = ingress; 26-6527-27",
        identity=(_STATION, MacRow("Alc-Client-Hardware-Addr")),
        ports=_USUAL,
    ),
    Dialect(
        "redback",
        (RateRow("Police-Rate", "{up_kbps}"), RateRow("Rate-Limit-Rate", "{down_kbps}")),
        "FreeRADIUS dictionary.ericsson.ab; SmartEdge: policing is inbound, rate limiting outbound, kbit/s",
        identity=(_STATION, MacRow("Mac-Addr")),
        ports=(_AGENT, PortRow("Agent-Circuit-Id", "line", "Agent-Remote-Id"), _LINE),
    ),
    Dialect(
        "mikrotik",
        (RateRow("Mikrotik-Rate-Limit", "{up_text}/{down_text}"),),
        "RouterOS manual, RADIUS client: rx/tx, where rx is the upload; k = 1000; DHCP server: the client identifier, "
        "and NAS-Port-Id is the interface that it serves",
        identity=(MacRow("Calling-Station-Id", "client-id"),),
        ports=(_AGENT, PortRow("NAS-Port-Id", tells="interface")),
    ),
    Dialect(
        "accel-ppp",
        (RateRow("Filter-Id", "{down_kbps}/{up_kbps}"),),
        "accel-ppp.conf(5), [shaper]: Filter-Id is down/up in kbit/s; docs/ipoe_radius.md: vendor 54 has DHCP options; "
        "NAS-Port-Id is the session's interface, Called-Station-Id the one that it serves",
        ports=(_AGENT, PortRow("NAS-Port-Id", tells="interface"), PortRow("Called-Station-Id", tells="interface")),
        option_43=DHCP_VENDOR,
    ),
    Dialect(
        "wispr",
        (RateRow("WISPr-Bandwidth-Max-Up", "{up_bps}"), RateRow("WISPr-Bandwidth-Max-Down", "{down_bps}")),
        "Wi-Fi Alliance, Best Current Practices for Wireless ISP Roaming 1.0: bit/s",
        ports=_USUAL,
    ),
)
DIALECTS: Final[dict[str, Dialect]] = {row.name: row for row in _ROWS}
