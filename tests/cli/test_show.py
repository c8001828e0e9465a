"""show: every listing as table, JSON and CSV, with filters; while no service runs (contract 6)."""

import csv
import io
import json
from pathlib import Path

import pytest

from gatekeeper.model import Reason
from gatekeeper.report.table import COLUMNS
from tests.cli.terminal import Said, Terminal
from tests.engine.bench import CONFIG

# 'nas' is a listing of the contract that needs a running service.
LISTINGS = ("bindings", "boxes", "leases", "orders", "refused", "rogue", "pools", "ports", "reasons", "stats")
LINE = "eth 31/31/7:4096.1234 guangzhou001/0/31/63/31/127"


FILTERS: list[tuple[tuple[str, ...], list[str]]] = [
    ((), ["A", "B", "W"]),
    (("--mac", "D4C1.C8EE.9B1F"), ["A"]),
    (("--mac", "020000000099"), []),
    (("--account", "W"), ["W"]),
    (("--port", LINE), ["A"]),
    (("--port", "ge 1/0/7"), ["B"]),
    (("--port", "0 0/0/0:4096.1234 guangzhou001/0/31/63/31/127"), ["A"]),  # as the access node spells the line
    (("--port", "10.20.0.1|ge 1/0/7"), ["B"]),  # an order without a node is meant at any
    (("--port", "ge 1/0/8"), []),
    (("--ip", "10.20.1.0"), []),
    (("--match", "account=[AB]"), ["A", "B"]),
    (("--match", "account=[AB]", "--match", "port=guang"), ["A"]),
    (("--match", "vendor=(?i)zte"), ["A", "B"]),
    (("--sort", "rate_down_kbps"), ["W", "B", "A"]),
    (("--sort", "account", "--account", "B"), ["B"]),
]
WRONG: list[tuple[str, ...]] = [
    ("--columns", "mak"), ("--sort", "mak"), ("--match", "mak=1"), ("--match", "mac"), ("--match", "mac=("),
    ("--mac", "xyz"), ("--ip", "1.2.3"), ("-o", "xml"), ("--nonsense",),
    ("--account", "\udcff"), ("--port", "\udcff"),  # octets of an argument that are no UTF-8
]  # fmt: skip
BINDINGS = ("show", "bindings", "-o", "json")
COLUMNS_CHOSEN = ("show", "bindings", "-o", "csv", "--columns", "order,account")
PORTS = ("show", "ports", "-o", "json", "--sort", "form")
NINE = ("show", "ports", "-o", "json", "--match", "shared=yes")
TIMES = ("show", "orders", "-o", "json", "--match", "received=T.*Z$")
QUESTIONS: list[tuple[str, ...]] = [
    *(("show", what, "-o", form) for what in LISTINGS for form in ("csv", "json", "table")),
    *((*BINDINGS, *options) for options, _ in FILTERS),
    *(("show", "bindings", *options) for options in WRONG),
    COLUMNS_CHOSEN,
    PORTS,
    NINE,
    TIMES,
]
Answers = dict[tuple[str, ...], Said]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What show says of three accounts: A with a box and a port, B with a box, W that waits."""
    terminal = Terminal(tmp_path_factory.mktemp("show"))
    lines = ["order,account,mac,port,rate_down_kbps,acs_url,subscriber", f"1,A,d4c1c8ee9b1f,{LINE},20000,http://a/,=1+1",
             "2,B,d4c1c8000002,ge 1/0/7,100,,", "3,W,,,,,"]  # fmt: skip
    (terminal.folder / "orders.csv").write_text("\n".join(lines))
    assert terminal.run("orders", "import", "orders.csv").code == 0
    return terminal.run_all(QUESTIONS)


@pytest.mark.parametrize("what", LISTINGS)
def test_every_listing_has_the_contracts_columns(answers: Answers, what: str) -> None:
    """Contract 10.14, in JSON, CSV and the table."""
    text, rows = answers["show", what, "-o", "csv"].out, json.loads(answers["show", what, "-o", "json"].out)
    header, *lines = csv.reader(io.StringIO(text))
    assert header == list(COLUMNS[what])
    assert len(rows) == len(lines)
    assert all(set(header) <= set(row) for row in rows)
    assert answers["show", what, "-o", "table"].out.splitlines()[0].split() == header


def test_a_binding_is_shown_with_the_contracts_names_and_spellings(answers: Answers) -> None:
    """Contract 6: MACs with colons; acs_url in JSON."""
    rows = json.loads(answers[BINDINGS].out)
    assert rows[0] == {
        "account": "A", "subscriber": "=1+1", "mac": "d4:c1:c8:ee:9b:1f", "stbid": "", "state": "active", "port": LINE,
        "port_state": "ordered", "address": "", "lease_expires": "", "rate_down_kbps": 20000, "rate_up_kbps": 0,
        "order": "1", "acs_url": "http://a/",
    }  # fmt: skip
    assert [row["state"] for row in rows] == ["active", "active", "waiting"]


def test_a_formula_in_a_subscribers_name_is_text_in_csv(answers: Answers) -> None:
    """Design 8.12."""
    assert "A,'=1+1,d4:c1:c8:ee:9b:1f" in answers["show", "bindings", "-o", "csv"].out


@pytest.mark.parametrize(("options", "accounts"), FILTERS)
def test_rows_are_filtered_and_sorted(answers: Answers, options: tuple[str, ...], accounts: list[str]) -> None:
    """MACs and ports in any spelling."""
    said = answers[*BINDINGS, *options]
    assert said.code == 0, said.err
    assert [row["account"] for row in json.loads(said.out)] == accounts


def test_a_pattern_sees_what_is_shown(answers: Answers) -> None:
    """Times as RFC 3339."""
    assert len(json.loads(answers[TIMES].out)) == 3


def test_lines_are_shown_with_who_is_on_them_and_how_they_are_read(answers: Answers) -> None:
    """Ordered ports whose boxes were not seen yet."""
    nobody_yet = {"accounts": 1, "boxes": 1, "shared": "no", "first_seen": "", "last_seen": ""}
    assert json.loads(answers[PORTS].out) == [
        {"port": LINE, "form": "China Telecom"} | nobody_yet,
        {"port": "ge 1/0/7", "form": "as it came"} | nobody_yet,
    ]
    assert json.loads(answers[NINE].out) == []


def test_a_line_of_nine_accounts_is_shown_to_be_a_vlan(tmp_path: Path) -> None:
    """[binding] shared_line = 8."""
    terminal = Terminal(tmp_path)
    lines = [f"{number},install,A{number},d4c1c80000{number:02},mt1|bridge1" for number in range(1, 10)]
    (tmp_path / "orders.csv").write_text("\n".join(["order,kind,account,mac,port", *lines, "10,install,B,,mt1|ge1"]))
    assert terminal.run("orders", "import", "orders.csv").code == 0
    rows = json.loads(terminal.run(*NINE).out)
    assert [(row["port"], row["accounts"], row["boxes"]) for row in rows] == [("mt1|bridge1", 9, 9)]
    (tmp_path / "gatekeeper.toml").write_text(f"{CONFIG}\n[binding]\nshared_line = 9\n", encoding="utf-8")
    assert json.loads(terminal.run(*NINE).out) == []


def test_columns_are_chosen_in_their_sequence(answers: Answers) -> None:
    """--columns a,b,c."""
    assert answers[COLUMNS_CHOSEN].out == "order,account\n1,A\n2,B\n3,W\n"


@pytest.mark.parametrize("options", WRONG)
def test_a_wrong_option_is_a_bad_argument(answers: Answers, options: tuple[str, ...]) -> None:
    """2, one message on stderr, nothing on stdout."""
    said = answers["show", "bindings", *options]
    assert (said.code, said.out) == (2, "")
    assert said.err
    assert "Traceback" not in said.err


def test_every_reason_is_shown_without_a_store_or_configuration(tmp_path: Path) -> None:
    """Contract 5."""
    terminal = Terminal(tmp_path, "not TOML")
    rows = json.loads(terminal.run("show", "reasons", "-o", "json").out)
    assert {row["reason"] for row in rows} == {str(reason) for reason in Reason}
    assert all(row["meaning"] and row["remedy"] for row in rows)


def test_a_store_that_is_not_there_is_told(tmp_path: Path) -> None:
    """1, one line; nothing is made by looking."""
    said = Terminal(tmp_path).run("show", "leases")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "does not exist: make it with" in said.err
    assert not (tmp_path / "gatekeeper.db").exists()


def test_control_characters_never_reach_the_terminal(answers: Answers) -> None:
    """Everything that the table prints is printable."""
    assert all(line.isprintable() for line in answers["show", "bindings", "-o", "table"].out.split("\n"))
