"""The types of DHCPv4 option values, one row each in ``KINDS``: configured value -> octets -> text for people.

How a value is written in the configuration (a list may also be one text, parted by commas):

==============  ====================================================  ===================================
type            written                                               example
==============  ====================================================  ===================================
ip ips homes    addresses; ``homes`` may have none                    ``["10.20.0.1"]``
text            text                                                  ``"itv.example.net"``
u8 u16 u32 i32  a whole number                                        ``1500``
u8s u16s        whole numbers                                         ``[68, 296, 1500]``
flag            true or false                                         ``true``
hex             octets                                                ``"0x0104c0000201"``
pairs           ``ADDRESS ADDRESS`` each                              ``["10.1.0.0 255.255.0.0"]``
hosts           ``DESTINATION ROUTER`` each, classful (RFC 2132 5.8)  ``["10.9.0.0 10.20.0.1"]``
routes          ``NETWORK/LENGTH ROUTER`` each (RFC 3442)             ``["10.0.0.0/8 10.20.0.1"]``
domains         names, compressed (RFC 3397, RFC 1035 4.1.4)          ``["eng.example.net"]``
sip             either names or addresses (RFC 3361)                  ``["sip.example.net"]``
classes         texts (RFC 3004)                                      ``["stb"]``
resolvers       ``PRIORITY, NAME, ADDRESS …, KEY=VALUE …`` (RFC 9463)  ``["1, dot.example.net, 10.20.0.53, alpn=dot"]``
vendor-class    ``{ ENTERPRISE = DATA }`` (RFC 3925 3)                ``{ 3561 = "dslforum.org" }``
vendor          ``{ ENTERPRISE = { CODE = DATA } }`` (RFC 3925 4)     ``{ 3561 = { 11 = "http://…" } }``
==============  ====================================================  ===================================

DATA is text, or octets where it begins with ``0x``. The two vendor types also take all of their octets as ``"0x…"``.
"""

from collections.abc import Callable
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.encrypted_dns import resolvers, show_resolvers
from gatekeeper.wire.names import encode_name, encode_names, read_names
from gatekeeper.wire.text import ip_text, octets_text, parse_ip, parse_octets, printable, split_items
from gatekeeper.wire.vendor_options import classes, show_classes, show_vendor, show_vendor_class, vendor, vendor_class

LONGEST: Final = 255  # one option
LONGEST_JOINED: Final = 1024  # several of the same code (RFC 3396); with more no reply could hold it


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Kind(Value):
    """encode: ValueError says what is wanted. show: ValueError where the octets do not fit. joins: may exceed 255."""

    __slots__ = ("encode", "show", "joins")

    def __init__(self, encode: Callable[[object], bytes], show: Callable[[bytes], str], joins: bool = False) -> None:
        self.encode: Final = encode
        self.show: Final = show
        self.joins: Final = joins


def _pieces(value: bytes, size: int) -> list[bytes]:
    if not value or len(value) % size:
        raise ValueError(f"not a row of {size} octets each")
    return [value[at : at + size] for at in range(0, len(value), size)]


def _octets(address: str) -> bytes:
    return parse_ip(address.strip()).to_bytes(4, "big")


def _dotted(value: bytes) -> str:
    return ip_text(int.from_bytes(value, "big"))


def _ip(value: object) -> bytes:
    items = split_items(value)
    if len(items) != 1:
        raise ValueError("one IPv4 address is wanted")
    return _octets(items[0])


def _ips(value: object) -> bytes:
    found = _homes(value)
    if not found:
        raise ValueError("IPv4 addresses are wanted")
    return found


def _homes(value: object) -> bytes:
    return b"".join(map(_octets, split_items(value)))


def _show_ips(value: bytes) -> str:
    return ",".join(map(_dotted, _pieces(value, 4)))


def _number(value: object, width: int, signed: bool) -> bytes:
    try:
        return int(str(value), 10).to_bytes(width, "big", signed=signed)
    except (ValueError, OverflowError):
        raise ValueError(f"a whole number of {width * 8} bits is wanted, not {value!r}") from None


def _integer(width: int, signed: bool = False) -> Kind:
    def show(value: bytes) -> str:
        if len(value) != width:
            raise ValueError(f"not {width} octets")
        return str(int.from_bytes(value, "big", signed=signed))

    return Kind(lambda value: _number(value, width, signed), show)


def _integers(width: int) -> Kind:
    def encode(value: object) -> bytes:
        found = b"".join(_number(item, width, False) for item in split_items(value))
        if not found:
            raise ValueError("whole numbers are wanted")
        return found

    return Kind(encode, lambda value: ",".join(str(int.from_bytes(piece, "big")) for piece in _pieces(value, width)))


def _flag(value: object) -> bytes:
    if not isinstance(value, bool):
        raise ValueError(f"true or false is wanted, not {value!r}")
    return bytes((value,))


def _show_flag(value: bytes) -> str:
    if value not in (b"\0", b"\1"):
        raise ValueError("neither 0 nor 1")
    return "true" if value == b"\1" else "false"


