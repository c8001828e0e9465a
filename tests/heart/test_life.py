"""The life of a question, law by law: what it waits for, how it ends, and that it ends once."""

from pathlib import Path

import pytest

from gatekeeper.engine.dhcp_question import DhcpQuestion
from gatekeeper.engine.radius import RadiusQuestion
from gatekeeper.heart.elsewhere import PROBE_S
from gatekeeper.heart.life import ACCOUNTING, AUTHENTICATION, DHCP, Heart
from gatekeeper.heart.lookups import LOOKUP_S
from gatekeeper.heart.needs import Batch, Lookup
from gatekeeper.heart.tallies import Tallies
from gatekeeper.heart.told import Told
from gatekeeper.model import Datagram, Outcome, Reason
from gatekeeper.state.evidence import Refused
from gatekeeper.state.refusals import MAX_REFUSALS
from gatekeeper.wire.aaa import Grant
from tests.engine.bench import (
    BOX,
    BRAS,
    CONFIG,
    DIRECT,
    FIRST,
    GIADDR,
    NOW,
    OTHER,
    RADIUS,
    RELAYED,
    REPORTS,
    THIRD,
    Bench,
    access_request,
    accounting_request,
    circuit,
    discover,
    release,
    renewing,
    selecting,
    told,
)

AAA = """
[dhcp.radius]
user_name = "{mac}"

[[dhcp.radius.server]]
address = "192.0.2.9:1812"
secret = "another long random one"
"""


def relayed(data: bytes) -> Datagram:
    return Datagram(data, GIADDR, 67, RELAYED)


def heard(data: bytes, mac: bytes = BOX) -> Datagram:
    return Datagram(data, 0, 68, DIRECT, mac)


def asked(data: bytes) -> Datagram:
    return Datagram(data, BRAS, 40000, RADIUS)


def ends(heart: Heart) -> list[tuple[str, str]]:
    """(reply or "silent", reason) of all that has ended; none has met a bug."""
    assert heart.bugs() == []
    return [told(one.outcome) for one in heart.told()]


def lookup(heart: Heart) -> Lookup:
    needs = heart.needs()
    assert needs and needs.lookup
    return needs.lookup


def batch(heart: Heart) -> Batch:
    found = heart.next_batch()
    assert found
    return found


# Facts come later.


def test_a_box_that_is_not_in_memory_waits_and_the_others_go_on(bench: Bench) -> None:
    """The store may be on a network."""
    bench.install()
    bench.install(OTHER, "B")
    bench.world.take_facts(bench.store.facts([OTHER]))
    heart = bench.heart
    heart.receive(DHCP, [relayed(discover()), relayed(discover(OTHER))], None, NOW)
    assert ends(heart) == [("DHCPOFFER", "")]
    wanted = lookup(heart)
    assert wanted.macs == (BOX,)
    assert heart.needs() is None
    heart.facts_found(wanted.number, bench.store.facts([BOX]), NOW + 1)
    assert ends(heart) == [("DHCPOFFER", "")]
    assert heart.waiting() == 0


@pytest.mark.parametrize("name", [DHCP, AUTHENTICATION, ACCOUNTING])
def test_when_the_store_cannot_be_read_nobody_is_refused_and_the_next_try_is_a_new_question(
    bench: Bench, name: str
) -> None:
    """Design 8.2: silence, never a NAK or an Access-Reject, and no duplicate of what was never answered."""
    bench.install()
    datagram = {
        DHCP: relayed(discover()),
        AUTHENTICATION: asked(access_request()),
        ACCOUNTING: Datagram(accounting_request(1), BRAS, 40001, REPORTS),
    }[name]
    bench.heart.receive(name, [datagram], None, NOW)
    bench.heart.lookup_lost(lookup(bench.heart), NOW)
    lost = bench.heart.told()[0]
    assert told(lost.outcome) == ("silent", "STORE_UNAVAILABLE")
    assert lost.outcome.mac == BOX
    assert bench.handle(name, datagram, NOW + 1).reply in ("DHCPOFFER", "Access-Accept", "Accounting-Response")


