"""explain says what really happened last, and judges that as things stand now: packets through the heart, into the
store, and back out."""

from pathlib import Path

import pytest

from gatekeeper.config.load import load_file
from gatekeeper.heart.tallies import Tallies
from gatekeeper.heart.told import Told
from gatekeeper.model import Outcome, Reason
from gatekeeper.office.explain import Inquiry, explain_key
from gatekeeper.report.explain import Answer, explain_rows, explain_text, is_refused
from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.aaa import Grant
from gatekeeper.wire.text import mac_text
from tests.engine.bench import (
    BOX,
    BRAS,
    CONFIG,
    DIRECT,
    FIRST,
    NOW,
    OTHER,
    Bench,
    access_request,
    circuit,
    discover,
    init_reboot,
    release,
    renewing,
    selecting,
)
from tests.engine.test_explain_knows_every_rule import ASKING, MADE, SITUATIONS, Situation, _heard

HOME, AWAY = circuit("ge 1/0/7"), circuit("ge 1/0/8")
MAC = mac_text(BOX)


class Past:
    """A bench whose outcomes are noted, as a running gate does once a second."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.file = folder / "gatekeeper.toml"
        self._tallies = Tallies()

    def met(self, outcome: Outcome, at: float = NOW) -> Outcome:
        self._tallies.read(Told(outcome, None, at))
        self.bench.store.note(self._tallies.drain_refusals(), {}, admitted=self._tallies.drain_admitted())
        return outcome

    def set(self, more: str) -> None:
        """Another configuration is in force."""
        self.file.write_text(CONFIG + more, encoding="utf-8")

    def ask(self, key: str = MAC, at: int = NOW + 60, **supposed: str | None) -> dict[str, Answer]:
        settings = load_file(self.file)
        found = explain_key(settings, self.bench.store, Inquiry(key, **supposed), at)  # type: ignore[arg-type]
        self.text = "\n".join(explain_text(found))
        self.rows = {str(row["protocol"]): row for row in explain_rows(found)}
        self.refused = is_refused(found)
        return {answer.found.protocol: answer for account in found for answer in account.answers}

    def reason(self, protocol: str, **more: str | None) -> str:
        return str(self.ask(**more)[protocol].found.verdict.reason or "")


@pytest.fixture
def past(bench: Bench, tmp_path: Path) -> Past:
    return Past(bench, tmp_path)


def _request(bench: Bench, port: str | None, **more: object) -> Outcome:
    return bench.ask(access_request(port=port, **more))  # type: ignore[arg-type]


# What happened is told, and the same evidence is judged.


def test_a_packet_that_named_no_port_is_judged_without_one(past: Past) -> None:
    """A port that is filled in for it would pass, and tell the wrong story."""
    past.bench.install(port="ge 1/0/7")
    past.met(_request(past.bench, None))
    past.met(past.bench.hear(discover()))
    assert (past.reason("radius"), past.reason("dhcp"), past.refused) == ("PORT_MISSING", "PORT_MISSING", True)
    last = past.rows["radius"]["last"]
    assert last == {
        "at": "2027-01-15T08:00:00Z", "message": "Access-Request", "verdict": "refused", "reason": "PORT_MISSING",
        "reply": "Access-Reject", "port": "", "where": "bras1", "bound": "ge 1/0/7", "seen": "", "address": "",
        "count": 1, "first_seen": "2027-01-15T08:00:00Z",
    }  # fmt: skip
    assert "last heard: RADIUS Access-Request from bras1 at 2027-01-15T08:00:00Z, refused PORT_MISSING" in past.text
    assert "naming no port, answered Access-Reject, once" in past.text


def test_it_begins_with_what_happened_last_the_latest_first(past: Past) -> None:
    past.bench.install(port="ge 1/0/7")
    for second in range(3):
        past.met(_request(past.bench, "ge 1/0/8", identifier=second), NOW + second)
    past.met(past.bench.hear(discover(agent=AWAY)), NOW + 9)
    past.ask()
    lines = past.text.split("\n")
    assert lines[0].startswith(f"box {MAC}")
    assert lines[1].startswith(
        "  last heard: DHCP DHCPDISCOVER (discover) via 10.20.0.1 at 2027-01-15T08:00:09Z, refused"
    )
    assert lines[2] == (
        "  last heard: RADIUS Access-Request from bras1 at 2027-01-15T08:00:02Z, refused PORT_MISMATCH"
        ' (bound "ge 1/0/7", seen "bras1|ge 1/0/8"), answered Access-Reject, 3 times since 2027-01-15T08:00:00Z'
    )


def test_what_an_order_has_mended_is_said_to_pass_and_still_told(past: Past) -> None:
    past.bench.install(port="ge 1/0/7")
    past.met(_request(past.bench, "ge 1/0/8"))
    assert past.reason("radius") == "PORT_MISMATCH"
    assert "to paste: gatekeeper order move --order NUMBER --account A --port 'bras1|ge 1/0/8'" in past.text
    past.bench.order("move", port="ge 1/0/8")
    assert (past.reason("radius"), past.refused) == ("", False)
    assert "  if the same came again: let in" in past.text
    assert past.rows["radius"]["last"]["reason"] == "PORT_MISMATCH"  # type: ignore[index]


def test_a_port_that_nobody_ordered_is_forgotten_by_the_command_to_paste(past: Past) -> None:
    """The next one seen is learned in its place."""
    past.bench.install()
    past.met(_request(past.bench, "ge 1/0/7"))
    past.met(_request(past.bench, "ge 1/0/8", identifier=2), NOW + 1)
    assert past.reason("radius") == "PORT_MISMATCH"
    assert "  if the same came again: refused" in past.text
    assert past.rows["radius"]["command"] == "gatekeeper clear port-binding A"


def test_another_objection_than_then_is_the_one_of_now(past: Past) -> None:
    past.bench.install(port="ge 1/0/7")
    past.met(_request(past.bench, None))
    past.bench.order("suspend")
    assert past.reason("radius") == "SUSPENDED"
    assert "to paste: gatekeeper order resume --order NUMBER --account A" in past.text


def test_the_evidence_is_judged_as_the_nas_that_told_it(past: Past) -> None:
    """The same text is another line from another NAS."""
    past.bench.install(port="h3c1|ge 1/0/7")
    request = access_request(port="ge 1/0/7")
    past.met(past.bench.ask(request, source=0xC0000202))
    past.met(past.bench.ask(access_request(port="ge 1/0/7", identifier=2), source=BRAS), NOW + 1)
    answer = past.ask()["radius"]
    assert (answer.nas, answer.port, answer.found.verdict.reason) == ("bras1", "bras1|ge 1/0/7", "PORT_MISMATCH")
    answer = past.ask(nas="h3c1")["radius"]
    assert (answer.nas, answer.port, answer.found.verdict.reason) == ("h3c1", "h3c1|ge 1/0/7", None)


def test_names_that_were_joined_since_are_joined(past: Past) -> None:
    """[binding] port_names: the packet would now tell its line under the other name."""
    past.bench.install(port="10.20.0.1|ge 1/0/7")
    past.met(_request(past.bench, "ge 1/0/7"))
    assert past.reason("radius") == "PORT_MISMATCH"
    past.set('\n[binding]\nport_names = { "bras1" = "10.20.0.1" }\n')
    assert past.reason("radius") == ""


def test_a_nas_that_is_not_configured_any_more_is_said(past: Past) -> None:
    past.bench.install()
    past.met(_request(past.bench, None))
    past.file.write_text(CONFIG.replace('name = "bras1"', 'name = "renamed"'), encoding="utf-8")
    past.ask()
    assert "no [[radius.client]] is called bras1 any more" in past.text


def test_a_subnet_that_was_missing_is_judged_by_where_the_message_came_from(past: Past) -> None:
    past.bench.install()
    past.met(past.bench.hear(discover(giaddr=0x0A630001)))
    assert past.reason("dhcp") == "NO_SUBNET"
    past.set('\n[[dhcp.subnet]]\nnetwork = "10.99.0.0/24"\npools = ["10.99.0.10-10.99.0.20"]\n')
    assert past.reason("dhcp") == ""


def test_a_renewal_names_no_line_and_is_not_blamed_for_it(past: Past) -> None:
    """RFC 3046 2.1. What it was refused for is over."""
    past.bench.install(port="ge 1/0/7")
    assert past.bench.hear(selecting(BOX, FIRST, agent=HOME)).reply == "DHCPACK"
    past.bench.order("suspend")
    past.met(past.bench.hear(renewing(BOX, FIRST), now=NOW + 60), NOW + 60)
    assert past.reason("dhcp") == "SUSPENDED"
    past.bench.order("resume")
    assert past.reason("dhcp") == ""


# What the rules cannot judge again.


def test_a_wrong_password_stands_until_the_box_is_let_in(past: Past) -> None:
    """Told with its meaning and remedy, beside what the rules say of the rest."""
    past.bench.install()
    past.met(_request(past.bench, None, password="wrong"), NOW)
    answer = past.ask()["radius"]
    assert (answer.found.verdict.reason, answer.stands, past.refused) == ("BAD_PASSWORD", True, True)
    assert {line.result for line in answer.found.rules} == {"pass"}
    assert "why: the password is not what mac_password asks for" in past.text
    past.met(_request(past.bench, None, identifier=2), NOW + 0.5)
    assert (past.reason("radius"), past.refused) == ("", False)
    assert past.rows["radius"]["last"]["verdict"] == "admitted"  # type: ignore[index]
    assert "before it was let in: RADIUS BAD_PASSWORD, once" in past.text


def test_it_stands_again_when_it_comes_again(past: Past) -> None:
    """Of one second, too, it is known which came later."""
    past.bench.install()
    past.met(_request(past.bench, None), NOW + 0.25)
    past.met(_request(past.bench, None, identifier=2, password="wrong"), NOW + 0.5)
    assert past.reason("radius") == "BAD_PASSWORD"


def test_after_a_nak_the_box_starts_afresh_and_what_it_gets_clears_it(past: Past) -> None:
    """RFC 2131 4.3.2, all of it within a second."""
    past.bench.install()
    past.met(past.bench.hear(init_reboot(BOX, 0x0B000001)), NOW + 0.2)
    assert past.reason("dhcp") == "WRONG_ADDRESS"
    past.met(past.bench.hear(selecting(BOX, FIRST)), NOW + 0.3)
    assert past.reason("dhcp") == ""
    assert "DHCPACK of 10.20.1.0" in past.text


@pytest.mark.parametrize("later", ["NO_MESSAGE_AUTHENTICATOR", "RATE_LIMITED"])
def test_what_anybody_may_send_in_its_name_does_not_hide_why_a_box_is_refused(past: Past, later: str) -> None:
    """It is told as what was heard last; the reason stays the box's own."""
    past.bench.install(port="ge 1/0/7")
    past.met(_request(past.bench, "ge 1/0/8"))
    forged = _request(past.bench, None, identifier=2)
    verdict = forged.verdict._replace(reason=Reason(later))
    past.met(forged._replace(verdict=verdict, reply="", answer=b""), NOW + 1)
    assert past.reason("radius") == "PORT_MISMATCH"
    assert past.rows["radius"]["last"]["reason"] == later  # type: ignore[index]
    assert [one["reason"] for one in past.rows["radius"]["also"]] == ["PORT_MISMATCH"]  # type: ignore[attr-defined]
    past.bench.order("move", port="ge 1/0/8")
    assert past.reason("radius") == later


