"""A store that an older gatekeeper made is brought to this version when it is opened."""

import sqlite3
from pathlib import Path

import pytest

from gatekeeper.policy.leasequery import CLIENT_ID, Sought
from gatekeeper.state.clock import Beat
from gatekeeper.state.counts import Counted, Fate
from gatekeeper.store import StoreError
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.store.sqlite.leasequery import _KEEP
from gatekeeper.store.sqlite.opening import counted_as
from gatekeeper.store.sqlite.schema import APPLICATION_ID, UPGRADES, VERSION, VERSION_1
from tests.store.ledger import ADDRESS, BOX, KEYS, NOW, OTHER, THIRD, bound, report

# As a store before version 3 spelled its counters, and as ``show stats`` still does.
COUNTED = {
    "bugs": 1,
    "commit.transactions": 9,
    "dhcp.DHCPDISCOVER.DHCPOFFER.ok": 3,
    "dhcp.option-left-out.82": 4,
    "dhcp.pool-nearly-full": 1,
    "no-answer.STORE_UNAVAILABLE": 2,
    "radius.Access-Request.no-answer.UNKNOWN_MAC": 5,
    "radius.nas.bras1.example.net.unsealed": 6,
    "radius.nas.h3c.unsealed": 7,
    "radius.rate-clamped.bras1.example.net.Huawei-Output-Peak-Rate": 8,
}


def old_store(folder: Path, version: int = 1) -> Path:
    """As version 1 made it, with one account and its box."""
    path = folder / "gatekeeper.db"
    with sqlite3.connect(path) as made:
        made.executescript(
            f"PRAGMA journal_mode = WAL; BEGIN; {VERSION_1} PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {version}; COMMIT;"
        )
        made.execute("INSERT INTO accounts VALUES ('A','s','active',1,1,'','unlearned',0,'',0,'','#1','',0)")
        made.execute("INSERT INTO orders VALUES ('#1','install','A','','applied','','',7,'box bound','[]')")
        made.execute("INSERT INTO boxes VALUES (?, 'A', '')", (BOX.hex(":"),))
        made.executemany("INSERT INTO counters VALUES (?, ?)", [*COUNTED.items(), ("loop.heartbeat", NOW)])
    made.close()
    return path


def to_version_3(opened: sqlite3.Connection) -> None:
    """As the gatekeeper of that version would have upgraded it."""
    opened.create_function("line_of", 1, str)
    opened.create_function("counted_as", 2, counted_as)
    opened.executescript(f"{UPGRADES[1]} {UPGRADES[2]} PRAGMA user_version = 3;")


