"""[limits]: in force where it stands in the file."""

from pathlib import Path

import pytest

from gatekeeper.book import Limits
from gatekeeper.config.template import TEMPLATE
from tests.config.book import load_text, marked, problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("[limits]", Limits(5, 50, 20_000, 0)),
        ("[limits]\nper_mac_per_s = 9\ntotal_per_s = 40000", Limits(9, 50, 20_000, 40_000)),
        (TEMPLATE.replace("{secret}", "s"), Limits(5, 50, 20_000, 0)),
    ],
    ids=["none", "defaults", "some", "template"],
)
def test_limits_stand_in_the_book_where_the_file_has_them(tmp_path: Path, text: str, expected: Limits | None) -> None:
    """And there is nothing to note about them."""
    settings = load_text(tmp_path, text)
    assert settings.book.limits == expected
    assert not any("limits" in note for note in settings.notes)


@pytest.mark.parametrize("line", ["per_mac_per_s = 0", "per_port_per_s = -1", "total_per_s = -1", "per_box = 5"])
def test_a_limit_that_is_none_is_told(tmp_path: Path, line: str) -> None:
    """Only the total may be 0."""
    text = f"[limits]\n{line} #!\n"
    assert [number for number, _ in problems(tmp_path, text)] == marked(text)
