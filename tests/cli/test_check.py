"""check tells what the boxes will be told."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from gatekeeper.cli.setup import check
from tests.cli.terminal import Terminal

CONFIG = """
[acs]
url = "http://a/"

[[acs.class]]
match = "SCITV"
encoding = "nested"
username = "u"
password = "hush"

[[acs.class]]
exact = "dslforum.org"
encoding = "option125"
url = "http://b/"
"""


def test_the_octets_of_acs_and_of_each_class_are_shown_and_decoded(tmp_path: Path) -> None:
    """Contract 2 and 10.13: hex, what it says beside it; no password in clear."""
    said = Terminal(tmp_path, CONFIG).run("check")
    assert (said.code, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if "option" in line] == [
        "option 43 (tr069, 11 octets): 0109687474703a2f2f612f",
        "option 43 says: url=http://a/",
        'class match "SCITV": option 43 (nested, 22 octets): 0109687474703a2f2f612f0209010175020468757368',
        'class match "SCITV": option 43 says: url=http://a/ username=u password=***',
        'class exact "dslforum.org": option 125 (option125, 16 octets): 00000de90b0b09687474703a2f2f622f',
        'class exact "dslforum.org": option 125 says: url=http://b/',
    ]


def test_an_error_in_a_class_is_told_with_its_line(tmp_path: Path) -> None:
    """2, at the class's own url."""
    text = CONFIG.replace("http://b/", "http://" + "b" * 245)
    said = Terminal(tmp_path, text).run("check")
    assert said.code == 2
    line = 1 + text.splitlines().index(f'url = "http://{"b" * 245}"')
    assert f"gatekeeper.toml:{line}: acs.class[1].url: " in said.err


def test_a_port_of_the_api_that_is_taken_is_told_with_its_line(tmp_path: Path) -> None:
    """2; and nothing is said of [api] where all is well."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        terminal = Terminal(tmp_path, f'[api]\nlisten = "{listen}"\n')
        said = terminal.run("check")
        assert said.code == 2
        assert f"gatekeeper.toml:2: api.listen: cannot listen on {listen}: Address already in use" in said.err
    said = terminal.run("check")
    assert (said.code, said.err) == (0, "")
    assert "[api]" not in said.out


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("folder", "api.token_file: {file} is a folder: name a file"),
        ("short", "api.token_file: {file} holds no token of at least 16 characters"),
        ("nowhere", "api.token_file: there is no folder"),
    ],
)
def test_a_token_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, token: str, why: str) -> None:
    """2, before serve would meet it."""
    file = tmp_path / "api.token" if token != "nowhere" else tmp_path / "nowhere" / "api.token"
    if token == "folder":
        file.mkdir()
    elif token == "short":
        file.write_text("short\n")
    said = Terminal(tmp_path, f'[api]\nlisten = "127.0.0.1:38069"\ntoken_file = "{file}"\n').run("check")
    assert said.code == 2
    assert f"gatekeeper.toml:3: {why.format(file=file)}" in said.err


def test_a_token_that_everybody_can_read_is_noted(tmp_path: Path) -> None:
    """A note with what mends it; none where it is as serve makes it."""
    terminal = Terminal(tmp_path, '[api]\nlisten = "127.0.0.1:38069"\n')
    token = tmp_path / "api.token"
    token.write_text("a token that is long enough\n")
    for mode, noted in ((0o644, True), (0o600, False), (0o640, False)):
        token.chmod(mode)
        said = terminal.run("check")
        assert (said.code, said.err) == (0, "")
        assert (f"everybody on this machine can read {token}: chmod 600 {token}" in said.out) is noted


ANYWHERE = '[dhcp]\nlisten = ["0.0.0.0:38067"]\n\n[[dhcp.subnet]]\nnetwork = "{}"\npools = ["{}"]\n'


@pytest.mark.parametrize(
    ("network", "pool", "noted"),
    [
        ("198.18.0.0/24", "198.18.0.1-198.18.0.9", "no address of this machine is in a [[dhcp.subnet]]"),
        ("127.0.0.0/24", "127.0.0.1-127.0.0.9", "127.0.0.1 is in a pool and this machine's own"),
        ("127.0.0.0/24", "127.0.0.2-127.0.0.9", ""),
    ],
)
def test_what_the_machines_addresses_lead_to_is_noted(tmp_path: Path, network: str, pool: str, noted: str) -> None:
    """A newcomer's first question is why his box hears nothing."""
    said = Terminal(tmp_path, ANYWHERE.format(network, pool)).run("check")
    assert (said.code, said.err) == (0, "")
    notes = [line for line in said.out.splitlines() if line.startswith("note: ") and "store" not in line]
    notes = [note for note in notes if "[dhcp] relays" not in note]
    assert [noted in note for note in notes] == ([True] if noted else [])


