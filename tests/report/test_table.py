"""Listings: choosing, sorting, times, JSON, CSV that a spreadsheet cannot take for a formula; pools and vendors."""

import csv
import io
import json
import re

import pytest

from gatekeeper.book import Subnet
from gatekeeper.report.pools import pool_rows
from gatekeeper.report.table import BadColumn, Row, as_csv, as_json, choose, sort_rows, time_text, with_times
from gatekeeper.report.vendor import vendor

ROWS: list[Row] = [
    {"mac": "02:00:00:00:00:02", "count": 10, "port": None},
    {"mac": "02:00:00:00:00:01", "count": 9, "port": "b"},
    {"mac": "02:00:00:00:00:03", "count": 100, "port": "a"},
]


def _ends(rows: list[Row]) -> str:
    return "".join(str(row["mac"])[-1] for row in rows)


@pytest.mark.parametrize(("column", "expected"), [("mac", "123"), ("count", "123"), ("port", "312")])
def test_numbers_sort_by_size_text_by_letter_absent_last(column: str, expected: str) -> None:
    """9 before 10 before 100."""
    assert _ends(sort_rows(ROWS, column)) == expected


@pytest.mark.parametrize(
    ("equal", "matches", "expected"),
    [
        ({}, [], "213"),
        ({"count": "9"}, [], "1"),
        ({}, [("mac", "3$")], "3"),
        ({"port": "b"}, [("mac", "^02")], "1"),
        ({"mac": "x"}, [], ""),
    ],
)
def test_rows_are_chosen_by_value_and_pattern(
    equal: dict[str, str], matches: list[tuple[str, str]], expected: str
) -> None:
    """All of them must hold."""
    patterns = [(column, re.compile(text)) for column, text in matches]
    assert _ends(list(choose(ROWS, equal, patterns))) == expected


def test_a_column_that_is_not_there_is_named() -> None:
    """With those that are."""
    with pytest.raises(BadColumn, match="no column 'mak': there are mac count port"):
        list(choose(ROWS, {}, [("mak", re.compile(""))]))
    with pytest.raises(BadColumn, match="no column 'mak'"):
        sort_rows(ROWS, "mak")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "1970-01-01T00:00:00Z"), (1_800_000_000, "2027-01-15T08:00:00Z"), (None, "")]
)
def test_times_print_as_rfc3339_utc(value: object, text: str) -> None:
    """Contract 6."""
    assert time_text(value) == text


def test_only_times_are_printed_as_times() -> None:
    """A count is a number."""
    assert list(with_times([{"count": 1, "last_seen": 0, "lease_expires": None}])) == [
        {"count": 1, "last_seen": "1970-01-01T00:00:00Z", "lease_expires": ""}
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1", "=HYPERLINK(1)"])
def test_a_cell_that_a_spreadsheet_takes_for_a_formula_is_quoted(cell: str) -> None:
    """Design 8.12."""
    (_, (shown,)) = csv.reader(io.StringIO(as_csv([{"port": cell}], ["port"]), newline=""))
    assert shown == "'" + cell


@pytest.mark.parametrize("cell", ["\r=1", "a\r=1"])
def test_a_carriage_return_begins_no_new_row(cell: str) -> None:
    """What stands behind it would be a formula in a cell of its own."""
    rows = list(csv.reader(io.StringIO(as_csv([{"port": cell}], ["port"]), newline="")))
    assert len(rows) == 2


@pytest.mark.parametrize("cell", ["-5", "-5.5", "12", "ge 1/0/7", 'a"b', "a,b", "a\nb", "机顶盒"])
def test_any_other_cell_is_read_back_as_it_was(cell: str) -> None:
    """Commas, quotes and line ends included."""
    rows = list(csv.reader(io.StringIO(as_csv([{"port": cell, "n": None}], ["port", "n"]), newline="")))
    assert rows == [["port", "n"], [cell, ""]]


def test_json_is_one_array_of_objects() -> None:
    """Contract 6."""
    assert json.loads(as_json(ROWS)) == ROWS
    assert json.loads(as_json([])) == []


def test_a_pool_is_counted_by_its_active_leases() -> None:
    """total = leased + quarantined + free."""
    subnet = Subnet(
        0, "10.20.0.0/16", 0x0A140000, 0xFFFF0000, ((0x0A140100, 0x0A140103), (0x0A140200, 0x0A140200)), 60, ()
    )
    amounts = {(0x0A140100, 0x0A140103): (4, 2, 1), (0x0A140200, 0x0A140200): (1, 0, 0)}
    rows = pool_rows([subnet], lambda first, last: amounts[first, last])
    counted = [(row["pool"], row["total"], row["leased"], row["quarantined"], row["free"]) for row in rows]
    assert counted == [("10.20.1.0-10.20.1.3", 4, 2, 1, 1), ("10.20.2.0-10.20.2.0", 1, 0, 0, 1)]


@pytest.mark.parametrize(("mac", "name"), [("d4:c1:c8:ee:9b:1f", "zte"), ("02:00:00:00:00:01", ""), ("", "")])
def test_a_mac_has_the_vendor_that_the_ieee_gave_it(mac: str, name: str) -> None:
    """None for local addresses, and never an exception."""
    assert vendor(mac).lower().startswith(name)
    assert bool(vendor(mac)) == bool(name)
