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
from gatekeeper.intake.entry import Taking
from gatekeeper.intake.formats import open_orders, recognised
from gatekeeper.model import Lease, LeaseBound
from gatekeeper.policy.orders import Account, Boxed, OrderRules
from gatekeeper.report.export import HOSTS, LEASES, Policy, accounts_in_subnets, orders
from gatekeeper.store.sqlite import SqliteStore
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.text import parse_ip, parse_mac
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


def program(name: str) -> str:
    """Where it is. Without it the test is skipped; in CI that is a failure."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/bin")
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{name} is not installed")
    return str(found)


HEADER = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context"


def test_kea_loads_the_leases(terminal: Terminal) -> None:
    """Kea's own cleaning of a lease file reads every column and writes the same file. A lease that is over is left."""
    lines = export(terminal, "kea-leases")
    assert lines == [HEADER, f"10.20.1.0,{BOX.hex(':')},01:{BOX.hex(':')},3600,{FAR},1,0,0,,0,"]
    cleaner = program("kea-lfc")
    (terminal.folder / "copy").write_text("\n".join(lines) + "\n")
    words = f"{cleaner} -4 -d -x previous -i copy -o cleaned -f finish -p pid -c none"
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
    words = (program("dnsmasq"), "--test", "-C", "hosts.conf")
    done = subprocess.run(words, cwd=terminal.folder, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_kea_reservations_are_json_that_names_the_account(terminal: Terminal) -> None:
    """The fixed address once: Kea takes it for one reservation only. Each reserves something: a host name at least."""
    found = json.loads("\n".join(export(terminal, "kea-reservations")))
    account = {"hostname": "A-itv", "user-context": {"account": "A@itv"}}
    assert found == {
        "reservations": [
            {"hw-address": OTHER.hex(":"), "ip-address": "10.20.9.9", **account},
            {"hw-address": BOX.hex(":"), **account},
        ]
    }


def test_dnsmasq_takes_the_hosts_of_accounts_of_any_name(tmp_path: Path) -> None:
    """It refuses the whole file for one bad name: such a name stands above its line."""
    names = [
        "a-.b",
        "a" * 64,
        "a..b",
        "12h",
        "ignore",
        "10.20.1.7",
        "-a",
        "x_1.example",
        "王",
        "id:1",
        "a,b",
        "Infinite",
    ]
    accounts = [Boxed(Account(name), ((bytes((2, 0, 0, 0, 1, at)), ""),)) for at, name in enumerate(names)]
    lines = list(HOSTS["dnsmasq-hosts"](accounts, POLICY))
    assert [line for line in lines if line.count(",")] == ["dhcp-host=02:00:00:00:01:07,x_1.example", "# a,b"]
    (tmp_path / "hosts.conf").write_text("\n".join(lines) + "\n")
    words = (program("dnsmasq"), "--test", "-C", str(tmp_path / "hosts.conf"))
    done = subprocess.run(words, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("account", "name"),
    [("box_1.example", "box_1.example"), ("028123456@itv", "028123456-itv"), ("王@小", f"box-{BOX.hex()}"),
     ("-" * 9 + "a" * 90 + "@", "a" * 63), ("a" * 62 + "@b", "a" * 62)],
)  # fmt: skip
def test_a_host_name_of_kea_is_made_from_the_account(account: str, name: str) -> None:
    """As hosts may be called (RFC 1123 2.1)."""
    lines = HOSTS["kea-reservations"]([Boxed(Account(account), ((BOX, ""),))], POLICY)
    assert json.loads("\n".join(lines))["reservations"][0]["hostname"] == name


def test_addresses_that_no_subnet_holds_are_left_out_for_kea_and_told(terminal: Terminal) -> None:
    """Kea: "specified reservation is not within the IPv4 subnet". The box stays, and a lease has nothing but that."""
    terminal.order("install", "9", "D", "--mac", "020000000009", "--address", "192.0.2.9")
    store = SqliteStore(str(terminal.folder / "gatekeeper.db"))
    outside = Lease(0xC0000209, THIRD, "D", "p", "active", FAR, NOW, FAR - 3600, b"", b"")
    store.commit([LeaseBound(outside), LeaseBound(outside._replace(address=0xC000020A, expires_at=5))])
    store.close()
    told = "left out: 1 addresses that no subnet holds, 192.0.2.9 the first\n"
    said = terminal.run("export", "--format", "kea-reservations")
    assert (said.code, said.err.splitlines(keepends=True)[-1]) == (0, told)
    assert json.loads(said.out)["reservations"][-1] == {
        "hw-address": "02:00:00:00:00:09", "hostname": "D", "user-context": {"account": "D"},
    }  # fmt: skip
    said = terminal.run("export", "--format", "kea-leases")
    assert (said.code, said.err, said.out.count("\n")) == (0, told, 2)
    assert "192.0.2.9" in "".join(export(terminal, "dnsmasq-hosts"))


def test_without_subnets_every_address_is_exported() -> None:
    """A gate that speaks RADIUS alone knows none."""
    outside: list[str] = []
    assert list(accounts_in_subnets(SIMPLE, POLICY, outside)) == SIMPLE
    assert outside == []


@pytest.mark.parametrize("place", ["global", "subnet"])
def test_kea_takes_the_reservations(terminal: Terminal, place: str) -> None:
    """kea-dhcp4 -t (2.2): global, and in the subnet that holds all its addresses."""
    checker = program("kea-dhcp4")
    terminal.order("install", "9", "王@itv", "--mac", "020000000009", "--address", "192.0.2.9")
    found = json.loads("\n".join(export(terminal, "kea-reservations")))
    assert len(found["reservations"]) == 3
    subnet = {"subnet": "10.20.0.0/16", "id": 1}
    server = {"interfaces-config": {"interfaces": []}, "lease-database": {"type": "memfile", "persist": False}}
    server |= {"subnet4": [subnet | found]} if place == "subnet" else {"subnet4": [subnet], **found}
    (terminal.folder / "kea.json").write_text(json.dumps({"Dhcp4": server}, ensure_ascii=False))
    places = {"KEA_LOCKFILE_DIR": str(terminal.folder)}
    words = (checker, "-t", "kea.json")
    done = subprocess.run(
        words, cwd=terminal.folder, env=os.environ | places, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stdout + done.stderr


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
POLICY = Policy(NOW, (), 2, "generic")
MACS = st.integers(1, 1 << 32).map(lambda number: (0x02 << 40 | number).to_bytes(6, "big"))
# With any address but the two that mean any address (RFC 2865 5.8).
ACCOUNTS = st.builds(
    Account,
    account=TEXT, subscriber=st.just("") | TEXT, state=st.sampled_from(["active", "suspended"]),
    rate_down_kbps=st.integers(0, 10**9), rate_up_kbps=st.integers(0, 10**9),
    port=st.sampled_from(["", "ge 1/0/7", "10.20.0.1|ge 1/0/7", "olt1 eth 1/2:7"]),
    address=st.just(0) | st.integers(11 << 24, (127 << 24) - 1), acs_url=st.sampled_from(["", "http://a.example/"]),
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


def simplified(accounts: list[Boxed], form: str) -> set[tuple[frozenset[bytes], int]]:
    """What a file of another server keeps of accounts: which boxes belong together, and their address. FreeRADIUS's
    keeps no accounts, and the address of the first box."""
    if form == "freeradius-users":
        return {
            (frozenset({mac}), 0 if at else one.account.address)
            for one in accounts
            for at, (mac, _) in enumerate(one.boxes)
        }
    return {(frozenset(mac for mac, _ in one.boxes), one.account.address) for one in accounts if one.boxes}


SOURCES = {"kea-reservations": "kea", "dnsmasq-hosts": "dnsmasq", "freeradius-users": "freeradius"}


@pytest.mark.parametrize("form", SOURCES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=STORES)
def test_any_boxes_come_back_from_any_file(
    tmp_path: Path, form: str, stored: list[tuple[Account, list[bytes]]]
) -> None:
    """The same boxes with the same addresses, whatever accounts are called and however many boxes they have."""
    accounts = [one._replace(account=one.account._replace(rate_down_kbps=0, rate_up_kbps=0)) for one in unlike(stored)]
    if any(one.boxes for one in accounts):
        found = imported(tmp_path, SOURCES[form], list(HOSTS[form](accounts, POLICY)))
        assert simplified(found, form) == simplified(accounts, form)


HELD = st.lists(
    st.tuples(
        MACS,
        st.integers(1 << 24, (1 << 32) - 1),
        st.sampled_from(["active", "declined", "released"]),
        st.integers(-9, 9),
    ),
    unique_by=(lambda one: one[0], lambda one: one[1]),
    max_size=6,
)


@pytest.mark.parametrize("form", LEASES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=HELD)
def test_any_leases_come_back_as_boxes_with_addresses(
    tmp_path: Path, form: str, held: list[tuple[bytes, int, str, int]]
) -> None:
    """Those that are not over, and none of an address that was declined."""
    leases = [
        Lease(address, mac, "A", "", state, NOW + left, NOW - 20, NOW - 10, b"", b"\x01" + mac)
        for mac, address, state, left in held
    ]
    wanted = {mac: address for mac, address, state, left in held if state == "active" and left > 0}
    if wanted:
        (tmp_path / "leases").write_text("\n".join(LEASES[form](leases, POLICY)) + "\n")
        assert recognised(tmp_path / "leases") == form
        with open_orders(form, tmp_path / "leases", Taking(leased=True)) as lines:
            found = {parse_mac(str(line.fields["mac"])): parse_ip(str(line.fields["address"])) for line in lines}
        assert found == wanted


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
    radiusd = program("freeradius")
    users = tmp_path / "users"
    fast = Boxed(SIMPLE[0].account._replace(account="fast", rate_down_kbps=10**8), ((THIRD, ""),))
    users.write_text("\n".join(HOSTS["freeradius-users"]([SIMPLE[0], fast], Policy(NOW, (), 2, dialect))) + "\n")
    (tmp_path / "radiusd.conf").write_text(_RADIUSD.format(users=users))
    words = [radiusd, "-C", "-X", "-d", str(tmp_path), "-n", "radiusd", "-D", "/usr/share/freeradius"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration appears to be OK" in done.stdout
