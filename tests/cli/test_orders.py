"""order and orders import: contract 3, exit codes of contract 6, CSV rules of contract 10.10."""

import json
import sqlite3
from pathlib import Path

import pytest

from gatekeeper.intake.formats import NAMES
from tests.cli.terminal import Terminal

STBID = "00100199006007000000D4C1C8EE9B1F"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_an_order_is_installed_seen_again_and_in_conflict(terminal: Terminal) -> None:
    """0, 0 and 5."""
    options = ("--stbid", STBID, "--down", "20000", "--up", "4000", "--port", "ge 1/0/7")
    first = terminal.order("install", "1", "A", *options)
    told = "box d4:c1:c8:ee:9b:1f bound (new account)"
    assert first == (0, f"order 1 install A: applied: {told}\n", "")
    again = terminal.order("install", "1", "A", *options)
    assert (again.code, again.out) == (
        0,
        "order 1 install A: applied before: box d4:c1:c8:ee:9b:1f bound (new account)\n",
    )
    conflict = terminal.order("install", "1", "A", *options, "--plan", "gold")
    assert (conflict.code, conflict.out) == (5, "")
    assert "refused ORDER_CONFLICT: order 1 was received before" in conflict.err


def test_an_order_that_the_store_does_not_take_is_refused_alone(terminal: Terminal, tmp_path: Path) -> None:
    """By itself and among others of a file, one line each and no traceback; the store is sound."""
    terminal.order("install", "1", "A")
    with sqlite3.connect(tmp_path / "gatekeeper.db") as store:
        store.execute(
            "CREATE TRIGGER bad BEFORE INSERT ON accounts WHEN new.account = 'B'"
            " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    refused = terminal.order("install", "2", "B")
    assert (refused.code, refused.out) == (3, "")
    assert "refused BAD_RECORD: " in refused.err
    assert "not this one" in refused.err
    assert "Traceback" not in refused.err
    (tmp_path / "orders.csv").write_text("order,account\n" + "".join(f"n{at},{'CDB'[at % 3]}\n" for at in range(9)))
    said = terminal.run("orders", "import", "orders.csv")
    assert said.code == 3
    assert (said.out + said.err).count("BAD_RECORD") >= 3
    applied = {row["order"] for row in json.loads(terminal.run("show", "orders", "-o", "json").out)}
    assert applied == {"1", *(f"n{at}" for at in range(9) if at % 3 != 2)}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("install", "--mac", "d4c1c8ee9b1"), 3, "BAD_MAC"),
        (("install", "--mac", "d4c1c8ee9b1e", "--stbid", STBID), 3, "STBID_MISMATCH"),
        (("suspend",), 3, "UNKNOWN_ACCOUNT"),
        (("install", "--down", "fast"), 3, "BAD_FIELD"),
        (("instal",), 2, "instal"),
        (("install", "--dwon", "1"), 2, "--dwon"),
    ],
)
def test_a_refused_order_says_why(terminal: Terminal, arguments: tuple[str, ...], code: int, said: str) -> None:
    """One line on stderr with reason, cause and remedy; nothing on stdout."""
    kind, *options = arguments
    refused = terminal.order(kind, "1", "A", *options)
    assert (refused.code, refused.out) == (code, "")
    assert said in refused.err


def test_an_order_needs_its_number_and_account(terminal: Terminal) -> None:
    """Bad arguments: 2."""
    assert terminal.run("order", "install", "--account", "A").code == 2
    assert terminal.run("order", "install", "--order", "1").code == 2


def test_every_verb_names_its_wrong_configuration(terminal: Terminal) -> None:
    """file:line on stderr, 2."""
    (terminal.folder / "gatekeeper.toml").write_text("[dhcp]\noffer_s = 0\n")
    for said in (terminal.order("install", "1", "A"), terminal.run("show", "leases")):
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("gatekeeper.toml:2: dhcp.offer_s: ")


def _import(terminal: Terminal, content: bytes) -> tuple[int, str, str]:
    (terminal.folder / "orders.csv").write_bytes(content)
    return terminal.run("orders", "import", "orders.csv")


