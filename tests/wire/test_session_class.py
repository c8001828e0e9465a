"""The Class attribute that accounting comes back with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.session_class import Decision, class_value, read_class

MAC = bytes.fromhex("d4c1c8ee9b1f")


def test_a_class_says_box_and_order() -> None:
    """RFC 2865 5.25: opaque to the NAS, not to us."""
    assert class_value(MAC, "2026112200017") == b"gk1 d4c1c8ee9b1f 2026112200017"
    assert read_class(b"gk1 d4c1c8ee9b1f 2026112200017") == Decision(MAC, "2026112200017")


@pytest.mark.parametrize("value", [b"", b"gk1", b"gk1 d4c1c8 x", b"gk2 d4c1c8ee9b1f 1", b"\xff\x00", b"gk1 zz 1"])
def test_another_ones_class_is_nobodys(value: bytes) -> None:
    """It may be an upstream server's."""
    assert read_class(value) is None


@given(st.binary(max_size=253))
def test_no_class_breaks_the_reader(value: bytes) -> None:
    """It comes from the network."""
    found = read_class(value)
    assert found is None or len(found.mac) == 6


@given(st.binary(min_size=6, max_size=6), st.text(max_size=64))
def test_what_was_written_is_read(mac: bytes, order: str) -> None:
    """Whatever text the order number is, as far as it fits."""
    try:
        order.encode()
    except UnicodeEncodeError:
        return
    value = class_value(mac, order)
    found = read_class(value)
    assert len(value) <= 253 and found and found.mac == mac
    assert len(value) == 253 or found.order == order
