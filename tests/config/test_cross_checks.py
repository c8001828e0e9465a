"""What several keys say together, and what the values themselves may be."""

from pathlib import Path

import pytest

from gatekeeper.wire.text import ip_text, parse_ip
from tests.config.book import load_text, marked, problems

DHCP = '[dhcp]\nlisten = ["10.20.0.2:67"]\n'
SUBNET = DHCP + '[[dhcp.subnet]]\nnetwork = "10.20.0.0/16"\n'
TRUNK = '[dhcp]\ninterfaces = ["eth0"]\n[[dhcp.subnet]]\nnetwork = "10.30.0.0/16"\ninterface = "eth0"\n'
OTHER = '[[dhcp.subnet]]\nnetwork = "10.40.0.0/16"\ninterface = "eth0"\n'
ACS = '[acs]\nurl = "http://acs/"\n'
CLIENT = '[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\nsecret = "s"\n'
AAA = '[dhcp]\nauthorize = "radius"\n[dhcp.radius]\n'
UPSTREAM = '[[dhcp.radius.server]]\naddress = "192.0.2.9:1812"\nsecret = "s"\n'

FILES: list[tuple[str, str, str]] = [
    ("a pool outside its network", SUBNET + 'pools = ["10.21.0.1-10.21.0.9"] #!\n', "is outside 10.20.0.0/16"),
    ("a pool that begins inside", SUBNET + 'pools = ["10.20.255.1-10.21.0.9"] #!\n', "is outside 10.20.0.0/16"),
    ("pools that overlap",
     SUBNET + 'pools = ["10.20.1.1-10.20.1.9", "10.20.1.9-10.20.1.20"] #!\n', "overlaps another pool"),
    ("a pool backwards", SUBNET + 'pools = ["10.20.1.9-10.20.1.1"] #!\n', "ends before it begins"),
    ("a router outside", SUBNET + 'routers = ["10.21.0.1"] #!\n', "no box can reach it"),
    ("the same network twice", SUBNET + '[[dhcp.subnet]]\nnetwork = "10.20.0.0/16" #!\n', "overlaps 10.20.0.0/16"),
    ("a network inside another", SUBNET + '[[dhcp.subnet]]\nnetwork = "10.20.128.0/24" #!\n', "overlaps 10.20.0.0/16"),
    ("a network around another", SUBNET + '[[dhcp.subnet]]\nnetwork = "10.0.0.0/8" #!\n', "overlaps 10.20.0.0/16"),
    ("a network too small", DHCP + '[[dhcp.subnet]]\nnetwork = "10.20.0.0/31" #!\n', "from /8 to /30"),
    ("a network too large", DHCP + '[[dhcp.subnet]]\nnetwork = "0.0.0.0/0" #!\n', "from /8 to /30"),
    ("a lease for ever", SUBNET + "lease_s = 4294967295 #!\n", "less than or equal to 4294967294"),
    ("an option of ours", SUBNET + "options = { 51 = 5 } #!\n", "option 51 is written by gatekeeper itself"),
    ("option 82", SUBNET + 'options = { 82 = "00" } #!\n', "option 82 is written by gatekeeper itself"),
    ("an option by number and by name",
     SUBNET + 'options = { 42 = "10.20.0.1", ntp-servers = "10.20.0.1" } #!\n', "set twice"),
    ("an option that a key sets", SUBNET + 'routers = ["10.20.0.1"]\noptions = { 3 = "10.20.0.1" } #!\n', "set twice"),
    ("an option of no such name", SUBNET + 'options = { domain-nam = "x" } #!\n', "no such option"),
    ("option 0", SUBNET + 'options = { 0 = "00" } #!\n', "no such option"),
    ("option 255", SUBNET + 'options = { 255 = "00" } #!\n', "no such option"),
    ("an option too long", SUBNET + f'options = {{ domain-name = "{"x" * 256}" }} #!\n', "255 at most"),
    ("an option of another type", SUBNET + "options = { domain-name = true } #!\n", "a value of type text is wanted"),
    ("subnets and no door", '[[dhcp.subnet]] #!\nnetwork = "10.20.0.0/16"\n', "neither [dhcp] interfaces nor listen"),
    ("two clients of one name",
     CLIENT + CLIENT.replace("192.0.2.1", "192.0.2.2").replace('"a"', '"a" #!'), "a is there twice"),
    ("two clients of one address",
     CLIENT + CLIENT.replace('"a"', '"b"').replace('.1"', '.1" #!'), "192.0.2.1/32 is a already"),
    ("a client with host bits", CLIENT.replace('.1"', '.1/24" #!'), "did you mean 192.0.2.0/24?"),
    ("a name with a bar", CLIENT.replace('"a"', '"a|b" #!'), "should match pattern"),
    ("an empty secret", CLIENT.replace('"s"', '"" #!'), "at least 1 character"),
    ("kilobit 1023", CLIENT + "kilobit = 1023 #!\n", "1000 or 1024"),
    ("a template that is none", CLIENT + 'user_name = "line" #!\n', "a part in braces is wanted"),
    ("a template with a part of no such name", CLIENT + 'user_name = "{imsi}" #!\n', "{imsi} is no part of a name"),
    ("parts without text between them", CLIENT + 'user_name = "{sysname}{domain}" #!\n', "need text between them"),
    ("a line in an attribute of no such name",
     CLIENT + 'port_from = ["ADSL-Agent-Circuit"] #!\n', "did you mean 'ADSL-Agent-Circuit-Id'?"),
    ("no place for the line", CLIENT + "port_from = [] #!\n", "at least 1 item"),
    ("NAS-Port without its bits", CLIENT + 'port_from = ["NAS-Port"] #!\n', "what its bits mean, nas_port tells"),
    ("bits of a NAS-Port that is not asked",
     CLIENT + 'port_from = ["NAS-Port-Id"]\nnas_port = "slot:16 port:16" #!\n', "port_from does not name NAS-Port"),
    ("bits that are not 32", CLIENT + 'nas_port = "slot:8 port:8" #!\n', "the fields have 16 bits"),
    ("a rate in an attribute of no such name",
     CLIENT + '[radius.client.rates]\nWISPr-Bandwidth = "{up_bps}" #!\n', "the dictionaries lack WISPr-Bandwidth"),
    ("a rate with a field of no such name",
     CLIENT + 'rates = { "WISPr-Bandwidth-Max-Up" = "{up}" } #!\n', "fields are account mac up_bps"),
    ("a rate with a brace too many", CLIENT + 'rates = { "Filter-Id" = "{up_bps" } #!\n', "not a template"),
    ("text where a number is wanted",
     CLIENT + 'rates = { "WISPr-Bandwidth-Max-Up" = "{up_text}" } #!\n', "the attribute is a number"),
    ("a rate in an address", CLIENT + 'rates = { "Framed-IP-Address" = "{up_bps}" } #!\n', "of type ipaddr"),
    ("a filter_id with a field of no such name", CLIENT + 'filter_id = "{plam}" #!\n', "fields are account mac"),
    ("two that make a Filter-Id",
     CLIENT + 'nas = "accel-ppp"\nfilter_id = "{account}" #!\n', "tells a Filter-Id already"),
    ("an interim interval that RFC 2869 5.16 forbids",
     CLIENT + "acct_interim_interval_s = 59 #!\n", "greater than or equal to 60"),
    ("option 43 that the dialect cannot carry",
     ACS + CLIENT + 'nas = "cisco"\noption_43 = true #!\n', "the dialect cisco cannot carry option 43: generic huawei"),
    ("option 43 without an ACS", CLIENT + "option_43 = true #!\n", "[acs] tells what to send"),
    ("option 125 where only 43 can be carried",
     ACS + 'encoding = "option125"\n' + CLIENT + 'nas = "huawei"\noption_43 = true #!\n', "has no room"),
    ("an ACS too long for one attribute",
     f'[acs]\nurl = "http://{"a" * 240}"\n{CLIENT}nas = "huawei"\noption_43 = true #!\n', "has no room"),
    ("hex without octets", '[acs]\nurl = "http://a/"\nencoding = "hex" #!\n', '"hex" needs the octets in acs.hex'),
    ("hex that is none", '[acs]\nurl = "http://a/"\nencoding = "hex"\nhex = "012" #!\n',
     "hexadecimal octets are wanted, two digits each"),
    ("hex that is a number", '[acs]\nurl = "http://a/"\nencoding = "hex"\nhex = 12 #!\n', "octets are wanted"),
    ("hex that is none, which a class uses too",
     '[acs]\nurl = "http://a/"\nhex = "01:2g" #!\n[[acs.class]]\nmatch = "a"\nencoding = "hex"\n',
     "hexadecimal octets are wanted"),
    ("hex of a class that is none",
     '[acs]\nurl = "http://a/"\n[[acs.class]]\nmatch = "a"\nencoding = "hex"\nhex = "zz" #!\n',
     "acs.class[0].hex: hexadecimal"),
    ("a URL that fills more than an option",
     f'[acs]\nprovisioning_code = "p"\nurl = "http://{"a" * 246}" #!\n', "255 at most"),
    ("no dictionaries",
     '[radius]\ndictionaries = "none" #!\n' + CLIENT, "name a folder that holds FreeRADIUS dictionaries"),
    ("an endpoint without port", '[dhcp]\nlisten = ["10.20.0.2"] #!\n', "ADDRESS:PORT"),
    ("port 0", '[radius]\nlisten_auth = ["0.0.0.0:0"] #!\n', "ADDRESS:PORT"),
    ("port 65536", '[radius]\nlisten_auth = ["0.0.0.0:65536"] #!\n', "ADDRESS:PORT"),
    ("a subnet's interface that is not listened on",
     SUBNET + 'interface = "eth0" #!\n', "add 'eth0' to [dhcp] interfaces"),
    ("a VLAN without its trunk", SUBNET + "vlan = 100 #!\n", "name the trunk it is heard on"),
    ("VLAN 4095", TRUNK + 'server = "10.30.0.2"\nvlan = 4095 #!\n', "less than or equal to 4094"),
    ("VLAN 0", TRUNK + 'server = "10.30.0.2"\nvlan = 0 #!\n', "greater than or equal to 1"),
    ("a VLAN where we have no address", TRUNK + "vlan = 100 #!\n", "we need an address in 10.30.0.0/16"),
    ("our address outside the subnet", TRUNK + 'vlan = 100\nserver = "10.31.0.2" #!\n', "no box can reach it"),
    ("two subnets of one VLAN",
     TRUNK + 'vlan = 100\nserver = "10.30.0.2"\n' + OTHER + 'server = "10.40.0.2"\nvlan = 100 #!\n',
     "10.30.0.0/16 is there already"),
    ("two untagged subnets of one interface",
     TRUNK + OTHER.replace('"eth0"', '"eth0" #!'), "10.30.0.0/16 is there already"),
    ("nobody to ask", '[dhcp]\nauthorize = "radius" #!\n', "needs a [[dhcp.radius.server]]"),
    ("a section without a server",
     '[dhcp]\nauthorize = "radius" #!\n[dhcp.radius]\n', "needs a [[dhcp.radius.server]]"),
    ("an authority of no such name", '[dhcp]\nauthorize = "ldap" #!\n', "none of local radius"),
    ("an AAA that is waited for too long", AAA + "tries = 6\ntimeout_s = 2 #!\n" + UPSTREAM, "is 12 s"),
    ("two slow AAA servers",
     AAA + "timeout_s = 3\ntries = 2 #!\n" + UPSTREAM + UPSTREAM.replace(".9", ".10"), "is 12 s"),
    ("an AAA server twice", AAA + UPSTREAM + UPSTREAM.replace("1812", '1812" #!', 1).replace('#!"', "#!"),
     "192.0.2.9:1812 is there twice"),
    ("a name with an unknown field", AAA + 'user_name = "{mca}" #!\n' + UPSTREAM, "did you mean {mac}?"),
    ("a password of the MAC without one in the name",
     AAA + 'user_name = "{circuit_id}" #!\n' + UPSTREAM, 'password = "mac" could spell'),
    ("any password for AAA", AAA + 'password = "any" #!\n' + UPSTREAM, '"mac" or { shared'),
    ("an AAA server without port", AAA + UPSTREAM.replace(':1812"', '" #!'), "ADDRESS:PORT"),
    ("an empty secret of AAA", AAA + UPSTREAM.replace('"s"', '"" #!'), "at least 1 character"),
    ("an interface's name too long", '[dhcp]\ninterfaces = ["a234567890123456"] #!\n', "at most 15"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "expected"), FILES, ids=[row[0] for row in FILES])
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, what: str, text: str, expected: str) -> None:
    """One problem, in the line of the later key (contract 10.15)."""
    ((line, told),) = problems(tmp_path, text)
    assert expected in told
    assert [line] == marked(text)


