"""line_id.txt, line_pair.txt, line_form.txt: what a line is compared by, which are the same, what people are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.report.explain import port_form
from gatekeeper.wire.line_id import port_from_text, port_from_wire
from tests.vectors.reader import Vector, name_of, vectors


@pytest.mark.parametrize("vector", vectors("line_id.txt"), ids=name_of)
def test_a_line_id_has_this_key_and_this_text(vector: Vector) -> None:
    """The key is compared, the text is shown."""
    node = vector.name.partition("@")[2].partition(" ")[0]
    key, _, text = vector.expected.partition(" = ")
    port = port_from_wire(vector.data, node)
    assert ":".join((port.key, *filter(None, port.tags))) == key, vector.place
    assert port.text == (text or vector.data.decode()), vector.place


@pytest.mark.parametrize("vector", vectors("line_id.txt"), ids=name_of)
def test_the_text_of_a_port_names_the_same_port_again(vector: Vector) -> None:
    """The store keeps the text: what is read back must cover what was seen."""
    seen = port_from_wire(vector.data, vector.name.partition("@")[2].partition(" ")[0])
    assert port_from_text(seen.text).covers(seen), vector.place


@pytest.mark.parametrize("vector", vectors("line_pair.txt"), ids=name_of)
def test_a_box_bound_here_may_be_seen_there(vector: Vector) -> None:
    """PortId.covers, for a bound and a seen port as each protocol spells them."""
    line, _, node = vector.name.partition(" @")
    answer, _, seen_node = vector.expected.partition(" @")
    seen = port_from_wire(vector.data, seen_node)
    assert port_from_wire(line.encode(), node).covers(seen) is (answer == "yes"), vector.place
    assert port_from_text(f"{node}|{line}" if node else line).covers(seen) is (answer == "yes"), vector.place


@pytest.mark.parametrize("node", ["", "10.20.0.1"])
@pytest.mark.parametrize("vector", vectors("line_form.txt"), ids=name_of)
def test_explain_says_this_of_a_binary_line(vector: Vector, node: str) -> None:
    """Beside the octets, which stay what is shown and compared (RFC 3046 3.1)."""
    assert (port_form(port_from_wire(vector.data, node).text) or "-") == vector.expected, vector.place


@pytest.mark.parametrize("line", [b"dslam7 atm 1/2:8.35", b"dslam7 eth 1/2:100", b"dslam7 eth 1/2"])
def test_a_tr101_line_id_names_its_node_and_stands_alone(line: bytes) -> None:
    """TR-101 R-124; contract 10.1: so DHCP (giaddr) and RADIUS (NAS name) agree without port_names."""
    assert port_from_wire(line, "10.20.0.1").covers(port_from_wire(line, "bras1"))


@pytest.mark.parametrize(
    ("value", "node"),
    [(b"eth 0/1 ", "10.20.0.1"), (b" eth 0/1", "10.20.0.1"), (b"a|b", ""), (b"eth 0/1 ", "")],
)
def test_a_stored_port_with_blanks_or_a_bar_is_still_the_port_seen(value: bytes, node: str) -> None:
    """RFC 3046 3.1: opaque, compared octet for octet, also after it was read back from the store."""
    seen = port_from_wire(value, node)
    assert port_from_text(seen.text).covers(seen)


@given(st.binary(min_size=1, max_size=255), st.sampled_from(["", "10.20.0.1", "bras1"]))
def test_any_octets_name_a_port_that_covers_itself(value: bytes, node: str) -> None:
    """No circuit-id is unreadable, and all text is printable."""
    port = port_from_wire(value, node)
    assert port.covers(port)
    assert port.text.isprintable()
