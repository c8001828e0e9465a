"""order and orders import: contract 3, exit codes of contract 6, CSV rules of contract 10.10."""

from pathlib import Path

import pytest

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
