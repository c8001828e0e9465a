"""Leases by what lease queries name (RFC 4388 6.2, RFC 6148): address, MAC, client identifier, remote-id."""

import pytest

from gatekeeper.model import Lease, LeaseBound
from gatekeeper.policy.leasequery import ADDRESS, CLIENT_ID, FOREIGN, MAC, REMOTE, Sought
from gatekeeper.store.ports import Store
from tests.store.contract.conftest import Opens
from tests.store.ledger import ADDRESS as FIRST
from tests.store.ledger import BOX, NOW, OTHER, released

LEASE = Lease(FIRST, BOX, "A", "", "active", NOW + 60, NOW, NOW, b"\x02\x01r", b"\x01c")


def keep(store: Store, *leases: Lease) -> None:
    assert not store.commit([LeaseBound(lease) for lease in leases])


def by_address(address: int = FIRST) -> Sought:
    return Sought(ADDRESS, address.to_bytes(4, "big"))


def test_an_address_that_was_leased_once_is_known_though_nobody_holds_it(store: Store) -> None:
    """RFC 4388 6.4.2: what is said of it then is the server's business, not the store's."""
    assert store.leases_about(by_address(), NOW) == []
    keep(store, LEASE)
    assert store.leases_about(by_address(), NOW + 99) == [LEASE]
    store.commit([released(at=NOW + 5)])
    assert [lease.state for lease in store.leases_about(by_address(), NOW + 99)] == ["released"]
    assert store.leases_about(by_address(FIRST + 1), NOW) == []


@pytest.mark.parametrize(
    "sought", [Sought(MAC, BOX), Sought(CLIENT_ID, b"\x01c"), Sought(REMOTE, b"r")], ids=lambda one: one.form
)
def test_a_client_has_the_leases_that_are_active_the_newest_first(store: Store, sought: Sought) -> None:
    """RFC 4388 6.4.1: the client's last transaction comes first; of equals the lower address."""
    store.keep_lease_keys(True)
    aged = [LEASE._replace(address=FIRST + at, last_seen=NOW + at % 2, expires_at=NOW + 60 + at) for at in range(3)]
    keep(store, *aged)
    assert store.leases_about(sought, NOW + 2) == [aged[1], aged[0], aged[2]]
    assert store.leases_about(sought, NOW + 61) == [aged[2]]
    assert store.leases_about(sought, NOW + 62) == []
    assert store.leases_about(sought._replace(value=sought.value[:-1] + b"?"), NOW) == []


def test_hardware_that_no_lease_has_is_found_nowhere(store: Store) -> None:
    keep(store, LEASE)
    assert store.leases_about(Sought(FOREIGN, BOX), NOW) == []


@pytest.mark.parametrize(
    ("agent", "remote"),
    [
        (b"\x02\x01r", b"r"), (b"\x01\x00\x02\x01r", b"r"), (b"\x01\xfa" + b"c" * 250 + b"\x02\x01r", b"r"),
        (b"".join(bytes((code, 1, 2)) for code in range(3, 40)) + b"\x02\x03r\x00s", b"r\x00s"),
        (b"\x01\x04\x02\x02xx\x02\x01r", b"r"), (b"\x01\x04\x02\x02xx", None), (b"\x02\x00", None), (b"", None),
        (b"\x02", None), (b"\x01\x09c", None), (b"\x02\xff" + bytes(range(1, 256)), bytes(range(1, 256))),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [True, False])
def test_rfc6148_a_lease_is_found_by_its_remote_id_alone(
    store: Store, agent: bytes, remote: bytes | None, before: bool
) -> None:
    """Wherever it stands among the sub-options; whether the lease was there before keys were kept, or came later."""
    lease = LEASE._replace(agent=agent, client_id=b"")
    store.keep_lease_keys(not before)
    keep(store, lease)
    store.keep_lease_keys(True)
    asked = {remote or b"r", b"", b"xx", b"c", agent}
    assert {value for value in asked if store.leases_about(Sought(REMOTE, value), NOW)} == ({remote} - {None})


def test_what_a_lease_is_found_by_follows_it(store: Store) -> None:
    """A box that moves to another line, an address that changes hands, a client identifier that goes."""
    store.keep_lease_keys(True)
    moved = LEASE._replace(agent=b"\x02\x01s", last_seen=NOW + 1)
    other = moved._replace(mac=OTHER, last_seen=NOW + 99, expires_at=NOW + 200, agent=b"", client_id=b"\x01d")
    every = {Sought(REMOTE, b"r"), Sought(REMOTE, b"s"), Sought(CLIENT_ID, b"\x01c"), Sought(CLIENT_ID, b"\x01d")}
    for lease, found_by in (
        (LEASE, {b"r", b"\x01c"}),
        (LEASE._replace(expires_at=NOW + 90), {b"r", b"\x01c"}),
        (moved, {b"s", b"\x01c"}),
        (other, {b"\x01d"}),
        (other._replace(client_id=b""), set()),
        (moved._replace(last_seen=NOW + 500, expires_at=NOW + 600), {b"s", b"\x01c"}),
    ):
        keep(store, lease)
        assert {one.value for one in every if store.leases_about(one, NOW) == [lease]} == found_by


def test_keys_are_kept_for_every_connection_and_no_longer_than_wanted(store: Store, opens: Opens) -> None:
    """The commit thread writes what the packet loop wants kept."""
    store.keep_lease_keys(True)
    writer = opens()
    keep(writer, LEASE)
    assert store.leases_about(Sought(CLIENT_ID, b"\x01c"), NOW) == [LEASE]
    store.keep_lease_keys(False)
    keep(writer, LEASE._replace(client_id=b"\x01d", last_seen=NOW + 1))
    store.keep_lease_keys(True)
    assert store.leases_about(Sought(CLIENT_ID, b"\x01c"), NOW) == []
    assert len(store.leases_about(Sought(CLIENT_ID, b"\x01d"), NOW)) == 1
