"""What a client's reply and a plan's profile put into an Access-Accept, and what may have no room there."""

from pathlib import Path

import pytest

from gatekeeper.policy.explain import explain_radius
from gatekeeper.wire.radius import attribute, decode, vendor_table
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import BOX, BRAS, CONFIG, NOW, OTHER, THIRD, Bench, access_request
from tests.engine.test_radius_eap import Nas

VLAN = '"Tunnel-Type:1" = "VLAN", "Tunnel-Medium-Type:1" = "IEEE-802", "Tunnel-Private-Group-Id:1" = "180"'
IN_VLAN_180 = bytes.fromhex("40060100000d 410601000006 510601313830")
PROFILES = """
[[radius.profile]]
plan = "gold"
reply = { "Tunnel-Private-Group-Id:1" = "190", "Cisco-AVPair" = ["ip:addr-pool=gold", "box={mac}"] }

[[radius.profile]]
plan = "silver"
reply = { "Session-Timeout" = "{down_kbps}" }
"""


def _bench(folder: Path, keys: str, profiles: str = "") -> Bench:
    return Bench(folder, CONFIG.replace('nas = "huawei"', keys) + profiles)


def _answer(bench: Bench, mac: bytes = BOX, identifier: int = 1, extra: bytes = b"") -> bytes:
    request = access_request(mac.hex(), password=mac.hex(), identifier=identifier, extra=extra)
    outcome = bench.ask(request)
    assert outcome.reply == "Access-Accept", outcome.verdict
    return outcome.answer


def _all(answer: bytes, kind: int) -> list[bytes]:
    found, at = [], 20
    while at < len(answer):
        if answer[at] == kind:
            found.append(answer[at + 2 : at + answer[at + 1]])
        at += answer[at + 1]
    return found


def test_rfc3580_3_31_an_access_switch_is_told_the_vlan_beside_the_rate(tmp_path: Path) -> None:
    """Octet for octet: tag 1, three octets of number (RFC 2868 3.1), tag 1 in front of the text (3.6)."""
    bench = _bench(tmp_path, f'nas = "wispr"\nreply = {{ {VLAN} }}')
    bench.install(rate_down_kbps="20000")
    answer = _answer(bench)
    assert IN_VLAN_180 in answer
    assert vendor_table(decode(answer)) == {(14122, 8): [(20_000_000).to_bytes(4, "big")]}


def test_the_orders_plan_chooses_the_profile(tmp_path: Path) -> None:
    """By its exact text; each account its own, and an unknown plan is none."""
    bench = _bench(tmp_path, f"reply = {{ {VLAN} }}", PROFILES)
    for mac, account, plan in ((BOX, "A", "gold"), (OTHER, "B", "Gold"), (THIRD, "C", "silver")):
        bench.install(mac, account, plan=plan, rate_down_kbps="20000")
    gold, unknown, silver = (_answer(bench, mac, mac[5]) for mac in (BOX, OTHER, THIRD))
    assert [_all(answer, 81) for answer in (gold, unknown, silver)] == [[b"\x01190"], [b"\x01180"], [b"\x01180"]]
    assert vendor_table(decode(gold)) == {(9, 1): [b"ip:addr-pool=gold", b"box=" + BOX.hex(":").encode()]}
    assert [_all(answer, 27) for answer in (gold, unknown, silver)] == [[], [], [(20_000).to_bytes(4, "big")]]


def test_an_order_that_changes_the_plan_changes_the_next_answer(tmp_path: Path) -> None:
    """Nothing is remembered of the plan before; each box of an account is named by itself."""
    bench = _bench(tmp_path, f"reply = {{ {VLAN} }}", PROFILES)
    bench.install(plan="gold")
    bench.install(OTHER)
    told = [vendor_table(decode(_answer(bench, mac, mac[5])))[9, 1][1] for mac in (BOX, OTHER)]
    assert told == [f"box={mac.hex(':')}".encode() for mac in (BOX, OTHER)]
    bench.order("amend", plan="silver", rate_down_kbps="100")
    assert _all(_answer(bench, BOX, 3), 27) == [(100).to_bytes(4, "big")]


def test_explain_says_what_the_plan_gives(tmp_path: Path) -> None:
    """As it is sent."""
    bench = _bench(tmp_path, f'nas = "wispr"\nreply = {{ {VLAN} }}', PROFILES)
    bench.install(plan="gold", rate_down_kbps="20000")
    bench.world.take_facts(bench.store.facts([BOX]))
    nas = bench.book.nas_of(BRAS)
    assert nas
    gives = explain_radius(bench.book, bench.world, BOX, None, nas, NOW).gives
    assert gives.endswith(
        "as WISPr-Bandwidth-Max-Down=20000000, Tunnel-Type:1=VLAN, Tunnel-Medium-Type:1=IEEE-802, "
        "Tunnel-Private-Group-Id:1=190, Cisco-AVPair=ip:addr-pool=gold, Cisco-AVPair=box=d4:c1:c8:ee:9b:1f"
    )