def test_facts_that_do_not_come_are_waited_for_no_longer_than_any(bench: Bench) -> None:
    """Then they count for nobody: who asks later has them read anew."""
    heart = bench.heart
    heart.receive(AUTHENTICATION, [asked(access_request())], None, NOW)
    late = lookup(heart)
    assert heart.next_due() == NOW + LOOKUP_S
    heart.handle_time(NOW + LOOKUP_S - 0.1)
    assert ends(heart) == []
    heart.handle_time(NOW + LOOKUP_S)
    assert ends(heart) == [("silent", "STORE_UNAVAILABLE")]
    bench.install()
    heart.facts_found(late.number, bench.store.facts([OTHER]), NOW + 3)
    assert not bench.world.knows(OTHER)
    assert told(bench.ask(access_request(), now=NOW + 4)) == ("Access-Accept", "")


def test_facts_that_were_read_before_an_order_are_read_again(bench: Bench) -> None:
    """Else a technician's order would not work before the next change of the box."""
    heart = bench.heart
    heart.receive(DHCP, [relayed(discover())], None, NOW)
    first = lookup(heart)
    old = bench.store.facts([BOX])
    bench.install()
    bench.supply.read_feed(NOW)
    heart.facts_found(first.number, old, NOW)
    assert ends(heart) == []
    bench.supply.meet(NOW)
    assert ends(heart) == [("DHCPOFFER", "")]


def test_facts_that_were_read_before_a_commit_are_read_again(bench: Bench) -> None:
    """What the store said before it knew of the lease would be old for as long as the box is remembered."""
    bench.install()
    bench.install(OTHER, "B")
    bench.gathers = True
    offer = bench.hear(discover())
    bench.hear(selecting(BOX, offer.verdict.address))
    under_way = batch(bench.heart)
    bench.world.forget([BOX])  # as when it makes room for others
    bench.heart.receive(DHCP, [relayed(discover())], None, NOW)
    asked_before = lookup(bench.heart)
    old = bench.store.facts([BOX])
    bench.heart.committed(under_way.number, bench.store.commit(under_way.effects), NOW)
    bench.heart.facts_found(asked_before.number, old, NOW)
    bench.supply.meet(NOW)
    lease = bench.world.facts(BOX).lease
    assert lease
    assert lease.address == offer.verdict.address


def test_a_full_room_costs_the_newcomer_and_nobody_else(bench: Bench) -> None:
    """Bounded, and told with the reason of those whose time is over."""
    bench.install()
    heart = Heart(bench.engines.mouths(), bench.world, most=2)
    heart.receive(DHCP, [relayed(discover(mac)) for mac in (BOX, OTHER, THIRD)], None, NOW)
    assert ends(heart) == [("silent", "STORE_UNAVAILABLE")]
    wanted = lookup(heart)
    assert wanted.macs == (BOX, OTHER)
    heart.facts_found(wanted.number, bench.store.facts(wanted.macs), NOW)
    assert ends(heart) == [("DHCPOFFER", ""), ("silent", "UNKNOWN_MAC")]


# Durable before it is told.


def ack_under_way(bench: Bench, mac: bytes = BOX, agent: bytes = b"") -> int:
    """A REQUEST whose ACK waits for its commit; the address."""
    bench.gathers = True
    address = bench.hear(discover(mac, agent=agent)).verdict.address
    bench.hear(selecting(mac, address, agent=agent))
    assert bench.told() == []
    return address


def test_nothing_durable_leaves_before_its_commit_has_ended(bench: Bench) -> None:
    """And then it leaves once."""
    bench.install()
    ack_under_way(bench)
    under_way = batch(bench.heart)
    assert ends(bench.heart) == []
    bench.heart.committed(under_way.number, bench.store.commit(under_way.effects), NOW)
    assert ends(bench.heart) == [("DHCPACK", "")]
    assert bench.heart.waiting() == 0
    bench.heart.committed(under_way.number, set(), NOW)
    assert ends(bench.heart) == []