def tables(path: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(path) as opened:
        return {
            tuple(row) for row in opened.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")
        }


def test_an_older_store_is_brought_up_to_date_and_loses_nothing(tmp_path: Path) -> None:
    """It then has what a new one has, and what it had."""
    path = old_store(tmp_path)
    store = SqliteStore(str(path))
    assert store.facts([BOX])[BOX].binding is not None
    assert list(store.view("sessions", NOW)) == []
    assert [(row["order"], row["state"], row["effects"]) for row in store.view("orders", NOW)] == [
        ("#1", "applied", "box bound")
    ]
    store.close()
    fresh = tmp_path / "fresh.db"
    SqliteStore(str(fresh), create=True).close()
    assert tables(path) == tables(fresh)


@pytest.mark.parametrize("version", [1, 2])
def test_counters_become_columns_and_keep_their_values(tmp_path: Path, version: int) -> None:
    """Names of NASes hold dots; show stats prints what it printed, and a sum goes on from where it was."""
    path = old_store(tmp_path)
    if version == 2:
        with sqlite3.connect(path) as opened:
            opened.create_function("line_of", 1, str)
            opened.executescript(f"{UPGRADES[1]} PRAGMA user_version = 2;")
        opened.close()
    store = SqliteStore(str(path))
    assert {row["name"]: row["value"] for row in store.view("stats", NOW)} == COUNTED
    assert [row["name"] for row in store.view("stats", NOW)] == sorted(COUNTED)
    assert (Counted("radius.nas.*.unsealed", "bras1.example.net"), 6) in store.counters()
    assert (Fate("", "", "no-answer", "STORE_UNAVAILABLE"), 2) in store.fates()
    assert store.beat() == Beat(NOW, NOW)
    store.note((), {("radius", "nas", "bras1.example.net", "unsealed"): 10, ("bugs",): 1})
    after = {row["name"]: row["value"] for row in store.view("stats", NOW)}
    assert (after["radius.nas.bras1.example.net.unsealed"], after["bugs"]) == (16, 2)
    store.close()


def test_a_port_that_was_learned_from_a_sessions_name_is_learned_again(tmp_path: Path) -> None:
    """accel-ppp numbers sessions: such a lock would keep the box out for ever. Lines, and what was ordered, stay."""
    path = old_store(tmp_path)
    ports = [
        ("ipoe", "bras1|ipoe0", "learned", "radius"),
        ("clips", "bras1|2/5 vlan-id 4 clips 131273", "learned", "radius"),
        ("vlan", "10.20.0.1|vlan100", "learned", "dhcp"),
        ("ordered", "bras1|ipoe0", "ordered", ""),
        ("line", "bras1|ge-1/0/7", "learned", "radius"),
        ("node", "dslam7 eth 1/2:100", "learned", "dhcp"),
    ]
    with sqlite3.connect(path) as opened:
        to_version_3(opened)
        for account, port, state, by in ports:
            opened.execute(
                "INSERT INTO accounts (account, subscriber, state, rate_down_kbps, rate_up_kbps, port, port_state,"
                " address, acs_url, boxes, plan, last_order, port_by, port_at, line)"
                " VALUES (?, '', 'active', 0, 0, ?, ?, 0, '', 0, '', '#1', ?, 7, 'old')",
                (account, port, state, by),
            )
    opened.close()
    SqliteStore(str(path)).close()
    with sqlite3.connect(path) as opened:
        rows = opened.execute("SELECT account, port, port_state, line FROM accounts WHERE account <> 'A'").fetchall()
    opened.close()
    assert sorted(rows) == [
        ("clips", "", "unlearned", ""),
        ("ipoe", "", "unlearned", ""),
        ("line", "bras1|ge-1/0/7", "learned", "bras1|ge-1/0/7"),
        ("node", "dslam7 eth 1/2:100", "learned", "dslam7 1/2:100"),
        ("ordered", "bras1|ipoe0", "ordered", "bras1|ipoe0"),
        ("vlan", "", "unlearned", ""),
    ]


def test_what_an_older_journal_has_of_one_second_keeps_the_sequence_it_was_shown_in(tmp_path: Path) -> None:
    """Version 4 counts milliseconds: until then a second's orders, refusals and admissions stood before the rest."""
    path = old_store(tmp_path)
    told = ["lease", "session", "Access-Accept", "order", "released"]
    with sqlite3.connect(path) as opened:
        to_version_3(opened)
        opened.executemany(
            "INSERT INTO journal (at, kind, mac, account, address, port, detail) VALUES (?, ?, '', 'A', 0, '', '')",
            [(NOW + (kind == "released"), kind) for kind in told],
        )
        opened.executemany(
            "INSERT INTO orders VALUES (?,'rate','A','','applied','','',?,'','[]',0)", [("#b", 9), ("#a", 9), ("#c", 8)]
        )
    opened.close()
    store = SqliteStore(str(path))
    rows = list(store.timeline("account", "A", 0))
    assert [row["kind"] for row in rows] == ["Access-Accept", "order", "lease", "session", "released"]
    assert [row["at_ms"] for row in rows] == [NOW * 1000] * 4 + [(NOW + 1) * 1000]
    assert [(row["order"], row["received"]) for row in store.view("orders", NOW)] == [
        *(("#1", 7000), ("#c", 8000), ("#a", 9000), ("#b", 9000)),
    ]
    store.close()


def test_leases_of_version_4_are_kept_and_lease_queries_find_them_again(tmp_path: Path) -> None:
    """The table is made anew for another state; what finds leases by client identifier hung on the old one. There is no
    mark beside such a store, and it is served all the same."""
    path = old_store(tmp_path)
    with sqlite3.connect(path) as opened:
        to_version_3(opened)
        opened.create_function("may_be_learned", 2, lambda port, by: True)
        opened.executescript(f"{UPGRADES[3]} PRAGMA user_version = 4;")
        row = (ADDRESS, BOX.hex(":"), "A", "p", "active", NOW + 3600, NOW, NOW, b"", b"\x01id")
        opened.execute("INSERT INTO leases VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        opened.executescript(_KEEP)
    opened.close()
    store = SqliteStore(str(path))
    assert store.begin_serving() == ""
    store.keep_lease_keys(True)
    assert [lease.address for lease in store.leases_about(Sought(CLIENT_ID, b"\x01id"), NOW)] == [ADDRESS]
    store.commit([bound(OTHER, ADDRESS + 1)])
    assert len(store.leases_about(Sought(CLIENT_ID, b"\x01id"), NOW)) == 2
    store.close()


def test_sessions_of_version_5_go_on_with_what_was_asked_about_them(tmp_path: Path) -> None:
    """Their columns stand in two tables, and no row that refers to them is lost by that."""
    path = old_store(tmp_path)
    with sqlite3.connect(path) as opened:
        to_version_3(opened)
        opened.create_function("may_be_learned", 2, lambda port, by: True)
        opened.executescript(f"{UPGRADES[3]} {UPGRADES[4]} PRAGMA user_version = 5;")
        said = ("1", "bras1", "192.0.2.1", 0xC0000201, BOX.hex(":"), "A", "p", ADDRESS)
        rest = ("active", NOW, NOW + 60, 5, 6, "", "#1", NOW + 61, KEYS)
        opened.execute(f"INSERT INTO sessions VALUES (7,{','.join('?' * 17)})", (*said, *rest))
        opened.execute("INSERT INTO dynauth VALUES (3, 'disconnect', 7, '', 'acknowledged', 0, '', 1, 2, 0)")
    opened.close()
    store = SqliteStore(str(path))
    (before,) = store.view("sessions", NOW)
    assert before["asked"] == "Disconnect acknowledged"
    assert (before["state"], before["last_seen"], before["bytes_in"], before["bytes_out"]) == ("active", NOW + 60, 5, 6)
    store.commit([report(BOX, "A", "stop", NOW + 90)])
    while store.fold_slice():
        pass
    (after,) = store.view("sessions", NOW)
    changed = {"state": "closed", "last_seen": NOW + 90, "cause": "User-Request", "port": "p"}
    assert after == before | changed | {"asked": "Disconnect acknowledged, shown by accounting"}
    store.close()


def test_what_was_refused_is_kept_with_as_much_evidence_as_there_was(tmp_path: Path) -> None:
    """Before version 4 a port that was empty said both: none was named, or nobody asked for one."""
    path = old_store(tmp_path)
    rows = [
        (OTHER.hex(":"), "radius", "PORT_MISSING", "", 7, 1, NOW, "home"),
        (THIRD.hex(":"), "radius", "BAD_PASSWORD", "", 3, 2, NOW - 1, ""),
        (BOX.hex(":"), "dhcp", "PORT_MISMATCH", "p", 5, 3, NOW - 2, "home"),
    ]
    with sqlite3.connect(path) as opened:
        opened.create_function("line_of", 1, str)
        opened.executescript(UPGRADES[1])
        opened.executemany("INSERT INTO refused VALUES (?,?,?,?,?,?,?,?)", rows)
        opened.execute("PRAGMA user_version = 2")
    opened.close()
    store = SqliteStore(str(path))
    assert [(row["reason"], row["port"], row["bound"]) for row in store.view("refused", NOW)] == [
        ("PORT_MISSING", "", "home"), ("BAD_PASSWORD", "", ""), ("PORT_MISMATCH", "p", "home")
    ]  # fmt: skip
    assert [store.heard(mac).refused[0].port for mac in (OTHER, THIRD, BOX)] == ["", None, "p"]
    store.close()


def test_two_that_open_it_at_once_both_find_it_whole(tmp_path: Path) -> None:
    """The second one sees that the first was there."""
    path = old_store(tmp_path)
    first, second = SqliteStore(str(path)), SqliteStore(str(path))
    assert list(first.view("sessions", NOW)) == list(second.view("sessions", NOW)) == []
    first.close()
    second.close()


def test_an_upgrade_is_whole_or_nothing(tmp_path: Path) -> None:
    """A table of that name in the way: the store stays what it was, and says so."""
    path = old_store(tmp_path)
    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE nas_seen (x)")
    opened.close()
    before = tables(path)
    with pytest.raises(StoreError, match="nas_seen"):
        SqliteStore(str(path))
    assert tables(path) == before


def test_a_younger_store_is_not_touched(tmp_path: Path) -> None:
    """Whoever made it knows more than this gatekeeper."""
    path = old_store(tmp_path, VERSION + 1)
    with pytest.raises(StoreError, match=f"schema {VERSION + 1}"):
        SqliteStore(str(path))
