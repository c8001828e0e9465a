"""[radius] in the Policybook, both ways: the NASes that ask us, and the AAA servers that we ask about DHCP."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.nas import AttributeCode
from gatekeeper.wire.nas_rates import RateAttribute
from gatekeeper.wire.nas_request import Reading
from gatekeeper.wire.radius_seal import Secret
from gatekeeper.wire.user_name import NamePart


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Nas(Value):
    """One [[radius.client]]. password: mac any shared.

    ``rates``: all attributes that come out of templates; ``plans``: the same for accounts of these plans; ``per_box``:
    one of them is not the same for all accounts of one rate and plan. ``option_43``: the attribute that carries it.
    Times of 0 are not told. ``session_keys``: types of the attributes that name a session to it in CoA and Disconnect.
    """

    __slots__ = (
        "name",
        "network",
        "mask",
        "secret",
        "require_seal",
        "limit_proxy_state",
        "dialect",
        "rates",
        "kilobit",
        "password",
        "shared_password",
        "reading",
        "plans",
        "per_box",
        "framed_address",
        "framed_pool",
        "session_timeout_s",
        "option_43",
        "session_keys",
        "coa_port",
        "seals",
        "interim_s",
    )

    def __init__(
        self,
        name: str,
        network: int,
        mask: int,
        secret: Secret,
        require_seal: str,
        limit_proxy_state: str,
        dialect: str,
        rates: tuple[RateAttribute, ...],
        kilobit: int,
        password: str,
        shared_password: Secret | None,
        reading: Reading,
        plans: dict[str, tuple[RateAttribute, ...]],
        per_box: bool = False,
        framed_address: bool = True,
        framed_pool: str = "",
        session_timeout_s: int = 0,
        option_43: AttributeCode | None = None,
        session_keys: frozenset[int] = frozenset(),
        coa_port: int = 3799,
        seals: bool = True,  # our packets to it have a Message-Authenticator
        interim_s: int = 0,  # how often it is told to report on a session, 0 = not told
    ) -> None:
        self.name: Final = name
        self.network: Final = network
        self.mask: Final = mask
        self.secret: Final = secret
        self.require_seal: Final = require_seal
        self.limit_proxy_state: Final = limit_proxy_state
        self.dialect: Final = dialect
        self.rates: Final = rates
        self.kilobit: Final = kilobit
        self.password: Final = password
        self.shared_password: Final = shared_password
        self.reading: Final = reading
        self.plans: Final = plans
        self.per_box: Final = per_box
        self.framed_address: Final = framed_address
        self.framed_pool: Final = framed_pool
        self.session_timeout_s: Final = session_timeout_s
        self.option_43: Final = option_43
        self.session_keys: Final = session_keys
        self.coa_port: Final = coa_port
        self.seals: Final = seals
        self.interim_s: Final = interim_s

    def told(self, plan: str) -> tuple[RateAttribute, ...]:
        """The attributes for an account of this plan."""
        return self.plans.get(plan, self.rates)


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AaaServer(Value):
    """One [[dhcp.radius.server]]. sealed_only: an answer without Message-Authenticator is not believed."""

    __slots__ = ("address", "port", "secret", "sealed_only")

    def __init__(self, address: int, port: int, secret: Secret, sealed_only: bool) -> None:
        self.address: Final = address
        self.port: Final = port
        self.secret: Final = secret
        self.sealed_only: Final = sealed_only


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AaaPolicy(Value):
    """[dhcp.radius]: who is asked about a box, as whom, and for how long. shared_password: None = the MAC."""

    __slots__ = (
        "servers",
        "user_name",
        "shared_password",
        "timeout_s",
        "tries",
        "cache_s",
        "hold_down_s",
        "nas_identifier",
    )

    def __init__(
        self,
        servers: tuple[AaaServer, ...],  # in sequence of preference
        user_name: tuple[NamePart, ...],
        shared_password: Secret | None,
        timeout_s: float,
        tries: int,
        cache_s: int,
        hold_down_s: int,
        nas_identifier: str,
    ) -> None:
        self.servers: Final = servers
        self.user_name: Final = user_name
        self.shared_password: Final = shared_password
        self.timeout_s: Final = timeout_s
        self.tries: Final = tries
        self.cache_s: Final = cache_s
        self.hold_down_s: Final = hold_down_s
        self.nas_identifier: Final = nas_identifier