def test_what_was_committed_happened_when_it_was_decided(bench: Bench) -> None:
    """The journal is told so, to the millisecond; and whoever counts, however long the disk took."""
    bench.install()
    ack_under_way(bench)
    bench.hear(selecting(BOX, FIRST), now=NOW + 0.125)
    under_way = batch(bench.heart)
    assert under_way.at_ms == [NOW * 1000, NOW * 1000 + 125]
    bench.heart.committed(under_way.number, bench.store.commit(under_way.effects), NOW + 3)
    assert [one.at for one in bench.heart.told()] == [NOW, NOW + 0.125]


def test_what_gathers_while_a_batch_is_under_way_is_the_next(bench: Bench) -> None:
    """Group commit: the price of an fsync is shared by more and more leases; each batch ends for itself."""
    bench.install()
    bench.install(OTHER, "B")
    ack_under_way(bench)
    first = batch(bench.heart)
    assert bench.heart.next_batch() is None
    ack_under_way(bench, OTHER)
    second = batch(bench.heart)
    assert (first.outcomes, second.outcomes) == (1, 1)
    bench.heart.committed(first.number, bench.store.commit(first.effects), NOW)
    assert ends(bench.heart) == [("DHCPACK", "")]
    assert bench.heart.waiting() == 1
    bench.heart.committed(second.number, bench.store.commit(second.effects), NOW)
    assert ends(bench.heart) == [("DHCPACK", "")]


def test_what_the_store_did_not_take_is_told_with_its_reason_and_forgotten(bench: Bench) -> None:
    """No answer, and memory does not go on as if the lease were there: the box is looked up again."""
    bench.install()
    ack_under_way(bench)
    bench.heart.commit_failed(batch(bench.heart).number, NOW)
    lost = bench.told()
    assert [told(outcome) for outcome in lost] == [("silent", "STORE_UNAVAILABLE")]
    assert (lost[0].answer, lost[0].to, lost[0].effects) == (b"", None, ())
    assert not bench.world.knows(BOX)
    bench.gathers = False
    assert bench.bind()


def test_what_another_has_is_told_with_its_reason_and_costs_nobody_else_in_the_batch(bench: Bench) -> None:
    """The constraint of the store is the last word; the address is offered to nobody while that lasts."""
    bench.install()
    bench.install(OTHER, "B")
    first = ack_under_way(bench)
    ack_under_way(bench, OTHER)
    under_way = batch(bench.heart)
    bench.heart.committed(under_way.number, {0}, NOW)
    assert ends(bench.heart) == [("silent", "ADDRESS_CONFLICT"), ("DHCPACK", "")]
    assert not bench.world.pools.is_free_for(first, BOX, NOW)


@pytest.mark.parametrize("bad", range(3))
def test_what_is_no_row_is_refused_alone_wherever_it_stands(bench: Bench, bad: int) -> None:
    """The others are told that they are on disk; the box itself is looked up again, and its address is free again."""
    boxes = (BOX, OTHER, THIRD)
    for number, mac in enumerate(boxes):
        bench.install(mac, f"A{number}")
    addresses = [ack_under_way(bench, mac, circuit(f"ge 1/0/{mac[5]}")) for mac in boxes]
    under_way = batch(bench.heart)
    assert under_way.sizes == [2, 2, 2]  # a lease and a port each
    bench.heart.committed(under_way.number, set(), NOW, {2 * bad: "bind and learn: too large"})
    ended = [one.outcome for one in bench.heart.told()]
    assert [told(outcome) for outcome in ended] == [
        ("silent", "BAD_RECORD") if number == bad else ("DHCPACK", "") for number in range(3)
    ]
    assert (ended[bad].verdict.seen, ended[bad].effects, ended[bad].answer) == ("bind and learn: too large", (), b"")
    assert [bench.world.knows(mac) for mac in boxes] == [number != bad for number in range(3)]
    free = [address for address in addresses if bench.world.pools.is_free_for(address, bytes(6), NOW)]
    assert free == [addresses[bad]]


