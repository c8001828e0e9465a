"""Entries of dnsmasq, Kea and FreeRADIUS as install orders, in every documented form."""

from pathlib import Path

import pytest

from gatekeeper.intake.formats import open_orders
from gatekeeper.intake.order_file import Line, OrderFileError

MAC = "d4:c1:c8:ee:9b:1f"
BARE = "d4c1c8ee9b1f"


def entries(folder: Path, form: str, text: str) -> list[Line]:
    file = folder / "hosts"
    file.write_text(text, encoding="utf-8")
    with open_orders(form, file) as lines:
        return list(lines)


def taken(line: Line) -> dict[str, object]:
    """What the order says beside its number, kind and MAC; the cause where there is none."""
    if line.refusal:
        return {"refused": line.refusal.detail}
    return {name: value for name, value in line.fields.items() if name not in ("order", "kind", "mac")}


# dnsmasq(8), --dhcp-host and --dhcp-hostsfile.
DNSMASQ = [
    (f"dhcp-host={MAC},box1,10.20.1.7", {"account": "box1", "address": "10.20.1.7"}, ""),
    (f"dhcp-host={MAC},10.20.1.7,45m", {"account": MAC, "address": "10.20.1.7"}, "lease time 45m"),
    (f"dhcp-host={MAC},box1,infinite", {"account": "box1"}, "lease time infinite"),
    (f"dhcp-host={MAC},3600", {"account": MAC}, "lease time 3600"),
    (f"dhcp-host={MAC},id:01:02:03,set:iptv,tag:red,box1", {"account": "box1"}, "id:01:02:03, set:iptv, tag:red"),
    (f"dhcp-host={MAC},[fd00::7],box1", {"account": "box1"}, "[fd00::7]"),
    (f"  --dhcp-host = {MAC.upper()} , box1 # the hall", {"account": "box1"}, ""),
    (f'dhcp-host="{MAC},box1"', {"account": "box1"}, ""),
    (f"{MAC},box1,10.20.1.7", {"account": "box1", "address": "10.20.1.7"}, ""),
    (f"dhcp-host=1-{MAC},box1", {"account": "box1"}, ""),
    ("dhcp-host=d4:c1:c8:ee:9b:*,box1", {"refused": "'d4:c1:c8:ee:9b:*' names many boxes"}, ""),
    (f"dhcp-host=06-{MAC},box1", {"refused": f"'06-{MAC}' is no Ethernet address"}, ""),
    ("dhcp-host=box1,10.20.1.7", {"refused": "the entry names no MAC: 'box1,10.20.1.7'"}, ""),
    ("dhcp-host=id:01:02,box1", {"refused": "the entry names no MAC"}, ""),
    (f"dhcp-host={MAC},ignore", {"refused": "'ignore': dnsmasq does not serve this box"}, ""),
    (f"dhcp-host={MAC},two words", {"refused": "'two words' is no item of a dhcp-host"}, ""),
    ("dhcp-hostsfile=/etc/hosts.dhcp", {"refused": "dhcp-hostsfile: what it names is not read"}, ""),
]


@pytest.mark.parametrize(("text", "wanted", "note"), DNSMASQ, ids=[row[0] for row in DNSMASQ])
def test_a_dhcp_host_line(tmp_path: Path, text: str, wanted: dict[str, str], note: str) -> None:
    """Taken over, or told why not; what has no place in an order is told too."""
    (line,) = entries(tmp_path, "dnsmasq", f"# hosts\ndhcp-range=10.20.1.0,10.20.1.9,1h\nno-resolv\n{text}\n")
    assert line.number == 4
    found = taken(line)
    assert found == wanted or str(found.get("refused", "-")).startswith(str(wanted.get("refused", "+")))
    assert line.note == (f"not taken over: {note}" if note else "")
    if not line.refusal:
        assert (line.fields["order"], line.fields["mac"]) == (f"import-dnsmasq-{BARE}", MAC)


def test_a_dhcp_host_with_two_macs_is_one_account_with_two_boxes(tmp_path: Path) -> None:
    """dnsmasq(8): both interfaces of one host share the address."""
    lines = entries(tmp_path, "dnsmasq", f"dhcp-host={MAC},02:00:00:00:00:02,box1,10.20.1.7\n")
    assert [taken(line) for line in lines] == [{"account": "box1", "address": "10.20.1.7"}] * 2
    assert [line.fields["order"] for line in lines] == [f"import-dnsmasq-{BARE}", "import-dnsmasq-020000000002"]


KEA = f"""
// the server
{{ "Dhcp4": {{
  # a comment, and "text" in it
  "subnet4": [ {{ "subnet": "10.20.0.0/16", /* of two
    lines */ "reservations": [
      {{ "hw-address": "{MAC}", "ip-address": "10.20.1.7", "hostname": "box1" }},
      {{ "hw-address": "02:00:00:00:00:02", "boot-file-name": "http://a//b", "option-data": [ {{ "code": 6 }} ] }}
    ] }} ],
  "shared-networks": [ {{ "subnet4": [ {{ "reservations": [
      {{ "client-id": "01:02", "ip-address": "10.20.1.9" }},
      {{ "hw-address": "02:00:00:00:00:03", "user-context": {{ "account": "028123456@itv" }} }},
      {{ "hw-address": "02:00:00:00:00:04", "client-classes": [ "DROP" ] }},
      {{ "hw-address": "010203" }} ] }} ] }} ],
  "reservations": []
}}, "Dhcp6": {{ "reservations": [ {{ "duid": "01" }} ] }} }}
"""