def test_what_keeps_nobody_out_decides_nothing(past: Past) -> None:
    """A RELEASE of what the box does not hold, and a report that is not believed."""
    past.bench.install()
    past.met(past.bench.hear(release(BOX, FIRST)))
    past.met(_request(past.bench, None, password="wrong")._replace(message="Accounting-Request"))
    assert past.reason("radius") == ""
    assert past.rows["radius"]["last"]["message"] == "Accounting-Request"  # type: ignore[index]
    assert past.reason("dhcp") == ""
    assert past.rows["dhcp"]["last"]["reason"] == "NO_LEASE"  # type: ignore[index]


# Nothing heard, and supposed questions.


def test_a_box_of_which_nothing_was_heard_is_said_to_be_one(past: Past) -> None:
    past.bench.install(port="ge 1/0/7")
    assert past.reason("dhcp") == ""
    assert past.text.split("\n")[1] == "  nothing was ever heard of it"
    assert "came again" not in past.text
    past.met(_request(past.bench, "ge 1/0/8"))
    past.ask()
    assert "  DHCP: nothing heard of it" in past.text
    assert past.rows["dhcp"]["last"] is None


def test_a_supposed_question_is_said_to_be_one_and_answers_that(past: Past) -> None:
    """--port, --no-port, --nas: what is on record is told all the same, and decides nothing."""
    past.bench.install(port="ge 1/0/7")
    past.met(_request(past.bench, "ge 1/0/7", password="wrong"))
    assert past.reason("radius", port="bras1|ge 1/0/7") == ""
    assert "  supposed: port bras1|ge 1/0/7, bras1" in past.text
    assert (past.rows["radius"]["supposed"], past.rows["radius"]["last"]["reason"]) == (True, "BAD_PASSWORD")  # type: ignore[index]
    assert past.reason("radius", port="") == "PORT_MISSING"
    assert "  supposed: port none, bras1" in past.text
    assert past.reason("radius") == "BAD_PASSWORD"
    assert "supposed:" not in past.text