def test_a_report_that_is_no_row_is_new_again_when_it_is_sent_again(bench: Bench) -> None:
    """It was not acknowledged (RFC 2866 2), so it is no duplicate."""
    bench.install()
    bench.gathers = True
    bench.report(accounting_request(1))
    bench.heart.committed(batch(bench.heart).number, set(), NOW, {0: "report: too large"})
    assert ends(bench.heart) == [("silent", "BAD_RECORD")]
    bench.gathers = False
    assert told(bench.report(accounting_request(1))) == ("Accounting-Response", "")


def test_a_port_that_another_was_first_at_is_a_mismatch(bench: Bench) -> None:
    """Two boxes of one account at two lines, both decided before either is on disk."""
    bench.install(acs_url="", boxes="2")
    bench.install(OTHER)
    bench.gathers = True
    requests = [access_request(port="ge 1/0/1", identifier=1)]
    requests.append(access_request(OTHER.hex(), password=OTHER.hex(), port="ge 1/0/2", identifier=2))
    for request in requests:
        bench.ask(request)
    assert [told(outcome) for outcome in bench.commit()] == [("Access-Accept", ""), ("silent", "PORT_MISMATCH")]
    bench.gathers = False
    assert told(bench.ask(requests[1])) == ("Access-Reject", "PORT_MISMATCH")


def test_doors_are_to_be_left_alone_while_too_much_waits_for_the_disk(bench: Bench) -> None:
    """What cannot be committed in time waits in the kernel, where it is bounded."""
    heart = Heart(bench.engines.mouths(), bench.world, most=2)
    for number in range(3):
        assert not heart.is_full()
        report = accounting_request(1, session=f"{number}", name=None, identifier=number)
        heart.receive(ACCOUNTING, [Datagram(report, BRAS, 40001, REPORTS)], None, NOW)
    assert heart.is_full()
    under_way = batch(heart)
    heart.committed(under_way.number, set(), NOW)
    assert not heart.is_full()


def test_what_the_doors_had_given_already_has_room_and_beyond_that_it_is_lost_in_words(bench: Bench) -> None:
    """Twice as much as the doors are left alone for."""
    heart = Heart(bench.engines.mouths(), bench.world, most=1)
    for number in range(3):
        report = accounting_request(1, session=f"{number}", name=None, identifier=number)
        heart.receive(ACCOUNTING, [Datagram(report, BRAS, 40001, REPORTS)], None, NOW)
    assert ends(heart) == [("silent", "STORE_UNAVAILABLE")]
    assert len(batch(heart).effects) == 2


# A bug costs its packet.


class FaultyRadius:
    """The RADIUS mouth with a bug that one session's request meets."""

    def __init__(self, bench: Bench, where: str) -> None:
        self._mouth = bench.radius
        self._where = where
        self.broken = True

    def _may_raise(self, where: str) -> None:
        if self.broken and where == self._where:
            raise ZeroDivisionError(where)

    def read(self, datagram: Datagram, now: float) -> RadiusQuestion | Outcome:
        self._may_raise("read")
        return self._mouth.read(datagram, now)

    def answer(self, question: RadiusQuestion, now: float) -> Outcome:
        outcome = self._mouth.answer(question, now)
        self._may_raise("answer")
        return outcome

    def unanswered(self, question: RadiusQuestion, reason: Reason) -> Outcome:
        return self._mouth.unanswered(question, reason)

    def sent(self, outcome: Outcome, now: float) -> None:
        self._mouth.sent(outcome, now)

    def forget(self, question: RadiusQuestion) -> None:
        self._mouth.forget(question)


