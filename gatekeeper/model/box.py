"""A box and what is on record of it: what binds it, the address that it holds, its sessions, what happened."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.port import PortId
from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Rate(Value):
    """Speed of an account, kbit/s; 0 = no limit ordered."""

    __slots__ = ("down_kbps", "up_kbps")

    def __init__(self, down_kbps: int, up_kbps: int) -> None:
        self.down_kbps: Final = down_kbps
        self.up_kbps: Final = up_kbps


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Binding(Value):
    """What the orders say of one box: its account, and what the account may do."""

    __slots__ = (
        "account",
        "subscriber",
        "stbid",
        "state",
        "rate",
        "port",
        "port_state",
        "address",
        "acs_url",
        "order",
        "plan",
    )

    def __init__(
        self,
        account: str,
        subscriber: str,
        stbid: str,
        state: str,  # active suspended cancelled
        rate: Rate,
        port: PortId | None,
        port_state: str,  # unlearned learned ordered
        address: int,  # fixed address, 0 = from the pool
        acs_url: str,  # "" = the configured one
        order: str,
        plan: str = "",  # as the order has it
    ) -> None:
        self.account: Final = account
        self.subscriber: Final = subscriber
        self.stbid: Final = stbid
        self.state: Final = state
        self.rate: Final = rate
        self.port: Final = port
        self.port_state: Final = port_state
        self.address: Final = address
        self.acs_url: Final = acs_url
        self.order: Final = order
        self.plan: Final = plan


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Lease(Value):
    """One address, and the last box that held it."""

    __slots__ = (
        "address",
        "mac",
        "account",
        "port",
        "state",
        "expires_at",
        "first_seen",
        "last_seen",
        "agent",
        "client_id",
    )

    def __init__(
        self,
        address: int,
        mac: bytes,
        account: str,
        port: str,
        state: str,  # active released declined recovered
        expires_at: int,
        first_seen: int,
        last_seen: int,
        agent: bytes,  # Option 82 as it came with the lease
        client_id: bytes,
    ) -> None:
        self.address: Final = address
        self.mac: Final = mac
        self.account: Final = account
        self.port: Final = port
        self.state: Final = state
        self.expires_at: Final = expires_at
        self.first_seen: Final = first_seen
        self.last_seen: Final = last_seen
        self.agent: Final = agent
        self.client_id: Final = client_id


# States in which a lease is its box's. recovered: of a commit that was lost; it is an active one once it is renewed.
HELD: Final = frozenset({"active", "recovered"})


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Facts(Value):
    """All that the store knows of one MAC."""

    __slots__ = ("binding", "lease")

    def __init__(self, binding: Binding | None, lease: Lease | None) -> None:
        self.binding: Final = binding
        self.lease: Final = lease


NO_FACTS: Final = Facts(None, None)


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Session(Value):
    """One session of a box at a NAS, as the NAS accounts for it. ``in`` is from the subscriber (RFC 2866 5.3)."""

    __slots__ = (
        "session",
        "nas",
        "device",
        "source",
        "mac",
        "account",
        "port",
        "address",
        "order",
        "started",
        "last_seen",
        "bytes_in",
        "bytes_out",
        "cause",
        "keys",
    )

    def __init__(
        self,
        session: str,  # Acct-Session-Id
        nas: str,  # name of the client
        device: str,  # which NAS behind that client: its NAS-IP-Address, NAS-Identifier or source address
        source: int,  # the address that it reports from
        mac: bytes,  # b"" = it names none
        account: str,
        port: str,
        address: int,
        order: str,  # that its Class was given under, "" = no Class of ours
        started: int,
        last_seen: int,
        bytes_in: int,
        bytes_out: int,
        cause: str,  # why it ended
        keys: bytes,  # the attributes that identify it, as they came (RFC 5176 3)
    ) -> None:
        self.session: Final = session
        self.nas: Final = nas
        self.device: Final = device
        self.source: Final = source
        self.mac: Final = mac
        self.account: Final = account
        self.port: Final = port
        self.address: Final = address
        self.order: Final = order
        self.started: Final = started
        self.last_seen: Final = last_seen
        self.bytes_in: Final = bytes_in
        self.bytes_out: Final = bytes_out
        self.cause: Final = cause
        self.keys: Final = keys


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Event(Value):
    """One thing that happened, as the journal keeps it. mac: as text, for people; "" = none; address: 0 = none.

    at_ms: when it happened, however late it is noted. What only a NAS or a lease's end dates has whole seconds.
    """

    __slots__ = ("at_ms", "kind", "mac", "account", "address", "port", "detail")

    def __init__(self, at_ms: int, kind: str, mac: str, account: str, address: int, port: str, detail: str) -> None:
        self.at_ms: Final = at_ms
        self.kind: Final = kind
        self.mac: Final = mac
        self.account: Final = account
        self.address: Final = address
        self.port: Final = port
        self.detail: Final = detail


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Holder(Value):
    """Who had an address. until: when that ended or is to end; 0 = it goes on until accounting says otherwise."""

    __slots__ = ("mac", "account", "port", "since", "until", "by")

    def __init__(
        self,
        mac: str,
        account: str,
        port: str,
        since: int,
        until: int,
        by: str,  # dhcp, or the session that says so
    ) -> None:
        self.mac: Final = mac
        self.account: Final = account
        self.port: Final = port
        self.since: Final = since
        self.until: Final = until
        self.by: Final = by
