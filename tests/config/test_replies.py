"""``reply`` of clients and plans: what is said, in whose place, and what is wrong with what cannot be said."""

from pathlib import Path

import pytest

from gatekeeper.book import Nas
from gatekeeper.model import Rate
from gatekeeper.wire.nas_rates import Holder, rate_text
from tests.config.book import load_text, marked, problems

CLIENT = '[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\nsecret = "a long random one"\n'
OTHER = CLIENT.replace('"a"', '"b"').replace("192.0.2.1", "192.0.2.2")
GOLD = '[[radius.profile]]\nplan = "gold"\n'
RATE = Rate(20_000, 4_000)


def _nas(folder: Path, keys: str, more: str = "") -> Nas:
    return load_text(folder, CLIENT + keys + "\n" + more).book.clients[0]


def _said(nas: Nas, plan: str = "", holder: Holder | None = None) -> list[str]:
    return rate_text(nas.told(plan), RATE, nas.kilobit, holder or Holder()).split(", ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"Idle-Timeout" = 600', ["Idle-Timeout=600"]),
        ('"idle-timeout" = "0x258"', ["Idle-Timeout=0x258"]),
        ('"Service-Type" = "framed-user"', ["Service-Type=framed-user"]),
        ('"Filter-Id" = 7', ["Filter-Id=7"]),
        ('"Filter-Id" = ["in", "out"]', ["Filter-Id=in", "Filter-Id=out"]),
        ('"Filter-Id" = []', [""]),
        ('"Filter-Id" = "{{{account}}}"', ["Filter-Id={028123456@itv}"]),
        ('"Filter-Id" = "{subscriber}/{plan}/{mac}"', ["Filter-Id=s-1/gold/d4:c1:c8:ee:9b:1f"]),
        ('"Filter-Id" = "group_up_{port}"', ["Filter-Id=group_up_p"]),
        ('"Filter-Id" = "{address}{stbid}"', [""]),
        ('"Session-Timeout" = "{down_kbps}"', ["Session-Timeout=20000"]),
        ('"Tunnel-Preference:1" = "{down_bps}"', ["Tunnel-Preference:1=16777215 (clamped from 20000000)"]),
    ],
)
def test_a_value_is_a_number_text_octets_a_name_or_a_template(tmp_path: Path, value: str, said: list[str]) -> None:
    """What the account has not leaves its attribute out (RFC 2865 5: text is never empty)."""
    holder = Holder("028123456@itv", "d4:c1:c8:ee:9b:1f", "gold", "s-1", "", "p")
    assert _said(_nas(tmp_path, f"reply = {{ {value} }}"), "", holder) == said


def test_a_word_in_a_text_is_no_direction(tmp_path: Path) -> None:
    """``up_`` in a group's name says nothing of the upload, which here has no limit; a field does."""
    nas = _nas(tmp_path, 'reply = { "Filter-Id" = ["group_up_{account}", "{up_kbps}"] }')
    assert rate_text(nas.rates, Rate(20_000, 0), 1000, Holder("A")) == "Filter-Id=group_up_A"


AVERAGE, PEAK = "Huawei-Output-Average-Rate", "Huawei-Output-Peak-Rate"
UP = ["Huawei-Input-Average-Rate=4000000", "Huawei-Input-Peak-Rate=4000000"]


@pytest.mark.parametrize(
    ("reply", "profile", "of_client", "of_plan"),
    [
        ("", '"Filter-Id" = "g"', [*UP, f"{AVERAGE}=20000000", f"{PEAK}=20000000"], ["+", "Filter-Id=g"]),
        (f'"{PEAK}" = 1', "", [*UP, f"{AVERAGE}=20000000", f"{PEAK}=1"], ["+"]),
        (f'"{PEAK}" = 1', f'"{PEAK}" = 2', [*UP, f"{AVERAGE}=20000000", f"{PEAK}=1"],
         [*UP, f"{AVERAGE}=20000000", f"{PEAK}=2"]),
        (f'"{PEAK}" = []', f'"{AVERAGE}" = []', [*UP, f"{AVERAGE}=20000000"], UP),
        ('"Tunnel-Preference:1" = 1', '"Tunnel-Preference:2" = 2',
         [*UP, f"{AVERAGE}=20000000", f"{PEAK}=20000000", "Tunnel-Preference:1=1"], ["+", "Tunnel-Preference:2=2"]),
    ],
    ids=["beside", "the client's row", "the plan above the client", "left out", "another tag"],
)  # fmt: skip
def test_an_attribute_takes_the_place_of_the_one_of_its_name(
    tmp_path: Path, reply: str, profile: str, of_client: list[str], of_plan: list[str]
) -> None:
    """Plan over client over dialect; all else stays. ``+``: what the client is told, and."""
    keys = f'nas = "huawei"\nreply = {{ {reply} }}'
    nas = _nas(tmp_path, keys, f"{GOLD}reply = {{ {profile} }}\n")
    assert _said(nas) == of_client
    assert _said(nas, "gold") == (of_client + of_plan[1:] if of_plan[0] == "+" else of_plan)
    assert _said(nas, "Gold") == of_client


