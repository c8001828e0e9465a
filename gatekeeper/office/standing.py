"""How leases stand that no event tells of: who comes back now is told what remains of them."""

from collections.abc import Iterator

from gatekeeper.book import Policybook
from gatekeeper.office.keys import boxes_named
from gatekeeper.office.undone import Misread, NoSuch
from gatekeeper.policy.remaining import whole_from
from gatekeeper.report.explain import remaining_text
from gatekeeper.store.ports import Store
from gatekeeper.wire.text import ip_text


def remaining_notes(book: Policybook, store: Store, key: str, now: int) -> Iterator[str]:
    """One line for each young lease of the boxes that the key names, where they are few. Raises StoreError."""
    try:
        macs, _ = boxes_named(store, key, now)
    except (NoSuch, Misread):
        return
    for facts in store.facts(macs).values():
        lease = facts.lease
        subnet = book.subnet_of(lease.address) if lease and lease.state == "active" else None
        if lease and subnet and lease.last_seen <= now < whole_from(lease, subnet):
            yield f"lease {ip_text(lease.address)}: {remaining_text(lease, whole_from(lease, subnet))}"
