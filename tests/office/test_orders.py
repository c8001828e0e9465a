"""Orders in, one or many: who brings them makes no difference (office.orders)."""

from collections.abc import Iterator, Sequence

import pytest

from gatekeeper.engine.order_desk import OrderDesk, OrderResult
from gatekeeper.intake.order_file import Line, unreadable
from gatekeeper.office.orders import (
    LEAST,
    MOST,
    WRITE_S,
    Fields,
    Handed,
    Standing,
    as_lines,
    find,
    hand_in_lines,
    next_size,
    standing_of,
)  # fmt: skip
from gatekeeper.office.undone import NoSuch
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.opening import private_store

NOW = 1_800_000_000
INSTALL = {"order": "1", "kind": "install", "account": "A"}


@pytest.fixture
def desk() -> OrderDesk:
    """Over an empty store; orders that come before their install are held for a minute."""
    return OrderDesk(private_store(), OrderRules(boxes_per_account=2, hold_s=60))


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        (INSTALL, Standing.APPLIED),
        (INSTALL | {"plan": "gold"}, Standing.CONFLICT),
        (INSTALL | {"order": "2", "mac": "x"}, Standing.REFUSED),
        (INSTALL | {"order": "2", "kind": "rate"}, Standing.REFUSED),
        ({"order": "2", "kind": "suspend", "account": "Z"}, Standing.HELD),
    ],
)
def test_an_order_stands_as_it_stood_when_it_comes_again(
    desk: OrderDesk, fields: dict[str, object], standing: Standing
) -> None:
    """One decision, of which each door has its own word."""
    desk.hand_in(INSTALL, NOW)
    assert [standing_of(desk.hand_in(fields, NOW)) for _ in range(2)] == [standing, standing]


@pytest.mark.parametrize(
    ("size", "wrote_s", "wanted"),
    [
        (50, WRITE_S, 50), (50, WRITE_S / 1.5, 75), (50, WRITE_S * 1.25, 40), (50, WRITE_S / 100, 100),
        (50, 0.0, 100), (50, WRITE_S * 100, 25), (MOST, 0.0, MOST), (LEAST, 1.0, LEAST),
    ],
)  # fmt: skip
def test_a_transaction_takes_as_many_orders_as_take_their_time(size: int, wrote_s: float, wanted: int) -> None:
    """Never more than twice or less than half as many at once, and within bounds."""
    assert next_size(size, wrote_s) == wanted


def test_every_line_has_its_result_in_its_place(desk: OrderDesk) -> None:
    """A line that holds no order is refused without reaching the desk; nothing is read ahead of what is written."""
    read = 0
    wrote: list[int] = []

    def lines() -> Iterator[Line]:
        nonlocal read
        for number in range(1, 501):
            read += 1
            fields = {"order": str(number), "kind": "install", "account": f"A{number}"}
            yield unreadable(number, "torn") if number % 7 == 0 else Line(number, fields)

    def write(orders: Sequence[Fields], now: int) -> list[OrderResult]:
        wrote.append(len(orders))
        return desk.hand_in_all(orders, now)

    handed: list[Handed] = []
    for chunk in hand_in_lines(write, lines(), lambda: NOW, alone=True):
        assert read == len(handed) + len(chunk)
        handed += chunk
    assert [one.line.number for one in handed] == list(range(1, 501))
    for line, result in handed:
        if line.number % 7 == 0:
            assert (result.record.state, result.record.detail) == ("refused", "torn")
            assert result.record.received_ms == NOW * 1000
        else:
            assert (result.record.state, result.record.order) == ("applied", str(line.number))
    assert (sum(wrote), max(wrote) <= MOST, len(wrote) > 2) == (500 - 71, True, True)


def test_what_is_no_object_is_no_order() -> None:
    """Of JSON anything may come."""
    lines = list(as_lines([INSTALL, "install", None, [INSTALL]]))
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert [str(line.refusal or "") for line in lines] == ["", *["BAD_FIELD: an order is an object"] * 3]
    assert lines[0].fields == INSTALL


def test_an_order_is_found_by_its_number() -> None:
    """Or is not there."""
    store = private_store()
    OrderDesk(store, OrderRules(2)).hand_in(INSTALL, NOW)
    assert find(store, "1", NOW)["account"] == "A"
    with pytest.raises(NoSuch):
        find(store, "2", NOW)
