"""Each make of NAS, asked by FreeRADIUS's radclient with the attributes of that make, and read by its dictionaries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.boxes import MAC
from tests.clients.gate import Gate, config
from tests.clients.nas import Answer, access_request
from tests.clients.net import Net, wait_until
from tests.clients.worlds import AAA, add_bras

pytestmark = pytest.mark.clients

_CLIENTS = {
    "huawei": ("192.0.2.30", 'option_43 = true\nsession_timeout_s = 86400\nuser_name = "{sysname}-{mac}@{domain}"'),
    "cisco": ("192.0.2.31", 'framed_pool = "itv"'),
    "wispr": ("192.0.2.32", "acct_interim_interval_s = 600"),
    "nokia": ("192.0.2.33", ""),
    "juniper": ("192.0.2.34", "option_43 = true"),
    "h3c": ("192.0.2.35", ""),
    "redback": ("192.0.2.36", ""),
    "zte": ("192.0.2.37", ""),
    "accel-ppp": ("192.0.2.38", "option_43 = true"),
    "generic": (
        "192.0.2.39",
        'reply = { "Tunnel-Type:1" = "VLAN", "Tunnel-Medium-Type:1" = "IEEE-802", "Tunnel-Private-Group-Id:1" = "180",'
        ' "USR-Event-Id" = 7, "Juniper-Local-User-Name" = "{account}" }',
    ),
}
_HEAD = '\n[radius]\nlisten_auth = ["192.0.2.1:1812"]\ndictionaries = "/usr/share/freeradius"\n'
_PROFILE = '\n[[radius.profile]]\nplan = "gold"\nreply = { "Tunnel-Private-Group-Id:1" = "190" }\n'
_CLIENT = '\n[[radius.client]]\nname = "{0}"\nipaddr = "{1}"\nsecret = "testing123"\nnas = "{0}"\n{2}\n'
_FIXED = "10.20.1.7"


class Makes:
    """A gate with a client of each make."""

    def __init__(self, net: Net, folder: Path) -> None:
        space, switch = net.space("gate"), net.switch()
        net.plug(space, "core0", switch)
        space.set_up("core0", AAA)
        self.bras = add_bras(net, switch)
        self.bras.set_up("aaa0", *(f"{address}/24" for address, _ in _CLIENTS.values()))
        clients = "".join(_CLIENT.format(name, address, keys) for name, (address, keys) in _CLIENTS.items())
        self.gate = Gate(space, folder, config(radius=_HEAD + clients + _PROFILE))

    def ask(self, make: str, user: str = "d4c1c8ee9b1f", **keys: object) -> Answer:
        answer = access_request(self.bras, user, source=_CLIENTS[make][0], **keys)  # type: ignore[arg-type]
        assert answer.name == "Access-Accept", answer.text
        return answer


@pytest.fixture(scope="module")
def makes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Makes]:
    """One installed box without a port, another with an address of its own."""
    with Net() as net:
        made = Makes(net, tmp_path_factory.mktemp("makes"))
        made.gate.install(MAC, "028123456@itv")
        made.gate.install("d4:c1:c8:00:00:02", "028000002@itv", "--address", _FIXED)
        made.gate.start()
        yield made
        made.gate.assert_sound()


def test_huawei(makes: Makes) -> None:
    """The name by its template, the rate in bit/s, the ACS for a BRAS that serves DHCP, the session's time."""
    answer = makes.ask(
        "huawei", "ME60-d4-c1-c8-ee-9b-1f@itv", password="d4c1c8ee9b1f", Huawei_DHCP_Option="0x003d01d4c1c8ee9b1f"
    )
    assert answer.one("Huawei-Input-Average-Rate") == answer.one("Huawei-Input-Peak-Rate") == "4000000"
    assert answer.one("Huawei-Output-Average-Rate") == answer.one("Huawei-Output-Peak-Rate") == "20000000"
    assert "http://itms.example.net:7547/acs" in answer.one("Huawei-DHCPv4-Option43")
    assert answer.one("Session-Timeout") == "86400"
    assert bytes.fromhex(answer.one("Class")[2:]).startswith(b"gk1 d4c1c8ee9b1f ")


def test_cisco(makes: Makes) -> None:
    """Both directions as a rate-limit, bit/s and octets of burst; the pool where no address is ordered."""
    answer = makes.ask("cisco", Calling_Station_Id="D4-C1-C8-EE-9B-1F")
    head, tail = "ip:interface-config=rate-limit", "conform-action transmit exceed-action drop"
    assert answer.attributes["Cisco-AVPair"] == [
        f"{head} input 4000000 750000 1500000 {tail}",
        f"{head} output 20000000 3750000 7500000 {tail}",
    ]
    assert answer.one("Framed-Pool") == "itv"


