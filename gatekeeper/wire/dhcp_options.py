"""The DHCPv4 option table: code, name, type, source. Configuration, display and reply all read it.

Names are those that Kea and ISC dhcpd users write; the IANA registry's names, in small letters with hyphens, work too.
"""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.option_types import KINDS, LONGEST, LONGEST_JOINED
from gatekeeper.wire.vendor_options import enterprises


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class OptionRow(Value):
    """One option. kind: a row of ``option_types.KINDS``."""

    __slots__ = ("code", "name", "kind", "source", "alias")

    def __init__(self, code: int, name: str, kind: str, source: str, alias: str = "") -> None:
        self.code: Final = code
        self.name: Final = name
        self.kind: Final = kind
        self.source: Final = source
        self.alias: Final = alias


_ROWS: Final = (
    OptionRow(1, "subnet-mask", "ip", "RFC 2132 3.3"),
    OptionRow(2, "time-offset", "i32", "RFC 2132 3.4"),
    OptionRow(3, "routers", "ips", "RFC 2132 3.5", "router"),
    OptionRow(4, "time-servers", "ips", "RFC 2132 3.6", "time-server"),
    OptionRow(5, "name-servers", "ips", "RFC 2132 3.7", "name-server"),
    OptionRow(6, "domain-name-servers", "ips", "RFC 2132 3.8", "domain-server"),
    OptionRow(7, "log-servers", "ips", "RFC 2132 3.9", "log-server"),
    OptionRow(8, "cookie-servers", "ips", "RFC 2132 3.10", "quotes-server"),
    OptionRow(9, "lpr-servers", "ips", "RFC 2132 3.11", "lpr-server"),
    OptionRow(10, "impress-servers", "ips", "RFC 2132 3.12", "impress-server"),
    OptionRow(11, "resource-location-servers", "ips", "RFC 2132 3.13", "rlp-server"),
    OptionRow(12, "host-name", "text", "RFC 2132 3.14", "hostname"),
    OptionRow(13, "boot-size", "u16", "RFC 2132 3.15", "boot-file-size"),
    OptionRow(14, "merit-dump", "text", "RFC 2132 3.16", "merit-dump-file"),
    OptionRow(15, "domain-name", "text", "RFC 2132 3.17"),
    OptionRow(16, "swap-server", "ip", "RFC 2132 3.18"),
    OptionRow(17, "root-path", "text", "RFC 2132 3.19"),
    OptionRow(18, "extensions-path", "text", "RFC 2132 3.20", "extension-file"),
    OptionRow(19, "ip-forwarding", "flag", "RFC 2132 4.1", "forward-on-off"),
    OptionRow(20, "non-local-source-routing", "flag", "RFC 2132 4.2", "srcrte-on-off"),
    OptionRow(21, "policy-filter", "pairs", "RFC 2132 4.3"),
    OptionRow(22, "max-dgram-reassembly", "u16", "RFC 2132 4.4", "max-dg-assembly"),
    OptionRow(23, "default-ip-ttl", "u8", "RFC 2132 4.5"),
    OptionRow(24, "path-mtu-aging-timeout", "u32", "RFC 2132 4.6", "mtu-timeout"),
    OptionRow(25, "path-mtu-plateau-table", "u16s", "RFC 2132 4.7", "mtu-plateau"),
    OptionRow(26, "interface-mtu", "u16", "RFC 2132 5.1", "mtu-interface"),
    OptionRow(27, "all-subnets-local", "flag", "RFC 2132 5.2", "mtu-subnet"),
    OptionRow(28, "broadcast-address", "ip", "RFC 2132 5.3"),
    OptionRow(29, "perform-mask-discovery", "flag", "RFC 2132 5.4", "mask-discovery"),
    OptionRow(30, "mask-supplier", "flag", "RFC 2132 5.5"),
    OptionRow(31, "router-discovery", "flag", "RFC 2132 5.6"),
    OptionRow(32, "router-solicitation-address", "ip", "RFC 2132 5.7", "router-request"),
    OptionRow(33, "static-routes", "hosts", "RFC 2132 5.8", "static-route"),
    OptionRow(34, "trailer-encapsulation", "flag", "RFC 2132 6.1", "trailers"),
    OptionRow(35, "arp-cache-timeout", "u32", "RFC 2132 6.2", "arp-timeout"),
    OptionRow(36, "ieee802-3-encapsulation", "flag", "RFC 2132 6.3", "ethernet"),
    OptionRow(37, "default-tcp-ttl", "u8", "RFC 2132 7.1"),
    OptionRow(38, "tcp-keepalive-interval", "u32", "RFC 2132 7.2", "keepalive-time"),
    OptionRow(39, "tcp-keepalive-garbage", "flag", "RFC 2132 7.3", "keepalive-data"),
    OptionRow(40, "nis-domain", "text", "RFC 2132 8.1"),
    OptionRow(41, "nis-servers", "ips", "RFC 2132 8.2"),
    OptionRow(42, "ntp-servers", "ips", "RFC 2132 8.3"),
    OptionRow(43, "vendor-encapsulated-options", "hex", "RFC 2132 8.4", "vendor-specific"),
    OptionRow(44, "netbios-name-servers", "ips", "RFC 2132 8.5", "netbios-name-srv"),
    OptionRow(45, "netbios-dd-server", "ips", "RFC 2132 8.6", "netbios-dist-srv"),
    OptionRow(46, "netbios-node-type", "u8", "RFC 2132 8.7"),
    OptionRow(47, "netbios-scope", "text", "RFC 2132 8.8"),
    OptionRow(48, "font-servers", "ips", "RFC 2132 8.9", "x-window-font"),
    OptionRow(49, "x-display-manager", "ips", "RFC 2132 8.10", "x-window-manager"),
    OptionRow(50, "dhcp-requested-address", "ip", "RFC 2132 9.1", "address-request"),
    OptionRow(51, "dhcp-lease-time", "u32", "RFC 2132 9.2", "address-time"),
    OptionRow(52, "dhcp-option-overload", "u8", "RFC 2132 9.3", "overload"),
    OptionRow(53, "dhcp-message-type", "u8", "RFC 2132 9.6", "dhcp-msg-type"),
    OptionRow(54, "dhcp-server-identifier", "ip", "RFC 2132 9.7", "dhcp-server-id"),
    OptionRow(55, "dhcp-parameter-request-list", "u8s", "RFC 2132 9.8", "parameter-list"),
    OptionRow(56, "dhcp-message", "text", "RFC 2132 9.9"),
    OptionRow(57, "dhcp-max-message-size", "u16", "RFC 2132 9.10", "dhcp-max-msg-size"),
    OptionRow(58, "dhcp-renewal-time", "u32", "RFC 2132 9.11", "renewal-time"),
    OptionRow(59, "dhcp-rebinding-time", "u32", "RFC 2132 9.12", "rebinding-time"),
    OptionRow(60, "vendor-class-identifier", "text", "RFC 2132 9.13", "class-id"),
    OptionRow(61, "dhcp-client-identifier", "hex", "RFC 2132 9.14", "client-id"),
    OptionRow(62, "nwip-domain-name", "text", "RFC 2242 2", "netware-ip-domain"),
    OptionRow(63, "nwip-suboptions", "hex", "RFC 2242 3", "netware-ip-option"),
    OptionRow(64, "nisplus-domain-name", "text", "RFC 2132 8.11", "nis-domain-name"),
    OptionRow(65, "nisplus-servers", "ips", "RFC 2132 8.12", "nis-server-addr"),
    OptionRow(66, "tftp-server-name", "text", "RFC 2132 9.4", "server-name"),
    OptionRow(67, "boot-file-name", "text", "RFC 2132 9.5", "bootfile-name"),
    OptionRow(68, "mobile-ip-home-agent", "homes", "RFC 2132 8.13", "home-agent-addrs"),
    OptionRow(69, "smtp-server", "ips", "RFC 2132 8.14"),
    OptionRow(70, "pop-server", "ips", "RFC 2132 8.15", "pop3-server"),
    OptionRow(71, "nntp-server", "ips", "RFC 2132 8.16"),
    OptionRow(72, "www-server", "ips", "RFC 2132 8.17"),
    OptionRow(73, "finger-server", "ips", "RFC 2132 8.18"),
    OptionRow(74, "irc-server", "ips", "RFC 2132 8.19"),
    OptionRow(75, "streettalk-server", "ips", "RFC 2132 8.20"),
    OptionRow(76, "streettalk-directory-assistance-server", "ips", "RFC 2132 8.21", "stda-server"),
    OptionRow(77, "user-class", "classes", "RFC 3004 4"),
    OptionRow(78, "slp-directory-agent", "hex", "RFC 2610 3", "directory-agent"),
    OptionRow(79, "slp-service-scope", "hex", "RFC 2610 4", "service-scope"),
    OptionRow(80, "rapid-commit", "none", "RFC 4039 4"),
    OptionRow(81, "fqdn", "hex", "RFC 4702 2", "client-fqdn"),
    OptionRow(82, "dhcp-agent-options", "hex", "RFC 3046 2.0", "relay-agent-information"),
    OptionRow(83, "isns", "hex", "RFC 4174 2"),
    OptionRow(85, "nds-servers", "ips", "RFC 2241 2"),
    OptionRow(86, "nds-tree-name", "text", "RFC 2241 3"),
    OptionRow(87, "nds-context", "text", "RFC 2241 4"),
    OptionRow(88, "bcms-controller-names", "domains", "RFC 4280 4.1"),
    OptionRow(89, "bcms-controller-address", "ips", "RFC 4280 4.3"),
    OptionRow(90, "authentication", "hex", "RFC 3118 2"),
    OptionRow(91, "client-last-transaction-time", "u32", "RFC 4388 6.1"),
    OptionRow(92, "associated-ip", "ips", "RFC 4388 6.1"),
    OptionRow(93, "client-system", "u16s", "RFC 4578 2.1"),
    OptionRow(94, "client-ndi", "hex", "RFC 4578 2.2"),
    OptionRow(97, "uuid-guid", "hex", "RFC 4578 2.3"),
    OptionRow(98, "uap-servers", "text", "RFC 2485 2", "user-auth"),
    OptionRow(99, "geoconf-civic", "hex", "RFC 4776 3.1"),
    OptionRow(100, "pcode", "text", "RFC 4833 2"),
    OptionRow(101, "tcode", "text", "RFC 4833 2"),
    OptionRow(108, "v6-only-preferred", "u32", "RFC 8925 3.1", "ipv6-only-preferred"),
    OptionRow(112, "netinfo-server-address", "ips", "RFC 3679 3.1"),
    OptionRow(113, "netinfo-server-tag", "text", "RFC 3679 3.1"),
    OptionRow(114, "v4-captive-portal", "text", "RFC 8910 2.1", "dhcp-captive-portal"),
    OptionRow(116, "auto-config", "u8", "RFC 2563 2"),
    OptionRow(117, "name-service-search", "u16s", "RFC 2937 2"),
    OptionRow(118, "subnet-selection", "ip", "RFC 3011 2"),
    OptionRow(119, "domain-search", "domains", "RFC 3397 2"),
    OptionRow(120, "sip-servers", "sip", "RFC 3361 3"),
    OptionRow(121, "classless-static-routes", "routes", "RFC 3442", "classless-static-route-option"),
    OptionRow(122, "cablelabs-client-conf", "hex", "RFC 3495 4"),
    OptionRow(123, "geo-conf", "hex", "RFC 6225 2.1"),
    OptionRow(124, "vivco-suboptions", "vendor-class", "RFC 3925 3", "v-i-vendor-class"),
    OptionRow(125, "vivso-suboptions", "vendor", "RFC 3925 4", "v-i-vendor-specific-information"),
    OptionRow(136, "pana-agent", "ips", "RFC 5192 3"),
    OptionRow(137, "v4-lost", "domains", "RFC 5223 3"),
    OptionRow(138, "capwap-ac-v4", "ips", "RFC 5417 3"),
    OptionRow(141, "sip-ua-cs-domains", "domains", "RFC 6011 4.1"),
    OptionRow(142, "andsf-ipv4-address", "ips", "RFC 6153 2"),
    OptionRow(145, "forcerenew-nonce-capable", "u8s", "RFC 6704 3.1"),
    OptionRow(146, "rdnss-selection", "hex", "RFC 6731 4.3"),
    OptionRow(150, "tftp-server-address", "ips", "RFC 5859 2"),
    OptionRow(162, "v4-dnr", "resolvers", "RFC 9463 5.1"),
    OptionRow(208, "pxelinux-magic", "hex", "RFC 5071 3"),
    OptionRow(209, "pxelinux-config-file", "text", "RFC 5071 4"),
    OptionRow(210, "pxelinux-path-prefix", "text", "RFC 5071 5"),
    OptionRow(211, "pxelinux-reboot-time", "u32", "RFC 5071 6"),
    OptionRow(212, "option-6rd", "hex", "RFC 5969 7.1.1"),
    OptionRow(213, "v4-access-domain", "hex", "RFC 5986 3.2"),
    OptionRow(249, "ms-classless-static-routes", "routes", "MS-DHCPE 2.2.8"),
)

