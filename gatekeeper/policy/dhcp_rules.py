"""What DHCP does with a box: for each client state of RFC 2131 4.3 the rows that must hold, and what it is then given.

The first row that objects decides. ``explain`` walks the same rows.
"""

from collections.abc import Callable
from typing import Final

from gatekeeper.model import HELD, Action, Reason, Verdict
from gatekeeper.policy.binding import RULES, Rule, is_usual
from gatekeeper.policy.declines import DECLINES_ARE_FEW, QUARANTINE_HAS_ROOM
from gatekeeper.policy.dhcp import (
    DhcpCase,
    State,
    choose_address,
    fixed_here,
    has_record,
    is_free_in_pool,
    is_its_own,
    is_unread,
    keeps,
    own_fixed,
    takes_unclaimed,
)
from gatekeeper.wire.text import ip_text

# A refused box that holds a lease is told so at its next renewal, else it would keep the address until the lease ends.
_TOLD: Final = frozenset({Reason.UNKNOWN_MAC, Reason.SUSPENDED, Reason.PORT_MISMATCH, Reason.AAA_REJECTED})
# What whoever has read all leases on record may see otherwise.
_BY_LEASES: Final = frozenset({Reason.WRONG_ADDRESS, Reason.POOL_EXHAUSTED, Reason.ADDRESS_CONFLICT})
_UNTOLD: Final = frozenset({"discover", "rapid", "inform"})
_OFFER: Final = Action.OFFER  # a member's name costs a look-up in a class, each time
_ACK: Final = Action.ACK


def judge_dhcp(case: DhcpCase) -> Verdict:
    """The verdict: offer, ack, inform, nak, free, quarantine or silent; nak and silent carry a reason."""
    state, found = state_of_case(case), 0
    for holds in state.beside if is_usual(case) else state.holds:
        found = holds(case)
        if not found:
            return _refusal(case, next(rule for rule in state.rules if not rule.holds(case)))
    return state.gives(case, found)


def state_of_case(case: DhcpCase) -> State:
    """Whose rows this case must pass: AAA's are among them, where it decides."""
    return (BY_AAA if case.aaa else BY_ORDERS)[case.state]


def _refusal(case: DhcpCase, rule: Rule[DhcpCase]) -> Verdict:
    reason = rule.reason
    if reason in _BY_LEASES and is_unread(case):
        return Verdict(Action.SILENT, Reason.LEASES_UNREAD, *rule.compared(case))
    # RFC 2131 4.3.2: a wrong address gets a DHCPNAK, whatever is on record.
    told = reason is Reason.WRONG_ADDRESS or (reason in _TOLD and case.state not in _UNTOLD and has_record(case))
    return Verdict(Action.NAK if told else Action.SILENT, reason, *rule.compared(case))


def _offered(case: DhcpCase, address: int) -> Verdict:
    return Verdict(_OFFER, None, "", "", address)


def _given_at_once(case: DhcpCase, address: int) -> Verdict:
    # RFC 4039 3.1: the address is committed at once, and the answer is an ACK.
    return Verdict(_ACK, None, "", "", address)


def _acknowledged(case: DhcpCase, right: int) -> Verdict:
    return Verdict(_ACK, None, "", "", case.wanted)


def _of_address(action: Action) -> Callable[[DhcpCase, int], Verdict]:
    return lambda case, right: Verdict(action, address=case.wanted)


def _of_aaa(name: str, reason: Reason, says: str) -> Rule[DhcpCase]:
    def holds(case: DhcpCase) -> bool:
        return case.aaa is None or case.aaa.reason is not reason

    def compared(case: DhcpCase) -> tuple[str, str]:
        return (case.aaa.bound, case.aaa.seen) if case.aaa and case.aaa.reason is reason else ("", "")

    return Rule(name, reason, says, holds, compared)


def _stbid_fits(case: DhcpCase) -> bool:
    return case.differs is None or case.policy.stbid != "refuse"


def _has_subnet(case: DhcpCase) -> bool:
    return case.subnet is not None


def _fixed_is_free(case: DhcpCase) -> bool:
    return fixed_here(case) == 0 or choose_address(case) != 0


def _speaks_to_us(case: DhcpCase) -> bool:
    return case.ours


