"""export: what other servers read, and orders that make the same store again (contract 3)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.engine.order_desk import OrderDesk
from gatekeeper.intake.formats import open_orders
from gatekeeper.model import Lease, LeaseBound
from gatekeeper.policy.orders import Account, Boxed, OrderRules
from gatekeeper.report.export import HOSTS, Policy, orders
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.nas import DIALECTS
from tests.cli.terminal import Terminal
from tests.engine.bench import BOX, FIRST, NOW, OTHER, THIRD

FAR = 4_000_000_000  # a lease that is not over while this test is run


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Account A with two boxes, B suspended with one, C waiting for its box; A's boxes have leases."""
    terminal = Terminal(tmp_path)
    store = SqliteStore(str(tmp_path / "gatekeeper.db"), create=True)
    desk = OrderDesk(store, OrderRules(2))
    fields = {"rate_down_kbps": "20000", "rate_up_kbps": "4000", "port": "ge 1/0/7"}
    desk.hand_in({"order": "1", "kind": "install", "account": "A@itv", "mac": BOX.hex(), **fields}, NOW)
    desk.hand_in({"order": "2", "kind": "install", "account": "A@itv", "mac": OTHER.hex(), "address": "10.20.9.9"}, NOW)
    desk.hand_in({"order": "3", "kind": "install", "account": "box3", "mac": THIRD.hex()}, NOW)
    desk.hand_in({"order": "4", "kind": "suspend", "account": "box3"}, NOW)
    desk.hand_in({"order": "5", "kind": "install", "account": "C"}, NOW)
    given = Lease(FIRST, BOX, "A@itv", "p", "active", FAR, NOW, FAR - 3600, b"", b"\x01" + BOX)
    over = given._replace(address=FIRST + 1, mac=OTHER, first_seen=1, last_seen=1, expires_at=5)
    store.commit([LeaseBound(given), LeaseBound(over)])
    store.close()
    return terminal


def export(terminal: Terminal, form: str, *words: str) -> list[str]:
    """The lines of that export."""
    said = terminal.run("export", "--format", form, *words)
    assert said.code == 0, said.err
    return said.out.splitlines()


HEADER = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context"


