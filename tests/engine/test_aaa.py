"""DHCP where the operator's AAA decides: what it is asked, and what its answers make of a box."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.model import Outcome, Reason
from gatekeeper.wire.aaa import UNREACHABLE, AaaQuestion, Grant
from gatekeeper.wire.dhcp import decode
from gatekeeper.wire.text import parse_ip
from tests.engine.bench import (
    BOX,
    CONFIG,
    DIRECT,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    SERVER,
    Bench,
    circuit,
    decline,
    discover,
    inform,
    init_reboot,
    release,
    renewing,
    selecting,
    told,
)

AAA = """
[dhcp.radius]
{keys}
[[dhcp.radius.server]]
address = "192.0.2.9:1812"
secret = "a long upstream secret"
"""
HOME, AWAY = circuit("ge 1/0/7"), circuit("ge 1/0/8")
PROMISED = parse_ip("10.20.7.7")
ACCEPTED, REJECTED = Grant(None), Grant(Reason.AAA_REJECTED, said="not paid")

QUESTIONS: dict[str, Callable[[], bytes]] = {
    "discover": discover,
    "selecting": lambda: selecting(BOX, FIRST),
    "init-reboot": lambda: init_reboot(BOX, FIRST),
    "renewing": lambda: renewing(BOX, FIRST),
    "rebinding": lambda: renewing(BOX, FIRST, giaddr=GIADDR),
    "inform": lambda: inform(BOX, FIRST),
}


class Aaa:
    """An upstream that says what it is told to, and keeps what it was asked."""

    def __init__(self, grant: Grant = ACCEPTED) -> None:
        self.grant = grant
        self.asked: list[AaaQuestion] = []

    def __call__(self, asked: AaaQuestion) -> Grant:
        self.asked.append(asked)
        return self.grant


def asking(folder: Path, grant: Grant = ACCEPTED, keys: str = "cache_s = 30", dhcp: str = "") -> tuple[Bench, Aaa]:
    """A gate without any order, and its upstream."""
    text = CONFIG.replace("[dhcp]\n", f'[dhcp]\nauthorize = "radius"\n{dhcp}') + AAA.format(keys=keys)
    bench, aaa = Bench(folder, text), Aaa(grant)
    bench.aaa = aaa
    return bench, aaa


def lease_time(outcome: Outcome) -> int:
    return int.from_bytes(decode(outcome.answer).options[51], "big")


def test_a_box_that_no_order_knows_gets_its_lease_from_a_grant(tmp_path: Path) -> None:
    """The account is the User-Name that was asked about."""
    bench, aaa = asking(tmp_path)
    assert bench.bind() == FIRST
    assert aaa.asked == [AaaQuestion(BOX, "d4c1c8ee9b1f", b"", b"")]
    lease = next(iter(bench.store.all_leases()))
    assert (lease.address, lease.account, lease.expires_at) == (FIRST, "d4c1c8ee9b1f", NOW + 3600)


def test_rfc2865_5_1_the_account_is_the_user_name_of_the_reply(tmp_path: Path) -> None:
    """A client SHOULD go on with the name that the Access-Accept has."""
    bench, _ = asking(tmp_path, Grant(None, account="028123456@itv"))
    bench.bind()
    assert [lease.account for lease in bench.store.all_leases()] == ["028123456@itv"]


def test_orders_do_not_count_where_aaa_decides(tmp_path: Path) -> None:
    """Neither for the box, nor against it."""
    bench, aaa = asking(tmp_path, REJECTED)
    bench.install()
    assert told(bench.hear(discover())) == ("silent", "AAA_REJECTED")
    bench.order("suspend")
    aaa.grant = ACCEPTED
    assert bench.bind() == FIRST


def test_aaa_decides_about_ports(tmp_path: Path) -> None:
    """It is told the line, and nothing is learned or compared here."""
    bench, aaa = asking(tmp_path)
    for line in (HOME, AWAY):
        assert bench.hear(discover(agent=line)).reply == "DHCPOFFER"
        assert bench.hear(selecting(BOX, FIRST, agent=line)).reply == "DHCPACK"
    assert [asked.circuit_id for asked in aaa.asked] == [b"ge 1/0/7", b"ge 1/0/8"]


@pytest.mark.parametrize("state", QUESTIONS)
def test_without_an_answer_there_is_silence_in_every_state(tmp_path: Path, state: str) -> None:
    """Trouble means silence, never a NAK, also for a box that has a lease (design 8.2)."""
    bench, aaa = asking(tmp_path, keys="cache_s = 0")
    assert bench.bind() == FIRST
    aaa.grant = UNREACHABLE
    assert told(bench.hear(QUESTIONS[state](), now=NOW + 60)) == ("silent", "AAA_UNREACHABLE")


@pytest.mark.parametrize("state", QUESTIONS)
def test_a_rejected_box_with_a_lease_is_told_but_never_offered(tmp_path: Path, state: str) -> None:
    """As one whose account was cancelled: its renewal gets a NAK, its DISCOVER silence."""
    bench, aaa = asking(tmp_path, keys="cache_s = 0")
    assert bench.bind() == FIRST
    aaa.grant = REJECTED
    outcome = bench.hear(QUESTIONS[state](), now=NOW + 60)
    assert told(outcome) == ("silent" if state in ("discover", "inform") else "DHCPNAK", "AAA_REJECTED")
    assert outcome.verdict.seen == "not paid"


@pytest.mark.parametrize("state", QUESTIONS)
def test_a_rejected_box_without_a_lease_hears_nothing(tmp_path: Path, state: str) -> None:
    """Nothing is to be taken from it, and nothing is written."""
    bench, _ = asking(tmp_path, REJECTED)
    assert told(bench.hear(QUESTIONS[state]())) == ("silent", "AAA_REJECTED")
    assert not list(bench.store.all_leases())


def test_rfc2563_trouble_of_ours_forbids_no_box_to_make_up_an_address(tmp_path: Path) -> None:
    """Option 116 is answered for a box that is refused, not for one that could not be decided about."""
    bench, aaa = asking(tmp_path, REJECTED, keys="cache_s = 0", dhcp="deny_auto_configure = true\n")
    question = discover(options={116: b"\1"})
    assert bench.hear(question).reply == "DHCPOFFER"
    aaa.grant = UNREACHABLE
    assert told(bench.hear(question, now=NOW + 10)) == ("silent", "AAA_UNREACHABLE")


def test_rfc2865_5_8_framed_ip_address_is_the_boxes_address(tmp_path: Path) -> None:
    """Also where it is in no pool."""
    bench, _ = asking(tmp_path, Grant(None, address=PROMISED))
    assert bench.bind() == PROMISED


@pytest.mark.parametrize(
    "address", ["10.99.0.1", "10.30.0.15", "10.20.0.0", "10.20.255.255", "10.20.0.1", "10.20.0.2"],
    ids=["no subnet's", "another subnet's", "the network's", "broadcast", "the router's", "ours"],
)  # fmt: skip
def test_an_address_that_cannot_be_the_boxes_is_none(tmp_path: Path, address: str) -> None:
    """It gets one of the pool."""
    bench, _ = asking(tmp_path, Grant(None, address=parse_ip(address)))
    assert bench.bind() == FIRST


def test_a_promised_address_that_another_box_holds_stays_that_boxs(tmp_path: Path) -> None:
    """The second one gets another; where there is none, the reason says which address it is about."""
    bench, aaa = asking(tmp_path, Grant(None, address=PROMISED))
    assert bench.bind() == PROMISED
    assert bench.bind(OTHER) == FIRST
    text = CONFIG.replace('pools = ["10.20.1.0-10.20.1.3"]', "pools = []")
    text = text.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + AAA.format(keys="")
    bench = Bench(tmp_path, text)
    bench.aaa = aaa
    assert bench.bind() == PROMISED
    outcome = bench.hear(discover(OTHER))
    assert told(outcome) == ("silent", "ADDRESS_CONFLICT")
    assert outcome.verdict.seen == "10.20.7.7"


def test_a_box_whose_promised_address_changed_is_sent_to_get_it(tmp_path: Path) -> None:
    """Its renewal of the old one gets a NAK."""
    bench, aaa = asking(tmp_path, keys="cache_s = 0")
    assert bench.bind() == FIRST
    aaa.grant = Grant(None, address=PROMISED)
    assert told(bench.hear(renewing(BOX, FIRST), now=NOW + 60)) == ("DHCPNAK", "WRONG_ADDRESS")
    assert bench.bind(now=NOW + 61) == PROMISED


@pytest.mark.parametrize(("session_s", "lease_s"), [(0, 3600), (120, 120), (7200, 3600)])
def test_rfc2865_5_27_session_timeout_cuts_the_lease(tmp_path: Path, session_s: int, lease_s: int) -> None:
    """It never makes it longer; 0 says nothing."""
    bench, _ = asking(tmp_path, Grant(None, session_s=session_s))
    offer = bench.hear(discover())
    ack = bench.hear(selecting(BOX, FIRST))
    assert lease_time(offer) == lease_time(ack) == lease_s
    assert [lease.expires_at for lease in bench.store.all_leases()] == [NOW + lease_s]


def test_rfc2131_4_4_5_a_lease_cut_short_has_the_usual_renewal_times(tmp_path: Path) -> None:
    """renew_s and rebind_s were meant for the whole one, and would come after its end."""
    text = CONFIG.replace("lease_s = 3600\n", "lease_s = 3600\nrenew_s = 1800\nrebind_s = 3000\n")
    bench = Bench(tmp_path, text.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + AAA.format(keys=""))
    bench.aaa = lambda asked: Grant(None, session_s=120 if asked.mac == BOX else 0)
    assert not {58, 59} & decode(bench.hear(discover()).answer).options.keys()
    assert {58, 59} <= decode(bench.hear(discover(OTHER)).answer).options.keys()


def test_an_answer_is_used_again_for_cache_s_and_not_longer(tmp_path: Path) -> None:
    bench, aaa = asking(tmp_path, keys="cache_s = 30")
    for at in (0, 10, 30, 31):
        bench.hear(discover(), now=NOW + at)
    assert len(aaa.asked) == 2


def test_a_rejection_is_used_again_for_five_seconds_at_most(tmp_path: Path) -> None:
    """A technician's order at the AAA must work at the next try."""
    bench, aaa = asking(tmp_path, REJECTED, keys="cache_s = 3600")
    assert told(bench.hear(discover())) == ("silent", "AAA_REJECTED")
    aaa.grant = ACCEPTED
    assert told(bench.hear(discover(), now=NOW + 5)) == ("silent", "AAA_REJECTED")
    assert bench.hear(discover(), now=NOW + 6).reply == "DHCPOFFER"


