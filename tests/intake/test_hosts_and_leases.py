"""/etc/ethers, ISC dhcpd, OpenWrt and lease files as orders, and how a file is recognised."""

from pathlib import Path

import pytest

from gatekeeper.intake.entry import Taking
from gatekeeper.intake.formats import FORMATS, NAMES, open_orders, recognised
from gatekeeper.intake.order_file import Line, OrderFileError
from tests.intake.test_formats import MAC, entries, taken

TWO = "02:00:00:00:00:02"
THREE = "02:00:00:00:00:03"

ETHERS = f"""# hosts
{MAC} 10.20.9.1
2:0:0:0:0:2\tstb2 # the hall
{THREE}

stb4 {MAC}
{THREE} two words
"""


def test_ethers(tmp_path: Path) -> None:
    """ethers(5): an address or a name; octets may have one digit."""
    lines = entries(tmp_path, "ethers", ETHERS)
    assert [(line.number, taken(line), line.note) for line in lines] == [
        (2, {"account": MAC, "address": "10.20.9.1"}, ""),
        (3, {"account": "stb2"}, ""),
        (4, {"refused": "no name or address"}, ""),
        (6, {"refused": "'stb4' is no Ethernet address"}, ""),
        (7, {"account": "two"}, "not taken over: 'words'"),
    ]


ISC = f"""
option domain-name "a {"{"} b"; # host none {{ hardware ethernet {MAC}; }}
include "/etc/dhcp/more.conf";
class "stb" {{ match hardware; }}
subclass "stb" 1:{MAC};
shared-network iptv {{
  subnet 10.20.0.0 netmask 255.255.0.0 {{
    pool {{ range 10.20.1.0 10.20.1.250; }}
    group {{
      filename "boot"; host stb1 {{ hardware ethernet {MAC}; fixed-address 10.20.9.1; }}
      host stb2
      {{
        HARDWARE Ethernet 2:0:0:0:0:2;   # one digit
        fixed-address stb2.example.net, 10.20.9.2, 10.30.9.2;
        option host-name "stb;2"; default-lease-time 60;
      }}
    }}
  }}
}}
group {{ deny booting; host stb3 {{ hardware ethernet {THREE}; }} }}
host stb4 {{ ignore booting; hardware ethernet {THREE}; }}
host stb5 {{ hardware token-ring {THREE}; }}
host stb6 {{ option dhcp-client-identifier "a"; fixed-address 10.20.9.6; }}
host stb7 {{ hardware ethernet {MAC}; fixed-address 10.30.9.1; }}
}}
host stb8 {{ hardware ethernet {THREE};
"""


def test_host_declarations_of_isc_dhcpd(tmp_path: Path) -> None:
    """dhcpd.conf(5): at any depth; comments and texts are none; what is not taken over is said."""
    lines = entries(tmp_path, "isc", ISC)
    assert [(line.number, taken(line), line.note) for line in lines] == [
        (3, {"refused": 'include "/etc/dhcp/more.conf": it is not read: import it by itself'}, ""),
        (5, {"refused": f'subclass "stb" 1:{MAC}: a member of a class is no host'}, ""),
        (10, {"account": "stb1", "address": "10.20.9.1"}, ""),
        (
            11,
            {"account": "stb2", "address": "10.20.9.2"},
            "not taken over: fixed-address stb2.example.net, fixed-address 10.30.9.2, option host-name,"
            " default-lease-time",
        ),
        (20, {"refused": "host stb3: deny booting: dhcpd does not serve this box"}, ""),
        (21, {"refused": "host stb4: deny booting: dhcpd does not serve this box"}, ""),
        (22, {"refused": f"host stb5: hardware token-ring {THREE}: it is no Ethernet address"}, ""),
        (23, {"refused": "host stb6 names no MAC"}, ""),
        (
            24,
            {"refused": f"{MAC} was taken from line 10, with address 10.20.9.1: address 10.30.9.1 is not taken over"},
            "",
        ),
        (25, {"refused": "'}' closes no block"}, ""),
        (26, {"account": "stb8"}, ""),
        (26, {"refused": "what begins here does not end: is the file whole?"}, ""),
    ]


