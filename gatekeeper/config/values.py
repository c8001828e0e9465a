"""Types of single values in the configuration file: how each is written, and what is wrong with what is not."""

import re
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from gatekeeper.wire.option_types import LONGEST
from gatekeeper.wire.text import ip_text, parse_ip

MAX_LEASE_S: Final = 0xFFFFFFFE  # 0xFFFFFFFF means for ever (RFC 2131 3.3), which no pool survives
MAX_NUMBER: Final = 0x7FFFFFFF  # of anything counted: a time that it is added to still fits whatever holds times


class Network(NamedTuple):
    """Address and mask."""

    network: int
    mask: int

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and address & self.mask == self.network

    def text(self) -> str:
        return f"{ip_text(self.network)}/{self.mask.bit_count()}"


class Endpoint(NamedTuple):
    """Address and UDP or TCP port."""

    address: int
    port: int

    def text(self) -> str:
        return f"{ip_text(self.address)}:{self.port}"


def _ip(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"an IPv4 address in quotes is wanted, not {value!r}")
    return parse_ip(value)


def _network(value: object) -> Network:
    address, slash, length = str(value).partition("/")
    if slash and (not length.isdigit() or int(length) > 32):
        raise ValueError(f"a network is written ADDRESS/LENGTH, not {value!r}")
    bits = int(length) if slash else 32
    mask = 0xFFFFFFFF << (32 - bits) & 0xFFFFFFFF
    start = parse_ip(address)
    if start & ~mask & 0xFFFFFFFF:
        raise ValueError(f"{value} has bits behind its mask: did you mean {ip_text(start & mask)}/{bits}?")
    return Network(start, mask)


def _subnet_network(value: object) -> Network:
    network = _network(value)
    if not 8 <= network.mask.bit_count() <= 30:
        raise ValueError(f"a subnet has a length from /8 to /30, not {value!r}")
    return network


def _range(value: object) -> tuple[int, int]:
    text = str(value)
    if "/" in text:
        network = _network(text)
        return network.network, network.network | ~network.mask & 0xFFFFFFFF
    first, dash, last = (part.strip() for part in text.partition("-"))
    pair = parse_ip(first), parse_ip(last if dash else first)
    if pair[0] > pair[1]:
        raise ValueError(f"the pool {text!r} ends before it begins")
    return pair


def _endpoint(value: object) -> Endpoint:
    match = re.fullmatch(r"([0-9.]+):(\d{1,5})", str(value))
    if not match or not 0 < int(match[2]) < 65536:
        raise ValueError(f"an endpoint is written ADDRESS:PORT, not {value!r}")
    return Endpoint(parse_ip(match[1]), int(match[2]))


def _url(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]+", value):
        raise ValueError(f"an http:// or https:// URL is wanted, not {value!r}")
    return value


def _next_server(value: object) -> object:
    try:
        return _ip(value)
    except ValueError:
        raise ValueError(f"an IPv4 address in quotes is wanted, not {value!r}: names go into server_name") from None


def _boot_name(value: object) -> object:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"a name in quotes is wanted, not {value!r}")
    if len(value.encode()) > LONGEST:
        raise ValueError(f"{len(value.encode())} octets, {LONGEST} at most")
    return value


def as_mac_password(value: object) -> object:
    if value in ("mac", "any") or (isinstance(value, dict) and list(value) == ["shared"] and value["shared"]):
        return value
    raise ValueError('"mac", "any" or { shared = "…" } is wanted')


def as_client_password(value: object) -> object:
    if value == "any":
        raise ValueError('"mac" or { shared = "…" } is wanted')
    return as_mac_password(value)


def as_list(value: object) -> object:
    """One name, or a list of names."""
    return [value] if isinstance(value, str) else value


def _yes_no_auto(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def one_of(*names: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in names:
            raise ValueError(f"{value!r} is none of {' '.join(names)}")
        return value

    return BeforeValidator(check)


Ip = Annotated[int, BeforeValidator(_ip)]
SubnetNetwork = Annotated[Network, BeforeValidator(_subnet_network)]
ClientNetwork = Annotated[Network, BeforeValidator(_network)]
Range = Annotated[tuple[int, int], BeforeValidator(_range)]
Listen = Annotated[Endpoint, BeforeValidator(_endpoint)]
Positive = Annotated[int, Field(gt=0, le=MAX_NUMBER)]
NoneOrMore = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Share = Annotated[float, Field(ge=0, lt=1)]
YesNoAuto = Annotated[Literal["yes", "no", "auto"], BeforeValidator(_yes_no_auto)]
AcsUrl = Annotated[str, BeforeValidator(_url), Field(max_length=253)]
NextServer = Annotated[int, BeforeValidator(_next_server)]
BootName = Annotated[str, BeforeValidator(_boot_name)]
ClassText = Annotated[str, Field(max_length=255)]
OptionName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
AttributeName = Annotated[str, Field(min_length=1, max_length=64)]
Reply = Annotated[dict[AttributeName, Any], Field(max_length=64)]  # typed by the dictionaries
Template = Annotated[str, Field(min_length=1, max_length=247)]
InterfaceName = Annotated[str, Field(min_length=1, max_length=15, pattern=r"^[^/\s]+$")]
