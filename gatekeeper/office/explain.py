"""explain: one box, asked about with the store's facts and nothing applied."""

from typing import NamedTuple

from gatekeeper.book import Nas
from gatekeeper.config.load import Settings
from gatekeeper.drivers.memory import look_up, make_world
from gatekeeper.model import Facts, Lease
from gatekeeper.office.undone import NoSuch
from gatekeeper.policy.explain import Explanation, explain_dhcp, explain_radius
from gatekeeper.report.boot import with_boot
from gatekeeper.report.explain import Subject
from gatekeeper.report.vendor import vendor
from gatekeeper.state.effects import TWO_MAKES
from gatekeeper.store.ports import Store
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import mac_text


class Inquiry(NamedTuple):
    """What is asked about. port: "" = where the box was seen last; protocol: dhcp radius, "" = both; nas: "" = any."""

    mac: bytes
    port: str = ""
    protocol: str = ""
    nas: str = ""


def explain_box(settings: Settings, store: Store, asked: Inquiry, now: int) -> tuple[Subject, list[Explanation]]:
    """The rules walked for one box by each protocol that is configured. Raises NoSuch, StoreError."""
    book, mac = settings.book, asked.mac
    wants_radius = asked.protocol != "dhcp" and bool(book.clients)
    nas = _nas(settings, asked.nas) if wants_radius else None
    world = make_world(book, store)
    look_up(world, store, mac, None, counts_boxes=False)
    facts = world.facts(mac)
    refused = next(iter(store.view("refused", now, {"mac": mac_text(mac)})), None)
    text, port_from = (asked.port, "") if asked.port else _last_port(facts, refused)
    seen = port_from_text(text) if text else None
    look_up(world, store, mac, seen, book.binding.counts_boxes())
    found = []
    if asked.protocol != "radius" and book.subnets:
        found.append(with_boot(book, facts.binding, explain_dhcp(book, world, mac, seen, now)))
    if nas:
        found.append(explain_radius(book, world, mac, seen, nas, now))
    subject = Subject(mac_text(mac), vendor(mac_text(mac)), facts.binding, facts.lease, text, port_from, refused)
    return subject._replace(makes=_makes(store, mac, facts.lease)), found


def _makes(store: Store, mac: bytes, lease: Lease | None) -> str:
    """The makes that the box said when it got its lease, where they were several; "" = one at most."""
    events = store.timeline("mac", mac_text(mac), lease.first_seen) if lease else ()
    return next((str(event["detail"]) for event in events if event["kind"] == TWO_MAKES), "")


def _nas(settings: Settings, name: str) -> Nas:
    clients = settings.book.clients
    for client in clients:
        if not name or client.name == name:
            return client
    raise NoSuch(f"no [[radius.client]] {name!r}: there are {' '.join(nas.name for nas in clients)}")


def _last_port(facts: Facts, refused: dict[str, object] | None) -> tuple[str, str]:
    """The port where the box was seen last, else the one it is bound to, and a word on where that comes from."""
    lease, binding = facts.lease, facts.binding
    if refused and refused["port"] and (not lease or int(str(refused["last_seen"])) >= lease.last_seen):
        return str(refused["port"]), " (where it was refused last)"
    if lease and lease.port:
        return lease.port, " (of its lease)"
    if binding and binding.port:
        return binding.port.text, f" (its {binding.port_state} one; none was seen lately)"
    return "", ""
