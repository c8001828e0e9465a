"""explain and the engines walk the same rows: for each row a situation in which it refuses, and explain says the same.

Contract 6: explain names each rule in the sequence the engine used it, with the values compared.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.model import Datagram, Outcome, Reason, Verdict
from gatekeeper.policy.binding import RULES, Rule
from gatekeeper.policy.dhcp import DhcpCase
from gatekeeper.policy.dhcp_rules import BY_AAA, BY_ORDERS
from gatekeeper.policy.explain import Explanation, explain_case, explain_dhcp, explain_radius
from gatekeeper.wire.aaa import Grant
from gatekeeper.wire.line_id import port_from_text
from gatekeeper.wire.text import ip_text
from tests.engine.bench import (
    BOX,
    CONFIG,
    FAR,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RELAYED,
    SERVER,
    THIRD,
    Bench,
    access_request,
    circuit,
    decline,
    discover,
    init_reboot,
    release,
    renewing,
    selecting,
)

HOME, AWAY = circuit("ge 1/0/7"), circuit("ge 1/0/8")
NOWHERE = 0x0A630001  # in no subnet
ASKING = CONFIG.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + (
    '[dhcp.radius]\nuser_name = "{option60}-{mac}"\n'
    '[[dhcp.radius.server]]\naddress = "192.0.2.9:1812"\nsecret = "a long upstream secret"\n'
)
OWN, OTHERS = "00100199006007000000D4C1C8EE9B1F", "00100199006007000000D4C1C8EE9B20"
MADE = {60: b"stb"}


class Situation(NamedTuple):
    """A box that is refused by one row. orders: what was ordered; happened: what came before the message."""

    state: str
    rule: str
    message: bytes
    orders: tuple[tuple[bytes, str, dict[str, str]], ...] = ((BOX, "A", {}),)
    happened: Callable[[Bench], object] = lambda bench: None
    config: str = CONFIG
    grant: Grant | None = None


def _pool_of_others(bench: Bench) -> None:
    for number in range(4):
        mac = bytes((2, 0, 0, 0, 0, number))
        bench.install(mac, f"N{number}")
        assert bench.bind(mac)


def _fixed_to_its_sister(bench: Bench) -> None:
    assert bench.bind(OTHER) == 0x0A140909
    _pool_of_others(bench)


def _three_declines(bench: Bench) -> None:
    for _ in range(3):
        bench.hear(decline(BOX, bench.bind()))
    assert bench.bind() == FIRST + 3


def _one_of_four_is_declined(bench: Bench) -> None:
    bench.hear(decline(OTHER, bench.bind(OTHER)))
    assert bench.bind() == FIRST + 1


WIDE = CONFIG.replace("10.20.1.0-10.20.1.3", "10.20.1.0-10.20.1.63")
PORT = ((BOX, "A", {"port": "10.20.0.1|ge 1/0/7"}),)
SISTERS = tuple((mac, "A", {"address": "10.20.9.9"} if mac == OTHER else {}) for mac in (OTHER, BOX))
SITUATIONS = [
    Situation("discover", "AAA is asked by name", discover(), config=ASKING),
    Situation("discover", "AAA answers", discover(options=MADE), config=ASKING),
    Situation(
        "discover",
        "AAA accepts",
        discover(options=MADE),
        config=ASKING,
        grant=Grant(Reason.AAA_REJECTED, said="unpaid"),
    ),
    Situation("discover", "MAC is known", discover(agent=HOME), orders=()),
    Situation("discover", "account is active", discover(agent=HOME), happened=lambda bench: bench.order("suspend")),
    Situation("discover", "port is named", discover(), orders=PORT),
    Situation("discover", "port is its own", discover(agent=AWAY), orders=PORT),
    Situation(
        "discover",
        "port has room",
        discover(agent=HOME),
        orders=((OTHER, "B", {"port": "10.20.0.1|ge 1/0/7"}), (BOX, "A", {})),
        config=CONFIG + "\n[binding]\nboxes_per_port = 1\n",
    ),
    Situation(
        "discover",
        "STBID fits",
        discover(options={12: OTHERS.encode()}),
        orders=((BOX, "A", {"stbid": OWN}),),
        config=CONFIG + '\n[binding]\nstbid = "refuse"\n',
    ),
    Situation("discover", "subnet fits", discover(agent=HOME, giaddr=NOWHERE)),
    Situation("discover", "fixed address is free", discover(agent=HOME), orders=SISTERS, happened=_fixed_to_its_sister),
    Situation("discover", "address is there", discover(agent=HOME), happened=_pool_of_others),
    Situation("selecting", "server is this one", selecting(BOX, FIRST, server=SERVER + 9)),
    Situation("selecting", "address is its own", selecting(BOX, FIRST + 9)),
    Situation("init-reboot", "lease is on record", init_reboot(BOX, FIRST)),
    Situation("init-reboot", "address is its own", init_reboot(BOX, FIRST + 1), happened=Bench.bind),
    Situation("renewing", "address is served", renewing(BOX, NOWHERE)),
    Situation("renewing", "address is its own", renewing(BOX, FIRST + 1), happened=Bench.bind),
    Situation("rebinding", "lease is on record", renewing(BOX, FIRST, giaddr=GIADDR)),
    Situation("release", "lease is its own", release(BOX, FIRST)),
    Situation("decline", "address was given", decline(BOX, FIRST)),
    Situation("decline", "declines are few", decline(BOX, FIRST + 3), config=WIDE, happened=_three_declines),
    Situation(
        "decline",
        "quarantine has room",
        decline(BOX, FIRST + 1),
        orders=((BOX, "A", {}), (OTHER, "B", {})),
        happened=_one_of_four_is_declined,
    ),
]
DISCOVERS = [one for one in SITUATIONS if one.state == "discover" and one.config != ASKING and one.rule != "STBID fits"]


def _rule(situation: Situation) -> Rule[DhcpCase]:
    rules = (BY_AAA if situation.config == ASKING else BY_ORDERS)[situation.state].rules
    return next(rule for rule in rules if rule.name == situation.rule)


def _heard(folder: Path, situation: Situation) -> tuple[Bench, DhcpQuestion, Outcome]:
    bench = Bench(folder, situation.config)
    if situation.grant:
        grant = situation.grant
        bench.aaa = lambda asked: grant
    for mac, account, fields in situation.orders:
        bench.install(mac, account, **fields)
    situation.happened(bench)
    outcome = bench.hear(situation.message)
    question = bench.dhcp.read(Datagram(situation.message, GIADDR, 67, RELAYED, BOX), NOW)
    assert isinstance(question, DhcpQuestion)
    assert question.state == situation.state
    return bench, question, outcome


def _says_the_same(found: Explanation, rule: Rule[DhcpCase], verdict: Verdict) -> None:
    """The same reason and values compared, and that very row marked: those before it hold, the rest is unasked."""
    assert (found.verdict.action, found.verdict.reason) == (verdict.action, rule.reason)
    results = [line.result for line in found.rules]
    at = results.index("refuse")
    assert set(results[:at]) <= {"pass", "skip"}
    assert set(results[at + 1 :]) <= {"skip"}
    line = found.rules[at]
    assert (line.rule, line.says) == (rule.name, rule.says)
    assert (line.wanted, line.seen) == (verdict.bound, verdict.seen) == (found.verdict.bound, found.verdict.seen)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: f"{one.state}: {one.rule}")
def test_explain_marks_the_row_that_the_engine_refused_by(tmp_path: Path, situation: Situation) -> None:
    """Of the engine's own case, whichever state the box is in."""
    bench, question, outcome = _heard(tmp_path, situation)
    rule = _rule(situation)
    assert outcome.verdict.reason is rule.reason
    _says_the_same(explain_case(bench.dhcp.case(question, NOW)), rule, outcome.verdict)


