"""[limits] at both doors: who is refused, when, and what it costs."""

from pathlib import Path

import pytest

from gatekeeper.model import Action, Datagram, Outcome, Reason, Verdict, Via
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    BRAS,
    CONFIG,
    DIRECT,
    GIADDR,
    H3C,
    NOW,
    OTHER,
    RELAYED,
    SERVER,
    Bench,
    access_request,
    circuit,
    discover,
    renewing,
    told,
)

HOME, AWAY = circuit("ge 1/0/7"), circuit("ge 1/0/8")
LIMITED, OFFER = ("silent", "RATE_LIMITED"), ("DHCPOFFER", "")
LEASED = parse_ip("10.20.1.0")


def _bench(folder: Path, **limits: int) -> Bench:
    bench = Bench(folder, CONFIG + "\n[limits]\n" + "".join(f"{key} = {value}\n" for key, value in limits.items()))
    bench.install()
    bench.install(OTHER, "B")
    return bench


def _mac(number: int) -> bytes:
    return (0x020000000000 + number).to_bytes(6, "big")


def _request(number: int, mac: bytes = BOX, port: str | None = None) -> bytes:
    """An Access-Request like no other."""
    name = mac.hex()
    seed = number.to_bytes(16, "big")
    return access_request(name, password=name, port=port, identifier=number % 256, authenticator=seed)


def _flood(bench: Bench, count: int, agent: bytes = HOME) -> list[Outcome]:
    """DISCOVERs of boxes that nobody knows."""
    return [bench.hear(discover(_mac(number), agent=agent)) for number in range(count)]


def _reasons(outcomes: list[Outcome]) -> dict[str, int]:
    seen = [str(outcome.verdict.reason) for outcome in outcomes]
    return {reason: seen.count(reason) for reason in dict.fromkeys(seen)}


def test_without_the_section_nothing_is_limited(bench: Bench) -> None:
    """Contract 2: in force where it stands in the file."""
    bench.install()
    assert {told(bench.hear(discover())) for _ in range(500)} == {OFFER}
    assert bench.book.limits is None


def test_a_box_that_asks_too_often_hears_nothing_until_it_has_waited(tmp_path: Path) -> None:
    """Its burst is two seconds' worth, and its other packets count as well."""
    bench = _bench(tmp_path)
    assert [told(bench.hear(discover(agent=HOME))) for _ in range(12)] == [OFFER] * 10 + [LIMITED] * 2
    assert told(bench.hear(discover(agent=HOME), now=NOW + 1)) == OFFER
    assert bench.bind(OTHER)


def test_a_refusal_says_which_limit_and_where(tmp_path: Path) -> None:
    """For log, show refused and counters."""
    bench = _bench(tmp_path, per_mac_per_s=5, per_port_per_s=5)
    limited = [bench.hear(discover(agent=HOME)) for _ in range(11)][-1]
    where = "10.20.0.1|ge 1/0/7"
    assert limited.verdict == Verdict(Action.SILENT, Reason.RATE_LIMITED, "per_mac_per_s=5", where)
    assert (limited.mac, limited.message, limited.where, limited.port and limited.port.text) == (
        BOX,
        "DHCPDISCOVER",
        "10.20.0.1",
        where,
    )
    assert bench.hear(discover(OTHER, agent=HOME)).verdict.bound == "per_port_per_s=5"


def test_a_flood_behind_one_port_does_not_touch_another(tmp_path: Path) -> None:
    """Though it is far more than the relay may send."""
    bench = _bench(tmp_path, per_port_per_s=50, per_nas_per_s=150, total_per_s=150)
    assert _reasons(_flood(bench, 5000)) == {"UNKNOWN_MAC": 100, "RATE_LIMITED": 4900}
    assert [told(bench.hear(discover(agent=AWAY))) for _ in range(10)] == [OFFER] * 10
    assert told(bench.hear(discover(OTHER, agent=HOME))) == LIMITED


def test_a_flood_is_refused_before_the_store_is_asked(tmp_path: Path) -> None:
    """Read is all that such a packet costs."""
    bench = _bench(tmp_path)
    _flood(bench, 100)
    asked = bench.dhcp.read(Datagram(discover(_mac(9999), agent=HOME), GIADDR, 67, RELAYED), NOW)
    assert isinstance(asked, Outcome)
    assert asked.verdict.reason is Reason.RATE_LIMITED


def test_a_box_in_anothers_name_silences_itself_only(tmp_path: Path) -> None:
    """The MAC is counted on the line that it is seen on."""
    bench = _bench(tmp_path)
    assert told([bench.hear(discover(agent=AWAY)) for _ in range(100)][-1]) == LIMITED
    assert told(bench.hear(discover(agent=HOME))) == OFFER


