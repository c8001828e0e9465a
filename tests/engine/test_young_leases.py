"""A box that comes back while its lease is young: it is told what remains of what is on disk, and nothing is written.

As Kea does it (``cache-threshold`` of its lease caching) and dhcpd (``dhcp-cache-threshold``). RFC 2131 4.3.1 (a client
that has a lease may be told what is left of it) and 4.4.5 (T1 and T2).
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.model import Outcome, Reason
from gatekeeper.policy.explain import explain_dhcp
from gatekeeper.report.explain import remaining_text
from gatekeeper.report.line import outcome_line
from gatekeeper.wire.dhcp import decode
from tests.engine.bench import (
    BOX,
    CONFIG,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    WAITS,
    Bench,
    circuit,
    discover,
    init_reboot,
    release,
    renewing,
    selecting,
)

LEASE_S = 3600
YOUNG = NOW + 539  # 0.15 of the lease are 540 s
OLD = NOW + 540
COMES_BACK: dict[str, Callable[[], bytes]] = {
    "discover": lambda: discover(BOX),
    "selecting": lambda: selecting(BOX, FIRST),
    "init-reboot": lambda: init_reboot(BOX, FIRST),
    "renewing": lambda: renewing(BOX, FIRST),
    "rebinding": lambda: renewing(BOX, FIRST, giaddr=GIADDR),
}


def times(outcome: Outcome) -> list[int]:
    """Lease time, T1, T2; those that are told."""
    options = decode(outcome.answer).options
    return [int.from_bytes(options[code], "big") for code in (51, 58, 59) if code in options]


def changed(folder: Path, *lines: str, lease_s: int = LEASE_S) -> Bench:
    """A bench whose first subnet says these too."""
    told = "\n".join((f"lease_s = {lease_s}", *lines))
    return Bench(folder, CONFIG.replace("lease_s = 3600", told))


def on_record(bench: Bench) -> tuple[int, int]:
    """When the box's lease was given, and when it ends."""
    lease = bench.store.facts([BOX])[BOX].lease
    assert lease
    return lease.last_seen, lease.expires_at


def journal_of(bench: Bench) -> list[object]:
    return [event["kind"] for event in bench.store.timeline("mac", BOX.hex(":"), 0)]


@pytest.fixture
def leased(bench: Bench) -> Bench:
    """The box has a lease since NOW, which is on disk."""
    bench.install()
    assert bench.bind() == FIRST
    return bench


@pytest.mark.parametrize("state", COMES_BACK)
def test_a_box_that_comes_back_early_is_told_what_remains(leased: Bench, state: str) -> None:
    """Whatever it begins with. The answer waits for no commit, and the record stays as it was."""
    leased.gathers = True
    outcome = leased.hear(COMES_BACK[state](), now=YOUNG)
    assert (outcome.reply, outcome.verdict.address) == ("DHCPOFFER" if state == "discover" else "DHCPACK", FIRST)
    assert times(outcome) == [LEASE_S - 539]
    assert leased.heart.next_batch() is None
    assert on_record(leased) == (NOW, NOW + LEASE_S)


@pytest.mark.parametrize("state", [state for state in COMES_BACK if state != "discover"])
def test_one_that_comes_later_is_given_a_whole_new_lease(leased: Bench, state: str) -> None:
    """From the configured share on; what is offered is what is then given."""
    assert times(leased.hear(discover(BOX), now=OLD)) == [LEASE_S]
    assert times(leased.hear(COMES_BACK[state](), now=OLD)) == [LEASE_S]
    assert on_record(leased) == (OLD, OLD + LEASE_S)


def test_never_more_is_told_than_the_disk_has(leased: Bench) -> None:
    """A part of a second is not told."""
    assert times(leased.hear(renewing(BOX, FIRST), now=NOW + 0.001)) == [LEASE_S - 1]


def test_how_often_a_box_comes_back_adds_nothing_to_its_lease(leased: Bench) -> None:
    """And when the share has passed since the last thing that was written, it is given a new one."""
    for passed in (100, 300, 500):
        assert times(leased.hear(init_reboot(BOX, FIRST), now=NOW + passed)) == [LEASE_S - passed]
    assert times(leased.hear(init_reboot(BOX, FIRST), now=NOW + 600)) == [LEASE_S]


def test_log_and_counts_and_explain_say_so(leased: Bench) -> None:
    """``extended_at`` is when the lease was written last."""
    outcome = leased.hear(renewing(BOX, FIRST), now=YOUNG)
    assert " extension=deferred extended_at=2027-01-15T08:00:00Z until=2027-01-15T09:00:00Z" in outcome_line(outcome)
    assert leased.dhcp.drain_counts() == {("dhcp", "remaining-time"): 1}
    assert leased.dhcp.drain_counts() == {}
    found = explain_dhcp(leased.book, leased.world, BOX, None, YOUNG)
    assert found.gives == "10.20.1.0 for 3061 s, the remaining time of its lease"
    assert found.goes_on
    told = remaining_text(found.goes_on, found.whole_from)
    assert told == (
        "remaining time: extended at 2027-01-15T08:00:00Z until 2027-01-15T09:00:00Z;"
        " from 2027-01-15T08:09:00Z on a whole one is given"
    )
    later = explain_dhcp(leased.book, leased.world, BOX, None, OLD)
    assert (later.gives, later.goes_on) == ("10.20.1.0 for 3600 s", None)