def test_that_nobody_answered_is_not_kept(tmp_path: Path) -> None:
    bench, aaa = asking(tmp_path, UNREACHABLE)
    assert told(bench.hear(discover())) == ("silent", "AAA_UNREACHABLE")
    aaa.grant = ACCEPTED
    assert bench.hear(discover(), now=NOW + 1).reply == "DHCPOFFER"


def test_a_renewal_half_way_through_session_timeout_asks_again(tmp_path: Path) -> None:
    """Whatever cache_s is."""
    bench, aaa = asking(tmp_path, Grant(None, session_s=60), keys="cache_s = 3600")
    bench.bind()
    assert len(aaa.asked) == 1
    assert bench.hear(renewing(BOX, FIRST), now=NOW + 31).reply == "DHCPACK"
    assert len(aaa.asked) == 2


def test_an_order_about_the_box_makes_aaa_be_asked_again(tmp_path: Path) -> None:
    """The change feed names it."""
    bench, aaa = asking(tmp_path, keys="cache_s = 3600")
    bench.hear(discover())
    bench.install()
    bench.hear(discover())
    assert len(aaa.asked) == 2


@pytest.mark.parametrize(
    "question", [release(BOX, FIRST), decline(BOX, FIRST), selecting(BOX, FIRST, server=parse_ip("10.20.0.77"))],
    ids=["release", "decline", "another server's"],
)  # fmt: skip
def test_what_gives_nothing_needs_no_leave(tmp_path: Path, question: bytes) -> None:
    """It is served while AAA is away, and AAA is not asked."""
    bench, aaa = asking(tmp_path, keys="cache_s = 0")
    assert bench.bind() == FIRST
    before = len(aaa.asked)
    outcome = bench.hear(question, now=NOW + 60)
    assert outcome.verdict.reason in (None, Reason.OTHER_SERVER)
    assert len(aaa.asked) == before


