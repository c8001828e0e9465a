"""What an Access-Accept tells beside the rate: Class, address or pool, times, Option 43 for a BRAS that serves DHCP."""

from pathlib import Path

import pytest

from gatekeeper.policy.explain import explain_dhcp, explain_radius
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.radius import decode, vendor_table
from gatekeeper.wire.session_class import Decision, read_class
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    CONFIG,
    NOW,
    OTHER,
    Bench,
    access_request,
    circuit,
    discover,
    selecting,
    told,
)

URL = "http://itms.example.net:7547/acs"
TLVS = b"\x01\x20" + URL.encode() + b"\x02\x0aSC.IPTV.01"


def _bench(folder: Path, keys: str, config: str = CONFIG) -> Bench:
    return Bench(folder, config.replace('nas = "huawei"', keys))


def _accepted(bench: Bench, identifier: int = 1, mac: bytes = BOX) -> dict[int, bytes]:
    outcome = bench.ask(access_request(mac.hex(), password=mac.hex(), identifier=identifier))
    assert outcome.reply == "Access-Accept", outcome.verdict
    return decode(outcome.answer).attributes


def test_rfc2865_5_25_class_ties_the_session_to_box_and_order(bench: Bench) -> None:
    """The order in force, also after the rate changed."""
    bench.install(order="2026112200017")
    assert read_class(_accepted(bench)[25]) == Decision(BOX, "2026112200017")
    bench.order("rate", rate_down_kbps="100000", order="2026112200018")
    assert read_class(_accepted(bench, 2)[25]) == Decision(BOX, "2026112200018")


def test_nothing_else_is_told_unless_it_is_configured(bench: Bench) -> None:
    """Message-Authenticator, the rates, Class."""
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
    assert set(_accepted(bench)) == {80, 26, 25}


@pytest.mark.parametrize(
    ("keys", "address", "expected"),
    [
        ("", "10.20.1.2", {8: parse_ip("10.20.1.2"), 9: parse_ip("255.255.0.0")}),
        ("", "198.51.100.7", {8: parse_ip("198.51.100.7"), 9: 0xFFFFFFFF}),
        ("", "", {}),
        ("framed_address = false", "10.20.1.2", {}),
        ('framed_pool = "itv"', "10.20.1.2", {8: parse_ip("10.20.1.2"), 9: parse_ip("255.255.0.0")}),
        ('framed_pool = "itv"', "", {88: b"itv"}),
        ('framed_pool = "itv"\nframed_address = false', "10.20.1.2", {88: b"itv"}),
        ("session_timeout_s = 86400\nacct_interim_interval_s = 600", "", {27: 86400, 85: 600}),
    ],
)
def test_address_pool_and_times(tmp_path: Path, keys: str, address: str, expected: dict[int, int | bytes]) -> None:
    """RFC 2865 5.8, 5.9, 5.27; RFC 2869 5.16, 5.18. Never an address and a pool: 7750 SR refuses both."""
    bench = _bench(tmp_path, keys)
    bench.install(address=address)
    octets = {kind: value if isinstance(value, bytes) else value.to_bytes(4, "big") for kind, value in expected.items()}
    found = _accepted(bench)
    assert {kind: value for kind, value in found.items() if kind in (8, 9, 27, 85, 88)} == octets


def test_an_address_that_another_box_of_the_account_holds_is_not_told(bench: Bench) -> None:
    """As DHCP would not give it: one address, one box."""
    bench.install(address="10.20.1.2")
    bench.install(OTHER, rate_down_kbps="20000")
    assert bench.bind(BOX) == parse_ip("10.20.1.2")
    assert 8 not in _accepted(bench, 1, OTHER)
    assert 8 in _accepted(bench, 2, BOX)


OPTION_43 = [
    ("huawei", "1a32 000007db 9c2c", TLVS),
    ("juniper", "1a34 0000130a 372e 2b2c", TLVS),
    ("accel-ppp", "1a35 00000036 002b 2f", TLVS),
    ("generic", "1a35 00000036 002b 2f", TLVS),
]


@pytest.mark.parametrize(("nas", "head", "value"), OPTION_43)
def test_option_43_through_radius(tmp_path: Path, nas: str, head: str, value: bytes) -> None:
    """NetEngine 26-156, Junos 26-55 (DHCP options as they stand), accel-ppp and FreeRADIUS vendor 54 (format=2,1)."""
    bench = _bench(tmp_path, f'nas = "{nas}"\noption_43 = true')
    bench.install()
    head_octets = bytearray(bytes.fromhex(head))
    answer = bench.ask(access_request()).answer
    expected = _sized(head_octets, value)
    assert expected in answer, answer.hex()
    packet = decode(answer)
    assert (expected[2:] in packet.vendor) and 25 in packet.attributes


