"""Whatever arrives, ``read`` gives a question or an outcome, and ``answer`` an outcome: nothing is ever raised."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.model import Action, Datagram, Outcome
from gatekeeper.report.line import outcome_line
from gatekeeper.wire.eap import RESPONSE, EapPacket, eap_attributes
from gatekeeper.wire.radius import STATUS_SERVER, attribute, decode, vendor_attribute
from gatekeeper.wire.radius_seal import chap_response, reply_is_right, sealed_request
from tests.engine.bench import (
    BOX,
    BRAS,
    DIRECT,
    GIADDR,
    NOW,
    RADIUS,
    RELAYED,
    SECRET,
    TRUSTED,
    Bench,
    access_request,
    accounting_request,
    circuit,
    discover,
    release,
    renewing,
    selecting,
)  # fmt: skip

SEEDS = [
    discover(agent=circuit("ge 1/0/7")),
    discover(options={55: b"\x01\x03\x06\x2b", 57: b"\x02\x40", 61: b"\x01" + BOX}),
    selecting(BOX, 0x0A140100), renewing(BOX, 0x0A140100), release(BOX, 0x0A140100),
    access_request(port="slot=2;subslot=2;port=22;vlanid=503;"), access_request(station=BOX.hex("-"), sealed=False),
    access_request(password=None, sealed=False, extra=attribute(3, b"\x16" + chap_response(22, b"x", bytes(16)))),
    access_request(password=None, extra=eap_attributes(EapPacket(RESPONSE, 7, 1, BOX.hex().encode()))),
    access_request(password=None, extra=vendor_attribute(311, 25, bytes(50)), sealed=False),
    sealed_request(STATUS_SERVER, 1, bytes(16), b"", SECRET),
]  # fmt: skip
_PATCHES = st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=6)), max_size=4)
_quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)


def _patched(seed: bytes, patches: list[tuple[int, bytes]], size: int | None) -> bytes:
    data = bytearray(seed)
    for at, octets in patches:
        data[at % len(data) : at % len(data) + len(octets)] = octets
    return bytes(data[:size])


ANY = st.one_of(
    st.binary(max_size=400),
    st.builds(_patched, st.sampled_from(SEEDS), _PATCHES, st.one_of(st.none(), st.integers(0, 400))),
)


@_quiet
@given(data=ANY, via=st.sampled_from([RELAYED, DIRECT, TRUSTED]), mac=st.sampled_from([BOX, b"", bytes(6)]))
def test_any_datagram_to_the_dhcp_engine_has_an_outcome(bench: Bench, data: bytes, via: object, mac: bytes) -> None:
    """Valid messages with octets turned, and noise; a refusal always has a reason, and the line is one line."""
    bench.install()
    _check(bench.hear(data, via, source_mac=mac))  # type: ignore[arg-type]


@_quiet
@given(data=ANY, source=st.sampled_from([BRAS, BRAS + 1, BRAS + 2, 0, 0xFFFFFFFF]))
def test_any_datagram_to_the_radius_engine_has_an_outcome(bench: Bench, data: bytes, source: int) -> None:
    """The same for RADIUS."""
    bench.install()
    _check(bench.ask(data, source))


# Attributes that the methods look at, with values that nearly are what they should be; and anything at all.
_VALUES = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda code, size, kind, data: bytes((code, 7, 0, len(data) + 5 + size, kind)) + data,
        st.integers(0, 5), st.integers(-2, 2) | st.just(0), st.integers(0, 6) | st.just(254), st.binary(max_size=30),
    ),
    st.sampled_from([b"\x16" + bytes(16), (10).to_bytes(4, "big"), BOX.hex().encode()]),
)  # fmt: skip
_ATTRIBUTES = st.lists(
    st.builds(attribute, st.sampled_from([1, 3, 6, 24, 31, 33, 60, 79, 79, 87, 103]) | st.integers(1, 255), _VALUES),
    max_size=6,
).map(b"".join)


@_quiet
@given(body=_ATTRIBUTES, code=st.sampled_from([1, 1, 1, 4, 12]), source=st.sampled_from([BRAS, BRAS + 1, BRAS + 2]))
def test_any_sealed_request_is_answered_rightly_or_silence_with_a_reason(
    bench: Bench, body: bytes, code: int, source: int
) -> None:
    """What is behind the seal is as wild as ever; an answer is one that its client believes."""
    bench.install()
    outcome = bench.ask(sealed_request(code, 1, bytes(16), body, SECRET), source)
    bench.start()  # so that the next one is no duplicate
    _check(outcome)
    if outcome.answer:
        assert reply_is_right(decode(outcome.answer), bytes(16), SECRET)


@_quiet
@given(data=ANY)
def test_read_alone_changes_nothing_that_a_dhcp_box_could_see(bench: Bench, data: bytes) -> None:
    """No facts are needed to read; strangers' bytes leave the pools as they were."""
    bench.dhcp.read(Datagram(data, GIADDR, 67, RELAYED, BOX), NOW)
    bench.radius.read(Datagram(data, BRAS, 1, RADIUS), NOW)
    assert bench.world.pools.offered_to(BOX, NOW) == 0


_NUMBERS = st.dictionaries(
    st.sampled_from([41, 42, 43, 46, 47, 49, 52, 53, 55]), st.sampled_from([0, 1, 2**31, 2**32 - 1]), max_size=9
)


@_quiet
@given(
    status=st.sampled_from([1, 2, 3, 7, 8]) | st.integers(0, 2**32 - 1),
    numbers=_NUMBERS, address=st.binary(min_size=4, max_size=4), body=_ATTRIBUTES,
    session=st.text("0\0\xe9\U0001f4fa", min_size=1, max_size=9),
)  # fmt: skip
def test_any_report_leads_to_rows_that_the_store_takes(
    bench: Bench, status: int, numbers: dict[int, int], address: bytes, body: bytes, session: str
) -> None:
    """Counters and times of all ones, sessions that are named by anything: none of it costs a batch."""
    bench.install()
    extra = attribute(8, address) + body
    outcome = bench.report(accounting_request(status, session, numbers=numbers, extra=extra))
    bench.start()
    _check(outcome)
    assert bench.unfit == []


@_quiet
@given(data=st.lists(ANY, min_size=1, max_size=8), times=st.lists(st.integers(0, 2**33), min_size=8, max_size=8))
def test_whatever_is_heard_together_leads_to_rows_that_the_store_takes(
    bench: Bench, data: list[bytes], times: list[int]
) -> None:
    """DHCP and RADIUS, one batch for all of it, at any time that a clock may show."""
    bench.install()
    bench.gathers = True
    for one, now in zip(data, sorted(times), strict=False):
        bench.hear(one, now=now)
        bench.ask(one, now=now)
    bench.commit(max(times))
    bench.gathers = False
    assert bench.unfit == []


def _check(outcome: Outcome) -> None:
    line = outcome_line(outcome)
    assert line.isprintable()
    assert bool(outcome.answer) == bool(outcome.to) == bool(outcome.reply)
    if outcome.verdict.action in (Action.SILENT, Action.NAK, Action.REJECT):
        assert outcome.verdict.reason is not None
        assert str(outcome.verdict.reason) in line