def test_a_lease_that_is_on_its_way_to_disk_does_not_count(bench: Bench) -> None:
    """A box that repeats itself while its commit is under way waits for it as well."""
    bench.install()
    bench.gathers = True
    for _ in range(2):
        assert bench.hear(selecting(BOX, FIRST)) is WAITS
    assert [times(outcome) for outcome in bench.commit()] == [[LEASE_S], [LEASE_S]]
    assert times(bench.hear(selecting(BOX, FIRST), now=NOW + 10)) == [LEASE_S - 10]


def test_a_lease_that_was_lost_does_not_count(bench: Bench) -> None:
    """The commit failed: the box is told nothing, and at its next try something that is on disk."""
    bench.install()
    bench.gathers = True
    bench.hear(selecting(BOX, FIRST))
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.commit_failed(batch.number, NOW)
    assert [outcome.verdict.reason for outcome in bench.told()] == [Reason.STORE_UNAVAILABLE]
    assert bench.hear(selecting(BOX, FIRST), now=NOW + 10) is WAITS
    (outcome,) = bench.commit(NOW + 10)
    assert times(outcome) == [LEASE_S]


def test_a_lease_that_was_given_back_is_given_anew(leased: Bench) -> None:
    leased.hear(release(BOX, FIRST), now=NOW + 10)
    assert times(leased.hear(selecting(BOX, FIRST), now=NOW + 20)) == [LEASE_S]
    assert on_record(leased) == (NOW + 20, NOW + 20 + LEASE_S)


def test_one_that_a_person_has_cleared_is_given_anew(leased: Bench) -> None:
    assert leased.store.clear_lease(FIRST, NOW + 10)
    assert times(leased.hear(init_reboot(BOX, FIRST), now=NOW + 20)) == [LEASE_S]


@pytest.mark.parametrize(
    "data",
    [
        init_reboot(BOX, FIRST, agent=circuit("ge 1/0/1") + b"\x02\x02cc"),
        selecting(BOX, FIRST, options={61: b"\x01another"}, agent=circuit("ge 1/0/1")),
        selecting(BOX, FIRST, options={61: b"\x01box"}, agent=circuit("ge 1/0/2")),
    ],
    ids=["Option 82", "client identifier", "line"],
)
def test_what_is_recorded_with_a_lease_is_recorded_when_it_changes(tmp_path: Path, data: bytes) -> None:
    """Lease queries and ``whois`` tell it (RFC 4388 6.4.2), so the disk must have it."""
    bench = Bench(tmp_path, CONFIG + '\n[binding]\nport = "off"\n')
    bench.install()
    said = {"options": {61: b"\x01box"}, "agent": circuit("ge 1/0/1")}
    assert times(bench.hear(selecting(BOX, FIRST, **said))) == [LEASE_S]  # type: ignore[arg-type]
    assert times(bench.hear(selecting(BOX, FIRST, **said), now=NOW + 10)) == [LEASE_S - 10]  # type: ignore[arg-type]
    assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 20)) == [LEASE_S - 20]
    assert times(bench.hear(data, now=NOW + 30)) == [LEASE_S]
    assert on_record(bench) == (NOW + 30, NOW + 30 + LEASE_S)


def test_a_port_is_learned_whatever_the_age_of_the_lease(leased: Bench) -> None:
    outcome = leased.hear(init_reboot(BOX, FIRST, agent=circuit("ge 1/0/1")), now=NOW + 10)
    assert times(outcome) == [LEASE_S]
    binding = leased.store.facts([BOX])[BOX].binding
    assert binding and binding.port and binding.port_state == "learned"


def test_a_port_that_a_person_has_cleared_is_learned_again(leased: Bench) -> None:
    """From a message that says nothing that the lease does not have."""
    again = init_reboot(BOX, FIRST, agent=circuit("ge 1/0/1"))
    leased.hear(again, now=NOW + 10)
    assert times(leased.hear(again, now=NOW + 20)) == [LEASE_S - 10]
    assert leased.store.clear_port_binding("A", NOW + 25)
    assert times(leased.hear(again, now=NOW + 30)) == [LEASE_S]
    assert leased.store.port_state("A") == "learned"


@pytest.mark.parametrize("changed", [{"state": "recovered"}, {"port": "10.20.0.1|ge 1/0/1"}], ids=["state", "name"])
def test_a_record_that_would_be_written_otherwise_is_written(tmp_path: Path, changed: dict[str, str]) -> None:
    """What a recovery keeps is the box's own once it has asked for it; and a line may go by another name since
    ``port_names`` was changed."""
    bench = Bench(tmp_path, CONFIG + '\n[binding]\nport = "off"\nport_names = { "10.20.0.1" = "bras1" }\n')
    bench.install()
    again = init_reboot(BOX, FIRST, agent=circuit("ge 1/0/1"))
    bench.hear(selecting(BOX, FIRST, agent=circuit("ge 1/0/1")))
    assert times(bench.hear(again, now=NOW + 10)) == [LEASE_S - 10]
    facts = bench.store.facts([BOX])[BOX]
    assert facts.lease
    bench.world.take_facts({BOX: facts._replace(lease=facts.lease._replace(**changed))})  # type: ignore[arg-type]
    assert times(bench.hear(again, now=NOW + 20)) == [LEASE_S]


