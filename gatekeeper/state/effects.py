"""Effects as a table: one row a kind of effect, with all that it does in memory, on disk and in the journal.

An effect's identity is its place in the batch that it is handed over with: two boxes may ask for the same, and each of
them is told on its own whether it lost.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol, final

from mypy_extensions import mypyc_attr

from gatekeeper.model import (
    AddressDeclined,
    AddressOffered,
    AddressTold,
    Effect,
    Event,
    ExtensionDeferred,
    Lease,
    LeaseBound,
    LeaseReleased,
    OfferForgotten,
    PortLearned,
    Reason,
    SessionReported,
    SessionsEnded,
    StbidDiffers,
    TwoMakes,
)
from gatekeeper.state.framed import SessionKey
from gatekeeper.state.pools import Pools
from gatekeeper.value import Value
from gatekeeper.wire.text import ip_text, mac_text

TWO_MAKES: Final = "option 60 twice"  # as the journal has it


class Memory(Protocol):
    """What effects change at once: facts and pools."""

    pools: Pools

    def send_lease(self, lease: Lease) -> None:
        """It is the box's from now on, and on its way to disk."""

    def settle_lease(self, lease: Lease) -> None:
        """It is on disk."""

    def drop_lease(self, mac: bytes) -> None:
        """It will not be on disk: what the store says of the box counts."""

    def send_port(self, learned: PortLearned) -> None:
        """The port is on its way to disk."""

    def settle_port(self, learned: PortLearned) -> None:
        """It is on disk."""

    def drop_port(self, mac: bytes) -> None:
        """Another port was first, or the store failed."""


def _nothing(memory: Memory, effect: Any, *_: object) -> None:
    """Memory does not hold it."""


def _no_event(effect: Any) -> Sequence[Event]:
    return ()


def _no_warning(effect: Any) -> Sequence[tuple[str, str]]:
    return ()


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class EffectKind(Value):
    """One row. What has no verb of the store is in memory only, and the journal is not told of it.

    apply: (memory, effect, subnet, now), at once; settle: (memory, effect), it is on disk; lose: (memory, effect,
    taken), no answer may come of it, taken: because the store says that the address or port is another's, and not
    because the store failed. lost_as: the reason of an outcome that it was lost for. events: what the journal is told
    in the transaction that makes it true, to the second; warnings: keys and values behind the log line of its outcome.
    """

    __slots__ = ("verb", "apply", "settle", "lose", "lost_as", "events", "warnings")

    def __init__(
        self,
        verb: str,
        apply: Callable[[Memory, Any, int, float], None],
        settle: Callable[[Memory, Any], None] = _nothing,
        lose: Callable[[Memory, Any, bool], None] = _nothing,
        lost_as: Reason = Reason.ADDRESS_CONFLICT,
        events: Callable[[Any], Sequence[Event]] = _no_event,
        warnings: Callable[[Any], Sequence[tuple[str, str]]] = _no_warning,
    ) -> None:
        self.verb: Final = verb
        self.apply: Final = apply
        self.settle: Final = settle
        self.lose: Final = lose
        self.lost_as: Final = lost_as
        self.events: Final = events
        self.warnings: Final = warnings


def _bind(memory: Memory, effect: LeaseBound, subnet: int, now: float) -> None:
    lease, ended = effect.lease, effect.ended
    memory.send_lease(lease)
    memory.pools.hold(subnet, lease.address, lease.mac, lease.expires_at)
    if ended:
        memory.pools.release(subnet, ended, lease.mac, lease.last_seen)


def _release(memory: Memory, effect: LeaseReleased, subnet: int, now: float) -> None:
    lease = effect.lease
    memory.send_lease(lease)
    memory.pools.release(subnet, lease.address, lease.mac, lease.expires_at)


def _decline(memory: Memory, effect: AddressDeclined, subnet: int, now: float) -> None:
    lease = effect.lease
    memory.send_lease(lease)
    memory.pools.quarantine(subnet, lease.address, lease.expires_at)
    memory.pools.declines.keep(lease.address, lease.expires_at)
    if not effect.probed:
        memory.pools.declines.say(lease.mac, now)


def _settle_lease(memory: Memory, effect: LeaseBound | LeaseReleased | AddressDeclined) -> None:
    memory.settle_lease(effect.lease)


def _lose_lease(memory: Memory, effect: LeaseBound | LeaseReleased | AddressDeclined, taken: bool) -> None:
    memory.drop_lease(effect.lease.mac)


def _lose_binding(memory: Memory, effect: LeaseBound, taken: bool) -> None:
    memory.drop_lease(effect.lease.mac)
    if taken:
        # Whose it is instead we do not know: it is offered to nobody while this lease would have lasted.
        memory.pools.block(effect.lease.address, effect.lease.expires_at)


def _send_port(memory: Memory, effect: PortLearned, subnet: int, now: float) -> None:
    memory.send_port(effect)


def _settle_port(memory: Memory, effect: PortLearned) -> None:
    memory.settle_port(effect)


def _lose_port(memory: Memory, effect: PortLearned, taken: bool) -> None:
    memory.drop_port(effect.mac)


def _offer(memory: Memory, effect: AddressOffered, subnet: int, now: float) -> None:
    memory.pools.offer(effect.mac, effect.address, effect.until, now)


