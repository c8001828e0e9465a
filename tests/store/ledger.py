"""A store with a few accounts in it, and values to write."""

from pathlib import Path

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.model import Lease, LeaseBound, LeaseReleased, PortLearned, Session, SessionReported
from gatekeeper.policy.orders import OrderRules
from gatekeeper.store.ports import Store
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.line_id import port_from_text

NOW = 1_800_000_000
BOX, OTHER, THIRD = (bytes((2, 0, 0, 0, 0, number)) for number in (1, 2, 3))
ADDRESS = 0x0A140101
KEYS = b"\x2c\x031"  # Acct-Session-Id, as it came


def filled(folder: Path) -> SqliteStore:
    """Accounts A (BOX and THIRD) and B (OTHER)."""
    store = SqliteStore(str(folder / "gatekeeper.db"), create=True)
    fill(store)
    return store


def fill(store: Store) -> None:
    """Orders for these."""
    desk = OrderDesk(store, OrderRules(2))
    for number, (account, mac) in enumerate((("A", BOX), ("B", OTHER), ("A", THIRD))):
        desk.hand_in({"order": f"#{number}", "kind": "install", "account": account, "mac": mac.hex()}, NOW)


def lease(mac: bytes = BOX, address: int = ADDRESS, at: int = NOW, seconds: int = 3600) -> Lease:
    """A lease given at that time."""
    return Lease(
        address, mac, "A" if mac != OTHER else "B", "p", "active", at + seconds, at, at, b"\x01\x01p", b"\x01id"
    )


def bound(mac: bytes = BOX, address: int = ADDRESS, at: int = NOW, ended: int = 0) -> LeaseBound:
    """Its effect."""
    return LeaseBound(lease(mac, address, at), ended)


def released(mac: bytes = BOX, address: int = ADDRESS, at: int = NOW) -> LeaseReleased:
    """The box gave it back."""
    return LeaseReleased(lease(mac, address, at)._replace(state="released", expires_at=at, last_seen=at))


def learned(mac: bytes = BOX, port: str = "n|1", account: str = "A") -> PortLearned:
    """The account was seen on that port."""
    return PortLearned(account, mac, port_from_text(port), "dhcp", NOW)


def states(store: Store) -> dict[int, tuple[bytes, str]]:
    """Who is on record for each address, and how."""
    return {lease.address: (lease.mac, lease.state) for lease in store.all_leases()}


def report(mac: bytes, account: str, status: str = "start", at: int = NOW, order: str = "") -> SessionReported:
    """What bras1 reports of a session of this box, which is named by its last octet."""
    session = Session(
        str(mac[5]), "bras1", "192.0.2.1", 0xC0000201, mac, account, "p", 0, order, at, at, 0, 0,
        "User-Request" if status == "stop" else "", KEYS,
    )  # fmt: skip
    return SessionReported(session, status, at)
