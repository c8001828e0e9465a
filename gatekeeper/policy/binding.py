"""The rules that both protocols share: is the box on the whitelist, is its account active, is it on its port.

The rules are a tuple; the first one that objects decides. ``explain`` walks the same tuple.
"""

from collections.abc import Callable
from typing import NamedTuple

from gatekeeper.book import BindingPolicy
from gatekeeper.model import Action, Binding, PortId, Reason, Verdict


class Case(NamedTuple):
    """One question to the gate, with every fact that a shared rule may read."""

    binding: Binding | None
    port: PortId | None
    renewal: bool
    policy: BindingPolicy
    crowd: int  # boxes bound to the port seen, where this one's account would be bound to it


class Rule(NamedTuple):
    """One fact, one reason. ``compared``: (what it must be, what it is), as text."""

    name: str
    reason: Reason
    holds: Callable[[Case], bool]
    compared: Callable[[Case], tuple[str, str]]


def mac_is_known(case: Case) -> bool:
    """An order binds the MAC to an account that is not cancelled."""
    return case.binding is not None and case.binding.state != "cancelled"


def account_is_active(case: Case) -> bool:
    """The account is not suspended."""
    return case.binding is not None and case.binding.state == "active"


def port_is_named(case: Case) -> bool:
    """A box whose account is bound to a port says which port it is on; a unicast renewal need not (RFC 3046 2.1)."""
    if case.port is not None or case.renewal or case.policy.missing == "allow" or case.policy.port == "off":
        return True
    return case.binding is None or (case.binding.port is None and case.policy.port == "learn")


def port_is_its_own(case: Case) -> bool:
    """The box is on the port that its account is bound to; under ``strict`` only an ordered port counts."""
    if case.port is None or case.binding is None or case.policy.port == "off":
        return True
    if case.policy.port == "strict" and case.binding.port_state != "ordered":
        return False
    return case.binding.port is None or case.binding.port.covers(case.port)


def port_has_room(case: Case) -> bool:
    """A port that the account is about to be bound to has room for another box ([binding] boxes_per_port)."""
    most = case.policy.boxes_per_port
    return case.crowd < most or most == 0 or case.policy.port != "learn"


def _crowd(case: Case) -> tuple[str, str]:
    return f"{case.policy.boxes_per_port} boxes at most", f"{case.crowd} boxes on {_ports(case)[1]}"


def _ports(case: Case) -> tuple[str, str]:
    bound = case.binding.port.text if case.binding and case.binding.port else ""
    return bound, case.port.text if case.port else ""


def _account(case: Case) -> tuple[str, str]:
    return "", f"account {case.binding.account}" if mac_is_known(case) and case.binding else ""


def _state(case: Case) -> tuple[str, str]:
    return "active", case.binding.state if case.binding else ""


RULES: tuple[Rule, ...] = (
    Rule("MAC is known", Reason.UNKNOWN_MAC, mac_is_known, _account),
    Rule("account is active", Reason.SUSPENDED, account_is_active, _state),
    Rule("port is named", Reason.PORT_MISSING, port_is_named, _ports),
    Rule("port is its own", Reason.PORT_MISMATCH, port_is_its_own, _ports),
    Rule("port has room", Reason.PORT_FULL, port_has_room, _crowd),
)
_HOLDS = tuple(rule.holds for rule in RULES)
ADMITTED = Verdict(Action.ACCEPT)


def judge(case: Case) -> Verdict:
    """ADMITTED, or a refusal with the two values that were compared."""
    for holds in _HOLDS:
        if not holds(case):
            rule = RULES[_HOLDS.index(holds)]
            return Verdict(Action.REJECT, rule.reason, *rule.compared(case))
    return ADMITTED


def learns_port(case: Case) -> bool:
    """True if an admitted case binds the account to the port seen."""
    binding = case.binding
    return (
        binding is not None
        and case.port is not None
        and binding.port_state == "unlearned"
        and case.policy.port == "learn"
    )
