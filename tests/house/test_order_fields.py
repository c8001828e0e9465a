"""An order's field is one row: whoever names fields names these, and nobody has a list of his own."""

from pathlib import Path

import click
import pytest

from gatekeeper.api.orders import OrderIn
from gatekeeper.cli.orders import order as order_command
from gatekeeper.policy.order_fields import FIELDS, KINDS, NAMES, Field, Order
from gatekeeper.report.table import COLUMNS
from gatekeeper.value import fields_of

README = Path(__file__).parents[2] / "README.md"


def _line(row: Field) -> str:
    kinds = "all" if row.kinds == KINDS else " ".join(row.kinds)
    option = f"`{row.option}`" if row.option else "the verb"
    return f"| `{row.name}` | {option} | {kinds} | {row.meaning} | {row.shown} |"


def test_the_readme_has_the_table_of_fields() -> None:
    """Line for line, in the sequence of the rows."""
    lines = README.read_text(encoding="utf-8").splitlines()
    first = lines.index("| field | option | orders | what it is | `show` |") + 2
    assert lines[first : first + len(FIELDS) + 1] == [*map(_line, FIELDS), ""]


def test_the_parts_of_an_order_stand_in_the_sequence_of_the_rows() -> None:
    """What is ``order`` everywhere is the number of an Order."""
    assert ("number", *NAMES[1:]) == fields_of(Order)


@pytest.mark.parametrize("row", FIELDS, ids=NAMES)
def test_a_row_is_complete(row: Field) -> None:
    """A sentence, kinds that there are, and a listing that has the column."""
    assert row.meaning.endswith(".")
    assert set(row.kinds) <= set(KINDS)
    assert not row.shown or row.name in (*COLUMNS[row.shown], "acs_url")


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_line_takes_every_field_and_offers_those_of_the_kind(kind: str) -> None:
    """An option that a kind has no use for is let pass, as a cell of a CSV is."""
    command = order_command.get_command(click.Context(order_command), kind)
    assert command
    options = {one.name: one for one in command.params if isinstance(one, click.Option) and one.name != "config"}
    assert tuple(options) == tuple(row.name for row in FIELDS if row.option)
    offered = {name for name, option in options.items() if not option.hidden}
    assert offered == {row.name for row in FIELDS if row.option and kind in row.kinds}


def test_http_takes_every_field() -> None:
    """And says what it is."""
    schema = OrderIn.model_json_schema()
    assert {name: one["description"] for name, one in schema["properties"].items()} == {
        row.name: row.meaning for row in FIELDS
    }
    assert schema["required"] == [row.name for row in FIELDS if row.required]
    assert schema["additionalProperties"] is False
