"""How two answers differ, in words for people."""

import pytest

from gatekeeper.office.replaying import difference
from gatekeeper.wire import dhcp, radius
from gatekeeper.wire.text import parse_ip

BOX = bytes.fromhex("d4c1c8ee9b1f")


def _ack(kind: int = 5, lease: int = 3600, address: str = "10.20.1.0", flags: int = 0) -> bytes:
    options = {51: lease.to_bytes(4, "big")}
    return dhcp.encode(dhcp.message(kind, BOX, 1, options, yiaddr=parse_ip(address), flags=flags))


def _accept(*attributes: tuple[int, bytes], code: int = 2) -> bytes:
    body = b"".join(radius.attribute(*one) for one in attributes)
    return radius.HEADER.pack(code, 1, 20 + len(body), bytes(16)) + body


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (_ack(), _ack(), ""),
        (_ack(lease=60), _ack(), "lease-time 60 was 3600"),
        (_ack(address="10.20.1.9"), _ack(), "yiaddr 10.20.1.9 was 10.20.1.0"),
        (_ack(6, flags=0x8000), _ack(), "answer DHCPNAK was DHCPACK, flags 0x8000 was 0x0000"),
        (_ack() + bytes(8), _ack(), "padding or sequence"),
        (_ack()[:200], _ack(), "unreadable: "),
        (b"", _ack(), "answer none was DHCPACK"),
    ],
)
def test_dhcp_answers_differ_by_field(ours: bytes, theirs: bytes, said: str) -> None:
    """Ours first; options by their names (RFC 2132)."""
    found = difference(ours, theirs, "dhcp")
    assert said in found if said else not found


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (_accept((27, b"\0\0\0\x3c")), _accept((27, b"\0\0\0\x3d")), "attribute 27 0x0000003c was 0x0000003d"),
        (_accept((27, b"\0\0\0\x3c")), _accept(), "attribute 27 0x0000003c was -"),
        (_accept(code=3), _accept(), "answer Access-Reject was Access-Accept"),
        (_accept((80, bytes(16))), _accept((80, b"\1" * 16)), "padding or sequence"),
        (b"", _accept(), "answer none was Access-Accept"),
    ],
)
def test_radius_answers_differ_by_attribute(ours: bytes, theirs: bytes, said: str) -> None:
    """What only seals the packet is no difference of its own: Message-Authenticator, RFC 3579 3.2."""
    found = difference(ours, theirs, "radius")
    assert found.split(", ")[0] == said
