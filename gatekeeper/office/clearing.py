"""End a session or a lease, forget a learned port, keep what others saw of a box."""

from gatekeeper.office.undone import Conflict, NoSuch
from gatekeeper.office.words import address_of, mac_of, text_of
from gatekeeper.store.ports import Store


def end_sessions(store: Store, key: str, now: int) -> list[int]:
    """Have the NAS disconnect the running sessions of this Acct-Session-Id or MAC.

    Returns the numbers under which ``store.asked`` tells how that goes. Raises Misread, NoSuch, StoreError.
    """
    asked = store.ask_to_disconnect(text_of(key), now)
    if not asked:
        raise NoSuch(f"no running session {key!r}", listing="sessions")
    return asked


def end_leases(store: Store, key: str, now: float) -> list[int]:
    """End the lease, or the quarantine, of an address, or the leases of a box: the next box may have them.

    Returns the addresses. Raises Misread, NoSuch, StoreError.
    """
    addresses = [address_of(key)] if key.count(".") == 3 else store.addresses_of(mac_of(key), now)
    cleared = [address for address in addresses if store.clear_lease(address, now)]
    if not cleared:
        raise NoSuch(f"no lease of {key!r}", listing="leases")
    return cleared


def forget_port(store: Store, key: str, now: float) -> None:
    """Have an account, named by itself or by the MAC of a box, learn its port anew.

    Raises Misread, NoSuch where none was learned, Conflict where an order named it, StoreError.
    """
    if store.clear_port_binding(text_of(key), now):
        return
    if store.port_state(key) == "ordered":
        raise Conflict(f"the port of {key!r} was ordered", remedy="change it by a move order")
    raise NoSuch(f"no learned port of {key!r}", listing="bindings")


def keep_event(store: Store, kind: str, mac: bytes, detail: str, now: float) -> None:
    """Keep what somebody else saw of a box in the journal. Raises NoSuch where no order names it, StoreError."""
    if not store.report(kind, mac, detail, now):
        raise NoSuch("no such box", listing="boxes")
