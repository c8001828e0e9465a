"""Ending and forgetting, whoever asks (contract 10.7)."""

from collections.abc import Callable

import pytest

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Lease, LeaseBound, PortLearned, Reason
from gatekeeper.office.clearing import end_leases, end_sessions, forget_port, keep_event
from gatekeeper.office.undone import Conflict, Misread, NoSuch
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.opening import private_store
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import parse_ip

NOW = 1_800_000_000
MAC = "d4:c1:c8:ee:9b:1f"
BOX = bytes.fromhex(MAC.replace(":", ""))
ADDRESS = parse_ip("10.20.1.0")
PORT = port_from_text("ge 1/0/7")


@pytest.fixture
def store() -> SqliteStore:
    """Account A has a box with a lease and a learned port, B an ordered port."""
    made = private_store()
    desk = OrderDesk(made, OrderRules(2))
    desk.hand_in({"order": "1", "kind": "install", "account": "A", "mac": MAC}, NOW)
    desk.hand_in({"order": "2", "kind": "install", "account": "B", "port": "ge 1/0/8"}, NOW)
    lease = Lease(ADDRESS, BOX, "A", PORT.text, "active", NOW + 3600, NOW, NOW, b"", b"")
    assert not made.commit([LeaseBound(lease), PortLearned("A", BOX, PORT, "dhcp", NOW)])
    return made


@pytest.mark.parametrize("end", [end_leases, end_sessions, forget_port])
def test_what_is_no_text_names_nothing(store: SqliteStore, end: Callable[..., object]) -> None:
    """Octets of an argument that are no UTF-8 come as halves of characters, which no store can be asked for."""
    with pytest.raises(Misread):
        end(store, "A\udcff", NOW)


@pytest.mark.parametrize("key", ["10.20.1.0", "d4c1.c8ee.9b1f"])
def test_a_lease_is_ended_once(store: SqliteStore, key: str) -> None:
    """By its address, or by the box in any spelling."""
    assert end_leases(store, key, NOW) == [ADDRESS]
    with pytest.raises(NoSuch, match="no lease of") as none:
        end_leases(store, key, NOW)
    assert none.value.listing == "leases"


@pytest.mark.parametrize(("key", "reason"), [("10.20.1.256", Reason.BAD_FIELD), ("nonsense", Reason.BAD_MAC)])
def test_a_key_that_is_none_is_told(store: SqliteStore, key: str, reason: Reason) -> None:
    """By what it was to be."""
    with pytest.raises(Misread) as misread:
        end_leases(store, key, NOW)
    assert (misread.value.reason, key in misread.value.detail) == (reason, True)


@pytest.mark.parametrize("key", [MAC.upper(), "A"])
def test_a_learned_port_is_forgotten_once(store: SqliteStore, key: str) -> None:
    """Named by a box or by the account."""
    forget_port(store, key, NOW)
    assert store.port_state("A") == "unlearned"
    with pytest.raises(NoSuch):
        forget_port(store, key, NOW)


def test_an_ordered_port_is_in_the_way(store: SqliteStore) -> None:
    """And the refusal says what changes it."""
    with pytest.raises(Conflict) as conflict:
        forget_port(store, "B", NOW)
    assert conflict.value.remedy == "change it by a move order"
    assert store.port_state("B") == "ordered"


def test_what_is_not_there_is_neither_ended_nor_kept(store: SqliteStore) -> None:
    """A session that does not run; a box that no order names."""
    with pytest.raises(NoSuch):
        end_sessions(store, "absent", NOW)
    with pytest.raises(NoSuch):
        keep_event(store, "ACS", bytes.fromhex("020000000099"), "1 BOOT", NOW)
    keep_event(store, "ACS", BOX, "1 BOOT", NOW)
    assert "ACS" in {row["kind"] for row in store.timeline("mac", MAC, 0)}
