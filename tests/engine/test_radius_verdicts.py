"""RADIUS: whom it believes, whom a request names, and what it answers."""

from hashlib import md5
from pathlib import Path

import pytest

from gatekeeper.model import Outcome
from gatekeeper.wire.radius import ATTRIBUTES, AUTHENTICATOR, HEADER, attribute, decode, vendor_values
from gatekeeper.wire.radius_seal import Secret, reply_is_right
from tests.engine.bench import BOX, BRAS, CONFIG, H3C, MIKROTIK, OTHER, SECRET, Bench, access_request, told
from tests.vectors.reader import name_of, vectors

ACCEPT, PROXY = ("Access-Accept", ""), b"\x21\x04\x00\x01"


def _reject(reason: str) -> tuple[str, str]:
    return "Access-Reject", reason


@pytest.mark.parametrize("spelling", [vector for vector in vectors("mac.txt") if vector.expected != "bad"], ids=name_of)
@pytest.mark.parametrize("place", ["User-Name", "Calling-Station-Id"])
def test_a_mac_is_known_in_every_spelling(bench: Bench, spelling: object, place: str) -> None:
    """As User-Name with itself as the password, or as Calling-Station-Id beside a name that is none."""
    bench.install()
    text = spelling.data.decode()  # type: ignore[attr-defined]
    name, station = (text, None) if place == "User-Name" else ("bras/0/7", text)
    assert told(bench.ask(access_request(name, station, password=text))) == ACCEPT


@pytest.mark.parametrize(
    ("name", "station", "expected"),
    [
        (BOX.hex(), None, ACCEPT),
        (None, BOX.hex("-"), ACCEPT),
        (BOX.hex(), BOX.hex("-").upper(), ACCEPT),
        (BOX.hex() + "@itv", None, ACCEPT),
        ("1/0/7", BOX.hex(":"), ACCEPT),
        (BOX.hex(), "1/0/7", ACCEPT),
        (BOX.hex(), OTHER.hex(), _reject("NO_IDENTITY")),
        ("1/0/7", "1/0/7", _reject("NO_IDENTITY")),
        (None, None, _reject("NO_IDENTITY")),
        (BOX.hex() + "\n", None, _reject("NO_IDENTITY")),
        (OTHER.hex(), None, _reject("UNKNOWN_MAC")),
    ],
)
def test_user_name_and_calling_station_id_name_one_mac(
    tmp_path: Path, name: str | None, station: str | None, expected: tuple[str, str]
) -> None:
    """Two that disagree name nobody (design 6: a MAC check must fail closed)."""
    bench = Bench(tmp_path, CONFIG.replace('nas = "huawei"', 'mac_password = "any"'))
    bench.install()
    assert told(bench.ask(access_request(name, station))) == expected


@pytest.mark.parametrize(
    ("mode", "password", "expected"),
    [
        ('"mac"', BOX.hex(), ACCEPT),
        ('"mac"', BOX.hex("-").upper(), ACCEPT),
        ('"mac"', OTHER.hex(), _reject("BAD_PASSWORD")),
        ('"mac"', "", _reject("BAD_PASSWORD")),
        ('"mac"', None, _reject("BAD_PASSWORD")),
        ('"mac"', "x" * 128, _reject("BAD_PASSWORD")),
        ('"any"', "whatever", ACCEPT),
        ('"any"', None, ACCEPT),
        ('{ shared = "cisco" }', "cisco", ACCEPT),
        ('{ shared = "cisco" }', "Cisco", _reject("BAD_PASSWORD")),
        ('{ shared = "cisco" }', "ciscocisco", _reject("BAD_PASSWORD")),
        ('{ shared = "cisco" }', "", _reject("BAD_PASSWORD")),
        ('{ shared = "cisco" }', None, _reject("BAD_PASSWORD")),
        ('{ shared = "cisco" }', BOX.hex(), _reject("BAD_PASSWORD")),
    ],
)
def test_the_password_is_what_mac_password_asks_for(
    tmp_path: Path, mode: str, password: str | None, expected: tuple[str, str]
) -> None:
    """Contract 2: "mac", "any" or a shared one."""
    bench = Bench(tmp_path, CONFIG.replace('nas = "huawei"', f"mac_password = {mode}"))
    bench.install()
    assert told(bench.ask(access_request(password=password))) == expected


@pytest.mark.parametrize(("name", "password"), [(None, ""), ("1/0/7", "1/0/7"), ("", "")])
def test_a_password_that_is_no_mac_is_wrong_although_it_equals_the_name(
    bench: Bench, name: str | None, password: str
) -> None:
    """mac_password = "mac": it must be the MAC; design 6: a check must not pass because something is missing."""
    bench.install()
    assert told(bench.ask(access_request(name, BOX.hex(), password))) == _reject("BAD_PASSWORD")