@pytest.mark.parametrize(
    ("keys", "address", "kinds"),
    [
        ('session_timeout_s = 60\nreply = { "Session-Timeout" = 70 }', "", {27: [b"\0\0\0\x46"]}),
        ('acct_interim_interval_s = 60\nreply = { "Acct-Interim-Interval" = 70 }', "", {85: [b"\0\0\0\x46"]}),
        ('framed_pool = "a"\nreply = { "Framed-Pool" = "b" }', "", {88: [b"b"]}),
        ('framed_pool = "a"\nreply = { "Framed-Pool" = "b" }', "10.20.1.2", {8: [b"\x0a\x14\x01\x02"]}),
        ('reply = { "Framed-IP-Address" = "255.255.255.254" }', "", {8: [b"\xff\xff\xff\xfe"]}),
        ('framed_pool = "a"\nreply = { "Framed-IP-Address" = "255.255.255.254" }', "", {8: [b"\xff\xff\xff\xfe"]}),
        ('reply = { "Framed-IP-Address" = "255.255.255.254" }', "10.20.1.2", {8: [b"\x0a\x14\x01\x02"]}),
    ],
)
def test_one_attribute_is_said_once(tmp_path: Path, keys: str, address: str, kinds: dict[int, list[bytes]]) -> None:
    """RFC 2865 5.44: 0-1 of each. reply stands above the client's other keys, and an ordered address above reply."""
    bench = _bench(tmp_path, keys)
    bench.install(address=address)
    answer = _answer(bench)
    assert {kind: _all(answer, kind) for kind in (8, 27, 85, 88) if _all(answer, kind)} == kinds


def test_rfc2865_5_8_a_netmask_of_ones_own_stands_beside_the_ordered_address(tmp_path: Path) -> None:
    """In place of the subnet's."""
    bench = _bench(tmp_path, 'reply = { "Framed-IP-Netmask" = "255.255.255.255" }')
    bench.install(address="10.20.1.2")
    answer = _answer(bench)
    assert (_all(answer, 8), _all(answer, 9)) == ([parse_ip("10.20.1.2").to_bytes(4, "big")], [b"\xff" * 4])


def test_rfc3579_2_6_5_no_reply_message_beside_eap(tmp_path: Path) -> None:
    """It is told where the box came without, before and after."""
    bench = _bench(tmp_path, 'reply = { "Reply-Message" = "welcome", "Filter-Id" = "x" }')
    bench.install()
    for identifier in (101, 102):
        assert _all(_answer(bench, identifier=identifier), 18) == [b"welcome"]
        nas = Nas(bench)
        answer = nas.finish(nas.begin(), BOX.hex().encode()).outcome.answer
        assert (answer[0], _all(answer, 18), _all(answer, 11)) == (2, [], [b"x"])


def test_what_has_no_room_is_left_out_and_counted(tmp_path: Path) -> None:
    """A name of 253 octets has room, one more octet has not; a cut name would be another's."""
    bench = _bench(tmp_path, 'reply = { "Filter-Id" = "x{account}", "Idle-Timeout" = 9 }')
    bench.install(BOX, "a" * 252)
    bench.install(OTHER, "b" * 253)
    assert _all(_answer(bench, BOX, 1), 11) == [b"x" + b"a" * 252]
    answer = _answer(bench, OTHER, 2)
    assert (_all(answer, 11), _all(answer, 28)) == ([], [b"\0\0\0\x09"])
    assert bench.radius.drain_counts() == {("radius", "attribute-left-out", "bras1", "Filter-Id"): 1}
    nas = bench.book.nas_of(BRAS)
    assert nas
    gives = explain_radius(bench.book, bench.world, OTHER, None, nas, NOW).gives
    assert "(left out: gives 254 octets, 253 at most), Idle-Timeout=9" in gives


def test_rfc2865_3_an_answer_is_never_over_4096_octets(tmp_path: Path) -> None:
    """Thirteen attributes of 250 octets and more; Proxy-State goes back whole all the same (RFC 2865 5.33)."""
    names = ", ".join(['"{account}"'] * 18)
    bench = _bench(tmp_path, f'reply = {{ "Idle-Timeout" = 9, "Filter-Id" = [{names}] }}')
    bench.install(BOX, "a" * 250)
    proxied = b"".join(attribute(33, bytes((at,)) * 100) for at in range(5))
    answer = _answer(bench, extra=proxied)
    assert len(answer) <= 4096
    assert proxied in answer
    assert 10 <= len(_all(answer, 11)) < 18
    left_out = 18 - len(_all(answer, 11))
    assert bench.radius.drain_counts() == {("radius", "attribute-left-out", "bras1", "Filter-Id"): left_out}