@pytest.mark.parametrize("situation", DISCOVERS, ids=lambda one: one.rule)
def test_explain_foresees_what_a_discover_would_get(tmp_path: Path, situation: Situation) -> None:
    """From MAC and port alone, as the command line asks."""
    bench, question, outcome = _heard(tmp_path, situation)
    found = explain_dhcp(bench.book, bench.world, BOX, question.port, NOW)
    _says_the_same(found, _rule(situation), outcome.verdict)


def test_every_row_of_dhcp_has_its_situation() -> None:
    """A row that is added without one is not known to do anything."""
    rows = {rule for states in (BY_ORDERS, BY_AAA) for state in states.values() for rule in state.rules}
    assert rows == {_rule(one) for one in SITUATIONS}


RADIUS: list[tuple[str, tuple[tuple[bytes, str, dict[str, str]], ...], str | None, str]] = [
    ("MAC is known", (), "ge 1/0/7", CONFIG),
    ("account is active", ((BOX, "A", {}),), "ge 1/0/7", CONFIG),
    ("port is named", ((BOX, "A", {"port": "ge 1/0/7"}),), None, CONFIG),
    ("port is its own", ((BOX, "A", {"port": "ge 1/0/7"}),), "ge 1/0/8", CONFIG),
    (
        "port has room",
        ((OTHER, "B", {"port": "bras1|ge 1/0/7"}), (BOX, "A", {})),
        "ge 1/0/7",
        CONFIG + "\n[binding]\nboxes_per_port = 1\n",
    ),
]


