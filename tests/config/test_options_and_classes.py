"""[[acs.class]], [[dhcp.option]], renewal times and option types: what the file says, and what is wrong with it."""

from pathlib import Path

import pytest

from tests.config.book import load_text, marked, problems

DHCP = '[dhcp]\nlisten = ["10.20.0.2:67"]\n'
SUBNET = DHCP + '[[dhcp.subnet]]\nnetwork = "10.20.0.0/16"\n'
ACS = '[acs]\nurl = "http://a/"\n'
OWN = DHCP + '[[dhcp.option]]\ncode = {}\nname = "{}"\ntype = "{}"\n'

FILES: list[tuple[str, str, str]] = [
    ("hex too long for one option",
     f'[acs]\nurl = "http://a/"\nencoding = "hex"\nhex = "{"00" * 256}" #!\n', "255 at most"),
    ("a class that says nothing of its boxes",
     ACS + "[[acs.class]] #!\nforce = false\n", "one of match and exact is wanted"),
    ("a class that says it twice",
     ACS + '[[acs.class]] #!\nmatch = "a"\nexact = "b"\n', "one of match and exact is wanted"),
    ("a class of every box", ACS + '[[acs.class]]\nmatch = "" #!\n', "one character at least"),
    ("a class with an unknown key",
     ACS + '[[acs.class]]\nmatch = "a"\nencodin = "plain" #!\n', "did you mean 'encoding'?"),
    ("a misspelled class", ACS + '[[acs.clas]] #!\nmatch = "a"\n', "did you mean 'class'?"),
    ("a class with a dialect of no such name",
     ACS + '[[acs.class]]\nmatch = "a"\nencoding = "x" #!\n', "'x' is none of tr069"),
    ("a class with hex without octets",
     ACS + '[[acs.class]]\nmatch = "a"\nencoding = "hex" #!\n', '"hex" needs the octets'),
    ("a class whose URL is none", ACS + '[[acs.class]]\nmatch = "a"\nurl = "itms" #!\n', "URL is wanted"),
    ("a class whose URL is too long",
     ACS + f'[[acs.class]]\nmatch = "a"\nencoding = "option125"\nurl = "http://{"a" * 246}" #!\n', "255 at most"),
    ("the second class",
     ACS + '[[acs.class]]\nmatch = "a"\n[[acs.class]]\nmatch = "b"\nprovisioning_code = "p"\n'
     f'url = "http://{"a" * 246}" #!\n', "255 at most"),
    ("renewal after rebinding", SUBNET + "renew_s = 2000\nrebind_s = 1500 #!\n",
     "2000 is not before rebind_s, 1500"),
    ("renewal after the usual rebinding", SUBNET + "renew_s = 3200 #!\n", "3150, which is 7/8 of lease_s"),
    ("rebinding before the usual renewal", SUBNET + "rebind_s = 1800 #!\n", "1800, which is 1/2 of lease_s"),
    ("rebinding after the lease",
     SUBNET + "rebind_s = 600\nlease_s = 600 #!\n", "not before the end of the lease, 600"),
    ("a mask by number and by name",
     SUBNET + 'options = { 1 = "255.255.0.0", subnet-mask = "255.255.0.0" } #!\n', "option 1 is set twice"),
    ("renewal as an option of its own", SUBNET + "renew_s = 5\noptions = { 58 = 6 } #!\n", "option 58 is set twice"),
    ("an option whose name is nearly right",
     SUBNET + 'options = { domain-serch = "a" } #!\n', "did you mean 'domain-search'?"),
    ("an own option that the table has",
     OWN.format(3, "mine", "text").replace("3", "3 #!", 1), "option 3 is routers already, of type ips"),
    ("an own option that is ours",
     OWN.format(82, "mine", "text").replace("82", "82 #!", 1), "option 82 is written by gatekeeper itself"),
    ("an own option twice",
     OWN.format(224, "a", "text") + OWN.format(224, "b", "text").replace("224", "224 #!", 1)[len(DHCP):],
     "option 224 is a already, of type text"),
    ("two own options of one name",
     OWN.format(224, "a", "text") + OWN.format(225, "a", "text").replace('"a"', '"a" #!', 1)[len(DHCP):],
     "a is option 224 already"),
    ("an own option of a name in the table",
     OWN.format(224, "routers", "text").replace('"routers"', '"routers" #!'), "routers is option 3 already"),
    ("an own option of no such type",
     OWN.format(224, "a", "x").replace('"x"', '"x" #!'), "'x' is none of ip ips homes text"),
    ("an own option without octets", OWN.format(224, "a", "none").replace('"none"', '"none" #!'), "'none' is none of"),
    ("an own option with a number for a name",
     OWN.format(224, "9", "text").replace('"9"', '"9" #!'), "should match pattern"),
    ("an own option beyond the last",
     OWN.format(255, "a", "text").replace("255", "255 #!"), "less than or equal to 254"),
    ("an own option with a value of another type",
     SUBNET + 'options = { mine = "x" } #!\n[[dhcp.option]]\ncode = 224\nname = "mine"\ntype = "u16"\n',
     "a whole number of 16 bits"),
    ("vendor sub-options that are none",
     SUBNET + 'options = { 125 = { 3561 = "x" } } #!\n', "{ CODE = DATA } is wanted"),
    ("vendor sub-options in a table of their own",
     SUBNET + '[dhcp.subnet.options.125] #!\n3561 = { 300 = "x" }\n', "a number from 0 to 255 is wanted"),
    ("a next server that is a name", SUBNET + 'next_server = "tftp" #!\n', "not 'tftp': names go into server_name"),
    ("a boot file that no option holds", SUBNET + f'boot_file = "{"b" * 256}" #!\n', "256 octets, 255 at most"),
    ("a boot file with a line's end", SUBNET + 'boot_file = "a\\n" #!\n', "a name in quotes is wanted"),
    ("a server name that is a number", SUBNET + "server_name = 5 #!\n", "a name in quotes is wanted"),
    ("a class of boxes that are not told", DHCP + "[[dhcp.class]] #!\nboot_file = 'a'\n", "one of match and exact"),
    ("a class that stands above already",
     DHCP + '[[dhcp.class]]\nmatch = "a"\n[[dhcp.class]] #!\nmatch = "a"\nforce = true\n',
     'a class of match "a" stands above'),
    ("a class with an option of another type",
     DHCP + '[[dhcp.class]]\nmatch = "a"\noptions = { ntp-servers = "x" } #!\n',
     "dhcp.class[0].options.ntp-servers: not an IPv4 address"),
    ("the second class's own table of options",
     DHCP + '[[dhcp.class]]\nmatch = "a"\n[[dhcp.class]]\nmatch = "b"\n[dhcp.class.options]\n54 = "10.20.0.1" #!\n',
     "dhcp.class[1].options.54: option 54 is written by gatekeeper itself"),
    ("a class with a misspelled key",
     DHCP + '[[dhcp.class]]\nmatch = "a"\nnext_sever = "10.20.0.9" #!\n', "did you mean 'next_server'?"),
    ("a class with renewal times of no lease time",
     DHCP + '[[dhcp.class]]\nmatch = "a"\noptions = { 58 = 600 } #!\n', "belong to a lease time: add lease_s"),
    ("a class whose renewal comes after its lease",
     DHCP + '[[dhcp.class]]\nmatch = "a"\nlease_s = 600\noptions = { 59 = 600 } #!\n', "before the end of the lease"),
    ("a profile of no plan", DHCP + "[[dhcp.profile]] #!\nforce = true\n", "dhcp.profile[0].plan: is missing"),
    ("two profiles of one plan",
     DHCP + '[[dhcp.profile]]\nplan = "a"\n[[dhcp.profile]]\nplan = "a" #!\n', "a has a profile already"),
    ("an option that joins parts, and still too long",
     SUBNET + f'options = {{ 43 = "{"00" * 1025}" }} #!\n', "1024 at most"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "expected"), FILES, ids=[row[0] for row in FILES])
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, what: str, text: str, expected: str) -> None:
    """One problem, in the line of the later key (contract 10.15)."""
    ((line, told),) = problems(tmp_path, text)
    assert expected in told
    assert [line] == marked(text)


