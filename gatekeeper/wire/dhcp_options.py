"""The DHCPv4 option table: code, name, type, source. Configuration, display and reply all read it.

Names are those that Kea and ISC dhcpd users write; the IANA registry's names, in small letters with hyphens, work too.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gatekeeper.wire.text import ip_text, parse_ip, printable


class OptionRow(NamedTuple):
    """One option. kind: ip ips text u8 u16 u32 i32 flag hex routes none u8s."""

    code: int
    name: str
    kind: str
    source: str
    alias: str = ""


_ROWS = (
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
    OptionRow(22, "max-dgram-reassembly", "u16", "RFC 2132 4.4", "max-dg-assembly"),
    OptionRow(23, "default-ip-ttl", "u8", "RFC 2132 4.5"),
    OptionRow(24, "path-mtu-aging-timeout", "u32", "RFC 2132 4.6", "mtu-timeout"),
    OptionRow(26, "interface-mtu", "u16", "RFC 2132 5.1", "mtu-interface"),
    OptionRow(27, "all-subnets-local", "flag", "RFC 2132 5.2", "mtu-subnet"),
    OptionRow(28, "broadcast-address", "ip", "RFC 2132 5.3"),
    OptionRow(29, "perform-mask-discovery", "flag", "RFC 2132 5.4", "mask-discovery"),
    OptionRow(30, "mask-supplier", "flag", "RFC 2132 5.5"),
    OptionRow(31, "router-discovery", "flag", "RFC 2132 5.6"),
    OptionRow(32, "router-solicitation-address", "ip", "RFC 2132 5.7", "router-request"),
    OptionRow(33, "static-routes", "ips", "RFC 2132 5.8", "static-route"),
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
    OptionRow(66, "tftp-server-name", "text", "RFC 2132 9.4", "server-name"),
    OptionRow(67, "boot-file-name", "text", "RFC 2132 9.5", "bootfile-name"),
    OptionRow(69, "smtp-server", "ips", "RFC 2132 8.11"),
    OptionRow(70, "pop-server", "ips", "RFC 2132 8.12", "pop3-server"),
    OptionRow(72, "www-server", "ips", "RFC 2132 8.14"),
    OptionRow(77, "user-class", "hex", "RFC 3004 4"),
    OptionRow(80, "rapid-commit", "none", "RFC 4039 4"),
    OptionRow(82, "dhcp-agent-options", "hex", "RFC 3046 2.0", "relay-agent-information"),
    OptionRow(100, "pcode", "text", "RFC 4833 2"),
    OptionRow(101, "tcode", "text", "RFC 4833 2"),
    OptionRow(116, "auto-config", "u8", "RFC 2563 2"),
    OptionRow(119, "domain-search", "hex", "RFC 3397 2"),
    OptionRow(120, "sip-servers", "hex", "RFC 3361 3"),
    OptionRow(121, "classless-static-routes", "routes", "RFC 3442", "classless-static-route-option"),
    OptionRow(124, "vivco-suboptions", "hex", "RFC 3925 3", "v-i-vendor-class"),
    OptionRow(125, "vivso-suboptions", "hex", "RFC 3925 4", "v-i-vendor-specific-information"),
    OptionRow(150, "tftp-server-address", "ips", "RFC 5859 2"),
    OptionRow(249, "ms-classless-static-routes", "routes", "MS-DHCPE 2.2.8"),
)

BY_CODE: dict[int, OptionRow] = {row.code: row for row in _ROWS}
BY_NAME: dict[str, OptionRow] = {row.name: row for row in _ROWS} | {row.alias: row for row in _ROWS if row.alias}
# What the engine itself writes; a configuration that sets one of these would contradict it.
RESERVED = frozenset({0, 50, 51, 52, 53, 54, 55, 56, 57, 61, 82, 255})

_WIDTHS = {"u8": (1, False), "u16": (2, False), "u32": (4, False), "i32": (4, True)}

Value = str | int | bool | Sequence["Value"]


def encode_value(kind: str, value: Value) -> bytes:
    """A configured value -> octets. Raises ValueError, saying what the type wants."""
    if kind in ("ip", "ips"):
        items = _items(value)
        if not items or (kind == "ip" and len(items) != 1):
            raise ValueError("one IPv4 address is wanted" if kind == "ip" else "IPv4 addresses are wanted")
        return b"".join(parse_ip(item).to_bytes(4, "big") for item in items)
    if kind in _WIDTHS:
        width, signed = _WIDTHS[kind]
        try:
            return int(str(value), 10).to_bytes(width, "big", signed=signed)
        except (ValueError, OverflowError):
            raise ValueError(f"a whole number of {width * 8} bits is wanted, not {value!r}") from None
    if kind == "flag":
        if not isinstance(value, bool):
            raise ValueError(f"true or false is wanted, not {value!r}")
        return bytes((value,))
    if kind == "routes":
        return b"".join(_route(item) for item in _items(value))
    if kind == "text" and isinstance(value, str) and value:
        return value.encode()
    if kind == "hex" and isinstance(value, str):
        try:
            return bytes.fromhex(value.removeprefix("0x").replace(":", ""))
        except ValueError:
            raise ValueError(f"hexadecimal octets are wanted, not {value!r}") from None
    raise ValueError(f"a value of type {kind} is wanted, not {value!r}")


def _items(value: Value) -> list[str]:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, int):
        raise ValueError(f"text is wanted, not {value!r}")
    return [str(item) for item in value]


def _route(text: str) -> bytes:
    """``10.0.0.0/8 10.20.0.1`` -> RFC 3442: prefix length, significant octets, router."""
    network, _, router = text.replace(" via ", " ").partition(" ")
    address, _, length = network.partition("/")
    if not length.isdigit() or int(length) > 32 or not router.strip():
        raise ValueError(f"a route is written 'NETWORK/LENGTH ROUTER', not {text!r}")
    significant = (int(length) + 7) // 8
    return (
        bytes((int(length),))
        + parse_ip(address).to_bytes(4, "big")[:significant]
        + parse_ip(router.strip()).to_bytes(4, "big")
    )


def show_value(code: int, value: bytes) -> str:
    """Octets -> text for people, by the option's type; hex where they do not fit it."""
    kind = BY_CODE[code].kind if code in BY_CODE else "hex"
    if kind in ("ip", "ips") and value and len(value) % 4 == 0:
        return ",".join(ip_text(int.from_bytes(value[at : at + 4], "big")) for at in range(0, len(value), 4))
    if kind in _WIDTHS and len(value) == _WIDTHS[kind][0]:
        return str(int.from_bytes(value, "big", signed=_WIDTHS[kind][1]))
    if kind == "u8s":
        return ",".join(str(octet) for octet in value)
    if kind == "text" and value:
        return printable(value.rstrip(b"\0"))
    return "0x" + value.hex()
