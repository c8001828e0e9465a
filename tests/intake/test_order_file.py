"""A CSV file of orders, whatever is wrong with it: each line answers for itself (contract 3, 10.10)."""

import tracemalloc
from pathlib import Path

import pytest

from gatekeeper.intake.order_file import OrderFile, OrderFileError
from gatekeeper.intake.order_lines import MAX_ROW


def read(folder: Path, content: str | bytes) -> list[tuple[int, str]]:
    """(line number, order number or cause) of each line."""
    file = folder / "orders.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with OrderFile(file) as lines:
        return [(line.number, line.refusal.detail if line.refusal else str(line.fields["order"])) for line in lines]


OPEN = "a quoted cell begins here and does not end"
LINES = [
    # what stands between the header and the last line -> what is said of it
    ('1,"A', [(2, OPEN)]),
    ('1,"A\n2,B\n3,"C"\n4,D', [(2, OPEN), (3, "2"), (4, "3"), (5, "4")]),
    ('1,"A"x\n2,B', [(2, "unreadable CSV (',' expected after '\"')"), (3, "2")]),
    ("1,A\0\n2,B", [(2, "the line has a NUL octet: is this a text file?"), (3, "2")]),
    (f"1,{'A' * MAX_ROW}\n2,B", [(2, f"the line is longer than {MAX_ROW} characters"), (3, "2")]),
    ("1,A,surplus\n2,B", [(2, "3 cells under 2 columns"), (3, "2")]),
    ("1,A,, ,\n2,B,\n3,,,x", [(2, "1"), (3, "2"), (4, "4 cells under 2 columns")]),
    ("\n , \n2,B", [(4, "2")]),
    ('1,"two\nlines"\n2,B', [(2, "1"), (4, "2")]),
    ("1,A\r\n2,B\r", [(2, "1"), (3, "2")]),
]


@pytest.mark.parametrize(("middle", "said"), LINES, ids=[repr(middle[:16]) for middle, _ in LINES])
def test_a_bad_line_costs_no_other_line(tmp_path: Path, middle: str, said: list[tuple[int, str]]) -> None:
    """Told with its physical number; those behind it are read, also behind a quote that nobody closed."""
    found = read(tmp_path, f"order,account\n{middle}\n9,Z\n")
    assert found[: len(said)] == said
    assert found[-1][1] == "9"


def test_a_file_may_end_in_the_middle_of_a_quoted_cell(tmp_path: Path) -> None:
    """As one that was cut while it was copied."""
    assert read(tmp_path, 'order,account\n1,A\n2,"B') == [(2, "1"), (3, OPEN)]


def test_a_line_of_ten_megabytes_takes_no_memory(tmp_path: Path) -> None:
    """It is passed over a part at a time."""
    file = tmp_path / "orders.csv"
    file.write_text(f'order,account\n1,"{"x" * 10_000_000}\n2,B\n')
    tracemalloc.start()
    with OrderFile(file) as lines:
        found = [line.number for line in lines if not line.refusal]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [3]
    assert most < 2_000_000


SPREADSHEETS = {
    "empty cells behind the last column": "order,account,mac,,\n1,A,,,\n2,B,020000000002\n",
    "a column without a name": "order,,account\n1,,A\n2,,B\n",
    "names in capitals": "Order,ACCOUNT\n1,A\n2,B\n",
    "semicolons": "order;account;port\n1;A;1,2\n2;B;\n",
    "semicolons, said": 'sep=;\r\n"order";"account"\r\n1;A\r\n2;B;\r\n',
    "commas, said": "\nsep=,\norder,account\n1,A\n2,B\n",
    "said in quotes": '"sep=;"\norder;account\n1;A\n2;B\n',
    "tabs": "order\taccount\n1\tA\n2\tB\t\t\n",
    "bars": "order|account\n1|A\n2|B\n",
    "one column": "order\n1\n2\n",
}


@pytest.mark.parametrize("kind", SPREADSHEETS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_file_may_be_as_spreadsheets_save_it(tmp_path: Path, kind: str, encoding: str) -> None:
    """Excel's "CSV", "CSV UTF-8" and "Unicode text" (UTF-16 with its byte order mark, tabs), in any country."""
    assert [what for _, what in read(tmp_path, SPREADSHEETS[kind].encode(encoding))] == ["1", "2"]


def test_a_cell_without_a_column_costs_its_line(tmp_path: Path) -> None:
    """Nobody knows what it was to be."""
    said = read(tmp_path, "order,,account\n1,,A\n2,x,B\n3,,C\n")
    assert said == [(2, "1"), (3, "cell 2 stands in a column without a name"), (4, "3")]


def test_utf_16_that_is_cut_is_no_text(tmp_path: Path) -> None:
    """Known before anything is applied."""
    with pytest.raises(OrderFileError, match="neither UTF-8 nor GBK"):
        read(tmp_path, "order\n1\n".encode("utf-16")[:-1])


WRONG = [
    ("", "1: no header: the first line names the columns"),
    ("\n\n", "3: no header"),
    ("order,account,order\n", "1: column 'order' is there twice"),
    ("order,acount\n", "1: unknown column 'acount': did you mean 'account'?"),
    ('"order,account\n1,A\n', "1: "),
    ("order\0,account\n", "1: the line has a NUL octet"),
    ("x" * (MAX_ROW + 1), f"1: the line is longer than {MAX_ROW}"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=[repr(content[:16]) for content, _ in WRONG])
def test_a_file_with_a_wrong_header_is_no_order_file(tmp_path: Path, content: str, said: str) -> None:
    """Known before anything is applied, with its place."""
    with pytest.raises(OrderFileError) as refused:
        read(tmp_path, content)
    assert f"orders.csv:{said}" in str(refused.value)


def test_a_file_that_has_a_header_alone_has_no_orders(tmp_path: Path) -> None:
    """Which is no error."""
    assert read(tmp_path, "order,account\n") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_the_position_ends_at_the_size(tmp_path: Path, encoding: str) -> None:
    """For the progress bar, in octets whatever the encoding."""
    file = tmp_path / "orders.csv"
    file.write_bytes(("order,subscriber\n" + "1,王小明\n" * 5000).encode(encoding))
    with OrderFile(file) as lines:
        places = [lines.position for _ in lines]
    assert places == sorted(places)
    assert places[-1] == file.stat().st_size