def test_a_wrong_message_authenticator_is_silence(bench: Bench) -> None:
    """RFC 3579 3.2: silently discard."""
    bench.install()
    assert told(bench.ask(access_request(secret=Secret(b"wrong")))) == ("silent", "BAD_AUTHENTICATOR")


@pytest.mark.parametrize(
    ("require", "limit", "sealed", "proxy", "expected"),
    [
        ("yes", "auto", True, True, ACCEPT),
        ("yes", "auto", False, False, ("silent", "NO_MESSAGE_AUTHENTICATOR")),
        ("yes", "no", False, True, ("silent", "NO_MESSAGE_AUTHENTICATOR")),
        ("no", "auto", False, False, ACCEPT),
        ("no", "auto", False, True, ("silent", "PROXY_STATE_LIMITED")),
        ("no", "yes", False, True, ("silent", "PROXY_STATE_LIMITED")),
        ("no", "no", False, True, ACCEPT),
        ("auto", "auto", False, False, ACCEPT),
        ("auto", "auto", False, True, ("silent", "PROXY_STATE_LIMITED")),
    ],
)
def test_cve_2024_3596_who_must_seal(
    tmp_path: Path, require: str, limit: str, sealed: bool, proxy: bool, expected: tuple[str, str]
) -> None:
    """wire-facts D.7: require_message_authenticator and limit_proxy_state."""
    keys = f'require_message_authenticator = "{require}"\nlimit_proxy_state = "{limit}"'
    bench = Bench(tmp_path, CONFIG.replace('nas = "huawei"', keys))
    bench.install()
    assert told(bench.ask(access_request(sealed=sealed, extra=PROXY if proxy else b""))) == expected


def test_cve_2024_3596_a_client_that_sealed_once_must_seal_for_ever(bench: Bench) -> None:
    """auto, as FreeRADIUS 3.2.9 learns it. A forged seal teaches nothing."""
    bench.install()
    bench.ask(access_request(identifier=1, secret=Secret(b"wrong")))
    assert told(bench.ask(access_request(identifier=2, sealed=False))) == ACCEPT
    assert told(bench.ask(access_request(identifier=3, sealed=True))) == ACCEPT
    assert told(bench.ask(access_request(identifier=4, sealed=False))) == ("silent", "NO_MESSAGE_AUTHENTICATOR")
    assert told(bench.ask(access_request(identifier=5, sealed=False), source=H3C)) == ACCEPT


def test_auto_never_learns_from_a_network_of_clients(tmp_path: Path) -> None:
    """One new NAS among old ones must not shut the old ones out."""
    bench = Bench(tmp_path, CONFIG.replace('"192.0.2.1"', '"198.51.100.0/24"'))
    bench.install()
    assert told(bench.ask(access_request(identifier=1), source=0xC6336401)) == ACCEPT
    assert told(bench.ask(access_request(identifier=2, sealed=False), source=0xC6336402)) == ACCEPT


def _reply(outcome: Outcome) -> dict[int, bytes]:
    packet = decode(outcome.answer)
    assert reply_is_right(packet, bytes(range(16)), SECRET)
    assert outcome.answer[20:22] == b"\x50\x12", "Message-Authenticator is not the first attribute"
    return packet.attributes


def test_every_answer_is_sealed_first_and_a_reject_says_why(bench: Bench) -> None:
    """Reply-Message is the reason: one vocabulary (contract 5)."""
    assert _reply(bench.ask(access_request(identifier=1)))[18] == b"UNKNOWN_MAC"
    bench.install()
    assert 18 not in _reply(bench.ask(access_request(identifier=2)))
    bench.order("suspend")
    assert _reply(bench.ask(access_request(identifier=3)))[18] == b"SUSPENDED"


@pytest.mark.parametrize("known", [True, False])
def test_rfc2865_5_33_every_proxy_state_comes_back_in_its_sequence(bench: Bench, known: bool) -> None:
    """In accepts and rejects, unchanged."""
    if known:
        bench.install()
    states = b"\x21\x05abc\x21\x02\x21\x06\x00\x01\x02\x03"
    answer = bench.ask(access_request(extra=states)).answer
    assert answer.endswith(states)
    assert decode(answer).proxy == states


def _integer(outcome: Outcome, vendor: int, kind: int) -> int:
    return int.from_bytes(vendor_values(decode(outcome.answer), vendor, kind)[0], "big")


