"""What replies went without is one line of the log for each name that it is counted under."""

import pytest

from gatekeeper.report.left_out import left_out_line


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("dhcp", "option-left-out", "domain-search"), "dhcp: option 119 domain-search had no room in a reply"),
        (("dhcp", "option-left-out", "201"), "dhcp: option 201 had no room in a reply"),
        (("dhcp", "option-left-out", "stb-profile"), "dhcp: option stb-profile had no room in a reply"),
        (("dhcp", "acs-url-alone"), "dhcp: an order's acs_url left no room for the other keys of [acs]"),
        (
            ("radius", "attribute-left-out", "bras1", "Filter-Id"),
            "left out of an answer to bras1: Filter-Id, whose value",
        ),
    ],
)
def test_a_count_of_what_was_left_out_has_a_line(parts: tuple[str, ...], said: str) -> None:
    """With the name of the counter, so that it is found."""
    line = left_out_line(parts)
    assert line.startswith(said)
    assert parts[0] != "dhcp" or f"counted as {'.'.join(parts)}," in line


@pytest.mark.parametrize("parts", [("bugs",), ("loop", "rounds"), ("dhcp", "DHCPDISCOVER", "", "ok")])
def test_other_counts_have_none(parts: tuple[str, ...]) -> None:
    assert left_out_line(parts) == ""