@pytest.mark.parametrize("key", ['pools = ["10.21.0.1-10.21.0.9"]', 'routers = ["10.21.0.1"]'])
def test_an_error_of_two_keys_names_the_later_one(tmp_path: Path, key: str) -> None:
    """Contract 10.15."""
    text = f'{DHCP}[[dhcp.subnet]]\n{key}\nnetwork = "10.20.0.0/16" #!\n'
    ((line, _),) = problems(tmp_path, text)
    assert [line] == marked(text)


def _ranges(folder: Path, text: str) -> list[str]:
    subnet = load_text(folder, text).book.subnets[0]
    return [f"{ip_text(first)}-{ip_text(last)}" for first, last in subnet.ranges]


@pytest.mark.parametrize(
    ("keys", "ranges"),
    [
        ('pools = ["10.20.1.0-10.20.1.9"]', ["10.20.1.0-10.20.1.9"]),
        ('pools = ["10.20.1.7"]', ["10.20.1.7-10.20.1.7"]),
        ('pools = ["10.20.1.0/24"]', ["10.20.1.0-10.20.1.255"]),
        # neither the network's, nor the broadcast address, nor our own
        ('pools = ["10.20.0.0/16"]', ["10.20.0.1-10.20.0.1", "10.20.0.3-10.20.255.254"]),
        ('pools = ["10.20.1.0-10.20.1.9"]\nrouters = ["10.20.1.4"]', ["10.20.1.0-10.20.1.3", "10.20.1.5-10.20.1.9"]),
        ('pools = ["10.20.1.0-10.20.1.1"]\nrouters = ["10.20.1.0", "10.20.1.1"]', []),
    ],
)  # fmt: skip
def test_a_pool_holds_no_address_that_is_taken(tmp_path: Path, keys: str, ranges: list[str]) -> None:
    """Network, broadcast, routers, ourselves."""
    assert _ranges(tmp_path, SUBNET + keys) == ranges