def _is_known_here(case: DhcpCase) -> bool:
    subnet = case.subnet
    elsewhere = subnet is None or case.wanted & subnet.mask != subnet.network
    return elsewhere or _has_lease(case) or case.pools.offered_to(case.mac, case.now) == case.wanted


def _has_lease(case: DhcpCase) -> bool:
    return case.lease is not None or own_fixed(case) != 0 or takes_unclaimed(case)


def _holds_it(case: DhcpCase) -> bool:
    lease = case.lease
    return lease is not None and lease.address == case.wanted and lease.state in HELD


def _was_given_it(case: DhcpCase) -> bool:
    # Where the time of its lease is over, another box may have the address.
    held = _holds_it(case) and case.pools.is_free_for(case.wanted, case.mac, case.now)
    return held or (case.wanted != 0 and case.pools.offered_to(case.mac, case.now) == case.wanted)


def _is_own_or_free(case: DhcpCase) -> bool:
    # A box with a fixed address that it can have is given no other one.
    return is_its_own(case) or (own_fixed(case) == 0 and is_free_in_pool(case))


def _is_own_or_lost(case: DhcpCase) -> bool:
    lost = case.lease is None and own_fixed(case) == 0
    return is_its_own(case) or (lost and is_free_in_pool(case)) or takes_unclaimed(case)


def _is_own_or_unclaimed(case: DhcpCase) -> bool:
    return is_its_own(case) or takes_unclaimed(case)


def _nothing(case: DhcpCase) -> tuple[str, str]:
    return "", ""


def _stbids(case: DhcpCase) -> tuple[str, str]:
    return case.differs or ("", "")


def _subnet(case: DhcpCase) -> tuple[str, str]:
    return "", case.subnet.text if case.subnet else ""


def _fixed(case: DhcpCase) -> tuple[str, str]:
    fixed = fixed_here(case)
    return "", ip_text(fixed) if fixed else ""


def _address(case: DhcpCase) -> tuple[str, str]:
    address = choose_address(case)
    return ("", ip_text(address)) if address else _subnet(case)


def _spoken_of(case: DhcpCase) -> tuple[str, str]:
    return "", ip_text(case.wanted)


def _bound(case: DhcpCase) -> tuple[str, str]:
    bound = own_fixed(case) or keeps(case)
    return ip_text(bound) if bound else "", ip_text(case.wanted)