@pytest.mark.parametrize("where", ["read", "answer"])
def test_a_bug_costs_its_packet_only_and_the_next_try_is_a_new_request(bench: Bench, where: str) -> None:
    """RFC 5080 2.2.2: what is being made has no duplicate once it is not made any more."""
    bench.install()
    faulty = FaultyRadius(bench, where)
    bench.heart.set_mouths(bench.engines.mouths()._replace(authentication=faulty))
    datagram = asked(access_request())
    bench.heart.receive(AUTHENTICATION, [datagram], None, NOW)
    bench.supply.meet(NOW)
    (bug,) = bench.heart.bugs()
    assert bench.heart.told() == []
    assert (str(bug.error), bug.datagram, bug.at) == (where, datagram, NOW)
    faulty.broken = False
    assert told(bench.handle(AUTHENTICATION, datagram)) == ("Access-Accept", "")


# AAA's word.


@pytest.fixture
def upstream(tmp_path: Path) -> Bench:
    config = CONFIG.replace("[dhcp]\n", '[dhcp]\nauthorize = "radius"\n') + AAA
    bench = Bench(tmp_path, config)
    bench.world.take_facts(bench.store.facts([BOX, OTHER]))
    return bench


def ask_aaa(bench: Bench, *datagrams: Datagram) -> list[bytes]:
    bench.heart.receive(DHCP, datagrams, None, NOW)
    needs = bench.heart.needs()
    return [question.mac for question in needs.words] if needs else []


def test_a_box_waits_for_aaa_and_the_others_go_on(upstream: Bench) -> None:
    """Each box's word is asked for once."""
    heart = upstream.heart
    assert ask_aaa(upstream, relayed(discover()), relayed(discover(OTHER))) == [BOX, OTHER]
    assert ends(heart) == []
    engine = upstream.dhcp
    question = engine.read(relayed(discover(OTHER)), NOW)
    assert isinstance(question, DhcpQuestion)
    of_other = engine.to_ask(question, NOW)
    assert of_other
    heart.heard_word(of_other, Grant(None, "028@itv"), NOW)
    assert ends(heart) == [("DHCPOFFER", "")]
    assert heart.waiting() == 1


def test_the_younger_question_of_a_box_takes_the_place_of_the_older(upstream: Bench) -> None:
    """The older one ends too, as what it is: a duplicate."""
    assert ask_aaa(upstream, relayed(discover()), relayed(discover())) == [BOX, BOX]
    (older,) = upstream.heart.told()
    assert told(older.outcome) == ("silent", "DUPLICATE")
    assert upstream.heart.waiting() == 1
    tallies = Tallies()
    tallies.read(older)
    assert tallies.drain_refusals() == []  # nobody is refused by it


def test_aaas_word_about_another_line_is_not_for_the_question_that_waits(upstream: Bench) -> None:
    """The box has moved between two questions, and AAA was asked about both lines."""
    heart = upstream.heart
    heart.receive(DHCP, [relayed(discover(agent=circuit(line))) for line in ("ge 1/0/1", "ge 1/0/2")], None, NOW)
    needs = heart.needs()
    assert needs
    first, second = needs.words
    heart.told()
    heart.heard_word(first, Grant(None, "028@itv"), NOW)
    assert ends(heart) == []
    assert heart.needs() is None  # and the other word is not asked for twice
    heart.heard_word(second, Grant(Reason.AAA_REJECTED), NOW)
    assert ends(heart) == [("silent", "AAA_REJECTED")]


def test_aaa_that_never_answers_ends_in_silence(upstream: Bench) -> None:
    """Never a NAK; whoever asks it gives up by himself, the heart at last all the same."""
    heart = upstream.heart
    ask_aaa(upstream, relayed(discover()))
    heart.handle_time(heart.next_due())
    assert ends(heart) == [("silent", "AAA_UNREACHABLE")]
    assert heart.waiting() == 0


