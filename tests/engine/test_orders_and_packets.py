"""Whatever orders, packets, time and restarts come in whatever sequence: what must never happen does not."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gatekeeper.model import Outcome
from tests.engine.bench import (
    CONFIG,
    FIRST,
    NOW,
    Bench,
    access_request,
    accounting_request,
    circuit,
    discover,
    init_reboot,
    renewing,
    selecting,
)

BOXES = [bytes((2, 0, 0, 0, 0, number)) for number in range(4)]
PORTS = [f"0 0/0/0:4096.{number} cd001/0/1/3/0/{number}" for number in (7, 8)]
macs, accounts, ports = st.sampled_from(BOXES), st.sampled_from("ABC"), st.sampled_from(PORTS)
_LET_IN = ("DHCPOFFER", "DHCPACK", "Access-Accept")


class Life(RuleBasedStateMachine):
    """Four boxes, of which three are installed at the beginning; three accounts, two lines, four addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        limits = "\n[binding]\nboxes_per_account = 2\nboxes_per_port = 2\n[orders]\nhold_s = 100\n"
        self.bench = Bench(Path(self.folder.name), CONFIG + limits, str(Path(self.folder.name) / "store.db"))
        self.now = NOW
        self.identifier = 0
        for account, mac in zip("ABC", BOXES, strict=False):
            self.bench.install(mac, account)

    def teardown(self) -> None:
        self.bench.store.close()
        self.folder.cleanup()

    def _whose(self, mac: bytes) -> dict[str, object] | None:
        """The box's row in the store: what orders say now."""
        return next((row for row in self.bench.store.view("bindings", self.now) if row["mac"] == mac.hex(":")), None)

    def _check(self, mac: bytes, port: str, outcome: Outcome) -> None:
        """A box that is let in is on the whitelist, active, and on its account's line."""
        if outcome.reply not in _LET_IN:
            return
        row = self._whose(mac)
        assert row is not None, f"{outcome.reply} for a box that no order knows"
        assert row["state"] == "active", outcome
        key = port.partition(" ")[2]
        assert not row["port"] or not port or str(row["port"]).endswith(key), (row["port"], port)

    # What BSS sends.

    @rule(
        account=accounts,
        mac=st.one_of(st.none(), macs),
        port=st.one_of(st.none(), ports),
        kind=st.sampled_from(["install", "amend"]),
    )
    def writes(self, account: str, mac: bytes | None, port: str | None, kind: str) -> None:
        fields = {"mac": mac.hex()} if mac else {}
        self.bench.order(kind, account, self.now, **fields, **({"port": port} if port else {}))

    @rule(account=accounts, old=macs, new=macs)
    def swaps(self, account: str, old: bytes, new: bytes) -> None:
        self.bench.order("swap", account, self.now, old_mac=old.hex(), mac=new.hex())

    @rule(account=accounts, kind=st.sampled_from(["move", "suspend", "resume", "cancel"]))
    def changes(self, account: str, kind: str) -> None:
        self.bench.order(kind, account, self.now)

    # What boxes and NASes send.

    @rule(mac=macs, port=ports)
    def starts(self, mac: bytes, port: str) -> None:
        offer = self.bench.hear(discover(mac, agent=circuit(port)), now=self.now)
        self._check(mac, port, offer)
        if offer.reply == "DHCPOFFER":
            ack = self.bench.hear(selecting(mac, offer.verdict.address, agent=circuit(port)), now=self.now)
            self._check(mac, port, ack)

    @rule(mac=macs, address=st.integers(FIRST, FIRST + 3), port=ports)
    def renews_or_reboots(self, mac: bytes, address: int, port: str) -> None:
        self._check(mac, "", self.bench.hear(renewing(mac, address), now=self.now))
        self._check(mac, port, self.bench.hear(init_reboot(mac, address, agent=circuit(port)), now=self.now))

    @rule(mac=macs, port=ports)
    def asks_by_radius(self, mac: bytes, port: str) -> None:
        self.identifier = (self.identifier + 1) % 256
        name = mac.hex()
        asked = access_request(name, password=name, port=port, identifier=self.identifier)
        outcome = self.bench.ask(asked, now=self.now)
        self._check(mac, port, outcome)
        if outcome.reply == "Access-Accept":
            self.bench.report(accounting_request(1, name, name, identifier=self.identifier), now=self.now)

    @rule(passed=st.sampled_from([1, 40, 1800, 3600]))
    def time_passes(self, passed: int) -> None:
        self.now += passed

    @rule()
    def restarts(self) -> None:
        """The store is opened again, and nothing in it is different for that."""
        before = self._all()
        self.bench.reopen()
        assert self._all() == before

    def _all(self) -> dict[str, list[dict[str, object]]]:
        return {
            what: list(self.bench.store.view(what, self.now))
            for what in ("bindings", "boxes", "leases", "orders", "sessions", "refused")
        }

    @invariant()
    def an_address_has_one_holder(self) -> None:
        held = [lease.address for lease in self.bench.store.all_leases() if lease.state == "active"]
        assert len(held) == len(set(held))
        assert self.bench.lost == 0

    @invariant()
    def a_box_has_one_account(self) -> None:
        found = [row["mac"] for row in self.bench.store.view("boxes", self.now)]
        assert len(found) == len(set(found))

    @invariant()
    def what_ended_a_box_asks_the_nas_to_end_its_session(self) -> None:
        """No running session is left without a Disconnect on its way whose box no order knows."""
        known = {row["mac"] for row in self.bench.store.view("boxes", self.now)}
        asked = {one.mac.hex(":") for one in self.bench.store.wanted() if one.kind == "disconnect"}
        running = {str(row["mac"]) for row in self.bench.store.view("sessions", self.now) if row["state"] == "active"}
        assert running - known <= asked


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
