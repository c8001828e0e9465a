"""The configuration file's tables, keys, types and bounds. Unknown keys are errors."""

import re
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gatekeeper.wire.acs import ENCODINGS
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.option_types import CONFIGURABLE
from gatekeeper.wire.text import ip_text, parse_ip

MAX_LEASE_S: Final = 0xFFFFFFFE  # 0xFFFFFFFF means for ever (RFC 2131 3.3), which no pool survives


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


def _mac_password(value: object) -> object:
    if value in ("mac", "any") or (isinstance(value, dict) and list(value) == ["shared"] and value["shared"]):
        return value
    raise ValueError('"mac", "any" or { shared = "…" } is wanted')


def _client_password(value: object) -> object:
    if value == "any":
        raise ValueError('"mac" or { shared = "…" } is wanted')
    return _mac_password(value)


def _yes_no_auto(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def _one_of(*names: str) -> BeforeValidator:
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
Positive = Annotated[int, Field(gt=0)]
YesNoAuto = Annotated[Literal["yes", "no", "auto"], BeforeValidator(_yes_no_auto)]
AcsUrl = Annotated[str, BeforeValidator(_url), Field(max_length=253)]
ClassText = Annotated[str, Field(max_length=255)]
OptionName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
AttributeName = Annotated[str, Field(min_length=1, max_length=64)]
Template = Annotated[str, Field(min_length=1, max_length=247)]
InterfaceName = Annotated[str, Field(min_length=1, max_length=15, pattern=r"^[^/\s]+$")]


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, arbitrary_types_allowed=True)


class StoreSection(Section):
    url: str = "sqlite:gatekeeper.db"


class AcsKeys(Section):
    """The keys that [acs] and its classes share; url is each one's own."""

    provisioning_code: Annotated[str, Field(max_length=64)] = ""
    retry_minimum_wait_s: Annotated[int, Field(ge=0, le=65535)] = 0
    retry_multiplier: Annotated[int, Field(ge=0, le=65535)] = 0
    encoding: Annotated[str, _one_of(*ENCODINGS)] = "tr069"
    force: bool = True
    username: str = ""
    password: str = Field(default="", repr=False)
    hex: Annotated[str, Field(pattern=r"^(0x)?([0-9A-Fa-f]{2})+$")] | None = None


class AcsClassSection(AcsKeys):
    url: AcsUrl = ""
    match: ClassText | None = None
    exact: ClassText | None = None


class AcsSection(AcsKeys):
    url: AcsUrl
    classes: list[AcsClassSection] = Field(default=[], alias="class")


class SubnetSection(Section):
    network: SubnetNetwork
    interface: InterfaceName | None = None
    vlan: Annotated[int, Field(ge=1, le=4094)] | None = None
    server: Ip | None = None
    pools: list[Range] = []
    routers: list[Ip] = []
    dns: list[Ip] = []
    shared_network: str = ""
    lease_s: Annotated[int, Field(ge=1, le=MAX_LEASE_S)] = 3600
    renew_s: Annotated[int, Field(ge=1, le=MAX_LEASE_S)] | None = None
    rebind_s: Annotated[int, Field(ge=1, le=MAX_LEASE_S)] | None = None
    options: dict[str, Any] = {}  # typed by the option table


class OptionSection(Section):
    code: Annotated[int, Field(ge=1, le=254)]
    name: OptionName
    type: Annotated[str, _one_of(*CONFIGURABLE)]


class SharedPassword(Section):
    shared: Annotated[str, Field(min_length=1, max_length=128, repr=False)]


class AaaServerSection(Section):
    address: Listen
    secret: Annotated[str, Field(min_length=1, max_length=128, repr=False)]
    require_message_authenticator: bool = True


class DhcpRadiusSection(Section):
    user_name: Annotated[str, Field(min_length=1, max_length=253)] = "{mac}"
    password: Annotated[Literal["mac"] | SharedPassword, BeforeValidator(_client_password)] = "mac"  # noqa: S105 - a mode
    timeout_s: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    tries: Annotated[int, Field(ge=1, le=10)] = 2
    cache_s: Annotated[int, Field(ge=0, le=3600)] = 30
    hold_down_s: Annotated[int, Field(ge=0, le=3600)] = 30
    nas_identifier: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[!-~]+$")] = "gatekeeper"
    server: Annotated[list[AaaServerSection], Field(max_length=8)] = []