@pytest.mark.parametrize(("name", "orders", "port", "config"), RADIUS, ids=[row[0] for row in RADIUS])
def test_explain_marks_the_row_that_radius_refused_by(
    tmp_path: Path, name: str, orders: tuple[tuple[bytes, str, dict[str, str]], ...], port: str | None, config: str
) -> None:
    """The shared rows, as a client that is believed would ask them."""
    bench = Bench(tmp_path, config)
    for mac, account, fields in orders:
        bench.install(mac, account, **fields)
    if name == "account is active":
        bench.order("suspend")
    outcome = bench.ask(access_request(port=port))
    seen = port_from_text(f"bras1|{port}") if port else None
    found = explain_radius(bench.book, bench.world, BOX, seen, bench.book.clients[0], NOW)
    rule = next(rule for rule in RULES if rule.name == name)
    assert outcome.verdict.reason is rule.reason
    _says_the_same(found, rule, outcome.verdict)
    assert found.reply == outcome.reply


def test_explain_names_the_address_that_an_accept_names(bench: Bench) -> None:
    """RFC 2865 5.8: to the account's one box that may have it, and not to its other one."""
    for mac, account, fields in SISTERS:
        bench.install(mac, account, **fields)
    bench.bind(OTHER)
    named = {}
    for number, mac in enumerate((OTHER, BOX)):
        accept = bench.ask(access_request(mac.hex(), password=mac.hex(), identifier=number))
        found = explain_radius(bench.book, bench.world, mac, None, bench.book.clients[0], NOW)
        named[mac] = b"\x08\x06\x0a\x14\x09\x09" in accept.answer, found.gives.endswith("; Framed-IP-Address 10.20.9.9")
    assert named == {OTHER: (True, True), BOX: (False, False)}


def test_explain_names_no_address_to_a_client_that_is_told_none(tmp_path: Path) -> None:
    """framed_address of [[radius.client]]."""
    bench = Bench(tmp_path, CONFIG.replace('name = "bras1"', 'name = "bras1"\nframed_address = false'))
    bench.install(address="10.20.9.9")
    bench.ask(access_request())
    found = explain_radius(bench.book, bench.world, BOX, None, bench.book.clients[0], NOW)
    assert (found.reply, "Framed-IP-Address" in found.gives) == ("Access-Accept", False)


def test_every_shared_row_has_its_situation_at_radius() -> None:
    assert [rule.name for rule in RULES] == [row[0] for row in RADIUS]


def test_explain_finds_the_subnet_of_a_shared_network_as_the_engine_does(tmp_path: Path) -> None:
    """The first one is full: a box that has nothing yet is offered an address of the second one."""
    shared = 'shared_network = "north"\n'
    bench = Bench(tmp_path, CONFIG.replace("pools = [", shared + "pools = ["))
    bench.install()
    _pool_of_others(bench)
    offer = bench.hear(discover(agent=HOME))
    found = explain_dhcp(bench.book, bench.world, BOX, offer.port, NOW)
    assert found.verdict == offer.verdict
    assert found.rules[-1].seen == "10.30.0.10"


def test_explain_takes_the_box_for_where_its_relay_is(bench: Bench) -> None:
    """Else for where its lease is, else for the first subnet: what it is told does not say."""
    bench.install()

    def offered(line: str) -> str:
        found = explain_dhcp(bench.book, bench.world, BOX, port_from_text(line) if line else None, NOW)
        return ip_text(found.verdict.address)

    bench.hear(init_reboot(BOX, FIRST))  # its facts are known from here on
    assert [offered(""), offered("10.30.0.1|7"), offered("bras1|7")] == ["10.20.1.0", "10.30.0.10", "10.20.1.0"]
    held = bench.bind(giaddr=FAR)
    assert [offered(""), offered("10.20.0.1|7"), offered("10.99.0.1|7")] == [ip_text(held), "10.20.1.0", ip_text(held)]


