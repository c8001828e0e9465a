"""How a box shows that it is the one its MAC names: CHAP, no password under Call-Check, and what is not served.

PAP is in ``test_radius_verdicts``, EAP in ``test_radius_eap``.
"""

from hashlib import md5
from pathlib import Path

import pytest

from gatekeeper.wire.radius import attribute, vendor_attribute
from tests.engine.bench import BOX, CONFIG, MIKROTIK, OTHER, Bench, access_request, told
from tests.vectors.reader import name_of, vectors

ACCEPT = ("Access-Accept", "")
AUTHENTICATOR, CHALLENGE = bytes(range(16)), b"a challenge of its own"
CALL_CHECK, FRAMED = attribute(6, (10).to_bytes(4, "big")), attribute(6, (2).to_bytes(4, "big"))


def _reject(reason: str) -> tuple[str, str]:
    return "Access-Reject", reason


def _chap(password: bytes, challenge: bytes | None = None, identifier: int = 22) -> bytes:
    """CHAP-Password, with CHAP-Challenge if one is given (RFC 2865 5.3): made here by hand."""
    octets = md5(bytes((identifier,)) + password + (challenge or AUTHENTICATOR)).digest()
    body = attribute(3, bytes((identifier,)) + octets)
    return body + attribute(60, challenge) if challenge else body


def _bench(folder: Path, mode: str, **keys: str) -> Bench:
    lines = "\n".join([f"mac_password = {mode}", *(f"{name} = {value}" for name, value in keys.items())])
    bench = Bench(folder, CONFIG.replace('nas = "huawei"', lines))
    bench.install()
    return bench


@pytest.mark.parametrize("spelling", [vector for vector in vectors("mac.txt") if vector.expected != "bad"], ids=name_of)
@pytest.mark.parametrize("challenge", [None, CHALLENGE], ids=["by authenticator", "by CHAP-Challenge"])
def test_rfc2865_5_3_the_chap_password_is_the_mac_in_every_spelling(
    bench: Bench, spelling: object, challenge: bytes | None
) -> None:
    """As the NAS spells it in User-Name, or in a spelling of its own."""
    bench.install()
    text: bytes = spelling.data  # type: ignore[attr-defined]
    extra = _chap(text, challenge)
    assert told(bench.ask(access_request(text.decode(), password=None, extra=extra, identifier=1))) == ACCEPT
    if text in (text.lower(), text.upper()):
        asked = access_request("1/0/7", BOX.hex(":"), password=None, extra=extra, identifier=2)
        assert told(bench.ask(asked)) == ACCEPT


@pytest.mark.parametrize(
    ("mode", "name", "password", "expected"),
    [
        ('"mac"', BOX.hex() + "@itv", BOX.hex().encode() + b"@itv", ACCEPT),
        ('"mac"', BOX.hex() + "@itv", BOX.hex().encode(), ACCEPT),
        ('"mac"', "D4c1C8Ee9B1f", b"D4c1C8Ee9B1f", ACCEPT),
        ('"mac"', BOX.hex(), OTHER.hex().encode(), _reject("BAD_PASSWORD")),
        ('"mac"', BOX.hex(), b"", _reject("BAD_PASSWORD")),
        ('"mac"', "1/0/7", b"1/0/7", _reject("BAD_PASSWORD")),
        ('"mac"', "", b"", _reject("BAD_PASSWORD")),
        ('{ shared = "cisco" }', BOX.hex(), b"cisco", ACCEPT),
        ('{ shared = "cisco" }', BOX.hex(), BOX.hex().encode(), _reject("BAD_PASSWORD")),
        ('"any"', BOX.hex(), b"whatever", ACCEPT),
    ],
)
def test_the_chap_password_is_what_mac_password_asks_for(
    tmp_path: Path, mode: str, name: str, password: bytes, expected: tuple[str, str]
) -> None:
    """The same as by PAP; a name that is no MAC is no password either."""
    bench = _bench(tmp_path, mode)
    assert told(bench.ask(access_request(name, BOX.hex("-"), password=None, extra=_chap(password)))) == expected


