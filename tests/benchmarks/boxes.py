"""The boxes that both generators play, numbered from 0, and the gatekeeper store that whitelists them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.sqlite import SqliteStore

DOWN_KBPS, UP_KBPS = 20_000, 4_000
_FIRST_MAC = 0xD4C1C8000000


def mac_of(number: int) -> bytes:
    """Six octets."""
    return (_FIRST_MAC + number).to_bytes(6, "big")


def stbid_of(number: int) -> str:
    """32 characters, the last 12 are the MAC."""
    return "00100199006007000000" + mac_of(number).hex().upper()


def _line(number: int) -> tuple[int, str]:
    vlan, node, slot, port = number % 4000 + 1, number >> 12, number >> 8 & 15, number & 255
    return vlan, f"OLT{node:04}/0/1/{slot}/0/{port}"


def circuit_id(number: int) -> bytes:
    """Option 82 sub-option 1, China Telecom form, one line a box."""
    vlan, line = _line(number)
    return f"0 0/0/0:4096.{vlan} {line}".encode()


def nas_port_id(number: int) -> bytes:
    """The same line as a BRAS names it."""
    vlan, line = _line(number)
    return f"eth 2/0/1:100.{vlan} {line}".encode()


class _OneTransaction(SqliteStore):
    """A ledger whose caller holds the transaction: 60,000 fsyncs of orders are not what is measured."""

    def order_transaction(self) -> AbstractContextManager[None]:
        return nullcontext()


def make_store(path: Path, count: int, ordered_ports: bool) -> None:
    """A store with boxes 0 to count-1 installed by the order desk. ordered_ports: the orders name the access line."""
    store = _OneTransaction(str(path), create=True)
    desk = OrderDesk(store, OrderRules(2))
    with SqliteStore.order_transaction(store):
        for order in _orders(count, ordered_ports):
            record = desk.hand_in(order, 1_700_000_000).record
            if record.state != "applied":
                raise RuntimeError(f"order {record.order}: {record.reason}: {record.detail}")
    store.close()


def _orders(count: int, ordered_ports: bool) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {
            "order": f"B{number:08}",
            "kind": "install",
            "account": f"028{number:08}@itv",
            "stbid": stbid_of(number),
            "rate_down_kbps": str(DOWN_KBPS),
            "rate_up_kbps": str(UP_KBPS),
            "port": circuit_id(number).decode() if ordered_ports else "",
        }
