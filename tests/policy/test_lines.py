"""What is said of access lines beside the rules: one node under two names, a line that is a VLAN."""

from pathlib import Path

import pytest

from gatekeeper.book import Policybook
from gatekeeper.model import REASONS, Reason
from gatekeeper.policy.lines import MOST_TOLD, LineUse, differs_by_node, is_shared, remedy, shared_notes
from gatekeeper.wire.line_id import port_from_text
from tests.config.book import load_text

CLIENTS = """
[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.1"
secret = "testing123"

[[radius.client]]
name = 'the"second'
ipaddr = "192.0.2.2"
secret = "testing123"
"""
NAMED = "node7 eth 1/2:100"
GENERAL = REASONS[Reason.PORT_MISMATCH].remedy


def _book(folder: Path, names: str = "{ }") -> Policybook:
    return load_text(folder, f"{CLIENTS}\n[binding]\nport_names = {names}\n").book


@pytest.mark.parametrize(
    ("bound", "seen", "differs"),
    [
        ("10.20.0.1|ge 1/0/7", "bras1|ge 1/0/7", True),  # BRAS and relay are one box
        ("10.20.0.1|ge 1/0/7", "10.20.0.3|ge 1/0/7", True),  # two relays of a pair
        ("10.20.0.1|slot=2;subslot=2;port=22;vlanid=503;", "b|slot=2; subslot=2; port=22; vlanid=503", True),
        ("10.20.0.1|ge 1/0/7", "10.20.0.1|ge 1/0/7", False),
        ("10.20.0.1|ge 1/0/7", "bras1|ge 1/0/8", False),
        ("ge 1/0/7", "bras1|ge 1/0/7", False),  # an order without a node is meant at any
        ("10.20.0.1|ge 1/0/7", "ge 1/0/7", False),  # no name of port_names stands for none
        (NAMED, NAMED.replace("node7", "node8"), False),  # these name their node themselves
    ],
)
def test_only_the_name_of_the_node_differs(bound: str, seen: str, differs: bool) -> None:
    """Contract 10.1: an unnamed form is qualified by giaddr (DHCP) or NAS name (RADIUS)."""
    assert differs_by_node(port_from_text(bound), port_from_text(seen)) is differs


def test_a_line_that_a_nas_cut_differs_by_its_node_too() -> None:
    """Huawei ends NAS-Port-Id at its 128th octet: what is left of the line is compared."""
    whole, cut = port_from_text(f"10.20.0.1|{'x' * 140}"), port_from_text(f"bras1|{'x' * 128}")
    assert differs_by_node(whole, cut._replace(short=cut.key))
    assert not differs_by_node(whole, cut)


@pytest.mark.parametrize(
    ("names", "bound", "seen", "paste"),
    [
        ("{ }", "10.20.0.1", "bras1", '{ "bras1" = "10.20.0.1" }'),
        ("{ }", "bras1", "10.20.0.1", '{ "10.20.0.1" = "bras1" }'),
        ("{ }", "10.20.0.1", "10.20.0.3", '{ "10.20.0.3" = "10.20.0.1" }'),
        ("{ }", 'the"second', "bras1", '{ "bras1" = "the\\"second" }'),
        (
            '{ bras1 = "10.20.0.1" }', "10.20.0.1", "10.20.0.3",
            '{ "bras1" = "10.20.0.1", "10.20.0.3" = "10.20.0.1" }',
        ),
        # What was bound before bras1 got another name stands under that one.
        (
            '{ bras1 = "10.20.0.1" }', "bras1", "10.20.0.3",
            '{ "bras1" = "10.20.0.1", "10.20.0.3" = "10.20.0.1" }',
        ),
        # bras1 stands as 10.20.0.1, which is to stand as 10.20.0.3: so both do, for names are followed once.
        (
            '{ bras1 = "10.20.0.1" }', "10.20.0.3", "10.20.0.1",
            '{ "bras1" = "10.20.0.3", "10.20.0.1" = "10.20.0.3" }',
        ),
    ],
)  # fmt: skip
def test_the_names_to_join_can_be_pasted(tmp_path: Path, names: str, bound: str, seen: str, paste: str) -> None:
    """The name seen joins the name bound; with what is written already; and the line makes of the two one port."""
    home, here = f"{bound}|ge 1/0/7", f"{seen}|ge 1/0/7"
    told = remedy(Reason.PORT_MISMATCH, home, here, _book(tmp_path, names))
    assert told.startswith("only the access node's name differs: if ")
    assert f"[binding] port_names = {paste}; else move" in told
    lines = _book(tmp_path, paste).binding.lines
    assert lines.of_text(home).covers(lines.of_text(here))


