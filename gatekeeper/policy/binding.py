"""The rules that both protocols share: is the box on the whitelist, is its account active, is it on its port.

The rules are a tuple; the first one that objects decides, and ``explain`` walks the same tuple. DHCP has more
rows of this shape around them (``dhcp_rules``).
"""

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import BindingPolicy
from gatekeeper.model import Action, Binding, PortId, Reason, Verdict
from gatekeeper.value import Value


class AnyCase(Protocol):
    """Every fact that a shared rule may read of a question to the gate, whichever mouth hears it."""

    @property
    def binding(self) -> Binding | None:
        """What the orders say of the box."""

    @property
    def port(self) -> PortId | None:
        """The access line that it is seen on."""

    @property
    def renewal(self) -> bool:
        """True if the message is unicast, and so tells no line."""

    @property
    def policy(self) -> BindingPolicy:
        """The section [binding]."""

    @property
    def crowd(self) -> int:
        """Boxes bound to the port seen, where this one's account would be bound to it."""


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Case(Value):
    """One question to the gate with no facts but those of AnyCase: what RADIUS asks the shared rules."""

    __slots__ = ("binding", "port", "renewal", "policy", "crowd")

    def __init__(
        self, binding: Binding | None, port: PortId | None, renewal: bool, policy: BindingPolicy, crowd: int
    ) -> None:
        self.binding: Final = binding
        self.port: Final = port
        self.renewal: Final = renewal
        self.policy: Final = policy
        self.crowd: Final = crowd


_Case = TypeVar("_Case", contravariant=True)


@final
class Rule(Value, Generic[_Case]):
    """One fact, one reason, one sentence that ``explain`` prints.

    holds: true if the rule does not object; an address, where that is what the rule looks for.
    compared: (what it must be, what it is), as text.
    """

    __slots__ = ("name", "reason", "says", "holds", "compared")

    def __init__(
        self,
        name: str,
        reason: Reason,
        says: str,
        holds: Callable[[_Case], int],
        compared: Callable[[_Case], tuple[str, str]],
    ) -> None:
        self.name: Final = name
        self.reason: Final = reason
        self.says: Final = says
        self.holds: Final = holds
        self.compared: Final = compared


def _mac_is_known(case: AnyCase) -> bool:
    binding = case.binding
    return binding is not None and binding.state != "cancelled"


def _account_is_active(case: AnyCase) -> bool:
    binding = case.binding
    return binding is not None and binding.state == "active"


def _port_is_named(case: AnyCase) -> bool:
    seen, binding = case.port, case.binding
    if case.renewal or case.policy.missing == "allow" or case.policy.port == "off" or binding is None:
        return True
    if seen is not None and not (seen.vague and _is_learned(binding) and not _covers(binding, seen)):
        return True
    return binding.port is None and case.policy.port == "learn"


def _is_learned(binding: Binding) -> bool:
    return binding.port is not None and binding.port_state == "learned"


def _covers(binding: Binding, seen: PortId) -> bool:
    return binding.port is not None and binding.port.covers(seen)


def _port_is_its_own(case: AnyCase) -> bool:
    seen, binding, mode = case.port, case.binding, case.policy.port
    if seen is None or binding is None or mode == "off":
        return True
    if mode == "strict" and binding.port_state != "ordered":
        return False
    # What many lines have in common is held against an ordered port only; with a learned one it tells no line.
    return binding.port is None or binding.port.covers(seen) or (seen.vague and _is_learned(binding))


def _port_has_room(case: AnyCase) -> bool:
    crowd = case.crowd
    if crowd == 0:
        return True
    most = case.policy.boxes_per_port
    return crowd < most or most == 0 or case.policy.port != "learn"


def _crowd(case: AnyCase) -> tuple[str, str]:
    most = case.policy.boxes_per_port
    return (f"{most} boxes at most", f"{case.crowd} boxes on {_ports(case)[1]}") if most else ("", "no limit is set")


def _ports(case: AnyCase) -> tuple[str, str]:
    bound = case.binding.port.text if case.binding and case.binding.port else ""
    return bound, case.port.text if case.port else ""


def _account(case: AnyCase) -> tuple[str, str]:
    return "", f"account {case.binding.account}" if _mac_is_known(case) and case.binding else ""


def _state(case: AnyCase) -> tuple[str, str]:
    return "active", case.binding.state if case.binding else ""


RULES: Final[tuple[Rule[AnyCase], ...]] = (
    Rule(
        "MAC is known",
        Reason.UNKNOWN_MAC,
        "An order binds the MAC to an account that is not cancelled.",
        _mac_is_known,
        _account,
    ),
    Rule("account is active", Reason.SUSPENDED, "The account is not suspended.", _account_is_active, _state),
    Rule(
        "port is named",
        Reason.PORT_MISSING,
        "A box whose account is bound to a port says which port it is on; a unicast renewal need not (RFC 3046 2.1).",
        _port_is_named,
        _ports,
    ),
    Rule(
        "port is its own",
        Reason.PORT_MISMATCH,
        "The box is on the port that its account is bound to; under ``strict`` only an ordered port counts.",
        _port_is_its_own,
        _ports,
    ),
    Rule(
        "port has room",
        Reason.PORT_FULL,
        "A port that the account is about to be bound to has room for another box ([binding] boxes_per_port).",
        _port_has_room,
        _crowd,
    ),
)
_HOLDS: Final = tuple(rule.holds for rule in RULES)
ADMITTED: Final = Verdict(Action.ACCEPT)


def is_usual(case: AnyCase) -> bool:
    """True of most that are let in: an active account on its own line, or on none where it needs none. Then each of
    RULES holds, and needs not be asked; of all others they say why."""
    binding, seen, mode = case.binding, case.port, case.policy.port
    if binding is None or binding.state != "active" or case.crowd:
        return False
    if mode == "off":
        return True
    if seen is None:
        return case.renewal or (binding.port is None and mode == "learn")
    return mode == "learn" and (binding.port is None or binding.port.covers(seen))


def judge(case: AnyCase) -> Verdict:
    """ADMITTED, or a refusal with the two values that were compared."""
    if is_usual(case):
        return ADMITTED
    for holds in _HOLDS:
        if not holds(case):
            rule = RULES[_HOLDS.index(holds)]
            return Verdict(Action.REJECT, rule.reason, *rule.compared(case))
    return ADMITTED


def learns_port(case: AnyCase) -> bool:
    """True if an admitted case binds the account to the port seen."""
    binding = case.binding
    return (
        binding is not None
        and case.port is not None
        and not case.port.vague
        and binding.port_state == "unlearned"
        and case.policy.port == "learn"
    )
