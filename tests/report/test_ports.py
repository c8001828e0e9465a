"""show ports: what is made of the store's rows."""

import pytest

from gatekeeper.report.ports import port_rows

ROW: dict[str, object] = {"accounts": 9, "boxes": 7, "first_seen": 5, "last_seen": None, "there": 1}


@pytest.mark.parametrize(
    ("port", "form"),
    [
        ("eth 31/31/7:4096.1234 guangzhou001/0/31/63/31/127", "China Telecom"),
        ("node7 eth 1/2:100", "TR-101"),
        ("10.20.0.1|0x000400640107", "Cisco VLAN-mod-port"),
        ("10.20.0.1|ge 1/0/7", "as it came"),
    ],
)
def test_a_line_says_what_its_text_was_read_as(port: str, form: str) -> None:
    """And what was read as nothing, that it is compared as it came."""
    (row,) = port_rows([ROW | {"port": port}], 0)
    assert row == {
        "port": port, "accounts": 9, "boxes": 7, "form": form, "shared": "", "first_seen": 5, "last_seen": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("port", "most", "shared"),
    [("n|7", 8, "yes"), ("n|7", 9, "no"), ("n|7", 0, ""), ("7", 8, "no"), ("node7 eth 1/2", 8, "yes")],
)
def test_a_line_says_whether_it_is_one(port: str, most: int, shared: str) -> None:
    """[binding] shared_line; a text without a node counts those that were seen on it."""
    (row,) = port_rows([ROW | {"port": port}], most)
    assert row["shared"] == shared