def test_kea_loads_the_leases(terminal: Terminal) -> None:
    """Kea's own cleaning of a lease file reads every column and writes the same file. A lease that is over is left."""
    lines = export(terminal, "kea-leases")
    assert lines == [HEADER, f"10.20.1.0,{BOX.hex(':')},01:{BOX.hex(':')},3600,{FAR},1,0,0,,0,"]
    if not shutil.which("kea-lfc", path="/usr/sbin:/usr/bin"):
        pytest.skip("kea-lfc is not installed")
    (terminal.folder / "copy").write_text("\n".join(lines) + "\n")
    words = "/usr/sbin/kea-lfc -4 -d -x previous -i copy -o cleaned -f finish -p pid -c none"
    places = {"KEA_LOCKFILE_DIR": str(terminal.folder)}
    done = subprocess.run(
        words.split(), cwd=terminal.folder, env=os.environ | places, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (terminal.folder / "previous").read_text().splitlines() == lines


def test_dnsmasq_leases(terminal: Terminal) -> None:
    """expiry, MAC, address, name, client id."""
    assert export(terminal, "dnsmasq-leases") == [f"{FAR} {BOX.hex(':')} 10.20.1.0 * 01:{BOX.hex(':')}"]


def test_dnsmasq_reads_the_hosts(terminal: Terminal) -> None:
    """One line an account; a name that is no host name stands above it. The suspended account is left out and told."""
    said = terminal.run("export", "--format", "dnsmasq-hosts", "-o", "hosts.conf")
    assert (said.code, said.out, said.err) == (0, "", "left out: 1 accounts that are suspended, box3 the first\n")
    lines = (terminal.folder / "hosts.conf").read_text().splitlines()
    assert lines == ["# A@itv", f"dhcp-host={OTHER.hex(':')},{BOX.hex(':')},10.20.9.9"]
    if not shutil.which("dnsmasq", path="/usr/sbin:/usr/bin"):
        pytest.skip("dnsmasq is not installed")
    words = ("/usr/sbin/dnsmasq", "--test", "-C", "hosts.conf")
    done = subprocess.run(words, cwd=terminal.folder, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_kea_reservations_are_json_that_names_the_account(terminal: Terminal) -> None:
    """The fixed address once: Kea takes it for one reservation only."""
    found = json.loads("\n".join(export(terminal, "kea-reservations")))
    account = {"user-context": {"account": "A@itv"}}
    assert found == {
        "reservations": [
            {"hw-address": OTHER.hex(":"), "ip-address": "10.20.9.9", **account},
            {"hw-address": BOX.hex(":"), **account},
        ]
    }


def test_freeradius_users_in_the_words_of_a_nas(terminal: Terminal) -> None:
    """users(5); what FreeRADIUS makes of them is asked where it runs."""
    lines = export(terminal, "freeradius-users", "--nas", "mikrotik")
    assert lines == [
        "# A@itv", f'{OTHER.hex()} Cleartext-Password := "{OTHER.hex()}"', "\tFramed-IP-Address = 10.20.9.9,",
        '\tMikrotik-Rate-Limit = "4000k/20000k"', "# A@itv", f'{BOX.hex()} Cleartext-Password := "{BOX.hex()}"',
        '\tMikrotik-Rate-Limit = "4000k/20000k"',
    ]  # fmt: skip
    assert terminal.run("export", "--format", "freeradius-users", "--nas", "mikrotic").code == 2


def test_csv_is_what_show_bindings_lists(terminal: Terminal) -> None:
    """The same columns."""
    assert export(terminal, "csv") == terminal.run("show", "bindings", "-o", "csv").out.splitlines()


def test_orders_make_the_same_store_again_and_once(terminal: Terminal, tmp_path: Path) -> None:
    """From one gate's command line to another's."""
    assert terminal.run("export", "--format", "orders", "-o", "all.csv").code == 0
    other = Terminal(tmp_path / "other") if (tmp_path / "other").mkdir() is None else terminal
    told = "5 applied, 0 seen before, 0 refused"
    assert other.run("orders", "import", "../all.csv")[:2] == (0, f"../all.csv: {told}\n")
    columns = ("--columns", "account,mac,stbid,state,port,port_state,rate_down_kbps,rate_up_kbps,subscriber")
    assert other.run("show", "bindings", *columns).out == terminal.run("show", "bindings", *columns).out
    assert "5 seen before" in other.run("orders", "import", "../all.csv").out


def test_a_file_that_cannot_be_written_is_told(terminal: Terminal) -> None:
    """One line, 2, and nothing half written."""
    said = terminal.run("export", "--format", "orders", "-o", "absent/all.csv")
    assert (said.code, said.out) == (2, "")
    assert "absent/all.csv: No such file" in said.err


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
MACS = st.integers(1, 1 << 32).map(lambda number: (0x02 << 40 | number).to_bytes(6, "big"))
ACCOUNTS = st.builds(
    Account,
    account=TEXT, subscriber=st.just("") | TEXT, state=st.sampled_from(["active", "suspended"]),
    rate_down_kbps=st.integers(0, 10**9), rate_up_kbps=st.integers(0, 10**9),
    port=st.sampled_from(["", "ge 1/0/7", "10.20.0.1|ge 1/0/7", "olt1 eth 1/2:7"]),
    address=st.just(0) | st.integers(1 << 24, (1 << 32) - 1), acs_url=st.sampled_from(["", "http://a.example/"]),
    boxes=st.integers(0, 5), plan=st.just("") | TEXT, port_state=st.just(""), last_order=st.just(""),
)  # fmt: skip
STORES = st.lists(st.tuples(ACCOUNTS, st.lists(MACS, max_size=5)), max_size=5)


def unlike(accounts: list[tuple[Account, list[bytes]]]) -> list[Boxed]:
    """Names, addresses and MACs are given once."""
    seen: set[object] = {0}
    found = []
    for account, macs in accounts:
        if account.account in seen or (account.address and account.address in seen):
            continue
        own = [mac for mac in dict.fromkeys(macs) if mac not in seen]
        seen |= {account.account, account.address, *own}
        state = "ordered" if account.port else "unlearned"
        found.append(Boxed(account._replace(port_state=state), tuple((mac, "") for mac in sorted(own))))
    return sorted(found, key=lambda one: one.account.account.encode())


def imported(folder: Path, form: str, lines: list[str]) -> list[Boxed]:
    """What an empty store has after these lines."""
    file = folder / "lines"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    store = SqliteStore(":memory:")
    with open_orders(form, file) as read:
        for line in read:
            assert line.refusal is None, line
            record = OrderDesk(store, OrderRules(2)).hand_in(line.fields, NOW).record
            assert record.state == "applied", record
    return [Boxed(one.account._replace(last_order=""), one.boxes) for one in store.boxed_accounts()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=STORES)
def test_any_store_comes_back_from_its_orders(tmp_path: Path, stored: list[tuple[Account, list[bytes]]]) -> None:
    """Accounts, boxes, states, rates, ordered ports, addresses, limits; also more boxes than the limit lets in."""
    accounts = unlike(stored)
    assert imported(tmp_path, "csv", list(orders(accounts, Policy(NOW, (), 2, "generic")))) == accounts


SIMPLE = [
    Boxed(Account("box1", rate_down_kbps=20000, rate_up_kbps=4000, address=0x0A140909), ((BOX, ""), (OTHER, ""))),
    Boxed(Account("028123456"), ((THIRD, ""),)),
]


@pytest.mark.parametrize(
    ("form", "source", "dialect", "wanted"),
    [
        ("kea-reservations", "kea", "generic", [("box1", BOX), ("box1", OTHER), ("028123456", THIRD)]),
        ("dnsmasq-hosts", "dnsmasq", "generic", [("box1", BOX), ("box1", OTHER), (THIRD.hex(":"), THIRD)]),
        *(
            ("freeradius-users", "freeradius", dialect, [(mac.hex(":"), mac) for mac in (BOX, OTHER, THIRD)])
            for dialect in DIALECTS
        ),
    ],
)
def test_what_other_servers_are_given_can_be_taken_back(
    tmp_path: Path, form: str, source: str, dialect: str, wanted: list[tuple[str, bytes]]
) -> None:
    """As far as their files have a place for it: boxes, names, addresses; rates in FreeRADIUS."""
    lines = list(HOSTS[form](SIMPLE, Policy(NOW, (), 2, dialect)))
    found = imported(tmp_path, source, lines)
    assert sorted((one.account.account, mac) for one in found for mac, _ in one.boxes) == sorted(wanted)
    assert [one.account.address for one in found if BOX in dict(one.boxes)] == [0x0A140909]
    if source == "freeradius":
        rates = {
            (one.account.rate_down_kbps, one.account.rate_up_kbps) for one in found if THIRD not in dict(one.boxes)
        }
        # No VSA of Juniper's has an upstream rate, and no standard attribute any.
        assert rates == {{"generic": (0, 0), "juniper": (20000, 0)}.get(dialect, (20000, 4000))}


_RADIUSD = """
prefix = /usr
libdir = /usr/lib/freeradius
name = freeradius
modules {{
  files {{
    usersfile = "{users}"
  }}
}}
server default {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = 0
  }}
  authorize {{
    files
  }}
}}
"""


@pytest.mark.parametrize(("dialect", "said"), [("zte", ["# rates in kbit/s"]), ("huawei", [])])
def test_a_unit_that_sources_disagree_on_is_said(dialect: str, said: list[str]) -> None:
    """Above the first entry."""
    lines = HOSTS["freeradius-users"](SIMPLE, Policy(NOW, (), 2, dialect))
    assert [line.partition(":")[0] for line in lines if line.startswith("# rates")] == said


@pytest.mark.parametrize("dialect", DIALECTS)
def test_freeradius_reads_the_users(tmp_path: Path, dialect: str) -> None:
    """FreeRADIUS's own check: every attribute is in its dictionaries, every value of its type."""
    if not shutil.which("freeradius", path="/usr/sbin:/usr/bin"):
        pytest.skip("freeradius is not installed")
    users = tmp_path / "users"
    fast = Boxed(SIMPLE[0].account._replace(account="fast", rate_down_kbps=10**8), ((THIRD, ""),))
    users.write_text("\n".join(HOSTS["freeradius-users"]([SIMPLE[0], fast], Policy(NOW, (), 2, dialect))) + "\n")
    (tmp_path / "radiusd.conf").write_text(_RADIUSD.format(users=users))
    words = ["/usr/sbin/freeradius", "-C", "-X", "-d", str(tmp_path), "-n", "radiusd", "-D", "/usr/share/freeradius"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration appears to be OK" in done.stdout
