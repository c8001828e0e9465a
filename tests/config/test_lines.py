"""[binding]: what is said of lines, and which names of an access node are one."""

from pathlib import Path

import pytest

from tests.config.book import load_text, marked, problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", (0, 8)), ("boxes_per_port = 0\nshared_line = 0", (0, 0)), ("boxes_per_port = 4\nshared_line = 2", (4, 2))],
    ids=["defaults", "none", "both"],
)
def test_a_line_has_no_limit_and_is_a_vlan_from_nine_accounts_on(
    tmp_path: Path, text: str, expected: tuple[int, int]
) -> None:
    """Contract 2: 0 is allowed for either, and is what boxes_per_port is where nobody says."""
    binding = load_text(tmp_path, f"[binding]\n{text}\n").book.binding
    assert (binding.boxes_per_port, binding.shared_line) == expected
    assert binding.counts_boxes() is (expected[0] > 0)


@pytest.mark.parametrize("line", ["boxes_per_port = -1", "shared_line = -1"])
def test_a_number_of_boxes_is_no_less_than_none(tmp_path: Path, line: str) -> None:
    """Each with its line."""
    text = f"[binding]\n{line} #!\n"
    assert [number for number, _ in problems(tmp_path, text)] == marked(text)
