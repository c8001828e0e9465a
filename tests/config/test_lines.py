"""[binding]: what is said of lines, and which names of an access node are one."""

from pathlib import Path

import pytest

from tests.config.book import load_text, marked, problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", (0, 8)), ("boxes_per_port = 0\nshared_line = 0", (0, 0)), ("boxes_per_port = 4\nshared_line = 2", (4, 2))],
    ids=["defaults", "none", "both"],
)
def test_a_line_has_no_limit_and_is_a_vlan_from_nine_accounts_on(
    tmp_path: Path, text: str, expected: tuple[int, int]
) -> None:
    """Contract 2: 0 is allowed for either, and is what boxes_per_port is where nobody says."""
    binding = load_text(tmp_path, f"[binding]\n{text}\n").book.binding
    assert (binding.boxes_per_port, binding.shared_line) == expected
    assert binding.counts_boxes() is (expected[0] > 0)


@pytest.mark.parametrize(
    ("text", "looks"),
    [("", True), ('port = "strict"', True), ('port = "off"', False), ("shared_line = 0", False)],
)
def test_vlans_are_looked_for_where_boxes_are_bound_to_lines(tmp_path: Path, text: str, looks: bool) -> None:
    """Where they are not there is nothing to protect."""
    assert load_text(tmp_path, f"[binding]\n{text}\n").book.binding.looks_for_vlans() is looks


@pytest.mark.parametrize("line", ["boxes_per_port = -1", "shared_line = -1"])
def test_a_number_of_boxes_is_no_less_than_none(tmp_path: Path, line: str) -> None:
    """Each with its line."""
    text = f"[binding]\n{line} #!\n"
    assert [number for number, _ in problems(tmp_path, text)] == marked(text)


CLIENTS = """
[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.1"
secret = "testing123"

[[radius.client]]
name = "Edge-2"
ipaddr = "192.0.2.2"
secret = "testing123"
"""
WRONG: list[tuple[str, str, str]] = [
    ("a client that there is not", 'brsa1 = "10.20.0.1"', '"brsa1" is neither a [[radius.client]] nor the address of a'
     ' relay: did you mean "bras1"?'),
    ("a client in other case", '"EDGE-2" = "10.20.0.1"', 'did you mean "Edge-2"?'),
    ("a name that resembles none", 'pop7 = "10.20.0.1"', '"pop7" is neither a [[radius.client]] nor the address of a'
     " relay: the clients are bras1 Edge-2"),
    ("a name that stands for nothing", 'bras1 = "pop7"', '"pop7" is neither'),
    ("an empty name", '"" = "10.20.0.1"', '"" is neither'),
    ("an address with a length", '"10.20.0.3/32" = "10.20.0.1"', 'did you mean "10.20.0.3"?'),
    ("an address with a blank", 'bras1 = " 10.20.0.1"', 'did you mean "10.20.0.1"?'),
    ("an address that no relay has", '"0.0.0.0" = "10.20.0.1"', '"0.0.0.0" is neither'),
    ("a group's address", '"224.0.0.1" = "10.20.0.1"', '"224.0.0.1" is neither'),
    ("itself", 'bras1 = "bras1"', "stands for itself: leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "pair", "expected"), WRONG, ids=[row[0] for row in WRONG])
@pytest.mark.parametrize("form", ["[binding]\nport_names = {{ {pair} }} #!\n", "[binding.port_names]\n{pair} #!\n"])
def test_a_name_of_a_node_that_can_have_no_effect_is_told(
    tmp_path: Path, what: str, pair: str, expected: str, form: str
) -> None:
    """vyos/vyos-1x#1852: accepted in silence, it takes the address from every box when the gateway fails over."""
    text = CLIENTS + form.format(pair=pair)
    ((line, told),) = problems(tmp_path, text)
    assert expected in told
    assert [line] == marked(text)


def test_a_name_that_leads_on_is_told_with_what_it_leads_to(tmp_path: Path) -> None:
    """Names are followed once, on the way of each packet."""
    text = f'{CLIENTS}[binding.port_names]\n"10.20.0.9" = "10.20.0.3" #!\n"10.20.0.3" = "bras1" #!\nbras1 = "Edge-2"\n'
    first, second = problems(tmp_path, text)
    assert (
        '"10.20.0.3" stands for "bras1" itself, and names are followed once: write "10.20.0.9" = "Edge-2"' in first[1]
    )
    assert 'write "10.20.0.3" = "Edge-2"' in second[1]
    assert [first[0], second[0]] == marked(text)


def test_names_that_lead_round_in_a_circle_are_told(tmp_path: Path) -> None:
    """And looking for their end has one."""
    text = f'{CLIENTS}[binding.port_names]\n"10.20.0.3" = "10.20.0.1" #!\n"10.20.0.1" = "10.20.0.3" #!\n'
    told = problems(tmp_path, text)
    assert [line for line, _ in told] == marked(text)
    assert all("leads back to" in message for _, message in told)


@pytest.mark.parametrize(
    "pairs", ['bras1 = "10.20.0.1"', '"10.20.0.3" = "10.20.0.1"', '"10.20.0.1" = "bras1"', 'Edge-2 = "bras1"',
              'bras1 = "10.99.0.1", "10.99.0.2" = "10.99.0.1"', ""]
)  # fmt: skip
def test_clients_and_giaddrs_may_stand_for_each_other(tmp_path: Path, pairs: str) -> None:
    """Also a relay outside every subnet: it may name the link by an option (RFC 3527, RFC 3011)."""
    names = load_text(tmp_path, f"{CLIENTS}[binding]\nport_names = {{ {pairs} }}\n").book.binding.port_names
    assert len(names) == pairs.count("=")


def test_a_client_that_is_wrong_in_something_else_is_still_known_by_its_name(tmp_path: Path) -> None:
    """One mistake is told once."""
    text = CLIENTS.replace('"192.0.2.1"', '"192.0.2" #!') + '[binding]\nport_names = { bras1 = "10.20.0.1" }\n'
    assert [line for line, _ in problems(tmp_path, text)] == marked(text)
