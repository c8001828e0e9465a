"""[dhcp] relays: how it is written, and what check says of it and of its absence."""

from pathlib import Path

import pytest

from gatekeeper.wire.text import parse_ip
from tests.config.book import load_text, marked, problems

DHCP = """
[dhcp]
listen = ["10.20.0.2:67"]
{relays}
[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.0-10.20.1.9"]
routers = ["10.20.0.1"]
"""


def _notes(folder: Path, text: str) -> list[str]:
    return [note for note in load_text(folder, text).notes if "[dhcp] relays" in note]


def test_relays_are_addresses_and_networks(tmp_path: Path) -> None:
    """As ipaddr of a [[radius.client]] is written."""
    settings = load_text(tmp_path, DHCP.format(relays='relays = ["192.0.2.0/28", "10.20.0.1"]'))
    assert settings.book.relays == ((parse_ip("192.0.2.0"), 0xFFFFFFF0), (parse_ip("10.20.0.1"), 0xFFFFFFFF))
    assert not [note for note in settings.notes if "relays" in note]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('"192.0.2.1/28"', "192.0.2.1/28 has bits behind its mask: did you mean 192.0.2.0/28?"),
        ('"192.0.2.0/33"', "a network is written ADDRESS/LENGTH, not '192.0.2.0/33'"),
        ('"olt7.example.net"', "not an IPv4 address: 'olt7.example.net'"),
    ],
)
def test_what_is_no_network_is_told_with_its_line(tmp_path: Path, said: str, told: str) -> None:
    text = DHCP.format(relays=f"relays = [{said}]  #!")
    assert problems(tmp_path, text) == [(marked(text)[0], f"dhcp.relays[0]: {told}")]


def test_check_recommends_relays_where_boxes_are_bound_to_lines(tmp_path: Path) -> None:
    """A host that forges Option 82 would lock a neighbour's account to a false line."""
    assert len(_notes(tmp_path, DHCP.format(relays=""))) == 1
    by_aaa = 'authorize = "radius"\n[[dhcp.radius.server]]\naddress = "192.0.2.9:1812"\nsecret = "a long secret"\n'
    assert len(_notes(tmp_path, DHCP.format(relays=by_aaa) + '[binding]\nport = "off"\n')) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (DHCP.format(relays="") + '[binding]\nport = "off"\n', "no line decides anything"),
        (DHCP.format(relays='relays = ["10.20.0.1"]'), "it is set"),
        (DHCP.format(relays="").replace('listen = ["10.20.0.2:67"]', 'interfaces = ["eth0"]'), "no relay is heard"),
        ('[dhcp]\nlisten = ["10.20.0.2:67"]\n', "DHCP serves nobody"),
    ],
)
def test_check_is_silent_where_no_relay_decides(tmp_path: Path, text: str, why: str) -> None:
    assert _notes(tmp_path, text) == []


def test_a_relay_whose_address_a_box_may_get_is_noted(tmp_path: Path) -> None:
    """The operator's word counts; a box that is given the address has it too."""
    (note,) = _notes(tmp_path, DHCP.format(relays='relays = ["10.20.1.5", "10.20.0.1", "10.20.0.0/16"]'))
    assert "10.20.1.5 is in a pool" in note