def _options(folder: Path, keys: str, rows: str = "") -> dict[int, bytes]:
    return dict(load_text(folder, SUBNET + keys + "\n" + rows).book.subnets[0].options)


ROWS = '[[dhcp.option]]\ncode = 224\nname = "stb-profile"\ntype = "text"\n'


@pytest.mark.parametrize("name", ["224", "stb-profile"])
def test_an_own_option_is_used_by_number_or_by_name(tmp_path: Path, name: str) -> None:
    """With the type that its row gives it; before or after the subnet that uses it."""
    assert _options(tmp_path, f'options = {{ {name} = "gold" }}', ROWS)[224] == b"gold"
    assert _options(tmp_path, f'options = {{ {name} = "0x01" }}', ROWS)[224] == b"0x01"


def test_an_option_in_no_table_is_octets(tmp_path: Path) -> None:
    """As many as RFC 3396 can part."""
    assert _options(tmp_path, f'options = {{ 224 = "0x{"ab" * 300}" }}')[224] == b"\xab" * 300


@pytest.mark.parametrize(
    ("value", "code", "octets"),
    [
        ('subnet-mask = "255.255.255.0"', 1, "ffffff00"),
        ('1 = "255.255.0.0"', 1, "ffff0000"),
        ('v4-dnr = ["1, a, 10.20.0.53, alpn=dot"]', 162, "0013000103016100040a1400350001000403646f74"),
        ('125 = { 3561 = { 11 = "http://a/" } }', 125, "00000de90b0b09687474703a2f2f612f"),
        ('vivco-suboptions = { 3561 = "dslforum.org" }', 124, "00000de90c64736c666f72756d2e6f7267"),
        ('domain-search = ["a.net", "b.net"]', 119, "0161036e6574000162c002"),
        ('sip-servers = "192.0.2.1"', 120, "01c0000201"),
        ("path-mtu-plateau-table = [68, 296]", 25, "00440128"),
        ('33 = ["10.9.0.0 10.20.0.1"]', 33, "0a0900000a140001"),
        ("ipv6-only-preferred = 1800", 108, "00000708"),
        ('user-class = "stb"', 77, "03737462"),
        ('vendor-class-identifier = "SCITV"', 60, "5343495456"),
        ("renewal-time = 600", 58, "00000258"),
    ],
)
def test_options_that_iptv_networks_use_are_typed(tmp_path: Path, value: str, code: int, octets: str) -> None:
    """By the option table."""
    assert _options(tmp_path, f"options = {{ {value} }}")[code].hex() == octets


