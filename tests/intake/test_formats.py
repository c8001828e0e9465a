"""Entries of dnsmasq, Kea and FreeRADIUS as install orders, in every documented form."""

from pathlib import Path

import pytest

from gatekeeper.intake.entry import Taking
from gatekeeper.intake.formats import open_orders, recognised
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
    (MAC, {"account": MAC}, ""),
    (f"dhcp-host={MAC},10.20.1.7,10.20.1.8,box1", {"account": "box1", "address": "10.20.1.7"}, "address 10.20.1.8"),
    (f"{MAC} box1", {"refused": f"'{MAC} box1' is no line of dnsmasq.conf"}, ""),
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


def test_boxes_of_one_name_keep_their_own_addresses(tmp_path: Path) -> None:
    """As boxes of one model, which all have the same; the first one's account has the name, and each is said."""
    hosts = [f"dhcp-host=02:00:00:00:00:0{n},stb,10.20.9.{n}\n" for n in (1, 2)]
    hosts += ["dhcp-host=02:00:00:00:00:03,stb\n", "dhcp-host=02:00:00:00:00:04,stb,10.20.9.2\n"]
    lines = entries(tmp_path, "dnsmasq", "".join(hosts))
    assert [taken(line) for line in lines] == [
        {"account": "stb", "address": "10.20.9.1"},
        {"account": "stb-020000000002", "address": "10.20.9.2"},
        {"account": "stb-020000000003"},
        {"account": "stb-020000000004", "address": "10.20.9.2"},
    ]
    assert lines[0].note == ""
    assert lines[1].note == "'stb' names an entry above: this one is account stb-020000000002"


def test_two_boxes_that_share_name_and_address_are_one_account(tmp_path: Path) -> None:
    """dnsmasq(8): one host with two interfaces, of which one is used at a time; written as two lines."""
    hosts = f"dhcp-host={MAC},box1,10.20.1.7\ndhcp-host=02:00:00:00:00:02,box1,10.20.1.7\n"
    lines = entries(tmp_path, "dnsmasq", hosts)
    assert [taken(line) for line in lines] == [{"account": "box1", "address": "10.20.1.7"}] * 2


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (f"{MAC},box1,10.20.1.7", ""),
        (f"{MAC},box1,10.30.1.7", "with address 10.20.1.7: address 10.30.1.7 is not taken over"),
        (f"{MAC},box1", "with address 10.20.1.7: what this one says (box1) is not taken over"),
        (f"{MAC},box2,10.20.1.7", "with address 10.20.1.7: address 10.20.1.7 is not taken over"),
    ],
)
def test_a_box_that_stands_in_two_lines_is_taken_from_the_first(tmp_path: Path, second: str, said: str) -> None:
    """The same line again is the same order again; another address is never lost without a word."""
    first, again = entries(tmp_path, "dnsmasq", f"{MAC},box1,10.20.1.7\n{second}\n")
    assert taken(first) == {"account": "box1", "address": "10.20.1.7"}
    if said:
        assert taken(again) == {"refused": f"{MAC} was taken from line 1, {said}"}
    else:
        assert again.fields == first.fields


def test_an_entry_with_many_boxes_says_how_many(tmp_path: Path) -> None:
    """Where they are more than [binding] boxes_per_account, and only there."""
    file = tmp_path / "hosts"
    file.write_text(f"dhcp-host={MAC},02:00:00:00:00:02,02:00:00:00:00:03,box1\n")
    for most, wanted in ((2, {"account": "box1", "boxes": "3"}), (3, {"account": "box1"})):
        with open_orders("dnsmasq", file, Taking(boxes_per_account=most)) as lines:
            assert [taken(line) for line in lines] == [wanted] * 3


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
    "text",
    [
        # Kea ARM, reservation-get-all, reservation-get-page, reservation-get, config-get; from an agent, and not.
        '[ { "result": 0, "text": "1 found.", "arguments": { "hosts": [ HOST, ] } } ]',
        '{ "result": 0, "arguments": { "count": 1, "hosts": [ HOST ], "next": { "from": 1, "source-index": 1 } } }',
        '[ { "result": 0, "text": "Host found.", "arguments": HOST } ]',
        '[ { "result": 0, "arguments": { "Dhcp4": { "subnet4": [ { "reservations": [ HOST ] } ] }, "hash": "0" } } ]',
        # A part that a configuration includes; commas behind the last item.
        '"reservations": [ HOST, ],',
        '[ { "subnet": "10.20.0.0/16", "id": 1 }, { "subnet": "10.30.0.0/16", "id": 2, "reservations": [ HOST ] } ]',
        '[ { "name": "iptv", "subnet4": [ { "subnet": "10.20.0.0/16", "reservations": [ HOST ] } ] } ]',
        '{ "Dhcp4": { "reservations": [ HOST, ], }, }',
        "HOST",
        "/* of */ # all\n[ HOST ] // kinds",
    ],
)  # fmt: skip
def test_reservations_are_found_wherever_kea_writes_them(tmp_path: Path, text: str) -> None:
    """One box, the same order; also recognised without being told."""
    host = f'{{ "hw-address": "{MAC}", "ip-address": "10.20.1.7", "hostname": "a,]", "subnet-id": 1 }}'
    (line,) = entries(tmp_path, "kea", text.replace("HOST", host))
    assert (taken(line), line.note) == ({"account": "a,]", "address": "10.20.1.7"}, "")
    assert recognised(tmp_path / "hosts") == "kea"