def test_an_unknown_box_is_refused_and_its_order_is_there_to_paste(past: Past) -> None:
    past.ask(mac_text(OTHER))
    assert past.refused
    assert f"to paste: gatekeeper order install --order NUMBER --account ACCOUNT --mac {mac_text(OTHER)}" in past.text


# Whatever the engines say.


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: f"{one.state}: {one.rule}")
def test_explain_says_the_reason_that_the_engine_gave(tmp_path: Path, situation: Situation) -> None:
    """For each row in each state of DHCP: the box would be refused again, for that; of those that give back, it is
    told."""
    bench, _, outcome = _heard(tmp_path, situation)
    past = Past(bench, tmp_path)
    past.met(outcome)
    answer = past.ask(at=NOW)["dhcp"]
    last = past.rows["dhcp"]["last"]
    assert last["reason"] == outcome.verdict.reason  # type: ignore[index]
    gives_back = situation.state in ("release", "decline")
    assert (answer.found.verdict.reason == outcome.verdict.reason, past.refused) == (not gives_back, not gives_back)


REQUESTS = {
    "UNKNOWN_MAC": (access_request(OTHER.hex(), password=OTHER.hex(), port="ge 1/0/7"), ""),
    "PORT_MISSING": (access_request(), ""),
    "PORT_MISMATCH": (access_request(port="ge 1/0/8"), ""),
    "BAD_PASSWORD": (access_request(password="x", port="ge 1/0/7"), ""),
    "UNSUPPORTED": (access_request(password=None, extra=radius_wire.attribute(70, b"x" * 16)), ""),
    "NO_MESSAGE_AUTHENTICATOR": (access_request(sealed=False), 'require_message_authenticator = "yes"'),
    "PROXY_STATE_LIMITED": (
        access_request(sealed=False, extra=radius_wire.attribute(33, b"x")), 'require_message_authenticator = "no"'
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REQUESTS)
def test_explain_says_the_reason_that_radius_gave(tmp_path: Path, reason: str) -> None:
    request, key = REQUESTS[reason]
    bench = Bench(tmp_path, CONFIG.replace('name = "bras1"', f'name = "bras1"\n{key}'))
    bench.install(port="ge 1/0/7")
    past = Past(bench, tmp_path)
    outcome = past.met(bench.ask(request))
    assert outcome.verdict.reason == reason
    assert past.ask(mac_text(outcome.mac), protocol="radius")["radius"].found.verdict.reason == reason
    assert (past.rows["radius"]["last"]["reason"], past.refused) == (reason, True)  # type: ignore[index]
    assert "what mends it: " in past.text


def test_what_came_without_a_relay_is_told_by_its_interface(past: Past) -> None:
    """Option 82 that nobody vouches for was not asked for a line."""
    past.bench.install()
    past.met(past.bench.hear(discover(giaddr=0, agent=HOME), via=DIRECT))
    assert past.reason("dhcp") == "UNTRUSTED_OPTION_82"
    last = past.rows["dhcp"]["last"]
    assert (last["where"], last["port"]) == ("eth0.100", None)  # type: ignore[index]


def test_an_address_that_was_given_back_is_said_to_be(past: Past) -> None:
    past.bench.install()
    past.met(past.bench.hear(selecting(BOX, FIRST)))
    past.met(past.bench.hear(release(BOX, FIRST), now=NOW + 30))
    past.ask()
    assert "last heard: DHCP DHCPRELEASE of 10.20.1.0 at 2027-01-15T08:00:30Z: the box gave it back" in past.text
    assert past.rows["dhcp"]["last"]["message"] == "DHCPRELEASE"  # type: ignore[index]


def test_each_box_of_an_account_is_told_of(past: Past) -> None:
    """One that would be refused makes the whole refused."""
    past.bench.install()
    past.bench.install(OTHER, "A")
    past.met(_request(past.bench, None, password="wrong"))
    past.ask("A", protocol="radius")
    assert [line for line in past.text.split("\n") if line.startswith("box ")] == [
        f"box {mac_text(OTHER)} (zte corporation), account A",
        f"box {MAC} (zte corporation), account A",
    ]
    assert past.refused
    past.ask(mac_text(OTHER))
    assert not past.refused


def test_a_box_that_only_asked_too_often_is_judged_by_the_rules(past: Past) -> None:
    """They say more. Where they let it in, the limit stands."""
    past.bench.install()
    wrong = _request(past.bench, None, password="wrong")
    past.met(wrong._replace(verdict=wrong.verdict._replace(reason=Reason.RATE_LIMITED), reply=""))
    assert past.reason("radius") == "RATE_LIMITED"
    past.bench.order("suspend")
    assert past.reason("radius") == "SUSPENDED"


def test_relays_that_were_joined_since_are_joined(past: Past) -> None:
    """One access node behind two of them."""
    past.bench.install(port="10.20.0.1|ge 1/0/7")
    past.met(past.bench.hear(discover(agent=HOME, giaddr=0x0A140009)))
    assert past.reason("dhcp") == "PORT_MISMATCH"
    past.set('\n[binding]\nport_names = { "10.20.0.9" = "10.20.0.1" }\n')
    assert past.reason("dhcp") == ""


def test_what_was_heard_on_an_interface_is_judged_by_our_address_there(past: Past) -> None:
    """The name of the interface does not say which subnet that is."""
    past.bench.install()
    past.met(past.bench.hear(discover(giaddr=0), via=DIRECT._replace(local=0x0A630001)))
    assert past.reason("dhcp") == "NO_SUBNET"


def test_where_aaa_decides_every_refusal_stands_until_the_box_is_let_in(tmp_path: Path) -> None:
    """The rules are not walked without its word."""
    bench = Bench(tmp_path, ASKING)
    bench.aaa = lambda asked: Grant(None)
    past = Past(bench, tmp_path)
    past.met(bench.hear(discover(options=MADE, giaddr=0x0A630001)))
    assert past.reason("dhcp") == "NO_SUBNET"
    assert "dhcp: NO_SUBNET: upstream AAA (192.0.2.9:1812) decides, asked about User-Name {option60}-{mac}" in past.text
    past.met(bench.hear(selecting(BOX, FIRST, options=MADE)), NOW + 1)
    assert past.reason("dhcp") == ""


def test_a_lease_without_a_line_is_no_packet_that_named_none(past: Past) -> None:
    """Most of what prolongs it is unicast: it is judged on the port that the account is bound to."""
    past.bench.install()
    past.met(past.bench.hear(selecting(BOX, FIRST)))
    past.met(_request(past.bench, "ge 1/0/7"))
    assert past.reason("dhcp") == ""
    assert "port asked about: bras1|ge 1/0/7 (its learned one; none was seen lately)" in past.text


def test_a_port_that_is_no_line_is_said_to_teach_nothing(past: Past) -> None:
    """A VLAN in Option 82, an unknown name in NAS-Port-Id: let in, bound to nothing, and not without a word."""
    bench = past.bench
    bench.install()
    offer = past.met(bench.hear(discover(agent=circuit("vlan100"))))
    past.met(bench.hear(selecting(BOX, offer.verdict.address, agent=circuit("vlan100"))))
    past.met(bench.ask(access_request(port="session 7", identifier=1)))
    past.ask()
    assert "nothing is learned of 10.20.0.1|vlan100, VLAN or interface of many lines" in past.text
    bench.order("amend", port="ge 1/0/7")
    past.ask()
    assert "nothing is learned" not in past.text