class DhcpSection(Section):
    interfaces: list[InterfaceName] = []
    listen: list[Listen] = []
    server_id: Ip | None = None
    option: list[OptionSection] = []
    subnet: list[SubnetSection] = []
    trusted: list[InterfaceName] = []
    check_source_mac: bool = True
    arp_probe: Annotated[str, _one_of("off", "first")] = "off"
    quarantine_s: Positive = 3600
    rapid_commit: bool = False
    deny_auto_configure: bool = False
    offer_s: Annotated[int, Field(ge=1, le=3600)] = 30
    leasequery: list[ClientNetwork] = []
    authorize: Annotated[str, _one_of("local", "radius")] = "local"
    radius: DhcpRadiusSection | None = None


class ClientSection(Section):
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s|]+$")]
    ipaddr: ClientNetwork
    secret: Annotated[str, Field(min_length=1, max_length=128, repr=False)]
    require_message_authenticator: YesNoAuto = "auto"
    limit_proxy_state: YesNoAuto = "auto"
    send_message_authenticator: bool = True
    nas: Annotated[str, _one_of(*DIALECTS)] = "generic"
    coa_port: Annotated[int, Field(gt=0, lt=65536)] = 3799
    mac_password: Annotated[Literal["mac", "any"] | SharedPassword, BeforeValidator(_mac_password)] = "mac"  # noqa: S105 - a mode, no password
    kilobit: Literal[1000, 1024] = 1000
    user_name: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    port_from: Annotated[list[AttributeName], Field(min_length=1, max_length=16)] | None = None
    nas_port: str | None = None
    rates: Annotated[dict[AttributeName, Template], Field(max_length=8)] | None = None
    filter_id: Template | None = None
    framed_address: bool = True
    framed_pool: Annotated[str, Field(max_length=253)] = ""
    session_timeout_s: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 0
    acct_interim_interval_s: Annotated[int, Field(ge=60, le=0xFFFFFFFF)] | None = None  # RFC 2869 5.16
    option_43: bool = False


class RadiusSection(Section):
    listen_auth: list[Listen] = []
    listen_acct: list[Listen] = []
    dictionaries: str | None = None
    stale_session_s: Annotated[int, Field(ge=300)] = 86_400
    client: list[ClientSection] = []


class BindingSection(Section):
    port: Annotated[str, _one_of("off", "learn", "strict")] = "learn"
    missing: Annotated[str, _one_of("refuse", "allow")] = "refuse"
    port_key: Annotated[str, _one_of("circuit-id", "remote-id", "both")] = "circuit-id"
    port_names: dict[str, str] = {}
    stbid: Annotated[str, _one_of("off", "warn", "refuse")] = "warn"
    boxes_per_account: Positive = 2
    boxes_per_port: Positive = 4


class OrdersSection(Section):
    hold_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = 0


class JournalSection(Section):  # [history] in the file; the journal everywhere else
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 90


class LimitsSection(Section):
    per_mac_per_s: Positive = 5
    per_port_per_s: Positive = 50
    per_nas_per_s: Positive = 20_000
    total_per_s: Annotated[int, Field(ge=0)] = 0


class ApiSection(Section):
    listen: Listen = Endpoint(0x7F000001, 8067)
    token_file: Annotated[str, Field(min_length=1)] = "api.token"  # noqa: S105 - a file's name


class LogSection(Section):
    packets: Annotated[str, _one_of("all", "refused", "none")] = "all"


class FileSchema(Section):
    """The whole file."""

    store: StoreSection = StoreSection()
    acs: AcsSection | None = None
    dhcp: DhcpSection = DhcpSection()
    radius: RadiusSection = RadiusSection()
    binding: BindingSection = BindingSection()
    orders: OrdersSection = OrdersSection()
    history: JournalSection = JournalSection()
    log: LogSection = LogSection()
    limits: LimitsSection | None = None
    api: ApiSection | None = None