UCI = f"""package dhcp
config dnsmasq
	option readethers '1'
	option domain 'lan'
config dhcp 'lan'
	option interface 'lan'
config host
	option name 'stb 1' # the hall
	list mac '{MAC}'
	list mac '2:0:0:0:0:2'
	option ip "10.20.9.1"
	option leasetime 'infinite'
config host 'named'
	option mac '{THREE} 02:00:00:00:00:04'
config 'host'
	option ip '10.20.9.5'
config host
	option mac '02:00:00:00:*:*'
config host
	option mac '02:00:00:00:00:06'
	option ip 'ignore'
config host
	option mac '02:00:00:00:00:07'
	option ip '10.20.9'
config host 'open
nonsense
config host
	option mac 'no mac'
"""


def test_hosts_of_openwrt(tmp_path: Path) -> None:
    """OpenWrt's DHCP configuration: macs as a list or in one text, quotes of both kinds; what is no host is said."""
    lines = entries(tmp_path, "uci", UCI)
    assert [(line.number, taken(line), line.note) for line in lines] == [
        (2, {"refused": "readethers: what it names is not read: import it by itself"}, ""),
        (7, {"account": "stb 1", "address": "10.20.9.1"}, "not taken over: leasetime"),
        (7, {"account": "stb 1", "address": "10.20.9.1"}, ""),
        (13, {"account": "named"}, ""),
        (13, {"account": "named"}, ""),
        (15, {"refused": "host '' names no MAC"}, ""),
        (17, {"refused": "'02:00:00:00:*:*' names many boxes: gatekeeper's orders name each"}, ""),
        (19, {"refused": "ip 'ignore': dnsmasq does not serve this box"}, ""),
        (25, {"refused": "a quote that begins here does not end"}, ""),
        (26, {"refused": "'nonsense' is neither section nor option"}, ""),
        (22, {"refused": "ip '10.20.9' is no IPv4 address"}, ""),
        (27, {"refused": "not a MAC address: 'no'"}, ""),
    ]


SHOWN = f"""dhcp.@dnsmasq[0]=dnsmasq
dhcp.@dnsmasq[0].readethers='0'
dhcp.lan=dhcp
dhcp.@host[0]=host
dhcp.@host[0].mac='{MAC}' '{TWO}'
dhcp.@host[0].ip='10.20.9.1'
dhcp.named=host
dhcp.named.mac='{THREE}'
dhcp.cfg05fe63=host
dhcp.cfg05fe63.mac='02:00:00:00:00:04'
"""


def test_hosts_of_openwrt_as_uci_shows_them(tmp_path: Path) -> None:
    """Sections have names that were given, places, or names that uci made up; a list stands on one line."""
    lines = entries(tmp_path, "uci", SHOWN)
    assert [(line.number, line.fields["mac"], taken(line)) for line in lines] == [
        (4, MAC, {"account": MAC, "address": "10.20.9.1"}),
        (4, TWO, {"account": MAC, "address": "10.20.9.1"}),
        (7, THREE, {"account": "named"}),
        (9, "02:00:00:00:00:04", {"account": "02:00:00:00:00:04"}),
    ]


# Each file: MAC had .1 and has .2; TWO has .1, which was MAC's; THREE's lease is over; .9 was declined; FOUR's .4
# went to FIVE.
FOUR = "02:00:00:00:00:04"
FIVE = "02:00:00:00:00:05"
ISC_LEASES = f"""
authoring-byte-order little-endian;
server-duid "\\000\\001";
lease 10.20.1.1 {{ starts 1 2026/11/23 10:00:00; binding state active; next binding state free;
  hardware ethernet {MAC}; uid "\\001{{\\"}}"; client-hostname "stb"; }}
lease 10.20.1.2 {{ binding state active; hardware ethernet {MAC}; }}
lease 10.20.1.1 {{ binding state active; hardware ethernet {TWO}; }}
lease 10.20.1.3 {{ binding state active; hardware ethernet {THREE}; }}
lease 10.20.1.3 {{ binding state free; hardware ethernet {THREE}; }}
lease 10.20.1.9 {{ binding state abandoned; hardware ethernet 02:00:00:00:00:09; }}
lease 10.20.1.8 {{ binding state backup; }}
lease 10.20.1.4 {{ binding state active; hardware ethernet {FOUR}; }}
lease 10.20.1.4 {{ binding state active; hardware ethernet {FIVE}; }}
lease 10.20.1.1 {{ binding state expired; hardware ethernet {MAC}; }}
"""
KEA_LEASES = f"""address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context
10.20.1.1,{MAC},01:02,3600,1800000000,1,0,0,a&#x2cb,0,
10.20.1.2,{MAC},,3600,1800000000,1,0,0,,0,
10.20.1.1,{TWO},,3600,1800000000,1,0,0,,0,
10.20.1.3,{THREE},,3600,1800000000,1,0,0,,0,
10.20.1.3,{THREE},,0,1800000000,1,0,0,,0,
10.20.1.9,,,3600,1800000000,1,0,0,,1,
10.20.1.4,{FOUR},,3600,1800000000,1,0,0,,0,
10.20.1.4,{FIVE},,3600,1800000000,1,0,0,,0,
10.20.1.1,{MAC},,3600,1800000000,1,0,0,,2,
"""
DNSMASQ_LEASES = f"""1800000000 {MAC} 10.20.1.2 stb 01:02
1800000000 01-{TWO} 10.20.1.1 * *
1800000000 {THREE} 10.20.1.3 * *
1800000000 {FOUR} 10.20.1.4 * *
1800000000 {FIVE} 10.20.1.4 * *
duid 00:01:00:01
1800000000 7 fd00::7 * 00:01
"""
LEASES = {"isc-leases": ISC_LEASES, "kea-leases": KEA_LEASES, "dnsmasq-leases": DNSMASQ_LEASES}