AAA_RULES: Final = (
    _of_aaa("AAA is asked by name", Reason.NO_IDENTITY, "The message holds all that user_name of [dhcp.radius] takes."),
    _of_aaa("AAA answers", Reason.AAA_UNREACHABLE, "A [[dhcp.radius.server]] answers in time."),
    _of_aaa("AAA accepts", Reason.AAA_REJECTED, "The upstream AAA answers with Access-Accept."),
)
_STBID_FITS: Final = Rule(
    "STBID fits",
    Reason.STBID_MISMATCH,
    'A box that says an STBID (option 12) says its own, where [binding] stbid is "refuse".',
    _stbid_fits,
    _stbids,
)
_SUBNET_FITS: Final = Rule(
    "subnet fits",
    Reason.NO_SUBNET,
    "A [[dhcp.subnet]] holds the relay's or interface's address.",
    _has_subnet,
    _subnet,
)
# A renewal from an address outside every subnet: the box must start afresh.
_RENEWED_IS_SERVED: Final = Rule(
    "address is served",
    Reason.WRONG_ADDRESS,
    "A [[dhcp.subnet]] holds the address that the box renews.",
    _has_subnet,
    _spoken_of,
)
_FIXED_IS_FREE: Final = Rule(
    "fixed address is free",
    Reason.ADDRESS_CONFLICT,
    "No other box has the account's fixed address, or the pool has another one left.",
    _fixed_is_free,
    _fixed,
)
_ADDRESS_IS_THERE: Final = Rule(
    "address is there",
    Reason.POOL_EXHAUSTED,
    "The box has an address, or its pool has one left.",
    choose_address,
    _address,
)
# RFC 2131 4.3.2: the box took another server's offer.
_SERVER_IS_THIS: Final = Rule(
    "server is this one",
    Reason.OTHER_SERVER,
    "The box speaks to this server, and not to another one.",
    _speaks_to_us,
    _nothing,
)
# RFC 2131 4.3.2: on the wrong net NAK; right net but no record: MUST remain silent.
_KNOWN_HERE: Final = Rule(
    "lease is on record",
    Reason.NO_LEASE,
    "A box that starts with an address of this net has a lease on record or that very offer, or the address is fixed;"
    " or it is one that a recovery keeps for a box that is not known.",
    _is_known_here,
    _spoken_of,
)
# A rebinding without a record may be another server's.
_REBOUND_IS_KNOWN: Final = Rule(
    "lease is on record",
    Reason.NO_LEASE,
    "A box that asks every server to prolong its lease has one on record here, or a fixed address; or its address is"
    " one that a recovery keeps for a box that is not known.",
    _has_lease,
    _spoken_of,
)
_RELEASED_IS_HELD: Final = Rule(
    "lease is its own",
    Reason.NO_LEASE,
    "The box gives back what it holds.",
    _holds_it,
    _spoken_of,
)
# RFC 2131 4.3.3. Only what the box was given can it decline: else it could empty the pool by words alone.
_DECLINED_IS_GIVEN: Final = Rule(
    "address was given",
    Reason.NO_LEASE,
    "The box declines an address that it holds or was offered.",
    _was_given_it,
    _spoken_of,
)
# Our offer may be forgotten after a restart; what it offered is then still free.
_OFFERED_IS_OWN: Final = Rule(
    "address is its own",
    Reason.WRONG_ADDRESS,
    "The address that the box takes is the fixed one; without one: on record in a pool or on offer to it, or free in"
    " the pool.",
    _is_own_or_free,
    _bound,
)
_KNOWN_IS_OWN: Final = Rule(
    "address is its own",
    Reason.WRONG_ADDRESS,
    "The address that the box asks for is fixed, on record in a pool or on offer to it, and nobody else's; or a"
    " recovery keeps it for a box that is not known.",
    _is_own_or_unclaimed,
    _bound,
)
# RFC 2131 4.3.2: ciaddr is trusted; a lease that we lost is granted anew while nobody else has the address.
_RENEWED_IS_OWN: Final = Rule(
    "address is its own",
    Reason.WRONG_ADDRESS,
    "The address that the box renews is its own, and a pool has it still; or none of the box is fixed or on record, and"
    " it is free in the pool or kept by a recovery for a box that is not known.",
    _is_own_or_lost,
    _bound,
)


def _state(gives: Callable[[DhcpCase, int], Verdict], *rules: Rule[DhcpCase]) -> State:
    # A fixed address that is taken, where none is left, is no address: the next rule objects too. So this one is asked
    # only to say why.
    asked = [rule for rule in rules if rule is not _FIXED_IS_FREE]
    beside = tuple(rule.holds for rule in asked if rule not in RULES)
    return State(rules, gives, tuple(rule.holds for rule in asked), beside)


def _states(*first: Rule[DhcpCase]) -> dict[str, State]:
    """first: what is asked before the rules that both protocols share."""
    let_in: tuple[Rule[DhcpCase], ...] = (*first, *RULES, _STBID_FITS)
    placed = (*let_in, _SUBNET_FITS)
    return {
        "discover": _state(_offered, *placed, _FIXED_IS_FREE, _ADDRESS_IS_THERE),
        "rapid": _state(_given_at_once, *placed, _FIXED_IS_FREE, _ADDRESS_IS_THERE),
        "selecting": _state(_acknowledged, _SERVER_IS_THIS, *placed, _OFFERED_IS_OWN),
        "init-reboot": _state(_acknowledged, *placed, _KNOWN_HERE, _KNOWN_IS_OWN),
        "renewing": _state(_acknowledged, *let_in, _RENEWED_IS_SERVED, _RENEWED_IS_OWN),
        "rebinding": _state(_acknowledged, *placed, _REBOUND_IS_KNOWN, _KNOWN_IS_OWN),
        "release": _state(_of_address(Action.FREE), _RELEASED_IS_HELD),
        "decline": _state(
            _of_address(Action.QUARANTINE), _SERVER_IS_THIS, _DECLINED_IS_GIVEN, DECLINES_ARE_FEW, QUARANTINE_HAS_ROOM
        ),
        "inform": _state(lambda case, right: Verdict(Action.INFORM), *placed),
    }


BY_ORDERS: Final = _states()
BY_AAA: Final = _states(*AAA_RULES)