def test_a_file_of_orders_is_applied_line_by_line(terminal: Terminal) -> None:
    """Refused lines with their physical number and cause, header = 1; exit 3; the rest is applied."""
    lines = ["kind,order,account,mac,plan", "install,1,A,d4c1c8ee9b1f,gold", "", "install,2,B,d4c1c8ee9b1f,",
             'install,3,C,020000000003,"two\nlines"', 'install,4,D,020000000004,"two ""quotes"""', "rate,5,Z,,",
             "install,6,E", "install,7,F,020000000007,,,surplus"]  # fmt: skip
    said = _import(terminal, "\n".join(lines).encode())
    assert said[:2] == (3, "orders.csv: 3 applied, 0 seen before, 4 refused\n")
    told = [line.split(": ")[:2] for line in said[2].splitlines() if line.startswith("orders.csv:")]
    assert told == [
        ["orders.csv:4", "MAC_IN_USE"], ["orders.csv:5", "BAD_FIELD"], ["orders.csv:8", "UNKNOWN_ACCOUNT"],
        ["orders.csv:10", "BAD_FIELD"],
    ]  # fmt: skip
    again = _import(terminal, b"order,account,mac,plan\n1,A,d4c1c8ee9b1f,gold\n8,G,020000000008,\n")
    assert again[:2] == (0, "orders.csv: 1 applied, 1 seen before, 0 refused\n")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("order,acount", "orders.csv:1: unknown column 'acount': did you mean 'account'?"),
        ("order,zzz", "orders.csv:1: unknown column 'zzz': columns are order,kind"),
        ("order,account,order", "orders.csv:1: column 'order' is there twice"),
        ("", "orders.csv:1: no header"),
    ],
)
def test_a_file_with_a_wrong_header_is_refused_before_anything_is_applied(
    terminal: Terminal, header: str, said: str
) -> None:
    """Contract 10.10: exit 2."""
    refused = _import(terminal, f"{header}\n1,A\n".encode() if header else b"")
    assert refused[:2] == (2, "")
    assert said in refused[2]
    assert not (terminal.folder / "gatekeeper.db").exists()


def test_a_file_that_is_absent_is_a_bad_argument(terminal: Terminal) -> None:
    """2."""
    assert terminal.run("orders", "import", "absent.csv").code == 2


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-8-sig"])
def test_a_file_may_be_utf8_or_gbk(terminal: Terminal, encoding: str) -> None:
    """Contract 3; a byte order mark is no part of the first column."""
    content = "order,account,subscriber\n1,A,王小明\n".encode(encoding)
    assert _import(terminal, content)[0] == 0
    assert "王小明" in terminal.run("show", "bindings", "-o", "csv").out


def test_a_quoted_header_behind_a_byte_order_mark_is_read(terminal: Terminal) -> None:
    """As programs write it that quote every cell."""
    assert _import(terminal, '"order","account"\r\n"1","A"\r\n'.encode("utf-8-sig"))[0] == 0


def test_a_file_in_no_known_encoding_is_refused(terminal: Terminal) -> None:
    """2, with the cause."""
    refused = _import(terminal, b"order,account\n1,\xff\xff\xff\n")
    assert refused[0] == 2
    assert "neither UTF-8 nor GBK" in refused[2]


def test_lines_that_are_no_orders_are_told_with_the_refused_ones(terminal: Terminal) -> None:
    """In the sequence of the file; those around them are applied."""
    said = _import(terminal, b'order,account\n1,A\n2,"B\n3,\n4,D\x00\n5,E\n')
    assert said[:2] == (3, "orders.csv: 2 applied, 0 seen before, 3 refused\n")
    assert said[2].splitlines() == [
        "orders.csv:3: BAD_FIELD: a quoted cell begins here and does not end",
        "orders.csv:4: MISSING_FIELD: account is missing",
        "orders.csv:5: BAD_FIELD: the line has a NUL octet: is this a text file?",
    ]


MIXED = b"order,kind,account,mac\n1,install,A,020000000001\n2,suspend,Z,\n3,install,B,020000000001\n4,suspend,A,\n"