def test_a_pool_does_not_hold_the_servers_own_address(tmp_path: Path) -> None:
    """It is left out, as the routers' are."""
    subnet = load_text(tmp_path, SUBNET + 'pools = ["10.20.0.1-10.20.0.9"]').book.subnets[0]
    assert not any(first <= parse_ip("10.20.0.2") <= last for first, last in subnet.ranges)


def test_a_subnet_says_where_its_boxes_are_heard(tmp_path: Path) -> None:
    """Two VLANs of one trunk and what comes untagged; our address there is in no pool."""
    tagged = 'pools = ["10.30.0.1-10.30.0.3"]\nvlan = 100\nserver = "10.30.0.2"\n'
    other = OTHER + 'vlan = 200\nserver = "10.40.0.2"\n'
    plain = OTHER.replace("10.40", "10.50")
    first, second, third = load_text(tmp_path, TRUNK + tagged + other + plain).book.subnets
    assert [(one.interface, one.vlan) for one in (first, second, third)] == [("eth0", 100), ("eth0", 200), ("eth0", 0)]
    assert [ip_text(one.server) for one in (first, second, third)] == ["10.30.0.2", "10.40.0.2", "0.0.0.0"]
    assert [(ip_text(low), ip_text(high)) for low, high in first.ranges] == [
        ("10.30.0.1", "10.30.0.1"), ("10.30.0.3", "10.30.0.3"),
    ]  # fmt: skip


def test_server_id_is_address_enough_for_a_vlan_that_holds_it(tmp_path: Path) -> None:
    """The subnet needs no server of its own."""
    text = TRUNK.replace("[dhcp]\n", '[dhcp]\nserver_id = "10.30.0.2"\n') + "vlan = 100\n"
    assert load_text(tmp_path, text).book.subnets[0].vlan == 100
