"""Who is let in without asking row by row would be let in by the rows: ``explain`` and the engines say the same."""

from itertools import product

from gatekeeper.book import BindingPolicy
from gatekeeper.model import Binding, PortId, Rate
from gatekeeper.policy.binding import ADMITTED, RULES, Case, is_usual, judge
from gatekeeper.policy.dhcp_rules import BY_AAA, BY_ORDERS

HERE = PortId("10.20.0.1|ge 1/0/1", "ge 1/0/1", "10.20.0.1")
ELSEWHERE = PortId("10.20.0.1|ge 1/0/2", "ge 1/0/2", "10.20.0.1")
VLAN = ELSEWHERE._replace(vague=True)
SEEN = (None, HERE, ELSEWHERE, VLAN, HERE._replace(vague=True))
HOMES = ((None, "unlearned"), (HERE, "learned"), (HERE, "ordered"), (VLAN, "ordered"))


def bindings() -> list[Binding | None]:
    rate = Rate(0, 0)
    return [None] + [
        Binding("A", "", "", state, rate, port, port_state, 0, "", "1")
        for state, (port, port_state) in product(("active", "suspended", "cancelled"), HOMES)
    ]


def cases() -> list[Case]:
    modes = product(("off", "learn", "strict"), ("refuse", "allow"), (0, 2))
    policies = [BindingPolicy(port, missing, "circuit-id", {}, 2, most) for port, missing, most in modes]
    return [Case(*parts) for parts in product(bindings(), SEEN, (False, True), policies, (0, 1, 2))]


def test_every_rule_holds_of_the_usual_case() -> None:
    """Of all combinations of account, line, message and [binding]."""
    usual = [case for case in cases() if is_usual(case)]
    assert len(usual) > 100
    for case in usual:
        assert all(rule.holds(case) for rule in RULES), case


def test_most_boxes_are_usual() -> None:
    """Else the short way would be for nobody: a box on its line, one that is bound to none, and a renewal."""
    policy = BindingPolicy("learn", "refuse", "circuit-id", {}, 2)
    bound = Binding("A", "", "", "active", Rate(0, 0), HERE, "learned", 0, "", "1")
    free = bound._replace(port=None, port_state="unlearned")
    for binding, seen, renewal in ((bound, HERE, False), (bound, None, True), (free, None, False), (free, HERE, False)):
        assert is_usual(Case(binding, seen, renewal, policy, 0))


def test_the_verdict_is_that_of_the_rows_in_every_case() -> None:
    for case in cases():
        assert (judge(case) is ADMITTED) == all(rule.holds(case) for rule in RULES), case


def test_what_stands_beside_the_shared_rules_is_asked_of_everybody() -> None:
    """In the same sequence."""
    shared = {rule.holds for rule in RULES}
    for states in (BY_ORDERS, BY_AAA):
        for state in states.values():
            assert state.beside == tuple(holds for holds in state.holds if holds not in shared)
    assert len(BY_ORDERS["renewing"].holds) - len(BY_ORDERS["renewing"].beside) == len(RULES)
