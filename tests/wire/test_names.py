"""Domain names in options (RFC 1035 3.1, 4.1.4; RFC 3397 2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wire.dhcp_options import encode_value, show_value
from gatekeeper.wire.names import encode_name, encode_names, read_names

_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
_NAME = st.lists(_LABEL, min_size=1, max_size=5).map(".".join)


@given(st.lists(_NAME, min_size=1, max_size=12))
def test_names_that_are_written_are_read_back(names: list[str]) -> None:
    """Compressed or not; compression never makes them longer."""
    plain = b"".join(map(encode_name, names))
    assert read_names(plain) == read_names(encode_names(names)) == names
    assert len(encode_names(names)) <= len(plain)


@given(st.lists(st.sampled_from([0, 1, 2, 3, 63, 64, 97, 0xC0, 0xC1, 0xFF]), max_size=40).map(bytes))
def test_any_octets_are_names_or_none(value: bytes) -> None:
    """Pointers in circles and across the end included: reading ends, with names or with ValueError."""
    try:
        names = read_names(value)
    except ValueError:
        return
    assert all(len(name) < 1024 for name in names)


@pytest.mark.parametrize("value", ["c002", "c000", "01 61 c000", "0161", "01", "40", "c0", "01 61 00 c0 05"])
def test_a_name_that_is_cut_or_points_ahead_is_refused(value: str) -> None:
    """RFC 1035 4.1.4: a pointer leads to a prior occurrence."""
    with pytest.raises(ValueError, match=r"pointer|label|255"):
        read_names(bytes.fromhex(value))


@pytest.mark.parametrize(
    "value", ["00", "0361626300 00", "0361626300 00 0364656600", "0361626300 c004", "00 c000"],
    ids=["alone", "at the end", "between two labels", "by a pointer", "twice"],
)  # fmt: skip
@pytest.mark.parametrize("code", [88, 119, 137, 141])
def test_an_empty_label_within_names_is_no_name(code: int, value: str) -> None:
    """RFC 1035 3.1: the empty label ends a name, so that abc..def reads as abc, the root, and what follows. Shown as
    octets, not as a name that nobody wrote."""
    data = bytes.fromhex(value)
    with pytest.raises(ValueError, match="empty"):
        read_names(data)
    assert show_value(code, data) == "0x" + data.hex()
    assert show_value(120, b"\0" + data) == "0x00" + data.hex()


@pytest.mark.parametrize("name", ["", ".", "..", "a..b", ".a", "a.b..", "a. .b"])
@pytest.mark.parametrize("kind", ["domains", "sip"])
def test_an_empty_label_is_not_configured(kind: str, name: str) -> None:
    """RFC 1035 2.3.4: a label has 1 to 63 octets."""
    with pytest.raises(ValueError, match=r"wanted|not an IPv4"):
        encode_value(kind, [name])


def test_names_behind_the_reach_of_a_pointer_are_written_out() -> None:
    """14 bits of offset."""
    names = [f"{number:061d}.a{number:060d}" for number in range(140)]
    assert read_names(encode_names([*names, names[-1], names[0]])) == [*names, names[-1], names[0]]