def _tell_address(memory: Memory, effect: AddressTold, subnet: int, now: float) -> None:
    memory.pools.framed.tell(effect.mac, effect.address, effect.until, int(now))


def _report(memory: Memory, effect: SessionReported, subnet: int, now: float) -> None:
    """Only who has an address that an order fixes, or did, is remembered: a pool's is told by leases."""
    said, pools = effect.session, memory.pools
    if not said.mac:
        return
    key = SessionKey(said.nas, said.device, said.session)
    if effect.status == "stop":
        pools.framed.end(key, said.mac, effect.heard)
    elif pools.is_fixed(said.address) or said.address in pools.framed.by_address:
        pools.framed.report(key, said.mac, said.address, effect.until, effect.heard)


def _end_sessions(memory: Memory, effect: SessionsEnded, subnet: int, now: float) -> None:
    memory.pools.framed.end_all(effect.nas, effect.device)


def _forget_offer(memory: Memory, effect: OfferForgotten | ExtensionDeferred, subnet: int, now: float) -> None:
    memory.pools.forget_offer(effect.mac)


def _binding_events(effect: LeaseBound) -> Sequence[Event]:
    """A renewal is no event."""
    lease, ended = effect.lease, effect.ended
    over = (_over("lease ended", lease, ended),) if ended else ()
    if lease.first_seen != lease.last_seen:
        return over
    told = f"{ip_text(lease.address)} for {lease.expires_at - lease.first_seen} s"
    return (*over, _of_lease("lease", lease, lease.address, lease.first_seen, told))


def _release_events(effect: LeaseReleased) -> Sequence[Event]:
    return (_over("released", effect.lease, effect.lease.address),)


def _decline_events(effect: AddressDeclined) -> Sequence[Event]:
    return (_over("declined", effect.lease, effect.lease.address),)


def _port_events(effect: PortLearned) -> Sequence[Event]:
    mac, detail = mac_text(effect.mac), f"by {effect.protocol}"
    return (Event(effect.at * 1000, "port learned", mac, effect.account, 0, effect.port.text, detail),)


def _stbid_events(effect: StbidDiffers) -> Sequence[Event]:
    lease = effect.lease
    told = f"says {effect.said}, should be {effect.wanted}"
    return (_of_lease("STBID differs", lease, lease.address, lease.last_seen, told),)


def _stbid_warnings(effect: StbidDiffers) -> Sequence[tuple[str, str]]:
    return (("stbid", effect.said), ("should_be", effect.wanted))


def _make_events(effect: TwoMakes) -> Sequence[Event]:
    lease = effect.lease
    told = f"{' and '.join(effect.said)}: each is matched for itself"
    return (_of_lease(TWO_MAKES, lease, lease.address, lease.last_seen, told),)


def _make_warnings(effect: TwoMakes) -> Sequence[tuple[str, str]]:
    return [("option60", make) for make in effect.said]


def _over(kind: str, lease: Lease, address: int) -> Event:
    return _of_lease(kind, lease, address, lease.last_seen, ip_text(address))


def _of_lease(kind: str, lease: Lease, address: int, at: int, told: str) -> Event:
    return Event(at * 1000, kind, mac_text(lease.mac), lease.account, address, lease.port, told)


def run_out(lease: Lease) -> Event:
    """A lease whose time was over when its address went to somebody: who had an address when is asked later."""
    return _of_lease("lease ended", lease, lease.address, lease.expires_at, ip_text(lease.address))


# A port that is another's says more than an address that is: where both were lost, the upper row is the reason.
EFFECTS: Final[dict[type[Effect], EffectKind]] = {
    PortLearned: EffectKind("learn", _send_port, _settle_port, _lose_port, Reason.PORT_MISMATCH, _port_events),
    LeaseBound: EffectKind("bind", _bind, _settle_lease, _lose_binding, events=_binding_events),
    LeaseReleased: EffectKind("release", _release, _settle_lease, _lose_lease, events=_release_events),
    AddressDeclined: EffectKind("decline", _decline, _settle_lease, _lose_lease, events=_decline_events),
    StbidDiffers: EffectKind("tell", _nothing, events=_stbid_events, warnings=_stbid_warnings),
    TwoMakes: EffectKind("tell_makes", _nothing, events=_make_events, warnings=_make_warnings),
    # What is told of a session depends on what is on record of it: the store asks policy.sessions.
    SessionReported: EffectKind("report", _report),
    SessionsEnded: EffectKind("end_sessions", _end_sessions),
    ExtensionDeferred: EffectKind("", _forget_offer),  # it goes on with what it has
    AddressOffered: EffectKind("", _offer),
    AddressTold: EffectKind("", _tell_address),
    OfferForgotten: EffectKind("", _forget_offer),
}


def given_anew(effects: Sequence[Effect]) -> list[int]:
    """Addresses of the leases that begin with these."""
    bound = [effect.lease for effect in effects if isinstance(effect, LeaseBound)]
    return [lease.address for lease in bound if lease.first_seen == lease.last_seen]


def lost_reason(effects: Sequence[Effect], lost: AbstractSet[int]) -> Reason:
    """Why an outcome with these effects is not answered. lost: places of those that another's claim beat; none = the
    store failed."""
    kinds = {type(effects[place]) for place in lost}
    return next((row.lost_as for kind, row in EFFECTS.items() if kind in kinds), Reason.STORE_UNAVAILABLE)