@pytest.mark.parametrize("form", LEASES)
def test_a_lease_file_is_a_list_of_boxes(tmp_path: Path, form: str) -> None:
    """Each box once, its account its MAC: names in a lease are what boxes call themselves. No address is ordered."""
    lines = entries(tmp_path, form, LEASES[form])
    assert [taken(line) for line in lines] == [{"account": mac} for mac in (MAC, TWO, THREE, FOUR, FIVE)]


@pytest.mark.parametrize("form", LEASES)
def test_a_lease_file_gives_addresses_where_they_are_asked_for(tmp_path: Path, form: str) -> None:
    """The last one of each box that is not over; an address that went to another box is that box's."""
    (tmp_path / "leases").write_text(LEASES[form])
    with open_orders(form, tmp_path / "leases", Taking(leased=True)) as lines:
        found = [(line.fields["mac"], line.fields.get("address")) for line in lines]
    third = "10.20.1.3" if form == "dnsmasq-leases" else None
    assert found == [(MAC, "10.20.1.2"), (TWO, "10.20.1.1"), (THREE, third), (FOUR, None), (FIVE, "10.20.1.4")]


def test_hosts_that_were_declared_by_omapi_stand_in_the_lease_file(tmp_path: Path) -> None:
    """dhcpd.leases(5): a host's address is one that is kept for it; the last word on a host counts."""
    text = f"""host a {{ dynamic; hardware ethernet {MAC}; fixed-address 10.20.9.1; }}
host b {{ dynamic; hardware ethernet {TWO}; }}
host b {{ dynamic; deleted; }}
lease 10.20.1.1 {{ binding state active; hardware ethernet {MAC}; }}
"""
    lines = entries(tmp_path, "isc-leases", text)
    assert [taken(line) for line in lines] == [{"account": "a", "address": "10.20.9.1"}]


ODD = {
    "isc-leases": ("lease 10.20.1.1 { binding state active; }", "the lease of 10.20.1.1 names no Ethernet address"),
    "kea-leases": ("address,hwaddr,valid_lifetime\n10.20.1.1,,60", "the lease of 10.20.1.1 names no Ethernet address"),
    "dnsmasq-leases": (f"1800000000 {MAC}", f"'1800000000 {MAC}' is no lease of an Ethernet box"),
}


@pytest.mark.parametrize("form", ODD)
def test_a_lease_without_a_box_is_said(tmp_path: Path, form: str) -> None:
    """It costs no other one."""
    text, said = ODD[form]
    assert [taken(line) for line in entries(tmp_path, form, f"{text}\n")] == [{"refused": said}]


@pytest.mark.parametrize("text", ["address,duid,valid_lifetime\n", "10.20.1.1,02:00:00:00:00:02\n", ""])
def test_a_lease_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    """DHCPv6, or none of Kea's."""
    with pytest.raises(OrderFileError, match="leases:1: no header of a Kea lease file for DHCPv4"):
        (tmp_path / "leases").write_text(text)
        open_orders("kea-leases", tmp_path / "leases")