def test_a_dry_run_says_the_same_and_changes_nothing(terminal: Terminal) -> None:
    """Also where there is no store yet, and where the orders are there already."""
    (terminal.folder / "orders.csv").write_bytes(MIXED)
    dry = terminal.run("orders", "import", "--dry-run", "orders.csv")
    assert dry[:2] == (3, "orders.csv: 2 would be applied, 0 seen before, 2 would be refused\n")
    assert not (terminal.folder / "gatekeeper.db").exists()
    wet = terminal.run("orders", "import", "orders.csv")
    assert wet == (3, "orders.csv: 2 applied, 0 seen before, 2 refused\n", dry.err)
    before = terminal.run("show", "orders", "-o", "json").out
    (terminal.folder / "more.csv").write_bytes(MIXED + b"5,resume,A,\n")
    more = terminal.run("orders", "import", "--dry-run", "more.csv")
    assert more[:2] == (3, "more.csv: 1 would be applied, 2 seen before, 2 would be refused\n")
    assert terminal.run("show", "orders", "-o", "json").out == before


def test_orders_that_wait_for_another_are_counted_apart(terminal: Terminal) -> None:
    """[orders] hold_s: held is not refused."""
    file = terminal.folder / "gatekeeper.toml"
    file.write_text(file.read_text() + "\n[orders]\nhold_s = 3600\n")
    assert _import(terminal, MIXED)[:2] == (3, "orders.csv: 2 applied, 0 seen before, 1 held, 1 refused\n")


def test_what_an_order_names_and_is_not_taken_as_said_is_told_with_its_line(terminal: Terminal) -> None:
    """RFC 2865 5.8: 255.255.255.254 lets the NAS choose; the box is taken over without one. A router's address is
    refused by what it is."""
    (terminal.folder / "users").write_text(
        "d4c1c8ee9b1f Cleartext-Password := x\n\tFramed-IP-Address = 255.255.255.254\n"
        "d4c1c8000002 Cleartext-Password := x\n\tFramed-IP-Address = 10.20.0.1\n"
    )
    done = terminal.run("orders", "import", "--format", "freeradius", "users")
    note = "Framed-IP-Address 255.255.255.254 (the NAS chooses, RFC 2865 5.8)"
    assert done.code == 3
    assert done.err.startswith("users:1: note: ") and done.err.count(note) == 1
    assert "BAD_FIELD: address 10.20.0.1 is the router of 10.20.0.0/16: no box may have it\n" in done.err
    rows = json.loads(terminal.run("show", "bindings", "-o", "json").out)
    assert [(row["mac"], row["address"]) for row in rows] == [("d4:c1:c8:ee:9b:1f", "")]


def test_hosts_of_dnsmasq_become_orders_once(terminal: Terminal) -> None:
    """A dry run shows them; what cannot be taken over is told, and 3."""
    hosts = "dhcp-host=d4:c1:c8:ee:9b:1f,box1,10.20.1.7,1h\ndhcp-host=box2,10.20.1.8\n"
    (terminal.folder / "dnsmasq.conf").write_text(hosts)
    words = ("orders", "import", "--format", "dnsmasq")
    dry = terminal.run(*words, "--dry-run", "dnsmasq.conf")
    assert dry == (
        3,
        "order import-dnsmasq-d4c1c8ee9b1f install account=box1 mac=d4:c1:c8:ee:9b:1f address=10.20.1.7:"
        " box d4:c1:c8:ee:9b:1f bound (new account)\n"
        "dnsmasq.conf: 1 would be applied, 0 seen before, 1 would be refused\n",
        "dnsmasq.conf:1: note: not taken over: lease time 1h\n"
        "dnsmasq.conf:2: UNSUPPORTED: the entry names no MAC: 'box2,10.20.1.8'\n",
    )
    assert terminal.run(*words, "dnsmasq.conf").out == "dnsmasq.conf: 1 applied, 0 seen before, 1 refused\n"
    assert terminal.run(*words, "dnsmasq.conf").out == "dnsmasq.conf: 0 applied, 1 seen before, 1 refused\n"


def test_a_file_is_read_as_what_it_looks_like(terminal: Terminal) -> None:
    """Which is said, but for orders. A file of another format than the one named is 2 and says which."""
    (terminal.folder / "ethers").write_text("d4:c1:c8:ee:9b:1f 10.20.9.1\n02:00:00:00:00:02 stb2\n")
    said = terminal.run("orders", "import", "--format", "dnsmasq", "ethers")
    assert said == (
        2,
        "",
        "ethers:1: there are no dhcp-host lines in it: this looks like /etc/ethers: --format ethers\n",
    )
    assert "unknown column" in terminal.run("orders", "import", "--format", "csv", "ethers").err
    told = terminal.run("orders", "import", "ethers")
    assert told == (0, "ethers: 2 applied, 0 seen before, 0 refused\n", "ethers: read as --format ethers\n")
    shown = terminal.run("show", "bindings", "--columns", "account,mac,address", "-o", "csv").out
    assert "d4:c1:c8:ee:9b:1f,d4:c1:c8:ee:9b:1f,10.20.9.1" in shown
    assert "stb2,02:00:00:00:00:02," in shown