def test_kea_reservations_of_every_level(tmp_path: Path) -> None:
    """Kea ARM 8.3; comments of all three kinds; each with its line."""
    lines = entries(tmp_path, "kea", KEA)
    assert [(line.number, taken(line)) for line in lines] == [
        (7, {"account": "box1", "address": "10.20.1.7"}),
        (8, {"account": "02:00:00:00:00:02"}),
        (11, {"refused": "the reservation has no hw-address, it is by client-id"}),
        (12, {"account": "028123456@itv"}),
        (13, {"refused": "client class DROP: Kea does not serve this box"}),
        (14, {"refused": "'010203' is no Ethernet address"}),
    ]
    assert lines[1].note == "not taken over: boot-file-name, option-data"
    assert lines[0].fields["order"] == f"import-kea-{BARE}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{ "Dhcp4":\n <?include "x"?> }', "hosts:2: included files are not read"),
        ('{ "Dhcp4":\n }', "hosts:2: not JSON: Expecting value"),
        ('{ "Dhcp4": {} }', "hosts:1: there are no reservations in it"),
        ("[" * 100_000, "hosts:1: "),
        ("", "hosts:1: not JSON"),
    ],
)
def test_a_file_that_kea_would_not_read_either(tmp_path: Path, text: str, said: str) -> None:
    """Refused as a whole, with its place."""
    with pytest.raises(OrderFileError, match=said.replace("?", r"\?")):
        entries(tmp_path, "kea", text)


HUAWEI_DOWN = "Huawei-Output-Average-Rate"
USERS = [
    # an entry of users(5) -> its order, its note
    (f'{BARE} Cleartext-Password := "{BARE}"', {"account": MAC}, ""),
    ('"D4-C1-C8-EE-9B-1F"\tUser-Password == "D4-C1-C8-EE-9B-1F"', {"account": MAC}, ""),
    ("d4c1.c8ee.9b1f\n\tFramed-IP-Address = 10.20.1.7", {"account": MAC, "address": "10.20.1.7"}, ""),
    (f"{BARE} Auth-Type := Accept # any\n\tHuawei-Input-Average-Rate = 4000000,\n# on\n\t{HUAWEI_DOWN} := 20000000",
     {"account": MAC, "rate_up_kbps": "4000", "rate_down_kbps": "20000"}, ""),
    (f'{BARE}\n\tMikrotik-Rate-Limit = "512k/2M 1M/4M"',
     {"account": MAC, "rate_up_kbps": "512", "rate_down_kbps": "2000"}, ""),
    (f"{BARE}\n\tSession-Timeout = 60, Idle-Timeout = 5", {"account": MAC}, "Session-Timeout, Idle-Timeout"),
    (f'{BARE} Cleartext-Password := "other"', {"account": MAC}, "a password that is not the MAC"),
    (f"{BARE} Auth-Type := Reject", {"refused": "Auth-Type Reject: FreeRADIUS lets this box in nowhere"}, ""),
    (f'{BARE} NAS-Port-Id == "7"', {"refused": "check item NAS-Port-Id: gatekeeper has no such condition"}, ""),
    ('bob Cleartext-Password := "x"', {"refused": "entry 'bob' is not named by a MAC"}, ""),
    ('"" Auth-Type := Accept', {"refused": "entry '' is not named by a MAC"}, ""),
    # Digits of other scripts are none of RADIUS's.
    (f'{BARE}\n\tMikrotik-Rate-Limit = "\u0663k/\u0663M"', {"account": MAC}, "Mikrotik-Rate-Limit"),
    ("DEFAULT Auth-Type = Reject", {"refused": "entry 'DEFAULT' is not named by a MAC"}, ""),
    ("$INCLUDE more-users", {"refused": "$INCLUDE: what it names is not read: import it by itself"}, ""),
    (f"{BARE}\n\tthis is no attribute", {"refused": "an item that is no attribute with a value"}, ""),
    ("\tReply-Message = x", {"refused": "reply items without an entry above them"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted", "note"), USERS, ids=[row[0] for row in USERS])
def test_an_entry_of_an_authorize_file(tmp_path: Path, text: str, wanted: dict[str, str], note: str) -> None:
    """users(5): the name is the MAC in any spelling, rates as the dialects write them."""
    (line,) = entries(tmp_path, "freeradius", f"# users\n\n{text}\n")
    assert (line.number, taken(line), line.note) == (3, wanted, f"not taken over: {note}" if note else "")
    if not line.refusal:
        assert (line.fields["order"], line.fields["mac"]) == (f"import-freeradius-{BARE}", MAC)


def test_a_unit_that_sources_disagree_on_is_said(tmp_path: Path) -> None:
    """ZTE's: off by 1,000 it is another line."""
    rates = "ZTE-Rate-Ctrl-SCR-Up = 4000, ZTE-Rate-Ctrl-SCR-Down = 20000, Idle-Timeout = 5"
    (line,) = entries(tmp_path, "freeradius", f"{BARE}\n\t{rates}\n")
    assert taken(line) == {"account": MAC, "rate_up_kbps": "4000", "rate_down_kbps": "20000"}
    said = "ZTE-Rate-Ctrl-SCR-Up read as kbit/s; ZTE-Rate-Ctrl-SCR-Down read as kbit/s"
    assert line.note == f"not taken over: Idle-Timeout; {said}"


def test_a_password_is_never_told(tmp_path: Path) -> None:
    """Also where its line cannot be read."""
    text = f'{BARE} Cleartext-Password := "secret1\n{BARE} Cleartext-Password := "secret2"\nbob Password = secret3\n'
    assert "secret" not in str(entries(tmp_path, "freeradius", text))