def _sized(head: bytearray, value: bytes) -> bytes:
    """The lengths in head, computed anew for this value."""
    head[1] = len(head) + len(value)
    if head[5] == 0x36:
        head[8] = len(value) + 3
    else:
        head[7] = len(head) - 6 + len(value)
    if head[6:7] == b"\x37":
        head[9] = len(value)
    return bytes(head) + value


@pytest.mark.parametrize("nas", ["huawei", "juniper", "generic"])
def test_an_orders_own_acs_stands_above_the_configured_one(tmp_path: Path, nas: str) -> None:
    """Each account its own compiled octets."""
    bench = _bench(tmp_path, f'nas = "{nas}"\noption_43 = true')
    bench.install(acs_url="http://other.example/")
    bench.install(OTHER, "B")
    own, others = (bench.ask(access_request(mac.hex(), password=mac.hex(), identifier=mac[5])) for mac in (BOX, OTHER))
    assert b"http://other.example/" in own.answer and URL.encode() not in own.answer
    assert URL.encode() in others.answer


@pytest.mark.parametrize("nas", ["huawei", "juniper", "generic"])
def test_an_orders_url_that_fits_only_alone_goes_alone(tmp_path: Path, nas: str) -> None:
    """Without the provisioning code, which would make it too long for one attribute."""
    url = "http://" + "a" * 235
    bench = _bench(tmp_path, f'nas = "{nas}"\noption_43 = true')
    bench.install(acs_url=url)
    packet = decode(bench.ask(access_request()).answer)
    whole = b"".join(value[6:] for value in packet.vendor if value[:4] != b"\0\0\7\xdb" or value[4] == 156)
    assert b"\x01\xf2" + url.encode() in whole
    assert b"SC.IPTV.01" not in whole or nas == "juniper"


@pytest.mark.parametrize("nas", ["huawei", "juniper", "generic"])
def test_the_longest_url_of_an_order_never_spoils_the_answer(tmp_path: Path, nas: str) -> None:
    """It is split where the format allows it (Juniper), else left out: the box is let in all the same."""
    url = "http://" + "a" * 239
    bench = _bench(tmp_path, f'nas = "{nas}"\noption_43 = true')
    bench.install(acs_url=url)
    packet = decode(bench.ask(access_request()).answer)
    table = vendor_table(packet)
    options = b"".join(table.get((4874, 55), []))
    assert (url.encode() in options) is (nas == "juniper")
    assert packet.code == 2


def test_rates_of_ones_own_replace_the_dialects_row(tmp_path: Path) -> None:
    """Numbers and text, directions without a limit left out, account and MAC of the box that asks."""
    keys = """nas = "huawei"
filter_id = "{down_kbps}-{up_kbps}"
rates = { "WISPr-Bandwidth-Max-Down" = "{down_bps}", "Cisco-AVPair" = "box={mac} account={account}" }"""
    bench = _bench(tmp_path, keys)
    bench.install(rate_down_kbps="20000")
    bench.install(OTHER, "B", rate_down_kbps="20000")
    for identifier, (mac, account) in enumerate([(BOX, "A"), (OTHER, "B"), (BOX, "A")]):
        packet = decode(bench.ask(access_request(mac.hex(), password=mac.hex(), identifier=identifier)).answer)
        table = vendor_table(packet)
        assert table == {
            (14122, 8): [(20_000_000).to_bytes(4, "big")],
            (9, 1): [f"box={mac.hex(':')} account={account}".encode()],
        }
        assert packet.attributes[11] == b"20000-0"


def test_a_rate_that_32_bits_are_too_few_for_is_clamped_and_counted(bench: Bench) -> None:
    """And explain says from what."""
    bench.install(rate_down_kbps="10000000", rate_up_kbps="4000")
    packet = decode(bench.ask(access_request()).answer)
    assert vendor_table(packet)[2011, 5] == [b"\xff\xff\xff\xff"]
    counts = bench.radius.drain_counts()
    assert counts == {
        ("radius", "rate-clamped", "bras1", f"Huawei-Output-{kind}-Rate"): 1 for kind in ("Average", "Peak")
    }
    assert bench.radius.drain_counts() == {}
    nas = next(nas for nas in bench.book.clients if nas.name == "bras1")
    gives = explain_radius(bench.book, bench.world, BOX, None, nas, NOW).gives
    assert "Huawei-Input-Average-Rate=4000000" in gives
    assert "Huawei-Output-Average-Rate=4294967295 (clamped from 10000000000)" in gives