def test_files_that_kea_includes_are_said_and_the_rest_is_taken(tmp_path: Path) -> None:
    """Kea ARM 4.1: as a value, and as members of an object."""
    text = f"""{{ "Dhcp4": {{ "hooks-libraries": <?include "hooks.json"?>,
      <?include "more.json"?>
      "reservations": [ {{ "hw-address": "{MAC}", "hostname": "<?include?>" }} ] }} }}"""
    lines = entries(tmp_path, "kea", text)
    assert [(line.number, taken(line)) for line in lines] == [
        (1, {"refused": '<?include "hooks.json"?>: it is not read: import it by itself'}),
        (2, {"refused": '<?include "more.json"?>: it is not read: import it by itself'}),
        (3, {"account": "<?include?>"}),
    ]


def test_kea_reservations_of_one_box_or_of_one_name(tmp_path: Path) -> None:
    """A box in two subnets keeps the first address, two boxes of one name are two accounts, and all of it is said."""
    one = '{ "hw-address": "02:00:00:00:00:0%d", "ip-address": "%s", "hostname": "stb" }'
    rows = [one % (1, "10.20.1.7"), one % (1, "10.30.1.7"), one % (2, "10.20.1.8"), '{ "flex-id": "1" }']
    lines = entries(tmp_path, "kea", "[ " + ",\n".join(rows) + " ]")
    first = "02:00:00:00:00:01 was taken from line 1, with address 10.20.1.7"
    assert [taken(line) for line in lines] == [
        {"account": "stb", "address": "10.20.1.7"},
        {"refused": f"{first}: address 10.30.1.7 is not taken over"},
        {"account": "stb-020000000002", "address": "10.20.1.8"},
        {"refused": "the reservation has no hw-address, it is by flex-id"},
    ]


def test_what_kea_knows_of_our_accounts_goes_before_a_host_name(tmp_path: Path) -> None:
    """user-context, as the export writes it: boxes of one account are one, of which one reservation has the address."""
    one = '{ "hw-address": "02:00:00:00:00:0%d", "hostname": "x", "user-context": { "account": "A", "boxes": 3 }%s }'
    rows = [one % (1, ""), one % (2, ', "ip-address": "10.20.1.7"'), one % (3, ', "ip-address": "10.20.1.8"')]
    found = [taken(line) for line in entries(tmp_path, "kea", "[ " + ",".join(rows) + " ]")]
    assert [(one["account"], one.get("address"), one["boxes"]) for one in found] == [
        ("A", None, "3"),
        ("A", "10.20.1.7", "3"),
        ("A-020000000003", "10.20.1.8", "3"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[ { "result": 3, "text": "0 IPv4 host(s) found." } ]',
            "hosts:1: there are no reservations in it: Kea answers",
        ),
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
    ('bob Cleartext-Password := "x"', {"refused": "entry 'bob' is not named by a MAC: orders name each box"}, ""),
    ('"" Auth-Type := Accept', {"refused": "entry '' is not named by a MAC: orders name each box"}, ""),
    # Digits of other scripts are none of RADIUS's.
    (f'{BARE}\n\tMikrotik-Rate-Limit = "\u0663k/\u0663M"', {"account": MAC}, "Mikrotik-Rate-Limit"),
    # A name that is tied to one box, as BRASes send it.
    ('028123456@itv Cleartext-Password := "x", Calling-Station-Id == "D4-C1-C8-EE-9B-1F"',
     {"account": "028123456@itv"}, "a password that is not the MAC"),
    (f'DEFAULT Calling-Station-Id == "{BARE}", Auth-Type := Accept\n\tFramed-IP-Address = 10.20.1.7',
     {"account": MAC, "address": "10.20.1.7"}, ""),
    (f'bob Calling-Station-Id != "{BARE}"', {"refused": "entry 'bob' is not named by a MAC: orders name each box"}, ""),
    ('bob Calling-Station-Id == "a"', {"refused": "entry 'bob' is not named by a MAC: orders name each box"}, ""),
    ("DEFAULT Auth-Type = Reject", {"refused": "entry DEFAULT is for everybody: orders name each box"}, ""),
    # RFC 2865 5.8: 255.255.255.254 lets the NAS choose, 255.255.255.255 the user.
    (f"{BARE}\n\tFramed-IP-Address = 255.255.255.254", {"account": MAC},
     "Framed-IP-Address 255.255.255.254 (the NAS chooses, RFC 2865 5.8)"),
    (f"{BARE}\n\tFramed-IP-Address := 255.255.255.255", {"account": MAC},
     "Framed-IP-Address 255.255.255.255 (the user chooses, RFC 2865 5.8)"),
    (f"{BARE}\n\tFramed-IP-Address = 10.20.1.7,\n\tFramed-IP-Address += 10.20.1.8",
     {"account": MAC, "address": "10.20.1.7"}, "Framed-IP-Address 10.20.1.8"),
    (f'{BARE}\n\tFramed-IP-Address = "%{{User-Name}}"', {"account": MAC}, "Framed-IP-Address %{User-Name}"),
    # Names of attributes are the same in any case.
    (f'{BARE} cleartext-password := "{BARE}"\n\tframed-ip-address = 10.20.1.7, mikrotik-rate-limit = "1M/2M"',
     {"account": MAC, "address": "10.20.1.7", "rate_up_kbps": "1000", "rate_down_kbps": "2000"}, ""),
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
