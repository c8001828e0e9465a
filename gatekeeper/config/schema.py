"""The configuration file's tables, keys and bounds. Unknown keys are errors."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gatekeeper.config.values import (
    MAX_LEASE_S,
    MAX_NUMBER,
    AcsUrl,
    AttributeName,
    BootName,
    ClassText,
    ClientNetwork,
    Endpoint,
    InterfaceName,
    Ip,
    Listen,
    NextServer,
    NoneOrMore,
    OptionName,
    Positive,
    Range,
    Reply,
    Share,
    SubnetNetwork,
    Template,
    YesNoAuto,
    as_client_password,
    as_list,
    as_mac_password,
    one_of,
)
from gatekeeper.wire.acs import ENCODINGS
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.option_types import CONFIGURABLE


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
    encoding: Annotated[str, one_of(*ENCODINGS)] = "tr069"
    force: bool = True
    username: str = ""
    password: str = Field(default="", repr=False)
    hex: Any = None  # octets, read where the dialect is known


class AcsClassSection(AcsKeys):
    url: AcsUrl = ""
    match: ClassText | None = None
    exact: ClassText | None = None


class AcsSection(AcsKeys):
    url: AcsUrl
    classes: list[AcsClassSection] = Field(default=[], alias="class")


class BootKeys(Section):
    """What a box starts from: siaddr, file and sname."""

    next_server: NextServer | None = None
    boot_file: BootName | None = None
    server_name: BootName | None = None


class SubnetSection(BootKeys):
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
    defer: Share | None = None
    min_lease_s: Annotated[int, Field(ge=1, le=MAX_LEASE_S)] | None = None
    options: dict[str, Any] = {}  # typed by the option table


class ExtraKeys(BootKeys):
    """What is told beside the subnet."""

    options: dict[str, Any] = {}
    force: bool = False
    lease_s: Annotated[int, Field(ge=1, le=MAX_LEASE_S)] | None = None


class DhcpClassSection(ExtraKeys):
    match: ClassText | None = None
    exact: ClassText | None = None


class DhcpProfileSection(ExtraKeys):
    plan: Annotated[str, Field(min_length=1)]


class OptionSection(Section):
    code: Annotated[int, Field(ge=1, le=254)]
    name: OptionName
    type: Annotated[str, one_of(*CONFIGURABLE)]


class SharedPassword(Section):
    shared: Annotated[str, Field(min_length=1, max_length=128, repr=False)]


class AaaServerSection(Section):
    address: Listen
    secret: Annotated[str, Field(min_length=1, max_length=128, repr=False)]
    require_message_authenticator: bool = True


class DhcpRadiusSection(Section):
    user_name: Annotated[str, Field(min_length=1, max_length=253)] = "{mac}"
    password: Annotated[Literal["mac"] | SharedPassword, BeforeValidator(as_client_password)] = "mac"  # noqa: S105 - a mode
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
    classes: list[DhcpClassSection] = Field(default=[], alias="class")
    profile: list[DhcpProfileSection] = []
    trusted: list[InterfaceName] = []
    check_source_mac: bool = True
    arp_probe: Annotated[str, one_of("off", "first")] = "off"
    quarantine_s: Positive = 3600
    declines_per_hour: Annotated[int, Field(ge=1, le=1000)] = 3
    rapid_commit: bool = False
    deny_auto_configure: bool = False
    lenient: bool = True
    offer_s: Annotated[int, Field(ge=1, le=3600)] = 30
    answer_runs: Annotated[str, one_of("auto", "always", "never")] = "auto"
    max_age_s: Annotated[float, Field(ge=0, le=60)] = 4.0
    defer: Share = 0.15
    min_lease_s: Annotated[int, Field(ge=1, le=MAX_LEASE_S)] = 5
    leasequery: list[ClientNetwork] = []
    relays: list[ClientNetwork] = []
    authorize: Annotated[str, one_of("local", "radius")] = "local"
    radius: DhcpRadiusSection | None = None


class ClientSection(Section):
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s|]+$")]
    ipaddr: ClientNetwork
    secret: Annotated[str, Field(min_length=1, max_length=128, repr=False)]
    require_message_authenticator: YesNoAuto = "auto"
    limit_proxy_state: YesNoAuto = "auto"
    send_message_authenticator: bool = True
    nas: Annotated[str, one_of(*DIALECTS)] = "generic"
    coa_port: Annotated[int, Field(gt=0, lt=65536)] = 3799
    mac_password: Annotated[Literal["mac", "any"] | SharedPassword, BeforeValidator(as_mac_password)] = "mac"  # noqa: S105 - a mode, no password
    kilobit: Literal[1000, 1024] = 1000
    user_name: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    port_from: Annotated[list[AttributeName], Field(min_length=1, max_length=16)] | None = None
    nas_port: str | None = None
    rates: Annotated[dict[AttributeName, Template], Field(max_length=8)] | None = None
    rate_unit: Annotated[str, one_of("kbit", "bit")] | None = None
    reply: Reply = {}
    filter_id: Template | None = None
    framed_address: bool = True
    framed_pool: Annotated[str, Field(max_length=253)] = ""
    session_timeout_s: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 0
    acct_interim_interval_s: Annotated[int, Field(ge=60, le=0xFFFFFFFF)] | None = None  # RFC 2869 5.16
    option_43: bool = False


class ProfileSection(Section):
    plan: Annotated[str, Field(min_length=1, max_length=256)]
    clients: list[str] = []
    coa: bool = False
    reply: Reply


class RadiusSection(Section):
    listen_auth: list[Listen] = []
    listen_acct: list[Listen] = []
    dictionaries: Annotated[list[str], BeforeValidator(as_list)] = []
    stale_session_s: Annotated[int, Field(ge=300, le=MAX_NUMBER)] = 86_400
    client: list[ClientSection] = []
    profile: list[ProfileSection] = []


class BindingSection(Section):
    port: Annotated[str, one_of("off", "learn", "strict")] = "learn"
    missing: Annotated[str, one_of("refuse", "allow")] = "refuse"
    port_key: Annotated[str, one_of("circuit-id", "remote-id", "both")] = "circuit-id"
    port_names: dict[str, str] = {}
    line_templates: Annotated[list[Template], Field(max_length=16)] = []
    stbid: Annotated[str, one_of("off", "warn", "refuse")] = "warn"
    boxes_per_account: Positive = 2
    boxes_per_port: NoneOrMore = 0
    shared_line: NoneOrMore = 8


class OrdersSection(Section):
    hold_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = 0
    address: Annotated[str, one_of("note", "strict")] = "note"


class JournalSection(Section):  # [history] in the file; the journal everywhere else
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 90


class LimitsSection(Section):
    per_mac_per_s: Positive = 5
    per_port_per_s: Positive = 50
    per_nas_per_s: Positive = 20_000
    total_per_s: NoneOrMore = 0


class ApiSection(Section):
    listen: Listen = Endpoint(0x7F000001, 8067)
    token_file: Annotated[str, Field(min_length=1)] = "api.token"  # noqa: S105 - a file's name


class LogSection(Section):
    packets: Annotated[str, one_of("all", "refused", "none")] = "all"


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
