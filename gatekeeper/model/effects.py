"""What a verdict changes: an effect each, durable or in memory only. ``state.effects`` has what each of them does."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.model.box import Lease, Session
from gatekeeper.port import PortId
from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class LeaseBound(Value):
    """Effect, durable: this address is this box's until then. ``ended`` is another address it gives up, or 0;
    ``owned``: this process alone gives the address, and its pools know of all who hold it."""

    __slots__ = ("lease", "ended", "owned")

    def __init__(self, lease: Lease, ended: int = 0, owned: bool = False) -> None:
        self.lease: Final = lease
        self.ended: Final = ended
        self.owned: Final = owned


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class LeaseReleased(Value):
    """Effect, durable: the box gave its address back; the record stays."""

    __slots__ = ("lease",)

    def __init__(self, lease: Lease) -> None:
        self.lease: Final = lease


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AddressDeclined(Value):
    """Effect, durable: somebody else uses the address; nobody gets it before ``lease.expires_at``. probed: so we have
    found ourselves, and not the box."""

    __slots__ = ("lease", "probed")

    def __init__(self, lease: Lease, probed: bool = False) -> None:
        self.lease: Final = lease
        self.probed: Final = probed


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class PortLearned(Value):
    """Effect, durable: the account is bound to the first port seen."""

    __slots__ = ("account", "mac", "port", "protocol", "at")

    def __init__(self, account: str, mac: bytes, port: PortId, protocol: str, at: int) -> None:
        self.account: Final = account
        self.mac: Final = mac
        self.port: Final = port
        self.protocol: Final = protocol
        self.at: Final = at


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class StbidDiffers(Value):
    """Effect, durable: a box that was let in says an STBID that is not its own."""

    __slots__ = ("lease", "wanted", "said")

    def __init__(self, lease: Lease, wanted: str, said: str) -> None:
        self.lease: Final = lease
        self.wanted: Final = wanted
        self.said: Final = said


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class SessionReported(Value):
    """Effect, durable: what one Accounting-Request said of a session. status: start interim stop; heard: when; until:
    when it is taken to be over, if nothing more is heard of it."""

    __slots__ = ("session", "status", "heard", "until")

    def __init__(self, session: Session, status: str, heard: int, until: int = 0) -> None:
        self.session: Final = session
        self.status: Final = status
        self.heard: Final = heard
        self.until: Final = until


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class TwoMakes(Value):
    """Effect, durable: a box that was let in says its make (option 60) more than once."""

    __slots__ = ("lease", "said")

    def __init__(self, lease: Lease, said: tuple[str, ...]) -> None:
        self.lease: Final = lease
        self.said: Final = said


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class SessionsEnded(Value):
    """Effect, durable: a NAS says that its accounting starts or ends (RFC 2866 5.1), so all its sessions are over."""

    __slots__ = ("nas", "device", "at")

    def __init__(self, nas: str, device: str, at: int) -> None:
        self.nas: Final = nas
        self.device: Final = device
        self.at: Final = at


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class ExtensionDeferred(Value):
    """Effect in memory: the box is told what remains of the lease that the disk has, which lasts until then and was
    extended at ``since``. Nothing is written: the lease is young, or the store cannot be written in time."""

    __slots__ = ("mac", "until", "since")

    def __init__(self, mac: bytes, until: int, since: int) -> None:
        self.mac: Final = mac
        self.until: Final = until
        self.since: Final = since


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AddressOffered(Value):
    """Effect in memory: the address is kept for the box until then."""

    __slots__ = ("mac", "address", "until")

    def __init__(self, mac: bytes, address: int, until: int) -> None:
        self.mac: Final = mac
        self.address: Final = address
        self.until: Final = until


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class AddressTold(Value):
    """Effect in memory: RADIUS has told the box its ordered address, and its session may have it until then."""

    __slots__ = ("mac", "address", "until")

    def __init__(self, mac: bytes, address: int, until: int) -> None:
        self.mac: Final = mac
        self.address: Final = address
        self.until: Final = until


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class OfferForgotten(Value):
    """Effect in memory: the box took another server's offer."""

    __slots__ = ("mac",)

    def __init__(self, mac: bytes) -> None:
        self.mac: Final = mac


Effect = (
    LeaseBound
    | LeaseReleased
    | AddressDeclined
    | PortLearned
    | StbidDiffers
    | TwoMakes
    | SessionReported
    | SessionsEnded
    | ExtensionDeferred
    | AddressOffered
    | AddressTold
    | OfferForgotten
)
