"""Accounting (RFC 2866): what is answered, what is kept, and what a report is joined with."""

from hashlib import md5

import pytest

from gatekeeper.wire import radius as radius_wire
from gatekeeper.wire.radius_seal import Secret, reply_is_right
from gatekeeper.wire.session_class import class_value
from gatekeeper.wire.text import ip_text, parse_ip
from tests.engine.bench import (
    BOX,
    FIRST,
    GIADDR,
    H3C,
    NOW,
    OTHER,
    SECRET,
    WAITS,
    Bench,
    access_request,
    accounting_request,
    circuit,
    release,
    told,
)

START, STOP, INTERIM, ON, OFF = 1, 2, 3, 7, 8
ADDRESS, DELAY, IN, OUT, TIME, CAUSE, IN_GIGA, OUT_GIGA, STAMP = 8, 41, 42, 43, 46, 49, 52, 53, 55
PORT = "eth 2/1/7:1234.2345 cd001/0/1/3/0/7"


def sessions(bench: Bench) -> list[dict[str, object]]:
    return list(bench.store.view("sessions", NOW))


def test_rfc2866_4_1_a_start_is_kept_and_then_acknowledged(bench: Bench) -> None:
    """Joined with the account of the box, and with the line as the NAS names it."""
    bench.install()
    outcome = bench.report(accounting_request(START, extra=radius_wire.attribute(87, PORT.encode())))
    assert told(outcome) == ("Accounting-Response", "")
    answer = radius_wire.decode(outcome.answer)
    assert (answer.code, answer.identifier) == (5, 1)
    request = radius_wire.decode(accounting_request(START, extra=radius_wire.attribute(87, PORT.encode())))
    assert reply_is_right(answer, request.authenticator, SECRET)
    assert sessions(bench) == [
        {
            "session": "00000001",
            "nas": "bras1",
            "mac": BOX.hex(":"),
            "account": "A",
            "port": PORT,
            "address": "",
            "state": "active",
            "started": NOW,
            "last_seen": NOW,
            "bytes_in": 0,
            "bytes_out": 0,
            "cause": "",
            "asked": "",
        }
    ]


def test_rfc2866_2_what_could_not_be_kept_is_not_answered(bench: Bench) -> None:
    """The NAS tries again, and then it is a new request."""
    data = accounting_request(START)
    bench.gathers = True
    assert bench.report(data) is WAITS
    assert told(bench.report(data)) == ("silent", "DUPLICATE")
    batch = bench.heart.next_batch()
    assert batch
    bench.heart.commit_failed(batch.number, NOW)
    assert [told(outcome) for outcome in bench.told()] == [("silent", "STORE_UNAVAILABLE")]
    bench.gathers = False
    assert told(bench.report(data)) == ("Accounting-Response", "")
    assert len(sessions(bench)) == 1


def test_rfc5080_2_2_2_the_same_request_gets_the_same_answer(bench: Bench) -> None:
    """Octet for octet, and is not counted twice."""
    first = bench.report(accounting_request(INTERIM, numbers={IN: 7}))
    again = bench.report(accounting_request(INTERIM, numbers={IN: 7}), now=NOW + 2)
    assert told(again) == ("Accounting-Response", "DUPLICATE")
    assert again.answer == first.answer


def test_rfc2869_5_1_gigawords_are_the_upper_half(bench: Bench) -> None:
    """More than 4 GiB, in both directions; in is from the subscriber (RFC 2866 5.3)."""
    numbers = {IN: 5, IN_GIGA: 2, OUT: 0xFFFFFFFF, OUT_GIGA: 1}
    bench.report(accounting_request(INTERIM, numbers=numbers))
    row = sessions(bench)[0]
    assert (row["bytes_in"], row["bytes_out"]) == (2 * 2**32 + 5, 2**33 - 1)


@pytest.mark.parametrize(
    ("low", "gigawords", "kept"),
    [(0xFFFFFFFF, 0x7FFFFFFF, 2**63 - 1), (0, 0x80000000, 2**63 - 1), (0xFFFFFFFF, 0xFFFFFFFF, 2**63 - 1)],
    ids=["the most", "one more", "all ones"],
)
def test_octets_are_kept_up_to_what_a_store_holds(bench: Bench, low: int, gigawords: int, kept: int) -> None:
    """A NAS that counts wrong is acknowledged all the same (RFC 2866 4.2), else it would send it again for ever."""
    numbers = {IN: low, IN_GIGA: gigawords, OUT: low, OUT_GIGA: gigawords}
    assert told(bench.report(accounting_request(INTERIM, numbers=numbers))) == ("Accounting-Response", "")
    row = sessions(bench)[0]
    assert (row["bytes_in"], row["bytes_out"]) == (kept, kept)