def test_blocks_that_never_end_are_no_configuration(tmp_path: Path) -> None:
    """However deep: one clear line."""
    with pytest.raises(OrderFileError, match="hosts:1: blocks nested deeper than 64"):
        entries(tmp_path, "isc", "group {" * 100_000)


SAMPLES = [
    *LEASES.items(),
    ("ethers", ETHERS),
    ("isc", ISC),
    ("isc", f"host a\n{{\n  hardware ethernet {MAC};\n}}\n"),
    ("uci", UCI),
    ("uci", SHOWN),
    ("uci", f"config host\n\toption mac '{MAC}'\n"),
    ("dnsmasq", "# a\n" * 20_000 + f"dhcp-host={MAC},box1\n"),
    ("dnsmasq", f"{MAC},box1,10.20.1.7\n"),
    ("dnsmasq", f"{MAC}\n"),
    ("kea", f'// of the server\n[ {{ "hw-address": "{MAC}" }} ]'),
    ("freeradius", f'{MAC} Cleartext-Password := "{MAC}"\n'),
    ("freeradius", f"{MAC}\n\tFramed-IP-Address = 10.20.1.7\n"),
    ("dnsmasq", f"domain=lan\n  dhcp-host={MAC},box1\n"),
    ("freeradius", f'"{MAC}"\n\tFramed-IP-Address = 10.20.1.7\n'),
    ("csv", "order,account\n"),
    ("csv", "\nsep=;\nOrder;Account\n"),
    ("", "# nothing\n"),
    ("", "the quick brown fox\n"),
]


@pytest.mark.parametrize(("form", "text"), SAMPLES, ids=[f"{form} {len(text)}" for form, text in SAMPLES])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_file_is_recognised_by_how_it_begins(tmp_path: Path, form: str, text: str, ends: str) -> None:
    """However its lines end."""
    (tmp_path / "file").write_text(text.replace("\n", ends), newline="")
    assert recognised(tmp_path / "file") == form


def test_every_format_has_a_sample() -> None:
    """None is forgotten here."""
    assert {form for form, _ in SAMPLES} - {""} == set(NAMES)
    assert len({form.name for form in FORMATS}) == len(FORMATS)


OTHERS = [(form, text) for form, text in SAMPLES if form and form != "csv"]


@pytest.mark.parametrize("asked", [name for name in NAMES if name not in ("isc", "isc-leases")])
@pytest.mark.parametrize(("form", "text"), OTHERS, ids=[f"{form} {len(text)}" for form, text in OTHERS])
def test_a_file_of_another_format_is_never_nothing(tmp_path: Path, asked: str, form: str, text: str) -> None:
    """Either it holds entries all the same, or one line says what it looks like."""
    (tmp_path / "file").write_text(text)
    if asked == form:
        return
    try:
        with open_orders(asked, tmp_path / "file") as lines:
            found: list[Line] = list(lines)
    except OrderFileError as error:
        assert f"--format {form}" in str(error)
    else:
        assert any(not line.refusal for line in found)


@pytest.mark.parametrize("rows", [3, 3000])
def test_a_long_file_is_told_like_a_short_one(tmp_path: Path, rows: int) -> None:
    """Of another format it is refused as a whole; with nothing but odd lines, each is told."""
    with pytest.raises(OrderFileError, match="--format ethers"):
        entries(tmp_path, "dnsmasq", f"{MAC} box\n" * rows)
    lines = entries(tmp_path, "dnsmasq", "dhcp-host=box1,10.20.1.7\n" * rows)
    assert [line.number for line in lines if line.refusal] == list(range(1, rows + 1))


@pytest.mark.parametrize("form", [name for name in NAMES if name not in ("csv", "kea", "kea-leases")])
def test_a_file_with_nothing_in_it_is_no_file_of_orders(tmp_path: Path, form: str) -> None:
    """What it should have held is named."""
    with pytest.raises(OrderFileError, match=r"hosts:1: there are no .* in it$"):
        entries(tmp_path, form, "# nothing\n")


def test_octets_of_no_encoding_cost_no_file_of_another_server(tmp_path: Path) -> None:
    """A comment in Latin-1, which is neither UTF-8 nor GBK."""
    (tmp_path / "hosts").write_bytes(f"# caf\xe9\n{MAC} box1\n".encode("latin-1"))
    with open_orders("ethers", tmp_path / "hosts") as lines:
        assert [taken(line) for line in lines] == [{"account": "box1"}]