THEN = "conform-action transmit exceed-action drop"
INPUT = f"Cisco-AVPair=ip:interface-config=rate-limit input 4000000 750000 1500000 {THEN}"
OUTPUT = INPUT.replace("input 4000000 750000 1500000", "output 20000000 3750000 7500000")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ('["ip:addr-pool=itv"]', [INPUT, OUTPUT, "Cisco-AVPair=ip:addr-pool=itv"]),
        ('"ip:interface-config=ip vrf forwarding ITV"',
         [INPUT, OUTPUT, "Cisco-AVPair=ip:interface-config=ip vrf forwarding ITV"]),
        ('"ip:interface-config=rate-limit input 8000 1 1"',
         [OUTPUT, "Cisco-AVPair=ip:interface-config=rate-limit input 8000 1 1"]),
        ("[]", [""]),
    ],
)  # fmt: skip
def test_pairs_stand_beside_each_other(tmp_path: Path, reply: str, said: list[str]) -> None:
    """A pool is no reason to forget the rate; the same pair once more is."""
    assert _said(_nas(tmp_path, f'nas = "cisco"\nreply = {{ "Cisco-AVPair" = {reply} }}')) == said


def test_a_plans_pair_takes_the_place_of_the_clients(tmp_path: Path) -> None:
    """Of the same name."""
    reply = 'reply = { "Cisco-AVPair" = ["ip:addr-pool=itv", "ip:dns-servers=10.20.0.53"] }'
    nas = _nas(tmp_path, reply, GOLD + 'reply = { "cisco-avpair" = "ip:addr-pool=gold" }\n')
    assert _said(nas, "gold") == ["Cisco-AVPair=ip:dns-servers=10.20.0.53", "Cisco-AVPair=ip:addr-pool=gold"]


def test_a_plan_may_be_said_to_some_clients_only(tmp_path: Path) -> None:
    """One that names the client stands above one for all."""
    profiles = f'{GOLD}reply = {{ "Filter-Id" = "all" }}\n{GOLD}clients = ["b"]\nreply = {{ "Idle-Timeout" = 9 }}\n'
    one, other = load_text(tmp_path, CLIENT + OTHER + profiles).book.clients
    assert (_said(one, "gold"), _said(other, "gold")) == (["Filter-Id=all"], ["Idle-Timeout=9"])


@pytest.mark.parametrize(
    ("keys", "repeated"),
    [
        ('nas = "huawei"\nreply = { "Filter-Id" = "x" }', 4),
        ('nas = "huawei"\nreply = { "Filter-Id" = "{down_kbps}" }', 5),
        (f'nas = "huawei"\nreply = {{ "{PEAK}" = 1 }}', 4),
        ('nas = "huawei"\nreply = { "Filter-Id" = "{down_kbps}-{port}" }', 4),
        ('rates = { "Filter-Id" = "{plan}" }', 1),
    ],
)
def test_a_coa_repeats_what_depends_on_the_rate_or_stands_in_a_rates_place(
    tmp_path: Path, keys: str, repeated: int
) -> None:
    """RFC 5176 3.3: a NAS refuses a request for one attribute in it that it cannot change."""
    assert sum(row.in_coa for row in _nas(tmp_path, keys).rates) == repeated


LONG = "x" * 250