def test_explain_shows_that_another_address_is_left_where_the_fixed_one_is_taken(bench: Bench) -> None:
    """The account's other box has it; this one is offered one of the pool, and no rule objects."""
    for mac, account, fields in SISTERS:
        bench.install(mac, account, **fields)
    bench.bind(OTHER)
    bench.hear(discover())
    found = explain_dhcp(bench.book, bench.world, BOX, None, NOW)
    assert (found.reply, found.gives) == ("DHCPOFFER", "10.20.1.0 for 3600 s")
    assert "refuse" not in {line.result for line in found.rules}


def test_explain_of_an_engines_case_shows_what_aaa_was_asked(tmp_path: Path) -> None:
    """And in which sequence: AAA before all that is decided here."""
    bench = Bench(tmp_path, ASKING)
    bench.aaa = lambda asked: Grant(None)
    offer = bench.hear(discover(options=MADE))
    question = bench.dhcp.read(Datagram(discover(options=MADE), GIADDR, 67, RELAYED, BOX), NOW)
    assert isinstance(question, DhcpQuestion)
    found = explain_case(bench.dhcp.case(question, NOW))
    assert found.verdict == offer.verdict
    assert [(line.rule, line.result) for line in found.rules[:4]] == [
        ("AAA is asked by name", "pass"),
        ("AAA answers", "pass"),
        ("AAA accepts", "pass"),
        ("MAC is known", "pass"),
    ]


def test_explain_does_not_say_that_it_asked_for_the_stbid(tmp_path: Path) -> None:
    """It cannot know what the box says in option 12."""
    bench = Bench(tmp_path, CONFIG + '\n[binding]\nstbid = "refuse"\n')
    bench.install()
    bench.bind()
    lines = {line.rule: line.result for line in explain_dhcp(bench.book, bench.world, BOX, None, NOW).rules}
    assert lines.pop("STBID fits") == "skip"
    assert set(lines.values()) == {"pass"}


@pytest.mark.parametrize(("at", "foreseen"), [(NOW + 60, True), (NOW + 3600, False)], ids=["holds it", "it has ended"])
def test_explain_foresees_that_a_renewal_gets_a_nak(bench: Bench, at: int, foreseen: bool) -> None:
    """The box would be offered its fixed address; but while it holds another one, it first asks for that."""
    bench.install()
    bench.bind()
    bench.order("amend", address="10.20.9.9")
    refused = bench.hear(renewing(BOX, FIRST), now=NOW + 60)
    assert refused.verdict.reason is Reason.WRONG_ADDRESS
    found = explain_dhcp(bench.book, bench.world, BOX, None, at)
    foresees = "; its renewal of 10.20.1.0 is refused: WRONG_ADDRESS" if foreseen else ""
    assert (found.reply, found.gives) == ("DHCPOFFER", "10.20.9.9 for 3600 s" + foresees)


def test_explain_says_nothing_of_the_renewal_of_a_box_that_is_refused_anyway(bench: Bench) -> None:
    bench.install()
    bench.bind()
    bench.order("suspend")
    bench.hear(discover())
    found = explain_dhcp(bench.book, bench.world, BOX, None, NOW)
    assert (found.verdict.reason, found.gives) == (Reason.SUSPENDED, "")


def test_explain_counts_no_boxes_where_no_limit_is_set(bench: Bench) -> None:
    """[binding] boxes_per_port = 0: nobody has looked how many there are, and a number would be made up."""
    bench.install()
    bench.hear(discover(agent=HOME))
    found = explain_dhcp(bench.book, bench.world, BOX, port_from_text("10.20.0.1|ge 1/0/7"), NOW)
    (room,) = [line for line in found.rules if line.rule == "port has room"]
    assert (room.result, room.wanted, room.seen) == ("pass", "", "no limit is set")


def test_explain_says_nothing_of_a_renewal_that_is_granted(bench: Bench) -> None:
    bench.install(THIRD)
    bench.bind(THIRD)
    assert explain_dhcp(bench.book, bench.world, THIRD, None, NOW + 1800).gives == "10.20.1.0 for 3600 s"