def test_a_box_that_is_another_accounts_has_a_lease_of_that_account(leased: Bench) -> None:
    """An order moved it meanwhile."""
    leased.order("cancel")
    leased.install(BOX, "B")
    assert times(leased.hear(init_reboot(BOX, FIRST), now=NOW + 10)) == [LEASE_S]
    lease = leased.store.facts([BOX])[BOX].lease
    assert lease and lease.account == "B"


@pytest.mark.parametrize("lease_s", [1800, 7200])
def test_a_lease_of_another_length_is_as_things_stand_now(tmp_path: Path, lease_s: int) -> None:
    """A reload, a class or a plan has changed ``lease_s``: shorter or longer, the box is told so at once."""
    bench = changed(tmp_path, lease_s=lease_s)
    bench.install()
    bench.bind()
    first, *others = bench.book.subnets
    bench.book = bench.book._replace(subnets=(first._replace(lease_s=LEASE_S), *others))
    bench.reload(*first.ranges)
    assert times(bench.hear(init_reboot(BOX, FIRST), now=NOW + 10)) == [LEASE_S]


def test_an_order_that_gives_another_address_is_carried_out(leased: Bench) -> None:
    leased.order("amend", address="10.20.1.2")
    assert leased.hear(discover(BOX), now=NOW + 10).verdict.address == FIRST + 2
    assert times(leased.hear(selecting(BOX, FIRST + 2), now=NOW + 11)) == [LEASE_S]


def test_a_box_that_comes_back_keeps_no_second_address_on_offer(leased: Bench) -> None:
    """It was offered one in another subnet, and goes on with what it has."""
    offer = leased.hear(discover(BOX, giaddr=0x0A1E0001), now=NOW + 1)
    assert not leased.world.pools.is_free_for(offer.verdict.address, OTHER, NOW + 2)
    leased.hear(init_reboot(BOX, FIRST), now=NOW + 2)
    assert leased.world.pools.is_free_for(offer.verdict.address, OTHER, NOW + 3)


def test_a_clock_that_was_set_back_tells_nobody_more_than_a_lease(leased: Bench) -> None:
    assert times(leased.hear(init_reboot(BOX, FIRST), now=NOW - 100)) == [LEASE_S]


def test_zero_turns_it_off_for_one_subnet_or_for_all(tmp_path: Path) -> None:
    for place in ("subnet", "dhcp"):
        folder = tmp_path / place
        folder.mkdir()
        text = CONFIG.replace("lease_s = 3600", "lease_s = 3600\ndefer = 0")
        bench = Bench(folder, text if place == "subnet" else CONFIG.replace("[dhcp]", "[dhcp]\ndefer = 0.0"))
        bench.install()
        bench.bind()
        assert times(bench.hear(init_reboot(BOX, FIRST), now=NOW + 1)) == [LEASE_S]


def test_less_than_min_lease_s_is_never_told(tmp_path: Path) -> None:
    bench = changed(tmp_path, "defer = 0.5", "min_lease_s = 70", lease_s=100)
    bench.install()
    bench.bind()
    assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 30)) == [70]
    assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 31)) == [100]


def test_configured_times_shrink_with_the_lease(tmp_path: Path) -> None:
    """Options 58 and 59 stay the same share of it, so that T1 < T2 < its end (RFC 2131 4.4.5)."""
    routes = ", ".join(f'"10.{number}.0.0/16 10.20.0.1"' for number in range(60))
    for more in ("", f"121 = [{routes}]"):
        folder = tmp_path / str(len(more))
        folder.mkdir()
        config = CONFIG.replace("lease_s = 3600", "lease_s = 3600\nrenew_s = 900\nrebind_s = 2700")
        bench = Bench(folder, config.replace("options = { 42", f"options = {{ {more}{', ' if more else ''}42"))
        bench.install()
        bench.bind()
        assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 180)) == [3420, 855, 2565]
        assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 360)) == [3240, 810, 2430]


def test_who_renews_when_configured_is_given_a_whole_lease(tmp_path: Path) -> None:
    """A renew_s that comes before the share has passed is what the operator wants to hear the box by."""
    bench = changed(tmp_path, "renew_s = 60")
    bench.install()
    bench.bind()
    assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 59))[0] == LEASE_S - 59
    assert times(bench.hear(renewing(BOX, FIRST), now=NOW + 60))[0] == LEASE_S


def test_nothing_of_it_is_in_the_journal(leased: Bench) -> None:
    before = journal_of(leased)
    leased.hear(discover(BOX), now=NOW + 10)
    leased.hear(selecting(BOX, FIRST), now=NOW + 10)
    assert journal_of(leased) == before