@pytest.mark.parametrize(("coa", "repeated"), [("true", ["Filter-Id"]), ("false", [])])
def test_a_plan_may_be_told_to_running_sessions(tmp_path: Path, coa: str, repeated: list[str]) -> None:
    """Where the NAS can change it; but for what only the box's own request can say."""
    profile = f'{GOLD}coa = {coa}\nreply = {{ "Filter-Id" = "{{plan}}", "Reply-Message" = "{{port}}" }}\n'
    assert [row.code.name for row in _nas(tmp_path, "", profile).told("gold") if row.in_coa] == repeated


WRONG = [
    ("an attribute of no such name", CLIENT + 'reply = { "Tunel-Type:1" = 1 } #!\n', "did you mean 'Tunnel-Type'?"),
    ("a name of no such value", CLIENT + 'reply = { "Tunnel-Type:1" = "VLA" } #!\n', "did you mean 'VLAN'?"),
    ("a value that is like none", CLIENT + 'reply = { "Ingress-Filters" = "x" } #!\n', "they are Enabled Disabled"),
    ("a tag too large", CLIENT + 'reply = { "Tunnel-Type:32" = 13 } #!\n', "a tag is a number from 0 to 31"),
    ("a tag that is none", CLIENT + 'reply = { "Tunnel-Type:x" = 13 } #!\n', "a tag is a number from 0 to 31"),
    ("a tag where none is", CLIENT + 'reply = { "Filter-Id:1" = "x" } #!\n', "Filter-Id has no tag"),
    ("text for a number", CLIENT + 'reply = { "Session-Timeout" = "long" } #!\n', "the attribute is a number"),
    ("a number too large", CLIENT + 'reply = { "Session-Timeout" = 4294967296 } #!\n', "outside 0 to 4294967295"),
    ("a tagged number of 25 bits", CLIENT + 'reply = { "Tunnel-Type" = 0x1000000 } #!\n', "outside 0 to 16777215"),
    ("a negative number", CLIENT + 'reply = { "Session-Timeout" = -1 } #!\n', "outside 0 to 4294967295"),
    ("half a number", CLIENT + 'reply = { "Session-Timeout" = 1.5 } #!\n', "a whole number, or a list"),
    ("true for a number", CLIENT + 'reply = { "Session-Timeout" = true } #!\n', "a whole number, or a list"),
    ("a list in a list", CLIENT + 'reply = { "Filter-Id" = [["x"]] } #!\n', "a whole number, or a list"),
    ("empty text", CLIENT + 'reply = { "Filter-Id" = "" } #!\n', "text is never empty"),
    ("text for an address", CLIENT + 'reply = { "Framed-IP-Address" = "x" } #!\n', "is of type ipaddr: not an IPv4"),
    ("a prefix with bits behind it",
     CLIENT + 'reply = { "Framed-IPv6-Prefix" = "2001:db8::1/32" } #!\n', "has host bits set"),
    ("octets of another number", CLIENT + 'reply = { "User-Priority-Table" = "0x00" } #!\n', "8 octets are wanted"),
    ("octets that are none", CLIENT + 'reply = { "Chargeable-User-Identity" = "0x0" } #!\n', "hexadecimal octets"),
    ("254 octets", CLIENT + f'reply = {{ "Filter-Id" = "{"x" * 254}" }} #!\n', "254 octets, 253 at most"),
    ("248 octets of a vendor",
     CLIENT + f'reply = {{ "Cisco-AVPair" = "{"x" * 248}" }} #!\n', "248 octets, 247 at most"),
    ("253 octets and a tag",
     CLIENT + f'reply = {{ "Tunnel-Assignment-Id:1" = "{"x" * 253}" }} #!\n', "254 octets, 253 at most"),
    ("more than a reply can hold",
     CLIENT + f'reply = {{ "Filter-Id" = {[LONG] * 13} }} #!\n', "come to 3276 octets, 3200"),
    ("a field of no such name", CLIENT + 'reply = { "Filter-Id" = "{down}" } #!\n', "fields are account mac up_bps"),
    ("what is inside a field", CLIENT + 'reply = { "Filter-Id" = "{account.upper}" } #!\n', "fields are account mac"),
    ("a brace too many", CLIENT + 'reply = { "Filter-Id" = "x}" } #!\n', "a brace that is meant is written twice"),
    ("a template of text for a number",
     CLIENT + 'reply = { "Session-Timeout" = "{account}" } #!\n', "'{account}' gives 'account'"),
    ("what is encrypted", CLIENT + 'reply = { "Tunnel-Password:1" = "x" } #!\n', "is encrypted: such are not sent"),
    *((f"{name} of one's own", CLIENT + f'reply = {{ "{name}" = "x" }} #!\n', f"{name} cannot be said: gatekeeper")
      for name in ("State", "Class", "Proxy-State", "EAP-Message", "Message-Authenticator")),
    ("a password", CLIENT + 'reply = { "CHAP-Password" = "x" } #!\n', "it stands in requests only"),
    ("Class among the rates", CLIENT + 'rates = { "Class" = "x" } #!\n', "gatekeeper writes it itself"),
    ("in a table of its own",
     CLIENT + '[radius.client.reply]\n"Filter-Id" = "x"\n"Tunel-Type" = 1 #!\n', "did you mean"),
    ("of a plan", CLIENT + GOLD + '[radius.profile.reply]\n"Filter-Id" = "x"\n"Tunel-Type" = 1 #!\n', "did you mean"),
    ("a plan twice", CLIENT + GOLD + "reply = {}\n" + GOLD.replace('"gold"', '"gold" #!') + "reply = {}\n",
     "'gold' is there already for the same client"),
    ("a plan twice for one client",
     CLIENT + OTHER + f'{GOLD}clients = ["a", "b"]\nreply = {{}}\n[[radius.profile]]\nplan = "gold" #!\n'
     'clients = ["b"]\nreply = {}\n', "'gold' is there already for the same client"),
    ("a plan for a client of no such name",
     CLIENT + GOLD + 'clients = ["c"] #!\nreply = {}\n', "no [[radius.client]] 'c': there are a"),
    ("a plan that says nothing", CLIENT + '[[radius.profile]] #!\nplan = "gold"\n', "is missing"),
    ("the unit of who has but one", CLIENT + 'nas = "huawei"\nrate_unit = "bit" #!\n', "huawei has one unit"),
    ("the unit beside rates",
     CLIENT + 'nas = "zte"\nrates = { "Filter-Id" = "{up_bps}" }\nrate_unit = "bit" #!\n', "rates says the unit"),
    ("a unit of no such name", CLIENT + 'nas = "zte"\nrate_unit = "kbps" #!\n', "none of kbit bit"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "expected"), WRONG, ids=[row[0] for row in WRONG])