def test_a_class_has_the_keys_of_acs_but_for_its_own(tmp_path: Path) -> None:
    """Contract 10.13."""
    text = (
        ACS + 'provisioning_code = "p"\nforce = false\n[[acs.class]]\nmatch = "a"\nencoding = "plain"\nforce = true\n'
    )
    acs = load_text(tmp_path, text).book.acs
    assert acs is not None
    (rule,) = acs.classes
    assert (rule.boxes.text, rule.boxes.exact, rule.acs.encoding, rule.acs.forced, rule.acs.info) == (
        b"a",
        False,
        "plain",
        True,
        acs.info,
    )
    assert (acs.encoding, acs.forced) == ("tr069", False)


ASKED_NOBODY = "siaddr will be 0.0.0.0"


@pytest.mark.parametrize(
    ("keys", "tables", "noted"),
    [
        ('boot_file = "a"', "", ["[[dhcp.subnet]] 10.20.0.0/16"]),
        ('boot_file = "a"\nnext_server = "10.20.0.9"', "", []),
        ('boot_file = "a"\nserver_name = "tftp"', "", []),
        ('boot_file = "a"\noptions = { 150 = "10.20.0.9" }', "", []),
        ('boot_file = "http://10.20.0.9/a"', "", []),
        ("", '[[dhcp.class]]\nmatch = "a"\nboot_file = "a"', ['[[dhcp.class]] match "a"']),
        ('next_server = "10.20.0.9"', '[[dhcp.class]]\nmatch = "a"\nboot_file = "a"', []),
        ("", '[[dhcp.profile]]\nplan = "p"\nboot_file = "a"', ["[[dhcp.profile]] p"]),
        ('boot_file = "a"\nnext_server = "10.20.0.9"', '[[dhcp.profile]]\nplan = "p"\nboot_file = ""', []),
    ],
)
def test_a_boot_file_that_no_server_is_named_for_is_noted(
    tmp_path: Path, keys: str, tables: str, noted: list[str]
) -> None:
    """No error: some clients ask the DHCP server then, others nobody."""
    notes = load_text(tmp_path, f"{SUBNET}{keys}\n{tables}\n").notes
    assert [note.partition(": ")[0] for note in notes if ASKED_NOBODY in note] == noted