def test_a_box_that_writes_a_giaddr_spends_no_token_of_the_relay(tmp_path: Path) -> None:
    """A relay is counted by the address that it sends from."""
    bench = _bench(tmp_path, per_nas_per_s=50)
    forger = parse_ip("198.51.100.77")
    last = [bench.hear(discover(_mac(number)), source=forger) for number in range(200)][-1]
    assert (last.verdict.bound, last.where) == ("per_nas_per_s=50", "10.20.0.1")
    assert told(bench.hear(discover(), source=GIADDR)) == OFFER


def test_unicast_renewals_are_counted_by_the_address_they_come_from(tmp_path: Path) -> None:
    """They name no port (RFC 3046 2.1), and one noisy box must not cost the others their leases."""
    bench = _bench(tmp_path, per_mac_per_s=5, per_port_per_s=50, per_nas_per_s=150)
    assert bench.bind() == LEASED
    noise = [bench.hear(renewing(_mac(number), LEASED + 1), source=LEASED + 1) for number in range(1000)]
    assert noise[-1].verdict.bound == "per_port_per_s=50"
    assert bench.hear(renewing(BOX, LEASED), source=LEASED).reply == "DHCPACK"


def test_boxes_heard_directly_are_counted_by_interface(tmp_path: Path) -> None:
    """Another interface goes on."""
    bench = _bench(tmp_path, per_nas_per_s=20)

    def hear(mac: bytes, via: Via = DIRECT) -> Outcome:
        return bench.hear(discover(mac, giaddr=0), via=via, source_mac=mac)

    assert [hear(_mac(number)) for number in range(100)][-1].verdict.bound == "per_nas_per_s=20"
    assert told(hear(BOX)) == LIMITED
    assert told(hear(BOX, Via("eth1", SERVER, raw=True))) == OFFER


def test_radius_over_the_limit_is_silence_and_no_reject(tmp_path: Path) -> None:
    """A Reject would take the box out of service; a NAS asks again."""
    bench = _bench(tmp_path)
    outcomes = [bench.ask(_request(number)) for number in range(12)]
    assert [told(outcome) for outcome in outcomes] == [("Access-Accept", "")] * 10 + [LIMITED] * 2
    assert (outcomes[-1].mac, outcomes[-1].answer, outcomes[-1].verdict.bound) == (BOX, b"", "per_mac_per_s=5")
    assert told(bench.ask(_request(99, OTHER))) == ("Access-Accept", "")


def test_a_request_that_was_refused_is_new_when_it_comes_again(tmp_path: Path) -> None:
    """It is not taken for one that is being answered."""
    bench = _bench(tmp_path)
    for number in range(11):
        bench.ask(_request(number))
    assert told(bench.ask(_request(10), now=NOW + 1)) == ("Access-Accept", "")


def test_a_duplicate_gets_its_answer_again_and_costs_a_token(tmp_path: Path) -> None:
    """RFC 5080 2.2.2, within the limit."""
    bench = _bench(tmp_path)
    outcomes = [bench.ask(_request(1)) for _ in range(12)]
    expected = [("Access-Accept", ""), *[("Access-Accept", "DUPLICATE")] * 9, LIMITED, LIMITED]
    assert [told(outcome) for outcome in outcomes] == expected


def test_what_is_not_believed_costs_the_nas_no_token(tmp_path: Path) -> None:
    """Else a forger of its address would silence it."""
    bench = _bench(tmp_path, per_nas_per_s=5)
    forged = _request(1)[:-1] + b"\xff"
    assert {told(bench.ask(forged)) for _ in range(100)} == {("silent", "BAD_AUTHENTICATOR")}
    assert told(bench.ask(_request(2))) == ("Access-Accept", "")


def test_each_nas_and_each_of_its_ports_has_its_own(tmp_path: Path) -> None:
    """per_nas_per_s and per_port_per_s."""
    bench = _bench(tmp_path, per_port_per_s=10, per_nas_per_s=20)
    bounds = [bench.ask(_request(number, _mac(number), "ge 1/0/7")).verdict.bound for number in range(25)]
    assert bounds.count("per_port_per_s=10") == 5
    bounds = [bench.ask(_request(number, _mac(number), f"ge 1/1/{number}")).verdict.bound for number in range(100, 125)]
    assert bounds.count("per_nas_per_s=20") == 5
    assert told(bench.ask(_request(200), H3C)) == ("Access-Accept", "")


def test_a_flood_of_dhcp_costs_radius_nothing(tmp_path: Path) -> None:
    """Each protocol has its own buckets."""
    bench = _bench(tmp_path, per_nas_per_s=5, total_per_s=5)
    assert told(_flood(bench, 100)[-1]) == LIMITED
    assert told(bench.ask(_request(1))) == ("Access-Accept", "")


@pytest.mark.parametrize("source", [BRAS, H3C])
def test_a_request_without_identity_is_rejected_as_ever(tmp_path: Path, source: int) -> None:
    """Nobody's MAC is no MAC to be counted."""
    bench = _bench(tmp_path)
    data = [access_request(None, authenticator=number.to_bytes(16, "big")) for number in range(30)]
    assert {told(bench.ask(one, source)) for one in data} == {("Access-Reject", "NO_IDENTITY")}