@pytest.mark.parametrize(("bound", "seen"), [("bras1", "10.20.0.1"), ("10.20.0.1", "bras1"), ("bras1", "10.20.0.3")])
def test_of_names_that_are_joined_by_now_nothing_is_to_be_pasted(tmp_path: Path, bound: str, seen: str) -> None:
    """A refusal of before."""
    book = _book(tmp_path, '{ bras1 = "10.20.0.1", "10.20.0.3" = "10.20.0.1" }')
    told = remedy(Reason.PORT_MISMATCH, f"{bound}|ge 1/0/7", f"{seen}|ge 1/0/7", book)
    assert told == "only the access node's name differs, and port_names joins the two by now"


@pytest.mark.parametrize(("bound", "seen"), [("10.20.0.1", "brsa1"), ("brsa1", "10.20.0.1"), ("224.0.0.5", "bras1")])
def test_a_name_that_no_packet_has_is_not_joined_but_told(tmp_path: Path, bound: str, seen: str) -> None:
    """An order that misspells its node: port_names with that name would be refused."""
    told = remedy(Reason.PORT_MISMATCH, f"{bound}|ge 1/0/7", f"{seen}|ge 1/0/7", _book(tmp_path))
    assert "is neither a [[radius.client]] nor the address of a relay: order the port again" in told
    assert "port_names" not in told


@pytest.mark.parametrize(
    ("reason", "bound", "seen"),
    [
        (Reason.PORT_MISMATCH, "10.20.0.1|ge 1/0/7", "bras1|ge 1/0/8"),
        (Reason.PORT_MISMATCH, "", "bras1|ge 1/0/8"),  # strict, and nothing was ordered
        (Reason.PORT_MISSING, "10.20.0.1|ge 1/0/7", ""),
        (Reason.PORT_FULL, "10.20.0.1|2", "bras1|2"),  # values of another rule
    ],
)
def test_any_other_refusal_is_mended_as_its_reason_says(tmp_path: Path, reason: Reason, bound: str, seen: str) -> None:
    """reasons.py."""
    assert remedy(reason, bound, seen, _book(tmp_path)) == REASONS[reason].remedy


@pytest.mark.parametrize(
    ("port", "accounts", "there", "most", "shared"),
    [
        ("mt1|bridge1", 9, 9, 8, True),
        ("mt1|bridge1", 8, 8, 8, False),
        ("mt1|bridge1", 9, 0, 8, True),  # ordered so, with its node
        ("mt1|bridge1", 9, 9, 0, False),  # never said
        (NAMED, 9, 0, 8, True),
        ("ge 1/0/7", 9, 0, 8, False),  # nine orders without a node may mean nine nodes
        ("ge 1/0/7", 9, 9, 8, True),  # seen at one door, which is no relay's
    ],
)
def test_a_line_of_too_many_accounts_is_a_vlan(port: str, accounts: int, there: int, most: int, shared: bool) -> None:
    """[binding] shared_line: more accounts than that."""
    assert is_shared(LineUse(port, accounts, there), most) is shared


def test_of_a_shared_line_it_is_said_what_is_wrong_and_what_to_do() -> None:
    (told,) = shared_notes([LineUse("mt1|bridge1", 23, 23)])
    assert told.startswith("line mt1|bridge1: 23 accounts are bound to it")
    assert all(words in told for words in ("protects nothing", "Option 82", "port_from", "show ports"))


@pytest.mark.parametrize(("lines", "more"), [(0, ""), (MOST_TOLD, ""), (MOST_TOLD + 1, "1 more"), (99, "79 more")])
def test_of_many_shared_lines_some_are_named(lines: int, more: str) -> None:
    """A network whose lines all are VLANs does not fill the log with them."""
    notes = shared_notes([LineUse(f"mt1|vlan{number}", 9, 9) for number in range(lines)])
    assert [note.partition(":")[0] for note in notes[:MOST_TOLD]] == [
        f"line mt1|vlan{number}" for number in range(min(lines, MOST_TOLD))
    ]
    assert len(notes) == min(lines, MOST_TOLD) + bool(more)
    assert not more or notes[-1].startswith(f"{more} lines are VLANs")