def test_too_many_that_wait_for_aaa_cost_the_newcomer(upstream: Bench) -> None:
    """As one whose time is over at once."""
    heart = Heart(upstream.engines.mouths(), upstream.world, most=1)
    heart.receive(DHCP, [relayed(discover()), relayed(discover(OTHER))], None, NOW)
    assert ends(heart) == [("silent", "AAA_UNREACHABLE")]
    assert heart.drain_counts() == {("radius", "upstream", "too-many"): 1}
    assert heart.drain_counts() == {}


def test_what_waits_for_old_servers_is_asked_of_the_new_ones(upstream: Bench) -> None:
    """After a reload."""
    assert ask_aaa(upstream, relayed(discover())) == [BOX]
    upstream.heart.receive(DHCP, [relayed(discover(OTHER))], None, NOW)  # and nobody has been asked about it yet
    upstream.heart.ask_anew(NOW)
    needs = upstream.heart.needs()
    assert needs
    assert [question.mac for question in needs.words] == [BOX, OTHER]


def test_when_all_begins_anew_nobody_is_left_waiting(upstream: Bench) -> None:
    """Each ends as if its time were over, whatever time it is then: a clock may have been set."""
    heart = upstream.heart
    ask_aaa(upstream, relayed(discover()), relayed(discover(OTHER)))
    heart.receive(DHCP, [relayed(discover(THIRD))], None, NOW)
    heart.end_waiting(NOW)
    assert ends(heart) == [("silent", "STORE_UNAVAILABLE"), *[("silent", "AAA_UNREACHABLE")] * 2]
    assert heart.waiting() == 0


# ARP probes.


@pytest.fixture
def probing(bench: Bench) -> Bench:
    bench.install()
    bench.install(OTHER, "B")
    bench.start(probing=frozenset({DIRECT.name}))
    bench.world.take_facts(bench.store.facts([BOX, OTHER]))
    return bench


def offer_probed(bench: Bench, mac: bytes = BOX) -> int:
    """The address that is asked for on the link."""
    bench.heart.receive(DHCP, [heard(discover(mac, giaddr=0), mac)], None, NOW)
    needs = bench.heart.needs()
    assert needs
    assert [probe.via for probe in needs.probes] == [DIRECT]
    return needs.probes[0].address


def test_an_offer_waits_for_its_probe_and_leaves_when_nobody_objects(probing: Bench) -> None:
    """RFC 2131 4.3.1 asks for that."""
    heart = probing.heart
    offer_probed(probing)
    assert heart.next_due() == NOW + PROBE_S
    heart.handle_time(NOW + PROBE_S - 0.01)
    assert ends(heart) == []
    heart.handle_time(NOW + PROBE_S)
    assert ends(heart) == [("DHCPOFFER", "")]


def test_an_address_that_somebody_has_is_quarantined_on_disk_before_it_is_told(probing: Bench) -> None:
    """As after a DECLINE."""
    heart = probing.heart
    address = offer_probed(probing)
    heart.claimed(address, b"\x02claim"[:6], NOW)
    assert ends(heart) == []
    under_way = batch(heart)
    heart.committed(under_way.number, probing.store.commit(under_way.effects), NOW)
    assert ends(heart) == [("silent", "ADDRESS_CONFLICT")]
    assert not probing.world.pools.is_free_for(address, BOX, NOW + 60)


def test_the_box_itself_may_have_the_address_from_before(probing: Bench) -> None:
    """That is no conflict, and the offer waits on for others."""
    address = offer_probed(probing)
    probing.heart.claimed(address, BOX, NOW)
    assert probing.heart.next_batch() is None
    probing.heart.handle_time(NOW + PROBE_S)
    assert ends(probing.heart) == [("DHCPOFFER", "")]


def test_where_nobody_can_be_asked_the_offer_leaves(probing: Bench) -> None:
    """A link that is down, or a door that has no prober."""
    heart = probing.heart
    heart.receive(DHCP, [heard(discover(giaddr=0))], None, NOW)
    needs = heart.needs()
    assert needs
    heart.not_probed(needs.probes[0], NOW)
    assert ends(heart) == [("DHCPOFFER", "")]