def test_http_in_clear_away_from_the_loopback_is_noted(tmp_path: Path) -> None:
    """A note, no error."""
    said = Terminal(tmp_path, '[api]\nlisten = "0.0.0.0:0"\n').run("check")
    assert said.code == 2  # there is no port 0
    said = Terminal(tmp_path, '[api]\nlisten = "0.0.0.0:38067"\n').run("check")
    assert "note: [api] listen: HTTP goes in clear" in said.out


HEX = """
[acs]
url = "http://a/"
encoding = "hex"
hex = "{}"

[[acs.class]]
match = "SCITV"
hex = "0x01 0x0a {}"
"""
URL = "68:74:74:70:3a:2f:2f:61:2f"


def test_octets_whose_inner_length_is_wrong_are_noted(tmp_path: Path) -> None:
    """A note, no error: some boxes want odd octets. H3C CWMP guide: blanks; ISC dhcpd: colons."""
    said = Terminal(tmp_path, HEX.format(f"01:09:{URL}", URL.replace(":", " "))).run("check")
    assert (said.code, said.err) == (0, "")
    odd = "sub-option runs over the end: sub-option 1, at octet 0, counts 10 octets, 9 are there (RFC 2132 8.4)"
    assert [line for line in said.out.splitlines() if "over the end" in line] == [
        f'note: [[acs.class]] match "SCITV" hex: {odd}'
    ]
    assert "option 43 (hex, 11 octets): 0109687474703a2f2f612f" in said.out


BOOT = """
[dhcp]
listen = ["127.0.0.1:38068"]

[[dhcp.subnet]]
network = "10.20.0.0/16"
next_server = "10.20.0.9"
boot_file = "stb/kernel.bin"
options = { 43 = "01 09 61" }

[[dhcp.subnet]]
network = "10.30.0.0/16"

[[dhcp.class]]
match = "KreaTV"
server_name = "tftp.example.net"
boot_file = ""
options = { ntp-servers = "10.20.0.10", 224 = "0x01", STB_Profile = "gold" }
force = true

[[dhcp.class]]
exact = "MAG250"

[[dhcp.profile]]
plan = "gold"
next_server = "0.0.0.0"
lease_s = 600

[[dhcp.option]]
code = 225
name = "STB_Profile"
type = "text"
"""


def test_what_subnets_classes_and_plans_tell_is_shown(tmp_path: Path) -> None:
    """As the octets of [acs] are; an odd option 43 is noted wherever it stands."""
    said = Terminal(tmp_path, BOOT).run("check")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line for line in lines if line.startswith(("subnet", "class", "plan"))] == [
        "subnet 10.20.0.0/16: next server 10.20.0.9, boot file stb/kernel.bin",
        'class match "KreaTV": boot file none, server name tftp.example.net, option 42 (ntp-servers) 10.20.0.10,'
        " option 224 0x01, option 225 (stb-profile) 0x676f6c64, options are sent unasked",
        'class exact "MAG250": as the subnet says',
        'plan "gold": next server none, lease 600 s',
    ]
    (note,) = [line for line in lines if "option 43" in line]
    assert note.startswith("note: [[dhcp.subnet]] 10.20.0.0/16 option 43: sub-option runs over the end: sub-option 1")


def test_a_line_that_is_a_vlan_is_noted(tmp_path: Path) -> None:
    """Out of the store, where there is one; it is no error."""
    terminal = Terminal(tmp_path, CONFIG)
    assert "protects nothing" not in terminal.run("check").out
    lines = [f"{number},install,A{number},mt1|bridge1" for number in range(9)]
    (tmp_path / "orders.csv").write_text("\n".join(["order,kind,account,port", *lines]))
    assert terminal.run("orders", "import", "orders.csv").code == 0
    said = terminal.run("check")
    assert (said.code, said.err) == (0, "")
    noted = [line for line in said.out.splitlines() if line.startswith("note: line ")]
    assert [line.partition(" accounts")[0] for line in noted] == ["note: line mt1|bridge1: 9"]
    (tmp_path / "gatekeeper.toml").write_text(f'{CONFIG}\n[binding]\nport = "off"\n', encoding="utf-8")
    assert "protects nothing" not in terminal.run("check").out


def test_a_receive_buffer_that_the_kernel_keeps_small_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """socket(7), SO_RCVBUF: as large as net.core.rmem_max allows, and no error. The file is sound all the same."""
    monkeypatch.setattr("gatekeeper.drivers.buffers.WANTED", 1 << 30)
    Terminal(tmp_path, CONFIG)
    said = CliRunner().invoke(check, ["-c", str(tmp_path / "gatekeeper.toml")])
    assert said.exit_code == 0
    assert "warning: net.core.rmem_max allows a receive buffer of" in said.output
    assert f"sysctl -w net.core.rmem_max={1 << 30}" in said.output