def test_an_ordered_address_is_told_and_no_pool_beside_it(makes: Makes) -> None:
    """No subnet holds it here, so it stands alone."""
    answer = makes.ask("cisco", "d4c1c8000002")
    assert (answer.one("Framed-IP-Address"), answer.one("Framed-IP-Netmask")) == (_FIXED, "255.255.255.255")
    assert "Framed-Pool" not in answer.attributes


def test_wispr(makes: Makes) -> None:
    """Bit/s, and how often accounting is wanted."""
    answer = makes.ask("wispr")
    assert (answer.one("WISPr-Bandwidth-Max-Up"), answer.one("WISPr-Bandwidth-Max-Down")) == ("4000000", "20000000")
    assert answer.one("Acct-Interim-Interval") == "600"


def test_nokia(makes: Makes) -> None:
    """A line as the name, the box as hardware address; kbit/s of queues, i = ingress."""
    answer = makes.ask("nokia", "lag-12:1000.20", password="d4c1c8ee9b1f", Alc_Client_Hardware_Addr=MAC)
    assert answer.attributes["Alc-Subscriber-QoS-Override"] == ["i:q:1:pir=4000,cir=4000", "e:q:1:pir=20000,cir=20000"]


def test_juniper(makes: Makes) -> None:
    """The shaping rate by tag, DHCP options as they stand in a packet."""
    answer = makes.ask("juniper", "ge-1/0/0", password="d4c1c8ee9b1f", ERX_Dhcp_Mac_Addr="d4c1.c8ee.9b1f")
    assert answer.one("ERX-CoS-Shaping-Pmt-Type") == "T02 20000000"
    options = bytes.fromhex(answer.one("ERX-Dhcp-Options")[2:])
    assert options[:2] == bytes((43, len(options) - 2))
    assert b"http://itms.example.net:7547/acs" in options


def test_a_rate_above_32_bits_is_told_as_what_they_hold_and_somebody_hears_of_it(makes: Makes) -> None:
    """10 Gbit/s: counted, by client and attribute."""
    words = ["--account", "028000003@itv", "--mac", "d4:c1:c8:00:00:03", "--down", "10000000", "--up", "4000"]
    makes.gate.cli("order", "install", "--order", "fast", *words)
    assert makes.ask("wispr", "d4c1c8000003").one("WISPr-Bandwidth-Max-Down") == "4294967295"
    wait_until(lambda: makes.gate.counted("radius.rate-clamped.wispr.WISPr-Bandwidth-Max-Down"), 5, "the counter")


def test_rfc3580_3_31_an_access_switch_is_told_the_vlan_of_the_plan(makes: Makes) -> None:
    """By the dictionaries that both sides have from Debian: a tag, a type in capitals, a vendor's own header."""
    words = ["--account", "028000004@itv", "--mac", "d4:c1:c8:00:00:04", "--down", "20000", "--plan", "gold"]
    makes.gate.cli("order", "install", "--order", "vlan", *words)
    for user, vlan, account in (("d4c1c8ee9b1f", "180", "028123456@itv"), ("d4c1c8000004", "190", "028000004@itv")):
        answer = makes.ask("generic", user)
        for line in ("Type:1 = VLAN", "Medium-Type:1 = IEEE-802", f'Private-Group-Id:1 = "{vlan}"'):
            assert f"\tTunnel-{line}\n" in answer.text
        assert answer.one("USR-Event-Id") == "Module-Removed"  # 7
        assert answer.one("Juniper-Local-User-Name") == account


def test_accel_ppp_gets_option_43_under_vendor_54(makes: Makes) -> None:
    """docs/ipoe_radius.md. radclient does not load dictionary.dhcp by itself, so it shows what it got."""
    octets = bytes.fromhex(makes.ask("accel-ppp").one("Attr-26")[2:])
    assert octets[:7] == b"\0\0\0\x36\0\x2b" + bytes((len(octets) - 4,))
    assert b"http://itms.example.net:7547/acs" in octets


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        ("h3c", {"H3C-Input-Average-Rate": "4000000", "H3C-Output-Average-Rate": "20000000"}),
        ("redback", {"Police-Rate": "4000", "Rate-Limit-Rate": "20000"}),
        ("zte", {"ZTE-Rate-Ctrl-SCR-Up": "4000", "ZTE-Rate-Ctrl-SCR-Down": "20000"}),
        ("accel-ppp", {"Filter-Id": "20000/4000"}),
    ],
)
def test_the_others(makes: Makes, make: str, expected: dict[str, str]) -> None:
    """By FreeRADIUS's names for their attributes."""
    answer = makes.ask(make)
    assert {name: answer.one(name) for name in expected} == expected
