"""binding.RULES as a table: for each rule, a case that it lets pass and a case that it objects to, and its words."""

import pytest

from gatekeeper.book import BindingPolicy
from gatekeeper.model import Action, Binding, PortId, Rate, Reason
from gatekeeper.policy.binding import ADMITTED, RULES, Case, judge, learns_port

HOME, AWAY = PortId("n|7", "7", "n"), PortId("n|8", "8", "n")


def _binding(state: str = "active", port: PortId | None = None, port_state: str = "unlearned") -> Binding:
    return Binding("A", "", "", state, Rate(0, 0), port, port_state, 0, "", "#1")


def _case(
    binding: Binding | None,
    port: PortId | None = None,
    mode: str = "learn",
    missing: str = "refuse",
    renewal: bool = False,
    crowd: int = 0,
    most: int = 4,
) -> Case:
    return Case(binding, port, renewal, BindingPolicy(mode, missing, "circuit-id", {}, 2, most), crowd)


ORDERED, LEARNED = _binding(port=HOME, port_state="ordered"), _binding(port=HOME, port_state="learned")
TABLE: list[tuple[str, Case, Reason | None, tuple[str, str]]] = [
    ("no order", _case(None), Reason.UNKNOWN_MAC, ("", "")),
    ("cancelled", _case(_binding("cancelled")), Reason.UNKNOWN_MAC, ("", "")),
    ("active", _case(_binding()), None, ("", "")),
    ("suspended", _case(_binding("suspended")), Reason.SUSPENDED, ("active", "suspended")),
    ("suspended, and on the wrong port",
     _case(_binding("suspended", HOME), AWAY), Reason.SUSPENDED, ("active", "suspended")),
    ("learn: nothing bound, none seen", _case(_binding()), None, ("", "")),
    ("learn: nothing bound, one seen", _case(_binding(), HOME), None, ("", "")),
    ("learn: nothing bound, the last place", _case(_binding(), HOME, crowd=3), None, ("", "")),
    ("learn: nothing bound, no place left",
     _case(_binding(), HOME, crowd=4), Reason.PORT_FULL, ("4 boxes at most", "4 boxes on n|7")),
    ("learn: nothing bound, places without limit", _case(_binding(), HOME, crowd=9, most=0), None, ("", "")),
    ("strict: nobody is bound to a port because he is seen there",
     _case(ORDERED, HOME, "strict", crowd=9), None, ("", "")),
    ("learn: bound and seen there", _case(LEARNED, HOME), None, ("", "")),
    ("learn: bound and seen elsewhere", _case(LEARNED, AWAY), Reason.PORT_MISMATCH, ("n|7", "n|8")),
    ("learn: ordered and seen elsewhere", _case(ORDERED, AWAY), Reason.PORT_MISMATCH, ("n|7", "n|8")),
    ("learn: bound, none seen", _case(LEARNED), Reason.PORT_MISSING, ("n|7", "")),
    ("learn: bound, none seen, renewal", _case(LEARNED, renewal=True), None, ("", "")),
    ("learn: bound, none seen, allowed", _case(LEARNED, missing="allow"), None, ("", "")),
    ("a renewal that names a wrong port", _case(LEARNED, AWAY, renewal=True), Reason.PORT_MISMATCH, ("n|7", "n|8")),
    ("strict: ordered and there", _case(ORDERED, HOME, "strict"), None, ("", "")),
    ("strict: ordered and elsewhere", _case(ORDERED, AWAY, "strict"), Reason.PORT_MISMATCH, ("n|7", "n|8")),
    ("strict: learned earlier", _case(LEARNED, HOME, "strict"), Reason.PORT_MISMATCH, ("n|7", "n|7")),
    ("strict: nothing ordered", _case(_binding(), HOME, "strict"), Reason.PORT_MISMATCH, ("", "n|7")),
    ("strict: none seen", _case(_binding(), None, "strict"), Reason.PORT_MISSING, ("", "")),
    ("strict: none seen, renewal", _case(ORDERED, None, "strict", renewal=True), None, ("", "")),
    ("off: seen elsewhere", _case(ORDERED, AWAY, "off"), None, ("", "")),
    ("off: none seen", _case(ORDERED, None, "off"), None, ("", "")),
    ("off: suspended all the same",
     _case(_binding("suspended"), None, "off"), Reason.SUSPENDED, ("active", "suspended")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "case", "reason", "compared"), TABLE, ids=[row[0] for row in TABLE])
def test_the_first_rule_that_objects_decides(
    what: str, case: Case, reason: Reason | None, compared: tuple[str, str]
) -> None:
    """And says which two values it compared."""
    verdict = judge(case)
    if reason is None:
        assert verdict == ADMITTED
    else:
        assert (verdict.action, verdict.reason) == (Action.REJECT, reason)
        assert (verdict.bound, verdict.seen) == compared


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_passes_some_case_and_objects_to_another(rule: object) -> None:
    """Design 5.8: one fact, one reason."""
    outcomes = {rule.holds(case) for _, case, _, _ in TABLE}  # type: ignore[attr-defined]
    assert outcomes == {True, False}
    assert rule.reason in {row[2] for row in TABLE}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("case", "learns"),
    [
        (_case(_binding(), HOME), True),
        (_case(_binding()), False),
        (_case(None, HOME), False),
        (_case(LEARNED, HOME), False),
        (_case(ORDERED, HOME), False),
        (_case(_binding(), HOME, "off"), False),
        (_case(_binding(), HOME, "strict"), False),
    ],
)
def test_a_port_is_learned_once_and_only_under_learn(case: Case, learns: bool) -> None:
    """Contract 2: first port seen is locked."""
    assert learns_port(case) is learns


@pytest.mark.parametrize(
    ("bound", "seen", "covers"),
    [
        (HOME, HOME, True),
        (HOME, AWAY, False),
        (HOME, PortId("m|7", "7", "m"), False),
        (PortId("7", "7", ""), HOME, True),
        (HOME, PortId("other spelling", "7", "n"), True),
    ],
)
def test_ports_are_compared_by_key_and_node(bound: PortId, seen: PortId, covers: bool) -> None:
    """Contract 10.1: without a node it matches any."""
    assert bound.covers(seen) is covers
