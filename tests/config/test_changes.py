"""What two configurations say differently, as the file spells it, and never a value."""

from pathlib import Path

import pytest

from gatekeeper.config.changes import changes
from gatekeeper.config.load import load_file
from gatekeeper.config.schema import FileSchema

BEFORE = """
[dhcp]
listen = ["10.20.0.2:67"]

[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.1-10.20.1.9"]

[[dhcp.subnet]]
network = "10.30.0.0/16"

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.1"
secret = "a long random one"

[api]
listen = "127.0.0.1:8067"
"""
CLIENT = BEFORE[BEFORE.index("[[radius.client]]") : BEFORE.index("[api]")]
API = BEFORE[BEFORE.index("[api]") :]
SECOND = '[[dhcp.subnet]]\nnetwork = "10.30.0.0/16"\n'


def _schema(folder: Path, text: str) -> FileSchema:
    (folder / "gatekeeper.toml").write_text(text)
    return load_file(folder / "gatekeeper.toml").schema


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", []),
        ("10.20.1.9", "10.20.1.99", ["[[dhcp.subnet]] 10.20.0.0/16: pools"]),
        (SECOND, "", ["[[dhcp.subnet]] 10.30.0.0/16 is gone"]),
        (
            SECOND,
            SECOND.replace("30", "40"),
            ["[[dhcp.subnet]] 10.30.0.0/16 is gone", "[[dhcp.subnet]] 10.40.0.0/16 is there"],
        ),
        ("a long random one", "another long one!", ["[[radius.client]] bras1: secret"]),
        (CLIENT, CLIENT + CLIENT.replace("bras1", "bras0").replace("2.1", "2.2"), ["[[radius.client]] bras0 is there"]),
        (CLIENT, "", ["[[radius.client]] bras1 is gone"]),
        ("8067", "8068", ["[api] listen"]),
        (API, "", ["[api] is gone"]),
        ("[api]", "[limits]\n[binding]\nport = \"off\"\n[api]", ["[binding] port", "[limits] is there"]),
        ("[dhcp]", "# said twice\n[dhcp]\noffer_s = 30", []),
    ],
)  # fmt: skip
def test_a_change_is_told_by_table_and_key(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    """Tables of an array by what names them, wherever they stand; what is only written otherwise is no change."""
    found = changes(_schema(tmp_path, BEFORE), _schema(tmp_path, BEFORE.replace(old, new, 1)))
    assert [change.text for change in found] == told


def test_the_path_has_no_places_of_lists(tmp_path: Path) -> None:
    """It is what tables of keys are made of."""
    [change] = changes(_schema(tmp_path, BEFORE), _schema(tmp_path, BEFORE.replace("10.20.1.9", "10.20.1.99")))
    assert change.path == ("dhcp", "subnet", "pools")


def test_subnets_in_another_sequence_are_a_change(tmp_path: Path) -> None:
    """Their numbers are others."""
    first = BEFORE[BEFORE.index("[[dhcp.subnet]]") : BEFORE.index(SECOND)]
    after = BEFORE.replace(first, "").replace(SECOND, SECOND + first)
    [change] = changes(_schema(tmp_path, BEFORE), _schema(tmp_path, after))
    assert change.text == "[[dhcp.subnet]] sequence"
