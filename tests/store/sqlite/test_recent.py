"""What a process knows of the log of leases without reading it: what is there, and nothing that is gone."""

from hypothesis import given
from hypothesis import strategies as some

from gatekeeper.model import Lease
from gatekeeper.store.sqlite.lease_log import Log, Recent
from tests.store.ledger import NOW, lease

MACS = [bytes((2, 0, 0, 0, 0, number)) for number in range(4)]
ADDRESSES = range(0x0A140100, 0x0A140104)
commits = some.lists(some.tuples(some.sampled_from(MACS), some.sampled_from(ADDRESSES)), min_size=1, max_size=3)


def last_in(rows: dict[int, list[Lease]], address: int) -> Lease | None:
    """By reading all of the log."""
    found = [one for row in sorted(rows) for one in rows[row] if one.address == address]
    return found[-1] if found else None


@given(some.lists(some.one_of(commits, some.sampled_from(["turns over", "forgets"])), max_size=30))
def test_it_has_what_the_log_has_however_folds_and_commits_come(steps: list[list[tuple[bytes, int]] | str]) -> None:
    """A fold turns over when it has read, and what has come since stays when it is through."""
    recent, rows, row, read = Recent(), dict[int, list[Lease]](), 0, 0
    for step in steps:
        if step == "turns over":
            read = row
            recent.turn_over()
        elif step == "forgets":
            for _ in recent.forget(read + 1):
                pass
            rows = {number: leases for number, leases in rows.items() if number > read}
        else:
            row += 1
            rows[row] = [lease(mac, address, NOW + row) for mac, address in step]  # type: ignore[misc]
            recent.add(row, rows[row])
        log = Log(recent)
        log.first = min(rows, default=0)
        for address in ADDRESSES:
            known, last = recent.at(address), last_in(rows, address)
            assert (known.lease if known else None) == log.at(address) == last
        assert sorted(log.all(), key=lambda one: one.address) == [
            found for address in ADDRESSES if (found := last_in(rows, address))
        ]
        for mac in MACS:
            assert set(log.of_box(mac)) == {one for one in log.all() if one.mac == mac}


def test_who_began_to_look_goes_on_with_what_there_was() -> None:
    """He has asked the store before the fold was through, which for him has the lease in the log alone."""
    recent = Recent()
    recent.add(7, [lease()])
    log = Log(recent)
    log.first = 7
    recent.turn_over()
    for _ in recent.forget(8):
        pass
    assert log.at(lease().address) == lease()
    assert recent.at(lease().address) is None


def test_what_is_folded_takes_no_memory() -> None:
    """The generation goes with the fold that has read it."""
    recent = Recent()
    for row in range(1, 20):
        recent.add(row, [lease()])
        recent.turn_over()
        for _ in recent.forget(row + 1):
            pass
    assert recent.old is None
    assert not any(recent.young.by_address)
    assert not any(recent.young.by_mac)