def test_a_chap_response_to_another_challenge_is_wrong(bench: Bench) -> None:
    """RFC 2865 5.3: the Request Authenticator counts only where there is no CHAP-Challenge."""
    bench.install()
    extra = _chap(BOX.hex().encode()) + attribute(60, CHALLENGE)
    assert told(bench.ask(access_request(password=None, extra=extra))) == _reject("BAD_PASSWORD")


@pytest.mark.parametrize(
    ("mode", "extra", "sealed", "expected"),
    [
        ('"mac"', CALL_CHECK, True, ACCEPT),
        ('"mac"', CALL_CHECK, False, _reject("NO_MESSAGE_AUTHENTICATOR")),
        ('"mac"', FRAMED, True, _reject("BAD_PASSWORD")),
        ('"mac"', b"", True, _reject("BAD_PASSWORD")),
        ('{ shared = "cisco" }', CALL_CHECK, True, _reject("BAD_PASSWORD")),
        ('"any"', CALL_CHECK, False, ACCEPT),
        ('"any"', b"", True, ACCEPT),
    ],
)
def test_rfc2865_5_6_call_check_needs_no_password_but_a_seal(
    tmp_path: Path, mode: str, extra: bytes, sealed: bool, expected: tuple[str, str]
) -> None:
    """CVE-2024-3596: without a password and a seal anybody may have made it. A shared password is not waived."""
    bench = _bench(tmp_path, mode)
    assert told(bench.ask(access_request(password=None, extra=extra, sealed=sealed))) == expected


@pytest.mark.parametrize(
    ("password", "sealed", "source", "expected"),
    [
        ("", True, MIKROTIK, ACCEPT),
        (None, True, MIKROTIK, ACCEPT),
        (None, False, MIKROTIK, _reject("NO_MESSAGE_AUTHENTICATOR")),
        ("", False, MIKROTIK, _reject("NO_MESSAGE_AUTHENTICATOR")),
        (OTHER.hex(), True, MIKROTIK, _reject("BAD_PASSWORD")),
        ("", True, 0xC0000201, _reject("BAD_PASSWORD")),
    ],
)
def test_an_empty_password_is_none_where_the_nas_is_a_mikrotik(
    bench: Bench, password: str | None, sealed: bool, source: int, expected: tuple[str, str]
) -> None:
    """RouterOS manual: its DHCP server sends the MAC as the name and an empty password."""
    bench.install()
    asked = access_request(BOX.hex(":").upper(), "1:d4:c1:c8:ee:9b:1f", password=password, sealed=sealed)
    assert told(bench.ask(asked, source=source)) == expected


@pytest.mark.parametrize(
    ("extra", "method"),
    [
        (vendor_attribute(311, 11, bytes(8)) + vendor_attribute(311, 1, bytes(50)), "MS-CHAP"),
        (vendor_attribute(311, 11, bytes(16)) + vendor_attribute(311, 25, bytes(50)), "MS-CHAPv2"),
        (attribute(70, bytes(16)), "ARAP"),
        (attribute(103, bytes(32)), "Digest"),
    ],
)
@pytest.mark.parametrize("mode", ['"mac"', '"any"'])
def test_a_method_that_is_not_served_is_refused_by_its_name(
    tmp_path: Path, extra: bytes, method: str, mode: str
) -> None:
    """RFC 2548 2.1.3 and 2.3.2, RFC 2869 5.4, RFC 5090. Under Call-Check too, and where any password would do."""
    outcome = _bench(tmp_path, mode).ask(access_request(password=None, extra=extra + CALL_CHECK))
    assert told(outcome) == _reject("UNSUPPORTED")
    assert outcome.verdict.seen == method
    assert "EAP-MD5" in outcome.verdict.bound


def test_rfc2865_4_1_two_passwords_are_no_request(bench: Bench) -> None:
    """An Access-Request MUST NOT contain both a User-Password and a CHAP-Password."""
    bench.install()
    assert told(bench.ask(access_request(extra=_chap(BOX.hex().encode())))) == ("silent", "MALFORMED")
