"""Replies that do not fit: RFC 2131 4.1 (overload), RFC 2132 9.10 (size), RFC 3046 2.2, RFC 3396."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.book import Subnet
from gatekeeper.reply.dhcp import DhcpReplies
from gatekeeper.reply.layout import lay_out
from gatekeeper.wire.dhcp import ACK, DISCOVER, INFORM, OFFER, decode, message, split_option
from tests.engine.bench import BOX, CONFIG, SERVER
from tests.reply.test_dhcp_reply import ADDRESS, AGENT, CLIENT_ID, Counter, codes

SMALLEST = 576 - 28 - 241  # octets for options in a reply that every client takes
NEVER_OVERLOADED = {1, 43, 51, 53, 54, 61, 82}


def texts(**lengths: int) -> str:
    """The usual configuration with options of these lengths: ``o66=200``."""
    options = ", ".join(f'{name[1:]} = "{name[1] * length}"' for name, length in lengths.items())
    return CONFIG.replace('42 = "10.20.0.1", domain-name = "itv.example.net"', options)


def area(reply: bytes, start: int, size: int) -> list[int]:
    """Option codes of an overloaded area, which END must close, with nothing but zeros behind it."""
    found, at = [], start
    while reply[at] != 255:
        found.append(reply[at])
        at += 2 + reply[at + 1]
    assert at < start + size
    assert not any(reply[at + 1 : start + size])
    return found


def areas(reply: bytes) -> tuple[int, list[int], list[int]]:
    """(option 52 or 0, codes in file, codes in sname)."""
    overload = (decode(reply).options.get(52) or b"\0")[0]
    return overload, area(reply, 108, 128) if overload & 1 else [], area(reply, 44, 64) if overload & 2 else []


@pytest.mark.parametrize(
    ("lengths", "asked", "expected", "left"),
    [
        # 21 octets of type, server, lease time and mask, 48 of option 43: 238 are left of 307, 235 beside option 52
        ({"o66": 200, "o67": 34}, [66, 67], ([66, 67], 0, [], []), []),
        ({"o66": 200, "o67": 35}, [66, 67], ([66], 1, [67], []), []),
        ({"o66": 233, "o67": 125}, [66, 67], ([66], 1, [67], []), []),
        ({"o66": 233, "o67": 126}, [66, 67], ([66], 0, [], []), [67]),
        ({"o66": 233, "o67": 125, "o15": 61}, [66, 67, 15], ([66], 3, [67], [15]), []),
        ({"o66": 233, "o67": 60, "o15": 61, "o17": 61}, [66, 67, 15, 17], ([66], 3, [67, 15], [17]), []),
        ({"o66": 233, "o67": 125, "o15": 62}, [66, 67, 15], ([66], 1, [67], []), [15]),
        # In the sequence of the list 15 would take the room of 66; the largest first finds room for all.
        ({"o66": 233, "o67": 125, "o15": 61}, [15, 67, 66], ([66], 3, [67], [15]), []),
        # Nothing finds room for both: what was asked for first stays.
        ({"o66": 200, "o67": 201}, [66, 67], ([66], 0, [], []), [67]),
        ({"o66": 200, "o67": 201}, [67, 66], ([67], 0, [], []), [66]),
    ],
)
def test_rfc2131_4_1_what_does_not_fit_goes_to_file_then_to_sname(
    tmp_path: Path,
    lengths: dict[str, int],
    asked: list[int],
    expected: tuple[list[int], int, list[int], list[int]],
    left: list[int],
) -> None:
    """Option 52 stands in the reply when, and only when, an area is used; what finds no room is counted."""
    counter = Counter(tmp_path, texts(**lengths))
    reply = counter.grant(options={55: bytes(asked)})
    field, *rest = expected
    assert [code for code in codes(reply) if code not in {1, 43, 51, 52, 53, 54}] == field
    assert list(areas(reply)) == rest
    assert sorted(counter.replies.left_out) == sorted(left)
    assert len(reply) <= 548
    found = decode(reply).options
    for code in set(asked) - set(left):
        assert found[code] == dict(counter.book.subnets[0].options)[code]
    assert counter.grant(options={55: bytes(asked)}) == reply  # from what was laid out before
    assert all(times == 2 for times in counter.replies.left_out.values())


def test_rfc2131_4_1_option_52_stands_behind_the_message_type(tmp_path: Path) -> None:
    """A reader learns of the other areas before anything else."""
    reply = Counter(tmp_path, texts(o66=100, o67=100)).grant(options={55: bytes((66, 67)), 61: CLIENT_ID, 82: AGENT})
    assert codes(reply) == [53, 52, 54, 51, 66, 1, 43, 61, 82]
    assert areas(reply) == (1, [67], [])


def test_scapy_reads_the_overloaded_areas_as_they_were_meant(tmp_path: Path) -> None:
    """scapy knows no option 52; each area is a list of options to it, ended by 255."""
    from scapy.layers.dhcp import BOOTP, DHCP

    reply = Counter(tmp_path, texts(o66=230, o67=100, o15=50)).grant(options={55: bytes((66, 67, 15))})
    assert (52, 3) in [_numbered(option) for option in BOOTP(reply)[DHCP].options if isinstance(option, tuple)]
    file, sname = DHCP(reply[108:236]).options, DHCP(reply[44:108]).options
    assert [_numbered(option) for option in file[: file.index("end")]] == [(67, b"6" * 100)]
    assert [_numbered(option) for option in sname[: sname.index("end")]] == [(15, b"1" * 50)]


def _numbered(option: Any) -> tuple[int, Any]:
    """scapy's (name, value), by scapy's own table of numbers."""
    from scapy.layers.dhcp import DHCPOptions

    numbers = {(row if isinstance(row, str) else row.name): code for code, row in DHCPOptions.items()}
    return (option[0] if isinstance(option[0], int) else numbers[option[0]]), option[1]


@pytest.mark.parametrize(
    ("size", "most"), [(None, 576), (575, 576), (576, 576), (900, 900), (1500, 1500), (9000, 1500)]
)
@pytest.mark.parametrize("kind", [OFFER, ACK, INFORM])
def test_rfc2132_9_10_the_limit_holds_for_every_reply(tmp_path: Path, kind: int, size: int | None, most: int) -> None:
    """With the IP and UDP headers counted in, the smaller reading; and no larger than an Ethernet frame."""
    counter = Counter(tmp_path, texts(o66=255, o67=255, o17=255, o18=255, o40=255, o47=255))
    options = {82: AGENT, 61: CLIENT_ID} | ({} if size is None else {57: size.to_bytes(2, "big")})
    reply = counter.grant(kind, options=options)
    assert most - 258 < len(reply) + 28 <= most
    assert codes(reply)[-1] == 82


def test_rfc3046_2_2_option_82_that_does_not_fit_is_left_out_and_counted(tmp_path: Path) -> None:
    """Never in file or sname; what every box needs stays, and so does the client identifier (RFC 6842)."""
    counter = Counter(tmp_path)
    asked = {55: b"\x01", 61: CLIENT_ID, 82: b"\x01\xfa" + b"a" * 250}
    reply = counter.grant(options=asked)
    assert len(reply) <= 548
    assert codes(reply) == [53, 54, 51, 1, 43, 61]
    assert counter.replies.left_out == {82: 1}
    assert codes(counter.grant(options=asked | {57: b"\x05\xdc"}))[-1] == 82


@pytest.mark.parametrize(
    ("client_id", "agent", "granted", "refused"),
    [
        (10, 200, {61, 82}, {61, 82}),
        (200, 200, {61}, {61}),
        (200, 40, {61}, {61, 82}),
        (400, 20, {82}, {82}),
        (400, 400, set(), set()),
        (0, 400, {61}, {61}),
        (290, 0, {82}, {61, 82}),
    ],
)
def test_echoes_that_nothing_can_hold_do_not_burst_a_reply(
    counter: Counter, client_id: int, agent: int, granted: set[int], refused: set[int]
) -> None:
    """As many of the two as fit, each whole; Option 82 gives way first, for RFC 3046 2.2 allows that."""
    options = {61: b"i" * client_id, 82: b"\x01" * agent}
    for reply, expected in ((counter.grant(options=options), granted), (counter.nak(options), refused)):
        found = decode(reply).options
        assert len(reply) <= 548
        assert found.keys() & {61, 82} == expected
        assert all(found[code] == options[code] for code in expected)
        assert 54 in found
    assert areas(reply) == (0, [], [])  # RFC 2131 table 3: never in a NAK


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    """The usual configuration."""
    return Counter(tmp_path)


def test_a_nak_is_never_overloaded_and_gives_up_its_text_first(counter: Counter) -> None:
    """RFC 2131 table 3 names what a NAK may hold."""
    reply = counter.nak({61: b"i" * 200, 82: b"\x01" * 80})
    assert (codes(reply), areas(reply)) == ([53, 54, 61, 82], (0, [], []))
    assert counter.replies.left_out == {56: 1}


def test_rfc4039_4_option_80_is_never_left_out_of_a_crowded_ack(tmp_path: Path) -> None:
    """The ACK to a DISCOVER, with an Option 82 that does not fit."""
    counter = Counter(tmp_path, texts(o66=200, o67=200))
    request = message(DISCOVER, BOX, 77, {80: b"", 82: b"\x01" * 250})
    reply = counter.replies.grant(ACK, request, ADDRESS, SERVER, counter.book.subnets[0], "")
    assert 80 in codes(reply) and 82 not in codes(reply)
    assert len(reply) <= 548


def test_rfc3396_5_an_option_over_255_octets_is_sent_in_parts(tmp_path: Path) -> None:
    """In instances of the same code, one behind the other; whole or not at all."""
    routes = ", ".join(f'"10.{at}.0.0/16 10.20.0.1"' for at in range(60))
    counter = Counter(tmp_path, CONFIG.replace("42 = ", f"121 = [{routes}], 42 = "))
    reply = counter.grant(options={55: b"\x79", 57: b"\x05\xdc"})
    assert codes(reply) == [53, 54, 51, 121, 121, 1, 43]
    assert len(decode(reply).options[121]) == 60 * 7
    assert codes(counter.grant(options={55: b"\x79"})) == [53, 54, 51, 1, 43]
    assert counter.replies.left_out == {121: 1}


@pytest.mark.parametrize(
    ("keys", "asked", "expected"),
    [
        ("renew_s = 600", [1], [53, 54, 51, 1, 43, 58]),
        ("rebind_s = 3000", [1], [53, 54, 51, 1, 43, 59]),
        ("renew_s = 600\nrebind_s = 3000", [59, 1, 58], [53, 54, 51, 59, 1, 58, 43]),
        ("", [58, 59], [53, 54, 51, 1, 43]),
    ],
)
def test_rfc2132_9_11_renewal_times_are_sent_where_they_are_configured(
    tmp_path: Path, keys: str, asked: list[int], expected: list[int]
) -> None:
    """Asked for or not; in the ACK to an INFORM never, for it grants no lease (RFC 2131 4.3.5)."""
    counter = Counter(tmp_path, CONFIG.replace("lease_s = 3600", f"lease_s = 3600\n{keys}", 1))
    reply = counter.grant(options={55: bytes(asked)})
    assert codes(reply) == expected
    assert decode(reply).options.get(58, b"\0\0\x02\x58") == b"\0\0\x02\x58"
    assert not {51, 58, 59} & set(codes(counter.grant(INFORM, options={55: bytes(asked)})))


_VALUES = st.dictionaries(
    st.integers(1, 254).filter(lambda code: code not in {1, 43, 50, 51, 52, 53, 54, 55, 56, 57, 61, 82, 125}),
    st.one_of(st.binary(max_size=20), st.binary(min_size=60, max_size=130), st.binary(max_size=600)),
    max_size=12,
)
_ECHO = st.one_of(st.none(), st.binary(max_size=60), st.binary(min_size=200, max_size=400))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    """The usual configuration, made once."""
    return Counter(tmp_path_factory.mktemp("usual"))


def _replies(usual: Counter, values: dict[int, bytes]) -> tuple[DhcpReplies, Subnet]:
    mask = (1, b"\xff\xff\0\0")
    subnet = usual.book.subnets[0]._replace(options=(mask, *values.items()))
    return DhcpReplies(usual.book._replace(subnets=(subnet,))), subnet


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=_VALUES, asked=st.binary(max_size=30), more=st.booleans(), size=st.one_of(st.none(), st.integers(0, 65535)),
    client_id=_ECHO, agent=_ECHO, kind=st.sampled_from([OFFER, ACK, INFORM]),
)  # fmt: skip
def test_whatever_is_asked_and_configured_the_reply_is_one(
    usual: Counter, values: dict[int, bytes], asked: bytes, more: bool, size: int | None, client_id: bytes | None,
    agent: bytes | None, kind: int,
) -> None:  # fmt: skip
    """It keeps the limit, is read back, ends with Option 82, and every option that there is room for is in it."""
    replies, subnet = _replies(usual, values)
    prl = asked + bytes(values) if more else asked
    sent = {55: prl or None, 57: None if size is None else size.to_bytes(2, "big"), 61: client_id, 82: agent}
    request = message(3, BOX, 77, {code: value for code, value in sent.items() if value is not None})
    reply = replies.grant(kind, request, ADDRESS, SERVER, subnet, "")
    limit = min(max(size or 0, 576), 1500) - 28
    assert len(reply) <= limit
    found = decode(reply).options
    _, file, sname = areas(reply)
    assert not NEVER_OVERLOADED & {*file, *sname}
    if 82 in found:
        assert codes(reply)[-1] == 82 and found[82] == agent
    # All that was chosen is there, or was counted as left out.
    chosen = {code for code in (prl or values) if code in values} | {58, 59} & values.keys()
    must = {1, 43, 51, 53, 54}
    if kind == INFORM:
        chosen, must = chosen - {58, 59}, must - {51}
    echoes = {code for code in (61, 82) if sent[code] is not None}
    assert found.keys() - {52} == (chosen | must | echoes) - replies.left_out.keys()
    assert must <= found.keys()
    assert all(found[code] == values[code] for code in chosen & found.keys())
    # And nothing was left out that there is still room for.
    free = limit - 241 - _used(reply[240:])
    assert all(len(split_option(code, values[code])) > free for code in replies.left_out.keys() & chosen)


@given(_VALUES, st.integers(0, 1000))
def test_an_option_is_left_out_only_when_no_area_has_room_for_it(values: dict[int, bytes], room: int) -> None:
    """And no area is used where none is needed."""
    layout = lay_out(list(values.items()), frozenset(), room)
    blobs = {code: split_option(code, value) for code, value in values.items()}
    assert len(layout.field) <= room and len(layout.areas) == 192
    assert set(layout.left_out) <= blobs.keys()
    file, sname = layout.areas[64:], layout.areas[:64]
    # 52 takes three octets of the field; without them nothing can be overloaded
    overloaded = any(layout.areas)
    free = [room - len(layout.field)]
    if overloaded or free[0] >= 3:
        free += [128 - 1 - _used(file), 64 - 1 - _used(sname)]
    assert all(len(blobs[code]) > max(free) for code in layout.left_out)
    if sum(map(len, blobs.values())) <= room:
        assert not overloaded and not layout.left_out


@pytest.mark.parametrize(("room", "field", "left_out"), [(2, b"", (66,)), (3, b"\x34\x01\x01", ())])
def test_rfc2132_9_3_option_52_itself_has_three_octets(room: int, field: bytes, left_out: tuple[int, ...]) -> None:
    """Where just they have room nothing is lost; where they have none nothing can be overloaded."""
    layout = lay_out([(66, bytes(10))], frozenset(), room)
    assert (layout.field, layout.left_out, any(layout.areas)) == (field, left_out, not left_out)


def _used(octets: bytes) -> int:
    at = 0
    while at < len(octets) and octets[at] not in (0, 255):
        at += 2 + octets[at + 1]
    return at
