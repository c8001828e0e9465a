"""explain: boxes, asked about with the store's facts and evidence, and nothing applied."""

from typing import NamedTuple

from gatekeeper.book import Nas
from gatekeeper.config.load import Settings
from gatekeeper.drivers.memory import look_up, whole_world
from gatekeeper.model import Binding, Facts, Lease, PortId
from gatekeeper.office.keys import boxes_named
from gatekeeper.office.undone import NoSuch
from gatekeeper.policy.explain import Explanation, explain_dhcp, explain_radius
from gatekeeper.policy.hindsight import host_name_of, link_of, node_of, port_again, shown_last, with_hindsight
from gatekeeper.report.boot import with_boot
from gatekeeper.report.explain import Account, Answer, Subject
from gatekeeper.report.vendor import vendor
from gatekeeper.state.effects import TWO_MAKES
from gatekeeper.state.evidence import Admitted, Heard, Past, Refused, past_of
from gatekeeper.state.world import World
from gatekeeper.store.ports import Store
from gatekeeper.wire.line_id import read_as
from gatekeeper.wire.text import mac_text


class Inquiry(NamedTuple):
    """What is asked about. key: as ``office.keys`` reads it. protocol: dhcp radius, "" = both.

    port: supposed, "" = none of the packet, None = what is on record of the box; nas: supposed, "" = as on record.
    """

    key: str
    port: str | None = None
    protocol: str = ""
    nas: str = ""

    def supposes(self) -> bool:
        """True if a person says what to ask about."""
        return self.port is not None or bool(self.nas)


class _Scene(NamedTuple):
    """The packet that is judged. text: its port; port_from: where that comes from."""

    text: str
    port_from: str
    port: PortId | None
    link: int = 0
    host_name: bytes = b""