BY_CODE: Final[dict[int, OptionRow]] = {row.code: row for row in _ROWS}
BY_NAME: Final[dict[str, OptionRow]] = {row.name: row for row in _ROWS} | {row.alias: row for row in _ROWS if row.alias}
# What the engine itself writes; a configuration that sets one of these would contradict it.
RESERVED: Final = frozenset({0, 50, 51, 52, 53, 54, 55, 56, 57, 61, 82, 255})


def encode_value(kind: str, value: object) -> bytes:
    """A configured value -> octets. Raises ValueError, saying what the type wants."""
    row = KINDS[kind]
    octets = row.encode(value)
    most = LONGEST_JOINED if row.joins else LONGEST
    if len(octets) > most:
        raise ValueError(f"{len(octets)} octets, {most} at most")
    return octets


def show_value(code: int, value: bytes) -> str:
    """Octets -> text for people, by the option's type; hex where they do not fit it."""
    kind = BY_CODE[code].kind if code in BY_CODE else "hex"
    try:
        text = KINDS[kind].show(value)
    except ValueError:
        text = ""
    return text if text and text.isprintable() else "0x" + value.hex()


def vendor_classes(options: Mapping[int, bytes], instances: Mapping[int, tuple[bytes, ...]]) -> list[bytes]:
    """What a box says of its make: each option 60, and the data of option 124 (RFC 3925 3), without a trailing NUL.

    Both as in ``wire.dhcp.DhcpMessage``.
    """
    found = list(instances.get(60, ())) or ([options[60]] if 60 in options else [])
    if 124 in options:
        # RFC 3925 3 joins several; where one of them is cut, the others still say what they say.
        found += _data_of(options[124]) or [data for one in instances.get(124, ()) for data in _data_of(one)]
    return [value.rstrip(b"\0") for value in found]  # RFC 2132 2


def _data_of(value: bytes) -> list[bytes]:
    """The data of each enterprise in an option 124; none where it is cut: a stranger's octets, they name no class."""
    try:
        return [data for _, data in enterprises(value)]
    except ValueError:
        return []