def test_what_cannot_be_said_is_refused_with_its_line(tmp_path: Path, what: str, text: str, expected: str) -> None:
    """One problem, where it is."""
    ((line, told),) = problems(tmp_path, text)
    assert expected in told
    assert [line] == marked(text)


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        ('nas = "zte"', 'rate_unit = "kbit"  (20000 kbit/s are sent as 20000) and rate_unit = "bit"  (as 20000000)'),
        ('nas = "zte"\nrate_unit = "kbit"', ""),
        ('nas = "zte"\nrate_unit = "bit"', ""),
        ('nas = "zte"\nrates = { "ZTE-Rate-Ctrl-SCR-Down" = "{down_bps}" }', ""),
        ('nas = "huawei"', ""),
    ],
)
def test_a_unit_that_sources_disagree_on_is_asked_for(tmp_path: Path, keys: str, note: str) -> None:
    """ZTE: off by 1,000 a line has no limit, or no speed. Both lines stand there to be copied."""
    notes = load_text(tmp_path, CLIENT + keys + "\n").notes
    assert len(notes) == bool(note)
    assert all(note in told for told in notes)


def test_the_readmes_example_is_a_good_configuration(tmp_path: Path) -> None:
    """Also where FreeRADIUS is not installed."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    example = readme.partition("### What an Access-Accept says")[2].partition("```toml\n")[2].partition("```")[0]
    keys = 'name = "switch1"\nipaddr = "192.0.2.1"\nsecret = "a long random one"\n'
    example = example.replace("/usr/share/freeradius", str(tmp_path / "mine")).replace('name = "switch1"', keys)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "dictionary").touch()
    (nas,) = load_text(tmp_path, example).book.clients
    holder = Holder(plan="gold")
    assert _said(nas, "gold", holder) == [
        *("Tunnel-Type:1=VLAN", "Tunnel-Medium-Type:1=IEEE-802", "Tunnel-Private-Group-Id:1=180", "Idle-Timeout=600"),
        *("Cisco-AVPair=ip:addr-pool=gold", "Cisco-AVPair=sub-qos-policy-out=gold-20000", "Session-Timeout=3600"),
    ]