def test_a_session_from_start_to_stop(bench: Bench) -> None:
    """Its counters, its end, and what the NAS gives for a cause (RFC 2866 5.10)."""
    bench.install()
    bench.report(accounting_request(START, identifier=1))
    bench.report(accounting_request(INTERIM, numbers={IN: 10, OUT: 20, TIME: 300}, identifier=2), now=NOW + 300)
    stop = accounting_request(STOP, numbers={IN: 15, OUT: 25, TIME: 600, CAUSE: 1}, identifier=3)
    bench.report(stop, now=NOW + 600)
    row = sessions(bench)[0]
    assert (row["state"], row["cause"], row["started"], row["last_seen"]) == ("closed", "User-Request", NOW, NOW + 600)
    assert (row["bytes_in"], row["bytes_out"]) == (15, 25)


def test_a_late_report_does_not_revive_what_has_ended(bench: Bench) -> None:
    """An Interim-Update that was on its way says how long ago it was (RFC 2866 5.2)."""
    bench.report(accounting_request(START, identifier=1))
    bench.report(accounting_request(STOP, numbers={IN: 15, TIME: 60}, identifier=2), now=NOW + 60)
    bench.report(accounting_request(INTERIM, numbers={IN: 9, TIME: 30, DELAY: 40}, identifier=3), now=NOW + 70)
    bench.report(accounting_request(START, numbers={DELAY: 75}, identifier=4), now=NOW + 75)
    row = sessions(bench)[0]
    assert (len(sessions(bench)), row["state"], row["bytes_in"]) == (1, "closed", 15)


def test_a_start_that_is_sent_again_is_the_same_session(bench: Bench) -> None:
    """RFC 2866 4.1: with another identifier, because Acct-Delay-Time has changed."""
    bench.report(accounting_request(START, identifier=1))
    bench.report(accounting_request(START, numbers={DELAY: 4}, identifier=2), now=NOW + 5)
    assert [(row["state"], row["started"]) for row in sessions(bench)] == [("active", NOW)]


@pytest.mark.parametrize("gives_back", [False, True])
def test_a_session_has_the_address_that_its_box_holds(bench: Bench, gives_back: bool) -> None:
    """Where the NAS names none, DHCP knows it; an address that was given back may be another box's by then."""
    bench.install()
    address = bench.bind()
    if gives_back:
        bench.hear(release(BOX, address), now=NOW + 1)
    bench.report(accounting_request(START), now=NOW + 2)
    assert [row["address"] for row in sessions(bench)] == ["" if gives_back else ip_text(address)]


def test_a_session_whose_start_was_lost_begins_when_it_says(bench: Bench) -> None:
    """Acct-Session-Time (RFC 2866 5.7) counts back."""
    bench.report(accounting_request(INTERIM, numbers={TIME: 900}))
    assert [(row["state"], row["started"]) for row in sessions(bench)] == [("active", NOW - 900)]


def test_a_nas_that_counts_from_one_again_has_another_session(bench: Bench) -> None:
    """Same Acct-Session-Id, another start: the old one is closed, both are on record."""
    bench.report(accounting_request(START, identifier=1))
    bench.report(accounting_request(START, name=OTHER.hex(), identifier=2), now=NOW + 3600)
    rows = sessions(bench)
    assert [(row["state"], row["mac"]) for row in rows] == [("active", OTHER.hex(":")), ("closed", BOX.hex(":"))]
    assert rows[1]["cause"] == "another one has its name"


@pytest.mark.parametrize("status", [ON, OFF])
def test_rfc2866_5_1_on_and_off_end_all_sessions_of_that_nas(bench: Bench, status: int) -> None:
    """And of no other."""
    bench.report(accounting_request(START, "1", identifier=1))
    bench.report(accounting_request(START, "2", identifier=2))
    bench.report(accounting_request(START, "1", identifier=1, extra=b""), source=H3C)
    answered = bench.report(accounting_request(status, None, None, identifier=3), now=NOW + 5)
    assert told(answered) == ("Accounting-Response", "")
    states = {(row["nas"], row["session"]): (row["state"], row["cause"]) for row in sessions(bench)}
    ended = ("closed", "NAS restarted")
    assert states == {("bras1", "1"): ended, ("bras1", "2"): ended, ("h3c1", "1"): ("active", "")}


