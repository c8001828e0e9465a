"""Who is played: each box in its turn, with the address that its order names; strangers in the share asked for."""

from pathlib import Path

import pytest

from gatekeeper.bench.crowd import numbered, ordered, stranger
from gatekeeper.wire.text import parse_ip, parse_mac

FIRST = parse_mac("00:0c:01:02:03:04")


@pytest.mark.parametrize("count", [1, 2, 3, 15, 97, 1000, 4096])
def test_every_box_comes_once_before_any_comes_again(count: int) -> None:
    crowd = numbered(FIRST, count, None)
    rounds = [[crowd.next() for _ in range(count)] for _ in range(3)]
    assert all(sorted(one) == list(range(count)) for one in rounds)


def test_macs_and_addresses_follow_each_other() -> None:
    crowd = numbered(FIRST, 300, parse_ip("10.32.0.0"))
    assert crowd.macs[299] == parse_mac("00:0c:01:02:04:2f")
    assert crowd.addresses[299] == parse_ip("10.32.1.43").to_bytes(4, "big")


@pytest.mark.parametrize(
    ("first", "count", "address"),
    [(FIRST, 0, None), (FIRST, (1 << 20) + 1, None), (b"\xff" * 6, 2, None), (FIRST, 2, (1 << 32) - 1)],
)
def test_what_has_no_end_is_refused(first: bytes, count: int, address: int | None) -> None:
    with pytest.raises(ValueError):
        numbered(first, count, address)


def test_strangers_have_the_share_that_was_asked_for_and_a_mac_of_nobody() -> None:
    crowd = numbered(FIRST, 50, None, strangers=7)
    assert sum(crowd.next_is_stranger() for _ in range(1000)) == 70
    assert stranger(FIRST) == parse_mac("02:0c:01:02:03:04")
    assert stranger(stranger(FIRST)) == FIRST


ORDERS = """\
order,kind,account,mac,old_mac,stbid,address
1,install,a1,00:0c:01:02:03:04,,,10.0.0.4
2,install,a2,,,00100199006007000000000C01020305,
3,,a3,000c.0102.0306,,,10.0.0.6
4,install,a4,00:0c:01:02:03:zz,,,
5,swap,a2,00:0c:01:02:03:07,00:0c:01:02:03:05,,
6,cancel,a3,,,,
7,rate,a1,,,,
"""


def test_a_file_of_orders_leaves_the_boxes_that_it_installs(tmp_path: Path) -> None:
    """A swap takes the old box away, a cancel all of its account; a line that is not understood is told with place."""
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    crowd, unread = ordered(file, None)
    assert dict(zip(crowd.macs, crowd.addresses, strict=True)) == {
        parse_mac("00:0c:01:02:03:04"): bytes((10, 0, 0, 4)),
        parse_mac("00:0c:01:02:03:07"): b"",
    }
    assert unread == [f"{file}:5: not a MAC address: '00:0c:01:02:03:zz'"]


def test_no_more_boxes_than_were_asked_for_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    crowd, _ = ordered(file, 1)
    assert crowd.macs == [parse_mac("00:0c:01:02:03:04")]


def test_a_file_without_boxes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("order,account\n1,a1\n")
    with pytest.raises(ValueError, match="leaves a box installed"):
        ordered(file, None)