def test_rfc3046_2_1_a_unicast_renewal_is_asked_about_on_the_line_of_its_lease(tmp_path: Path) -> None:
    """It carries no Option 82 itself."""
    keys = 'user_name = "{circuit_id}"\npassword = { shared = "s" }'
    bench, aaa = asking(tmp_path, keys=f"cache_s = 0\n{keys}")
    bench.hear(discover(agent=HOME))
    assert bench.hear(selecting(BOX, FIRST, agent=HOME)).reply == "DHCPACK"
    assert bench.hear(renewing(BOX, FIRST), now=NOW + 60).reply == "DHCPACK"
    assert bench.hear(inform(BOX, FIRST), now=NOW + 61).reply == "DHCPACK"
    assert [asked.user_name for asked in aaa.asked] == ["ge 1/0/7"] * 3  # once at NOW


def test_an_option_82_that_a_box_made_up_is_neither_asked_about_nor_kept(tmp_path: Path) -> None:
    """It came without a relay, through a door that is not trusted (RFC 3046 2.1)."""
    bench, aaa = asking(tmp_path, keys="cache_s = 0")
    bench.hear(discover(agent=HOME))
    bench.hear(selecting(BOX, FIRST, agent=HOME))
    for at in (60, 61):
        bench.hear(renewing(BOX, FIRST, agent=AWAY if at == 60 else b""), RELAYED, now=NOW + at)
    assert {asked.circuit_id for asked in aaa.asked} == {b"ge 1/0/7"}
    assert [lease.agent for lease in bench.store.all_leases()] == [HOME]