class _Explainer:
    """One look at the store for all boxes that a key names."""

    def __init__(self, settings: Settings, store: Store, asked: Inquiry, now: int) -> None:
        self._book = settings.book
        self._store = store
        self._asked = asked
        self._now = now
        self._world: World = whole_world(settings.book, store)
        self._given = _nas(settings.book.clients, asked.nas) if asked.nas else None

    def account(self, mac: bytes, named: str) -> Account:
        """What happened to one box, and what would happen now."""
        book, text = self._book, mac_text(mac)
        look_up(self._world, self._store, mac, None, counts_boxes=False)
        facts, heard = self._world.facts(mac), self._store.heard(mac)
        answers = []
        if self._asked.protocol != "radius" and book.subnets:
            answers.append(self._by_dhcp(mac, past_of("dhcp", heard, facts.lease), facts, heard))
        if self._asked.protocol != "dhcp" and book.clients:
            answers.append(self._by_radius(mac, past_of("radius", heard, facts.lease), facts, heard))
        subject = Subject(text, vendor(text), facts.binding, facts.lease, named, self._makes(text, facts.lease))
        return Account(subject, tuple(answers))

    def _makes(self, mac: str, lease: Lease | None) -> str:
        """The makes that the box said when it got its lease, where they were several; "" = one at most."""
        events = self._store.timeline("mac", mac, lease.first_seen) if lease else ()
        return next((str(event["detail"]) for event in events if event["kind"] == TWO_MAKES), "")

    def _by_dhcp(self, mac: bytes, past: Past, facts: Facts, heard: Heard) -> Answer:
        scene = self._scene(past, None, facts, heard)
        self._look_up(mac, scene.port)
        judged = explain_dhcp(
            self._book, self._world, mac, scene.port, self._now, link=scene.link, host_name=scene.host_name
        )
        let_in = past.admitted.port if past.admitted else ""
        vague = let_in != "" and self._read(let_in).vague
        note = self._unlearned(facts.binding, let_in) if vague else ""
        return self._answer(past, with_boot(self._book, facts.binding, judged), scene, "", note)

    def _by_radius(self, mac: bytes, past: Past, facts: Facts, heard: Heard) -> Answer:
        shown, note = shown_last(past), ""
        nas = self._given or next((one for one in self._book.clients if shown and one.name == shown.where), None)
        if nas is None:
            nas = self._book.clients[0]
            note = f"no [[radius.client]] is called {shown.where} any more: asked as {nas.name}" if shown else ""
        scene = self._scene(past, nas, facts, heard)
        self._look_up(mac, scene.port)
        judged = explain_radius(self._book, self._world, mac, scene.port, nas, self._now)
        let_in = past.admitted.port if past.admitted else ""
        line = let_in.partition("|")[2] or let_in
        told = self._book.binding.lines.of_nas(line.encode(), nas.name, nas.reading.plain_tells) if line else None
        if line and (told is None or told.vague):
            note = "; ".join(filter(None, (note, self._unlearned(facts.binding, let_in))))
        return self._answer(past, judged, scene, nas.name, note)

    def _unlearned(self, binding: Binding | None, port: str) -> str:
        """A word where a box was let in on what is no line, so that the account is bound to nothing by it."""
        if binding is None or binding.port_state != "unlearned" or self._book.binding.port != "learn":
            return ""
        form = read_as(port) or "a text in no form that is known"
        return f"nothing is learned of {port}, {form}: 'gatekeeper check TEXT' says what a text is read as"

    def _answer(self, past: Past, judged: Explanation, scene: _Scene, nas: str, note: str) -> Answer:
        if self._asked.supposes():
            return Answer(judged, past, scene.text, scene.port_from, nas, supposed=True, note=note)
        by_aaa = past.protocol == "dhcp" and self._book.aaa is not None
        found = with_hindsight(past, judged, by_aaa)
        return Answer(found, past, scene.text, scene.port_from, nas, stands=found is not judged, note=note)

    def _scene(self, past: Past, nas: Nas | None, facts: Facts, heard: Heard) -> _Scene:
        """What is judged: as supposed, else as the packet of record showed it, else what is likely."""
        shown = shown_last(past)
        link = link_of(shown) if isinstance(shown, Refused) and shown.protocol == "dhcp" else 0
        name = host_name_of(shown) if isinstance(shown, Refused) else b""
        supposed = self._asked.port
        if supposed is not None:
            return _Scene(supposed, "", self._read(supposed) if supposed else None, link, name)
        if shown is None or not _tells_port(shown):
            text, port_from = _last_port(facts, heard)
            return _Scene(text, port_from, self._read(text) if text else None, link, name)
        if not shown.port:
            return _Scene("", " (as then: it named none)", None, link, name)
        port = port_again(shown.port, node_of(shown, nas, shown.port), self._book)
        return _Scene(port.text, " (as then)", port, link, name)

    def _read(self, text: str) -> PortId:
        return self._book.binding.lines.of_text(text)

    def _look_up(self, mac: bytes, port: PortId | None) -> None:
        look_up(self._world, self._store, mac, port, self._book.binding.counts_boxes())


def explain_key(settings: Settings, store: Store, asked: Inquiry, now: int) -> list[Account]:
    """The rules walked for each box that the key names, by each protocol that is configured.

    Raises Misread where the key may mean several things, NoSuch, StoreError.
    """
    macs, named = boxes_named(store, asked.key, now)
    explainer = _Explainer(settings, store, asked, now)
    return [explainer.account(mac, named) for mac in macs]


def _nas(clients: tuple[Nas, ...], name: str) -> Nas:
    for client in clients:
        if client.name == name:
            return client
    raise NoSuch(f"no [[radius.client]] {name!r}: there are {' '.join(nas.name for nas in clients)}")


def _tells_port(shown: Refused | Admitted) -> bool:
    """True if its port, or that it named none, is known. A renewal names none (RFC 3046 2.1), and most ACKs are one."""
    if isinstance(shown, Refused):
        return shown.port is not None
    return bool(shown.port) or shown.protocol == "radius"


def _last_port(facts: Facts, heard: Heard) -> tuple[str, str]:
    """The port where the box was seen last, else the one it is bound to, and a word on where that comes from."""
    lease, binding = facts.lease, facts.binding
    refused = next((one for one in heard.refused if one.port), None)
    if refused and refused.port and (not lease or refused.last_seen >= lease.last_seen):
        return refused.port, " (where it was refused last)"
    if lease and lease.port:
        return lease.port, " (of its lease)"
    if binding and binding.port:
        return binding.port.text, f" (its {binding.port_state} one; none was seen lately)"
    return "", ""
