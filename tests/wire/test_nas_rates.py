"""Rates in the words of each NAS. Sources: wire-facts E, the dialect rows' own."""

from pathlib import Path

import pytest

from gatekeeper.config.dictionary import Dictionary
from gatekeeper.model import Rate
from gatekeeper.wire.nas import DIALECTS
from gatekeeper.wire.nas_rates import RateAttribute, rate_body, rate_values

SHIPPED = Dictionary()
_HUAWEI, _H3C, _MIKROTIK = "000007db", "000063a2", "00003a8c"


def _rows(dialect: str) -> list[RateAttribute]:
    return [RateAttribute(SHIPPED.attribute(row.attribute), row.template) for row in DIALECTS[dialect].rates]


def _integers(vendor: str, *pairs: tuple[int, int]) -> str:
    return "".join(f"1a0c{vendor}{number:02x}06{value:08x}" for number, value in pairs)


def _text(vendor: str, number: int, value: str) -> str:
    return f"1a{len(value) + 8:02x}{vendor}{number:02x}{len(value) + 2:02x}{value.encode().hex()}"


UP, DOWN = 4_000_000, 20_000_000
CASES = [
    ("generic", Rate(20000, 4000), 1000, ""),
    ("huawei", Rate(20000, 4000), 1000, _integers(_HUAWEI, (2, UP), (3, UP), (5, DOWN), (6, DOWN))),
    ("huawei", Rate(20000, 4000), 1024, _integers(_HUAWEI, (2, 4096000), (3, 4096000), (5, 20480000), (6, 20480000))),
    ("huawei", Rate(20000, 0), 1000, _integers(_HUAWEI, (5, DOWN), (6, DOWN))),
    ("huawei", Rate(0, 4000), 1000, _integers(_HUAWEI, (2, UP), (3, UP))),
    ("huawei", Rate(0, 0), 1000, ""),
    ("huawei", Rate(4294967, 1), 1000, _integers(_HUAWEI, (2, 1000), (3, 1000), (5, 4294967000), (6, 4294967000))),
    ("huawei", Rate(10**7, 1), 1000, _integers(_HUAWEI, (2, 1000), (3, 1000), (5, 0xFFFFFFFF), (6, 0xFFFFFFFF))),
    ("h3c", Rate(20000, 4000), 1000, _integers(_H3C, (1, UP), (2, UP), (4, DOWN), (5, DOWN))),
    ("h3c", Rate(10**9, 10**9), 1000, _integers(_H3C, *((number, 0xFFFFFFFF) for number in (1, 2, 4, 5)))),
    ("mikrotik", Rate(20000, 4000), 1000, _text(_MIKROTIK, 8, "4000k/20000k")),
    ("mikrotik", Rate(20000, 4000), 1024, _text(_MIKROTIK, 8, "4096k/20480k")),
    ("mikrotik", Rate(1, 1), 1024, _text(_MIKROTIK, 8, "1024/1024")),
    ("mikrotik", Rate(20000, 0), 1000, _text(_MIKROTIK, 8, "0/20000k")),
    ("mikrotik", Rate(0, 0), 1000, ""),
    ("mikrotik", Rate(10**7, 1000), 1000, _text(_MIKROTIK, 8, "1000k/10000000k")),
]


@pytest.mark.parametrize(("dialect", "rate", "kilobit", "octets"), CASES)
def test_a_rate_is_said_in_the_words_of_the_nas(dialect: str, rate: Rate, kilobit: int, octets: str) -> None:
    """Vendor, number, length and value, octet for octet; a direction without a limit says nothing."""
    assert rate_body(_rows(dialect), rate, kilobit).hex() == octets


def test_the_values_for_people_are_those_on_the_wire() -> None:
    """explain prints what is sent."""
    values = [value for _, value in rate_values(_rows("huawei"), Rate(20000, 4000), 1000)]
    assert values == ["4000000", "4000000", "20000000", "20000000"]


def test_a_folder_without_dictionaries_says_so(tmp_path: Path) -> None:
    """One sentence that names the file."""
    with pytest.raises(ValueError, match=r"no file .*dictionary: name a folder"):
        Dictionary([tmp_path])
