"""[dhcp] defer and min_lease_s, for all subnets and for one."""

from pathlib import Path

import pytest

from gatekeeper.config import ConfigError
from gatekeeper.config.load import load_file

TEXT = """
[dhcp]
listen = ["10.20.0.2:67"]
{dhcp}

[[dhcp.subnet]]
network = "10.20.0.0/16"
{subnet}

[[dhcp.subnet]]
network = "10.30.0.0/16"
"""


def read(folder: Path, dhcp: str = "", subnet: str = "") -> list[tuple[float, int]]:
    """What each of two subnets has."""
    file = folder / "gatekeeper.toml"
    file.write_text(TEXT.format(dhcp=dhcp, subnet=subnet), encoding="utf-8")
    return [(subnet.defer, subnet.min_lease_s) for subnet in load_file(file).book.subnets]


def test_a_file_that_says_nothing_defers_for_a_seventh(tmp_path: Path) -> None:
    """Less than the half at which boxes renew (RFC 2131 4.4.5)."""
    assert read(tmp_path) == [(0.15, 5), (0.15, 5)]


def test_a_subnet_has_the_say_over_all(tmp_path: Path) -> None:
    """Its 0 too."""
    both = read(tmp_path, "defer = 0.25\nmin_lease_s = 60", "defer = 0\nmin_lease_s = 10")
    assert both == [(0.0, 10), (0.25, 60)]


def test_its_own_renewal_time_ends_the_share(tmp_path: Path) -> None:
    """As a key, or as an option by number."""
    for own in ("renew_s = 72", "options = { 58 = 72 }"):
        assert read(tmp_path, "", f"lease_s = 720\n{own}") == [(0.1, 5), (0.15, 5)]
    assert read(tmp_path, "defer = 0", "renew_s = 72") == [(0.0, 5), (0.0, 5)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("defer = 1", "less than 1"),
        ("defer = -0.1", "greater than or equal to 0"),
        ('defer = "always"', "number"),
        ("min_lease_s = 0", "greater than or equal to 1"),
    ],
)
@pytest.mark.parametrize("place", ["dhcp", "subnet"])
def test_what_cannot_be_is_told_with_its_line(tmp_path: Path, place: str, line: str, why: str) -> None:
    """A whole lease deferred would be none."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, **{place: line})
    (problem,) = caught.value.problems
    assert problem.line == (4 if place == "dhcp" else 8)
    assert line.partition(" ")[0] in problem.text and why in problem.text
