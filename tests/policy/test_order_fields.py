"""policy.order_fields.read: what a field may hold, and with which reason it is refused."""

import json

import pytest

from gatekeeper.model import REASONS, Reason
from gatekeeper.policy.order_fields import KINDS, Order, OrderRefused, read

BASE = {"order": "1", "kind": "install", "account": "A"}
STBID = "00100199006007000000D4C1C8EE9B1F"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"order": ""}, "MISSING_FIELD"),
        ({"account": "  "}, "MISSING_FIELD"),
        ({"kind": None}, "MISSING_FIELD"),
        ({"kind": "instal"}, "BAD_FIELD"),
        ({"account": "a\nb"}, "BAD_FIELD"),
        ({"account": "a" * 257}, "BAD_FIELD"),
        ({"account": ["A"]}, "BAD_FIELD"),
        ({"account": True}, "BAD_FIELD"),
        ({"subscriber": "\x1b[2J"}, "BAD_FIELD"),
        ({"mac": "d4c1c8ee9b1"}, "BAD_MAC"),
        ({"mac": "d4:c1-c8:ee:9b:1f"}, "BAD_MAC"),
        ({"mac": "01:00:5e:00:00:01"}, "BAD_MAC"),
        ({"mac": "ff:ff:ff:ff:ff:ff"}, "BAD_MAC"),
        ({"mac": "00:00:00:00:00:00"}, "BAD_MAC"),
        ({"old_mac": "x"}, "BAD_MAC"),
        ({"stbid": STBID[1:]}, "BAD_MAC"),
        ({"stbid": STBID[:20] + "FFFFFFFFFFFF"}, "BAD_MAC"),
        ({"stbid": STBID, "mac": "d4c1c8ee9b1e"}, "STBID_MISMATCH"),
        ({"rate_down_kbps": "20M"}, "BAD_FIELD"),
        ({"rate_down_kbps": "-1"}, "BAD_FIELD"),
        ({"rate_up_kbps": "1e3"}, "BAD_FIELD"),
        ({"rate_up_kbps": "1000000001"}, "BAD_FIELD"),
        ({"rate_up_kbps": "٣"}, "BAD_FIELD"),
        ({"boxes": "many"}, "BAD_FIELD"),
        ({"boxes": "1001"}, "BAD_FIELD"),
        ({"address": "10.20.0.256"}, "BAD_FIELD"),
        ({"acs_url": "ftp://itms/"}, "BAD_FIELD"),
        ({"acs_url": "http://a b/"}, "BAD_FIELD"),
        ({"acs_url": "http://" + "a" * 240}, "BAD_FIELD"),
        ({"acs_url": "http://机顶盒/"}, "BAD_FIELD"),
    ],
)
def test_a_field_that_cannot_be_read_refuses_the_order(fields: dict[str, object], reason: str) -> None:
    """Contract 10.5, with a sentence that names the field."""
    with pytest.raises(OrderRefused) as refused:
        read(BASE | fields)
    assert str(refused.value.reason) == reason
    name = next(iter(fields))
    assert name in refused.value.detail.lower()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_order_is_read(kind: str) -> None:
    """Absent fields are empty, and -1 for numbers."""
    order = read(BASE | {"kind": kind})
    assert (order.kind, order.mac, order.port, order.rate_down_kbps, order.boxes) == (kind, b"", "", -1, -1)


def test_a_full_order_is_read() -> None:
    """Every field of contract 3; numbers as text or as numbers."""
    order = read(
        BASE
        | {"subscriber": "王小明", "stbid": STBID.lower(), "port": "bras1|ge 1/0/7", "rate_down_kbps": 20000}
        | {"rate_up_kbps": "4000", "address": "10.20.9.9", "acs_url": "https://itms.example.net/", "boxes": "3"}
        | {"plan": "gold", "mac": "D4-C1-C8-EE-9B-1F"}
    )
    assert order.mac == bytes.fromhex("d4c1c8ee9b1f")
    assert (order.stbid, order.subscriber, order.plan) == (STBID, "王小明", "gold")
    assert (order.port, order.address, order.boxes) == ("bras1|ge 1/0/7", 0x0A140909, 3)
    assert (order.rate_down_kbps, order.rate_up_kbps) == (20000, 4000)


@pytest.mark.parametrize(
    "same",
    [
        {"mac": "d4c1.c8ee.9b1f"},
        {"mac": "D4:C1:C8:EE:9B:1F", "plan": ""},
        {"mac": " d4c1c8ee9b1f "},
        {"mac": "d4c1c8ee9b1f", "subscriber": None},
    ],
)
def test_two_spellings_of_one_order_are_the_same_order(same: dict[str, object]) -> None:
    """What is compared is what was understood, not how it was written."""
    assert read(BASE | same).contents() == read(BASE | {"mac": "d4c1c8ee9b1f"}).contents()


@pytest.mark.parametrize("field", [{"mac": "d4c1c8ee9b1e"}, {"plan": "x"}, {"rate_down_kbps": "0"}, {"port": "p"}])
def test_any_other_field_makes_another_order(field: dict[str, object]) -> None:
    """A rate of 0 is not an absent rate."""
    assert read(BASE | field).contents() != read(BASE).contents()


def test_contract_10_5_lists_the_reasons_of_orders() -> None:
    """PORT_FULL included."""
    listed = "MISSING_FIELD BAD_FIELD BAD_MAC STBID_MISMATCH MAC_IN_USE UNKNOWN_ACCOUNT UNKNOWN_MAC TOO_MANY_BOXES"
    for name in (*listed.split(), "ADDRESS_IN_USE", "PORT_FULL", "ORDER_CONFLICT"):
        assert Reason(name) in REASONS


FULL = BASE | {"subscriber": "王小明", "stbid": STBID, "old_mac": "020000000001", "port": "bras1|ge 1/0/7"} | {
    "rate_down_kbps": 20000, "rate_up_kbps": 0, "address": "10.20.9.9", "acs_url": "http://itms/", "boxes": 3,
    "plan": "gold",
}  # fmt: skip


def test_the_contents_of_an_order_are_what_stores_hold() -> None:
    """Letter by letter: by them an order that comes again after an upgrade is known as the same."""
    assert read(BASE).contents() == '["1", "install", "A", "", "", "", "", "", -1, -1, 0, "", -1, ""]'
    assert read(FULL).contents() == (
        f'["1", "install", "A", "王小明", "d4c1c8ee9b1f", "{STBID}", "020000000001", "bras1|ge 1/0/7", 20000, 0,'
        ' 169085193, "http://itms/", 3, "gold"]'
    )


def test_an_order_is_had_again_from_its_contents() -> None:
    """Also from those of a store that knew fewer fields; not from those of one that knew more."""
    order = read(FULL)
    assert Order.of(order.contents()) == order
    told = json.loads(order.contents())
    assert Order.of(json.dumps(told[:-2])) == order._replace(boxes=-1, plan="")
    with pytest.raises(ValueError, match="shorter"):
        Order.of(json.dumps([*told, "more"] + [""] * 100))


def test_a_field_that_nobody_knows_refuses_the_order() -> None:
    """A misspelled one would be left out in silence."""
    for name, said in (("macc", "did you mean 'mac'?"), ("colour of the box", "there are order kind account")):
        with pytest.raises(OrderRefused, match="unknown field") as refused:
            read(BASE | {name: "x"})
        assert refused.value.reason is Reason.BAD_FIELD
        assert said in refused.value.detail