def test_an_account_that_a_second_file_changes_is_told(terminal: Terminal) -> None:
    """Each file has a box of the same name: the account cannot keep both addresses, and none is lost without a word."""
    for number in (1, 2):
        hosts = f"dhcp-host=02:00:00:00:00:0{number},stb,10.20.9.{number}\n"
        (terminal.folder / f"{number}.conf").write_text(hosts)
    assert terminal.run("orders", "import", "--format", "dnsmasq", "1.conf").err == ""
    told = "box 02:00:00:00:00:02 bound (address 10.20.9.1 -> 10.20.9.2)"
    assert terminal.run("orders", "import", "--format", "dnsmasq", "2.conf").err == f"2.conf:1: note: {told}\n"
    assert terminal.run("orders", "import", "--format", "dnsmasq", "2.conf").err == ""


def test_a_format_that_is_none_is_told_with_those_that_are(terminal: Terminal) -> None:
    """2; --help has them all."""
    (terminal.folder / "file").write_text("order\n")
    said = terminal.run("orders", "import", "--format", "bind", "file")
    assert said.code == 2
    assert f"--format bind: formats are {' '.join(NAMES)}" in said.err
    words = terminal.run("orders", "import", "--help").out.replace(",", " ").split()
    assert {*NAMES} <= {word.strip(":") for word in words}


def test_leased_addresses_are_ordered_where_that_is_asked_for(terminal: Terminal) -> None:
    """Else a lease file says which boxes there are, and no more."""
    (terminal.folder / "dnsmasq.leases").write_text("1800000000 d4:c1:c8:ee:9b:1f 10.20.1.7 * *\n")
    dry = terminal.run("orders", "import", "--dry-run", "dnsmasq.leases")
    assert (dry.code, "address=" in dry.out) == (0, False)
    dry = terminal.run("orders", "import", "--dry-run", "--leased", "--format", "dnsmasq", "dnsmasq.leases")
    assert dry.err == "dnsmasq.leases: read as --format dnsmasq-leases\n"
    assert (dry.code, "address=10.20.1.7" in dry.out) == (0, True)


@pytest.mark.parametrize("form", ["kea", "freeradius"])
def test_files_of_other_servers_are_named_by_their_format(terminal: Terminal, form: str) -> None:
    """One entry each."""
    texts = {"kea": '[ { "hw-address": "d4:c1:c8:ee:9b:1f" } ]', "freeradius": "d4c1c8ee9b1f\n"}
    (terminal.folder / "file").write_text(texts[form])
    assert terminal.run("orders", "import", "--format", form, "file")[:2] == (
        0, "file: 1 applied, 0 seen before, 0 refused\n"
    )  # fmt: skip


def test_twenty_thousand_orders_at_a_bounded_memory(terminal: Terminal) -> None:
    """A file of a hundred megabytes takes no more than this one."""
    lines = ["order,account,mac,port,rate_down_kbps"]
    lines += [f"o{n},a{n}@itv,02{n:010x},olt{n // 4096} eth 1/1:{n % 4096},20000" for n in range(20_000)]
    (terminal.folder / "orders.csv").write_text("\n".join(lines) + "\n")
    said = terminal.run(python=("-c", _MEASURED))
    assert said.out.splitlines()[0] == "orders.csv: 20000 applied, 0 seen before, 0 refused"
    assert int(said.out.splitlines()[1]) < 120 * 1024, "KiB at most"


# Not getrusage: its peak begins with that of the process that started this one.
_MEASURED = """
import pathlib, sys
from gatekeeper.cli import main
sys.argv = ["gatekeeper", "orders", "import", "orders.csv"]
try:
    main()
finally:
    status = pathlib.Path("/proc/self/status").read_text()
    print(status.partition("VmHWM:")[2].split()[0])
"""
