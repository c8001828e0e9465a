"""What is on record of the secrets of RADIUS sources."""

from gatekeeper.state.nas_secrets import ACCOUNTING, AUTHENTICATION, MAX_KEPT, MAX_UNKNOWN_KEPT, RIGHT, SecretSeen
from gatekeeper.store.ports import Store
from tests.store.ledger import NOW

WRONG = SecretSeen(0xC0000201, ACCOUNTING, "bras1", "BAD_AUTHENTICATOR", 3, NOW, NOW + 2)


def on_record(store: Store) -> list[tuple[object, ...]]:
    names = ("source", "port", "name", "reason", "times", "first_seen", "last_seen")
    return [tuple(row[name] for name in names) for row in store.view("secrets", NOW)]


def note(store: Store, *seen: SecretSeen) -> None:
    store.note((), {}, secrets=seen)


def test_the_same_again_is_added_up(store: Store) -> None:
    """Since when, and how often."""
    note(store, WRONG)
    note(store, WRONG._replace(times=2, first_seen=NOW + 10, last_seen=NOW + 11))
    assert on_record(store) == [("192.0.2.1", ACCOUNTING, "bras1", "BAD_AUTHENTICATOR", 5, NOW, NOW + 11)]


def test_something_else_takes_its_place(store: Store) -> None:
    """A right one, and wrong ones of after that: they begin anew. The other port has a row of its own."""
    right = WRONG._replace(reason=RIGHT, times=1, first_seen=NOW + 5, last_seen=NOW + 5)
    later = WRONG._replace(times=1, first_seen=NOW + 9, last_seen=NOW + 9)
    note(store, WRONG, WRONG._replace(port=AUTHENTICATION), right)
    assert [row[3] for row in on_record(store)] == [RIGHT, "BAD_AUTHENTICATOR"]
    note(store, later)
    assert on_record(store)[0] == ("192.0.2.1", ACCOUNTING, "bras1", "BAD_AUTHENTICATOR", 1, NOW + 9, NOW + 9)


def test_a_source_that_becomes_a_client_is_no_stranger_any_more(store: Store) -> None:
    note(store, WRONG._replace(name="", reason="UNKNOWN_NAS"))
    note(store, WRONG._replace(times=1, first_seen=NOW + 9, last_seen=NOW + 9))
    assert [(row[2], row[4], row[5]) for row in on_record(store)] == [("bras1", 1, NOW + 9)]


def test_forged_sources_do_not_fill_the_disk(store: Store) -> None:
    """The oldest go, strangers and those of clients each for themselves."""
    many = MAX_KEPT + 10
    note(store, *(WRONG._replace(source=number, last_seen=NOW + number) for number in range(1, many + 1)))
    note(store, *(WRONG._replace(source=many + number, name="", last_seen=NOW + number) for number in range(1, many)))
    rows = on_record(store)
    strangers = [row for row in rows if row[2] == ""]
    assert (len(strangers), len(rows) - len(strangers)) == (MAX_UNKNOWN_KEPT, MAX_KEPT)
    assert max(int(str(row[6])) for row in strangers) == NOW + many - 1