def test_an_address_that_the_box_has_on_record_is_not_probed(probing: Bench) -> None:
    """Only the first offer of an address is."""
    probing.bind()
    heart = probing.heart
    heart.receive(DHCP, [heard(discover(giaddr=0))], None, NOW + 1)
    assert ends(heart) == [("DHCPOFFER", "")]


# Told once, and counted.


def test_each_datagram_ends_by_the_door_it_came_through(bench: Bench) -> None:
    """The driver's own word for the door comes back with what leaves by it."""
    bench.install()
    bench.heart.receive(AUTHENTICATION, [asked(access_request())], "the door", NOW)
    bench.supply.meet(NOW)
    (one,) = bench.heart.told()
    assert (one.door, one.at) == ("the door", NOW)


def test_duplicates_are_no_refusals_and_lost_ones_are(bench: Bench) -> None:
    """`show refused` lists boxes that are refused, by the reason that says why."""
    bench.install()
    tallies = Tallies()
    bench.heart.receive(AUTHENTICATION, [asked(access_request())] * 2, None, NOW)
    bench.supply.meet(NOW)
    bench.heart.receive(
        AUTHENTICATION, [asked(access_request(OTHER.hex(), password=OTHER.hex(), identifier=2))], None, NOW
    )
    bench.supply.meet(NOW)
    ended = bench.heart.told()
    ack_under_way(bench)
    bench.heart.commit_failed(batch(bench.heart).number, NOW)
    for one in ended + bench.heart.told():
        tallies.read(one)
    assert sorted((row.mac, row.reason, row.times) for row in tallies.drain_refusals()) == [
        (OTHER, Reason.UNKNOWN_MAC, 1),
        (BOX, Reason.STORE_UNAVAILABLE, 1),
    ]
    assert {(row.mac, row.account, row.where) for row in tallies.drain_admitted()} == {(BOX, "A", "bras1")}
    assert tallies.drain_outcomes() == {
        ("radius", "Access-Request", "no-answer", "DUPLICATE"): 1,
        ("radius", "Access-Request", "Access-Accept", "ok"): 1,
        ("radius", "Access-Request", "Access-Reject", "UNKNOWN_MAC"): 1,
        ("dhcp", "DHCPREQUEST", "no-answer", "STORE_UNAVAILABLE"): 1,
    }
    assert tallies.drain_outcomes() == {}


def test_a_line_that_is_about_to_be_learned_has_its_crowd_looked_up(tmp_path: Path) -> None:
    """After the facts of the box, which say whether it will be."""
    bench = Bench(tmp_path, f"{CONFIG}\n[binding]\nboxes_per_port = 2\n")
    bench.install()
    heart = bench.heart
    heart.receive(DHCP, [relayed(discover(agent=circuit("ge 1/0/7")))], None, NOW)
    first = lookup(heart)
    assert (first.macs, first.lines) == ((BOX,), ())
    heart.facts_found(first.number, bench.store.facts([BOX]), NOW)
    second = lookup(heart)
    assert (second.macs, second.lines) == ((), ("10.20.0.1|ge 1/0/7",))
    heart.crowds_found(second.number, bench.store.crowds(second.lines), NOW)
    assert ends(heart) == [("DHCPOFFER", "")]


def test_a_box_that_changes_whenever_it_is_looked_at_is_given_up(tmp_path: Path) -> None:
    """It cannot be judged by facts that are never true for long enough, and takes no more turns than that."""
    bench = Bench(tmp_path, f"{CONFIG}\n[binding]\nboxes_per_port = 2\n")
    bench.install()
    heart = bench.heart
    heart.receive(DHCP, [relayed(discover(agent=circuit("ge 1/0/7")))], None, NOW)
    turns = 0
    while needs := heart.needs():
        turns += 1
        assert turns < 10
        assert needs.lookup
        found = needs.lookup
        bench.world.forget([BOX] if found.lines else [])  # lines are forgotten either way
        heart.facts_found(found.number, bench.store.facts(found.macs), NOW)
        heart.crowds_found(found.number, bench.store.crowds(found.lines), NOW)
    assert ends(heart) == [("silent", "STORE_UNAVAILABLE")]