def test_the_rate_is_said_in_the_words_of_the_nas_that_asked(bench: Bench) -> None:
    """Huawei 1000, H3C with kilobit = 1024, MikroTik as text; wire-facts E."""
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
    huawei, h3c, mikrotik = (bench.ask(access_request(), source=source) for source in (BRAS, H3C, MIKROTIK))
    assert [_integer(huawei, 2011, kind) for kind in (2, 3, 5, 6)] == [4_000_000] * 2 + [20_000_000] * 2
    assert [_integer(h3c, 25506, kind) for kind in (1, 2, 4, 5)] == [4_096_000] * 2 + [20_480_000] * 2
    assert vendor_values(decode(mikrotik.answer), 14988, 8) == [b"4000k/20000k"]


def test_a_new_rate_is_in_the_next_answer(bench: Bench) -> None:
    """The compiled attributes are those of the rate, not of the box."""
    bench.install(rate_down_kbps="20000", rate_up_kbps="4000")
    assert _integer(bench.ask(access_request(identifier=1)), 2011, 5) == 20_000_000
    bench.order("rate", rate_down_kbps="100000")
    outcome = bench.ask(access_request(identifier=2))
    assert (_integer(outcome, 2011, 5), _integer(outcome, 2011, 2)) == (100_000_000, 4_000_000)


def test_the_response_authenticator_is_that_of_rfc2865_3(bench: Bench) -> None:
    """MD5 over code, identifier, length, request authenticator, attributes, secret; computed here by hand."""
    answer = bench.ask(access_request(identifier=9)).answer
    assert answer[:2] == b"\x03\x09"
    assert answer[AUTHENTICATOR:ATTRIBUTES] == md5(answer[:4] + bytes(range(16)) + answer[20:] + b"testing123").digest()


@pytest.mark.parametrize(
    ("data", "source", "reason"),
    [
        (access_request(), 0xCB007101, "UNKNOWN_NAS"),
        (b"", 0xCB007101, "UNKNOWN_NAS"),
        (b"", BRAS, "MALFORMED"),
        (access_request()[:-1], BRAS, "MALFORMED"),
        (b"\x04" + access_request()[1:], BRAS, "UNSUPPORTED"),
        (b"\x02" + access_request()[1:], BRAS, "UNSUPPORTED"),
    ],
)
def test_what_is_no_access_request_of_a_known_nas_gets_no_answer(
    bench: Bench, data: bytes, source: int, reason: str
) -> None:
    """RFC 2865 3: an unknown client MUST be discarded silently."""
    bench.install()
    assert told(bench.ask(data, source)) == ("silent", reason)


STATION = attribute(31, OTHER.hex("-").encode())


@pytest.mark.parametrize(
    ("what", "behind", "mac", "port"),
    [
        ("an attribute runs over the end", b"\x20\x40bras", BOX, ""),
        ("an attribute of one octet", b"\x20\x01", BOX, ""),
        ("half an attribute", b"\x20", BOX, ""),
        ("User-Password of 15 octets", attribute(2, bytes(15)) + attribute(87, b"ge 1/0/7"), BOX, "bras1|ge 1/0/7"),
        ("the line stands behind the fault", b"\x20\x01" + attribute(87, b"ge 1/0/7"), BOX, ""),
        ("another box stands behind the fault", b"\x20\x01" + STATION, BOX, ""),
        ("another box stands in front of it", STATION + b"\x20\x01", b"", ""),
    ],
)
def test_a_malformed_request_names_client_and_box_if_they_stand_in_front_of_the_fault(
    bench: Bench, what: str, behind: bytes, mac: bytes, port: str
) -> None:
    """RFC 2865 5: an attribute whose length is invalid ends what can be read; User-Name stands first."""
    body = attribute(1, BOX.hex().encode()) + behind
    outcome = bench.ask(HEADER.pack(1, 7, 20 + len(body), bytes(16)) + body)
    assert told(outcome) == ("silent", "MALFORMED")
    assert (outcome.where, outcome.message, outcome.mac) == ("bras1", "Access-Request", mac)
    assert (outcome.port.text if outcome.port else "") == port


def test_a_request_that_is_cut_by_its_length_field_or_before_it_names_its_box(bench: Bench) -> None:
    """The octets that are there; a header that is not sound names nobody."""
    whole = access_request(password=None, sealed=False)
    assert bench.ask(whole[:-1]).mac == BOX
    assert bench.ask(whole[:2] + b"\x00\x13" + whole[4:]).mac == b""
    outcome = bench.ask(b"\x63" + whole[1:])
    assert (outcome.mac, outcome.message) == (b"", "RADIUS")


def test_the_client_with_the_longest_prefix_is_meant(tmp_path: Path) -> None:
    """A NAS inside a network of others has its own secret."""
    wide = '\n[[radius.client]]\nname = "all"\nipaddr = "192.0.2.0/24"\nsecret = "other"\n'
    bench = Bench(tmp_path, CONFIG + wide)
    bench.install()
    assert bench.ask(access_request()).where == "bras1"
    assert told(bench.ask(access_request(secret=Secret(b"other")), source=0xC0000209)) == ACCEPT