def test_a_name_that_does_not_fit_the_template_is_no_identity(tmp_path: Path) -> None:
    """Although Calling-Station-Id names the box: fail closed, and say what was wanted and what came."""
    bench = _bench(tmp_path, 'user_name = "{sysname}-{mac}@{domain}"')
    bench.install()
    name = f"bras1-{BOX.hex()}@itv"
    assert told(bench.ask(access_request(name, BOX.hex("-"), identifier=1))) == ("Access-Accept", "")
    outcome = bench.ask(access_request(BOX.hex(), BOX.hex("-"), identifier=2))
    assert told(outcome) == ("Access-Reject", "NO_IDENTITY")
    assert (outcome.verdict.bound, outcome.verdict.seen) == ("{sysname}-{mac}@{domain}", BOX.hex())
    other = bench.ask(access_request(name, OTHER.hex("-"), identifier=3))
    assert (told(other), other.verdict.seen) == (("Access-Reject", "NO_IDENTITY"), "")


def test_a_template_may_name_no_box(tmp_path: Path) -> None:
    """Then the other attributes do."""
    bench = _bench(tmp_path, 'user_name = "{circuit_id}@{domain}"\nnas = "huawei"')
    bench.install()
    outcome = bench.ask(access_request("dslam7 eth 1/2@itv", BOX.hex("-"), port="ge-1/0/0"))
    assert told(outcome) == ("Access-Accept", "")
    assert outcome.port and outcome.port.text == "dslam7 eth 1/2"
    assert told(bench.ask(access_request("dslam7 eth 1/2@itv", identifier=2))) == ("Access-Reject", "NO_IDENTITY")


NAMES = '[binding]\nport_names = { "bras1" = "10.20.0.1" }\n'
LONG = "x" * 128 + "tail"


def _by_dhcp(bench: Bench, line: str) -> tuple[str, str]:
    return told(bench.hear(discover(agent=circuit(line))))


def _by_radius(bench: Bench, line: str, identifier: int) -> tuple[str, str]:
    return told(bench.ask(access_request(port=line, identifier=identifier)))


def test_a_line_learned_cut_from_a_huawei_is_the_one_that_dhcp_sees_whole(tmp_path: Path) -> None:
    """NetEngine nas-port-id-format: 128 octets of a copied Option 82."""
    bench = Bench(tmp_path, NAMES + CONFIG)
    bench.install()
    assert _by_radius(bench, LONG[:128], 1) == ("Access-Accept", "")
    assert _by_dhcp(bench, LONG) == ("DHCPOFFER", "")
    assert _by_dhcp(bench, "y" * 132) == ("silent", "PORT_MISMATCH")


def test_a_line_learned_whole_from_dhcp_is_the_one_that_a_huawei_tells_cut(tmp_path: Path) -> None:
    """And no other whole line is."""
    bench = Bench(tmp_path, NAMES + CONFIG)
    bench.install()
    agent = circuit(LONG)
    offer = bench.hear(discover(agent=agent))
    assert bench.hear(selecting(BOX, offer.verdict.address, agent=agent)).reply == "DHCPACK"
    assert _by_radius(bench, LONG[:128], 1) == ("Access-Accept", "")
    assert _by_radius(bench, LONG[:127], 2) == ("Access-Reject", "PORT_MISMATCH")
    assert _by_dhcp(bench, LONG) == ("DHCPOFFER", "")
    assert _by_dhcp(bench, "x" * 128 + "other") == ("silent", "PORT_MISMATCH")
    assert _by_dhcp(bench, LONG[:128]) == ("silent", "PORT_MISMATCH")


def test_explain_judges_a_cut_line_as_the_engines_do(tmp_path: Path) -> None:
    """As the NAS tells it, and as DHCP sees it."""
    bench = Bench(tmp_path, NAMES + CONFIG)
    bench.install(port=f"10.20.0.1|{LONG}")
    bench.world.take_facts(bench.store.facts([BOX]))
    nas = {nas.name: nas for nas in bench.book.clients}
    cut = port_from_text(f"10.20.0.1|{LONG[:128]}")
    assert explain_radius(bench.book, bench.world, BOX, cut, nas["bras1"], NOW).verdict.reason is None
    assert str(explain_radius(bench.book, bench.world, BOX, cut, nas["h3c1"], NOW).verdict.reason) == "PORT_MISMATCH"
    assert str(explain_dhcp(bench.book, bench.world, BOX, cut, NOW).verdict.reason) == "PORT_MISMATCH"