def test_a_release_is_told_when_it_is_on_disk(bench: Bench) -> None:
    """It has no answer, and still ends once."""
    bench.install()
    address = bench.bind()
    bench.heart.receive(DHCP, [relayed(release(BOX, address))], None, NOW)
    assert ends(bench.heart) == []
    assert [told(outcome) for outcome in bench.commit()] == [("silent", "")]


def refused_rows(*outcomes: Outcome) -> dict[str, Refused]:
    tallies = Tallies()
    for outcome in outcomes:
        tallies.read(Told(outcome, None, NOW + 0.25))
    return {row.reason: row for row in tallies.drain_refusals()}


def test_what_is_kept_of_a_refusal_is_its_evidence(bench: Bench) -> None:
    """The values compared, who sent it, what it was, and how it was answered."""
    bench.install(port="ge 1/0/7")
    (row,) = refused_rows(bench.hear(discover(agent=circuit("ge 1/0/8")))).values()
    assert row == Refused(
        BOX, "dhcp", Reason.PORT_MISMATCH, "10.20.0.1|ge 1/0/8", 1, NOW, NOW, "ge 1/0/7", "10.20.0.1|ge 1/0/8",
        "10.20.0.1", "DHCPDISCOVER", "", 0, "discover", GIADDR, 250,
    )  # fmt: skip


def test_a_line_that_was_not_named_is_told_from_one_that_nobody_asked_for(bench: Bench) -> None:
    """RFC 3046 2.1: a unicast renewal passes the relay by; a broadcast without Option 82 names no line."""
    bench.install()
    bench.bind()
    bench.order("move", port="ge 1/0/7")
    missing = refused_rows(bench.hear(discover()))
    bench.order("suspend")
    suspended = refused_rows(bench.hear(renewing(BOX, FIRST), now=NOW + 60))
    assert (missing["PORT_MISSING"].port, suspended["SUSPENDED"].port) == ("", None)
    assert (suspended["SUSPENDED"].state, suspended["SUSPENDED"].address) == ("renewing", FIRST)


@pytest.mark.parametrize(
    ("key", "proxy", "reason"),
    [
        ('require_message_authenticator = "yes"', b"", "NO_MESSAGE_AUTHENTICATOR"),
        ('require_message_authenticator = "no"', b"\x21\x03x", "PROXY_STATE_LIMITED"),
    ],
)
def test_a_request_that_nobody_vouches_for_still_names_its_box_and_line(
    tmp_path: Path, key: str, proxy: bytes, reason: str
) -> None:
    """Or who looks for that box finds nothing. It is a row of its own, and hides none that is vouched for."""
    bench = Bench(tmp_path, CONFIG.replace('name = "bras1"', f'name = "bras1"\n{key}'))
    row = refused_rows(bench.ask(access_request(port="ge 1/0/7", sealed=False, extra=proxy)))[reason]
    assert (row.mac, row.port, row.where, row.reply) == (BOX, "bras1|ge 1/0/7", "bras1", "")


def test_a_flood_of_strangers_costs_no_box_of_ours_its_evidence(bench: Bench) -> None:
    """Within one second: the store protects it from then on."""
    bench.install(port="ge 1/0/7")
    ours, stranger = bench.hear(discover(agent=circuit("ge 1/0/8"))), bench.hear(discover(OTHER))
    flood = [stranger._replace(mac=number.to_bytes(6, "big")) for number in range(MAX_REFUSALS + 1)]
    assert "PORT_MISMATCH" in refused_rows(ours, *flood)