def test_the_class_that_we_gave_says_whose_session_it_is(bench: Bench) -> None:
    """RFC 2865 5.25: the NAS calls the box by a name of its own, and echoes what the Access-Accept said."""
    bench.install()
    told_class = radius_wire.attribute(25, class_value(BOX, "#1"))
    bench.report(accounting_request(START, name="bras1-slot3-7", extra=told_class))
    assert [(row["mac"], row["account"]) for row in sessions(bench)] == [(BOX.hex(":"), "A")]


def test_a_session_that_names_no_box_is_kept_all_the_same(bench: Bench) -> None:
    """RFC 2866 2: it was recorded, so it is answered."""
    assert told(bench.report(accounting_request(START, name="somebody"))) == ("Accounting-Response", "")
    assert [(row["mac"], row["account"]) for row in sessions(bench)] == [("", "")]


def test_a_session_has_the_address_of_the_lease_unless_the_nas_names_one(bench: Bench) -> None:
    """DHCP gave it here; Framed-IP-Address (RFC 2865 5.8) comes from a BRAS that gives addresses itself."""
    bench.install()
    bench.bind(agent=circuit(PORT))
    bench.report(accounting_request(START, "1", identifier=1))
    bench.report(accounting_request(START, "2", numbers={ADDRESS: GIADDR}, identifier=2))
    found = {row["session"]: row["address"] for row in sessions(bench)}
    assert found == {"1": "10.20.1.0", "2": "10.20.0.1"}
    assert parse_ip("10.20.1.0") == FIRST


def test_rfc2866_3_a_wrong_authenticator_is_silence(bench: Bench) -> None:
    """Nothing of it is kept, and it does not touch what duplicates are told by."""
    forged = accounting_request(STOP, secret=Secret(b"guess"))
    assert told(bench.report(forged)) == ("silent", "BAD_AUTHENTICATOR")
    assert told(bench.report(accounting_request(START))) == ("Accounting-Response", "")
    assert told(bench.report(forged)) == ("silent", "BAD_AUTHENTICATOR")
    assert [row["state"] for row in sessions(bench)] == ["active"]


@pytest.mark.parametrize("right", [True, False])
def test_rfc5176_3_4_a_message_authenticator_is_looked_at_where_there_is_one(bench: Bench, right: bool) -> None:
    """Made with 16 zero octets for the authenticator; the answer then has one too."""
    data = accounting_request(START, sealed=True)
    if not right:
        broken = data[:22] + bytes(16) + data[38:]
        data = broken[:4] + md5(broken[:4] + bytes(16) + broken[20:] + b"testing123").digest() + broken[20:]
    outcome = bench.report(data)
    assert told(outcome) == (("Accounting-Response", "") if right else ("silent", "BAD_AUTHENTICATOR"))
    if right:
        assert radius_wire.decode(outcome.answer).seal_at == 22


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (accounting_request(START, session=None), "MALFORMED"),
        (accounting_request(0), "MALFORMED"),
        (accounting_request(START, extra=radius_wire.attribute(IN, b"\x01")), "MALFORMED"),
        (b"\x04\x01\x00\x14", "MALFORMED"),
    ],
    ids=["no session", "no status", "short counter", "cut"],
)
def test_what_cannot_be_read_is_silence(bench: Bench, data: bytes, reason: str) -> None:
    """With the reason and whom it spoke of, and nothing kept."""
    outcome = bench.report(data)
    assert told(outcome) == ("silent", reason)
    assert outcome.mac == (BOX if len(data) > 20 else b"")
    assert sessions(bench) == []


def test_a_clock_that_is_far_off_is_not_believed(bench: Bench) -> None:
    """RFC 2869 5.3: Event-Timestamp, where it can be true."""
    bench.report(accounting_request(START, "1", numbers={STAMP: NOW - 30}, identifier=1))
    bench.report(accounting_request(START, "2", numbers={STAMP: 86_400}, identifier=2))
    assert {row["session"]: row["started"] for row in sessions(bench)} == {"1": NOW - 30, "2": NOW}


def test_rfc2867_what_speaks_of_tunnels_is_acknowledged_and_counted(bench: Bench) -> None:
    """Silence would make the NAS send it for ever."""
    outcome = bench.report(accounting_request(9))
    assert (told(outcome), outcome.durable, sessions(bench)) == (("Accounting-Response", ""), False, [])


def test_an_access_request_on_the_accounting_port_is_not_served(bench: Bench) -> None:
    """RFC 2866 3: another port, another protocol."""
    assert told(bench.report(access_request())) == ("silent", "UNSUPPORTED")


def test_proxy_state_comes_back(bench: Bench) -> None:
    """RFC 2865 5.33, in their sequence."""
    states = radius_wire.attribute(33, b"one") + radius_wire.attribute(33, b"two")
    assert bench.report(accounting_request(START, extra=states)).answer[20:] == states