def _text(value: object) -> bytes:
    if not isinstance(value, str) or not value:
        raise ValueError(f"a value of type text is wanted, not {value!r}")
    return value.encode()


def _show_text(value: bytes) -> str:
    # RFC 2132 2: a trailing NUL is not part of the text.
    return printable(value.rstrip(b"\0")) if value else octets_text(value)


def _pairs(value: object) -> bytes:
    found = [item.split() for item in split_items(value)]
    if not found or any(len(pair) != 2 for pair in found):
        raise ValueError(f"pairs of addresses are wanted, 'ADDRESS ADDRESS' each, not {value!r}")
    return b"".join(_octets(address) for pair in found for address in pair)


def _hosts(value: object) -> bytes:
    found = _pairs(value)
    if bytes(4) in (piece[:4] for piece in _pieces(found, 8)):
        # RFC 2132 5.8: the default route is an illegal destination here.
        raise ValueError("a destination other than 0.0.0.0 is wanted: routers or option 121 say the default route")
    return found


def _show_pairs(value: bytes) -> str:
    return ",".join(f"{_dotted(piece[:4])} {_dotted(piece[4:])}" for piece in _pieces(value, 8))


def _routes(value: object) -> bytes:
    """RFC 3442: prefix length, significant octets, router."""
    found = b""
    for text in split_items(value):
        network, _, router = text.replace(" via ", " ").partition(" ")
        address, _, length = network.partition("/")
        if not length.isdigit() or int(length) > 32 or not router.strip():
            raise ValueError(f"a route is written 'NETWORK/LENGTH ROUTER', not {text!r}")
        found += bytes((int(length),)) + _octets(address)[: (int(length) + 7) // 8] + _octets(router)
    if not found:
        raise ValueError("routes are wanted")
    return found


def _read_routes(value: bytes) -> list[tuple[bytes, int, bytes]]:
    """(significant octets of the network, prefix length, router). Raises ValueError."""
    found, at = [], 0
    while at < len(value):
        length = value[at]
        size = (length + 7) // 8
        network, router = value[at + 1 : at + 1 + size], value[at + 1 + size : at + 5 + size]
        if length > 32 or len(router) != 4:
            raise ValueError("not a list of routes")
        found.append((network, length, router))
        at += 5 + size
    return found


def _show_routes(value: bytes) -> str:
    routes = _read_routes(value)
    return ",".join(f"{_dotted(net.ljust(4, bytes(1)))}/{length} {_dotted(router)}" for net, length, router in routes)


def routers_in(code: int, value: bytes) -> list[int]:
    """The routers that option 3, 33, 121 or 249 names, as it was encoded here."""
    if code in (121, 249):
        named = [router for _, _, router in _read_routes(value)]
    else:
        pieces = _pieces(value, 4)
        named = pieces[1::2] if code == 33 else pieces  # RFC 2132 5.8: destination, router
    return [int.from_bytes(router, "big") for router in named]


def _sip(value: object) -> bytes:
    items = split_items(value)
    dotted = [item for item in items if not item.strip("0123456789.")]
    if not items or (dotted and dotted != items):
        raise ValueError("either names or IPv4 addresses are wanted (RFC 3361)")
    # RFC 3361 3: the encoding octet, 1 addresses, 0 names; clients need not meet compression, so none is used.
    return b"\1" + _homes(items) if dotted else b"\0" + b"".join(map(encode_name, items))


def _show_sip(value: bytes) -> str:
    if value[:1] == b"\1":
        return _show_ips(value[1:])
    if value[:1] != b"\0":
        raise ValueError("neither names nor addresses")
    return ",".join(read_names(value[1:]))


def _none(value: object) -> bytes:
    raise ValueError(f"no value is wanted: this option has none, not {value!r}")


KINDS: Final[dict[str, Kind]] = {
    "ip": Kind(_ip, _show_ips),
    "ips": Kind(_ips, _show_ips),
    "homes": Kind(_homes, _show_ips),
    "text": Kind(_text, _show_text),
    "u8": _integer(1),
    "u16": _integer(2),
    "u32": _integer(4),
    "i32": _integer(4, signed=True),
    "u8s": _integers(1),
    "u16s": _integers(2),
    "flag": Kind(_flag, _show_flag),
    "hex": Kind(parse_octets, octets_text, joins=True),
    "pairs": Kind(_pairs, _show_pairs),
    "hosts": Kind(_hosts, _show_pairs),
    "routes": Kind(_routes, _show_routes, joins=True),
    "domains": Kind(
        lambda value: encode_names(split_items(value)), lambda value: ",".join(read_names(value)), joins=True
    ),
    "sip": Kind(_sip, _show_sip, joins=True),
    "classes": Kind(classes, show_classes, joins=True),
    "vendor-class": Kind(vendor_class, show_vendor_class, joins=True),
    "vendor": Kind(vendor, show_vendor, joins=True),
    "resolvers": Kind(resolvers, show_resolvers, joins=True),
    "none": Kind(_none, octets_text),
}
# What an operator may give to an option of his own.
CONFIGURABLE: Final = tuple(name for name in KINDS if name != "none")
