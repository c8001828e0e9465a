"""Every number of the file has a bound: what it is added to, or asked for with it, fits what a store holds."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gatekeeper.config.schema import FileSchema
from tests.config.book import marked, problems


def numbers(model: type[BaseModel]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each number of the schema, by the table and key that it stands under."""
    schema = model.model_json_schema()
    for table, described in {"": schema, **schema["$defs"]}.items():
        for key, value in described.get("properties", {}).items():
            for form in value.get("anyOf", [value]):
                if form.get("type") in ("integer", "number"):
                    yield f"{table}.{key}", form


def test_every_number_has_an_upper_bound() -> None:
    """But those that are read from the text of an address, which is one."""
    found = dict(numbers(FileSchema))
    assert len(found) > 20
    loose = [key for key, form in found.items() if not {"maximum", "exclusiveMaximum", "enum", "const"} & form.keys()]
    assert [key for key in loose if not re.search(r"\.(server_id|server|next_server)$", key)] == []


@pytest.mark.parametrize(
    "text",
    [
        "[dhcp]\nquarantine_s = 99999999999 #!\n",
        "[radius]\nstale_session_s = 9223372036854775807 #!\n",
        f"[binding]\nshared_line = 1{'0' * 40} #!\n",
        "[limits]\ntotal_per_s = 4294967296 #!\n",
    ],
    ids=["quarantine_s", "stale_session_s", "shared_line", "total_per_s"],
)
def test_a_number_over_its_bound_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    """And with what it may be at most."""
    found = problems(tmp_path, text)
    assert [number for number, _ in found] == marked(text)
    assert "2147483647" in found[0][1]


def test_a_number_of_thousands_of_digits_is_no_traceback(tmp_path: Path) -> None:
    """Python reads no more than 4300."""
    assert "cannot be read" in problems(tmp_path, f"[orders]\nhold_s = {'9' * 5000}\n")[0][1]