def test_a_box_that_lacks_what_its_name_is_made_of_has_no_identity(tmp_path: Path) -> None:
    """Fail closed: AAA is not asked about somebody else."""
    bench, aaa = asking(tmp_path, keys='user_name = "{option12}-{mac}"')
    outcome = bench.hear(discover())
    assert told(outcome) == ("silent", "NO_IDENTITY")
    assert "option12" in outcome.verdict.bound
    bench.hear(discover(options={12: b"stb"}))
    assert [asked.user_name for asked in aaa.asked] == ["stb-d4c1c8ee9b1f"]


def test_a_name_too_long_for_its_attribute_is_no_identity(tmp_path: Path) -> None:
    """RFC 2865 5: 253 octets."""
    bench, aaa = asking(tmp_path, keys='user_name = "{option12}-{mac}"')
    assert told(bench.hear(discover(options={12: b"x" * 241}))) == ("silent", "NO_IDENTITY")
    assert not aaa.asked
    bench.hear(discover(options={12: b"x" * 240}))
    assert [len(asked.user_name) for asked in aaa.asked] == [253]


def test_radius_goes_on_by_the_orders(tmp_path: Path) -> None:
    """authorize is a key of [dhcp]."""
    from tests.engine.bench import access_request

    bench, aaa = asking(tmp_path, REJECTED)
    bench.install()
    assert bench.ask(access_request()).reply == "Access-Accept"
    assert not aaa.asked


def test_boxes_heard_directly_are_asked_about_like_others(tmp_path: Path) -> None:
    bench, aaa = asking(tmp_path)
    offer = bench.hear(discover(giaddr=0), DIRECT)
    assert (offer.reply, decode(offer.answer).options[54]) == ("DHCPOFFER", SERVER.to_bytes(4, "big"))
    assert [asked.mac for asked in aaa.asked] == [BOX]
