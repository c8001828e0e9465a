"""What a broken or hostile sender puts on the wire: seeded, so that a failure can be had again."""

import hmac
import random
from collections.abc import Iterator

from gatekeeper.wire.dhcp import DISCOVER, INFORM, RELEASE, REQUEST, encode, message
from gatekeeper.wire.frame import BROADCAST_IP, BROADCAST_MAC, udp_frame

_LARGEST = 1400


def dhcp_bases(mac: bytes) -> list[bytes]:
    """Right messages to spoil, with the options that have a structure of their own."""
    agent = bytes.fromhex("0104616363300206aabbccddeeff")
    rich = {12: b"stb", 43: b"\x01\x02ab", 52: b"\x03", 55: bytes((1, 3, 6, 43)), 57: b"\x05\xdc", 61: b"\x01" + mac}
    return [
        encode(message(DISCOVER, mac, 1, rich)),
        encode(message(DISCOVER, mac, 2, {82: agent}, giaddr=0x0A140001, hops=1)),
        encode(message(REQUEST, mac, 3, {50: bytes((10, 20, 1, 1)), 54: bytes((10, 20, 0, 2)), 82: agent})),
        encode(message(REQUEST, mac, 4, {12: b"x" * 255}, ciaddr=0x0A140101)),
        encode(message(RELEASE, mac, 5, {54: bytes((10, 20, 0, 2))}, ciaddr=0x0A140101)),
        encode(message(INFORM, mac, 6, {55: bytes(range(1, 255))}, ciaddr=0x0A140101)),
    ]


def radius_bases(mac: bytes, secret: bytes) -> list[bytes]:
    """An Access-Request with its seal right, and its siblings."""
    name = mac.hex().encode()
    attributes = [(1, name), (2, bytes(16)), (31, name), (87, b"slot=1;port=2;"), (26, b"\0\0\x07\xdb\x01\x03a")]
    body = b"".join(bytes((kind, len(value) + 2)) + value for kind, value in [*attributes, (80, bytes(16))])
    found = []
    for code in (1, 4, 12, 40):
        packet = bytes((code, 7)) + (20 + len(body)).to_bytes(2, "big") + bytes(range(16)) + body
        found.append(packet[:-16] + hmac.digest(secret, packet, "md5"))
    return found


def spoil(dice: random.Random, packet: bytes) -> bytes:
    """One packet with something wrong in it, more often near the places that are counted."""
    data = bytearray(packet)
    how = dice.randrange(6)
    if how == 0:
        return bytes(data[: dice.randrange(len(data))])
    if how == 1:
        return dice.randbytes(dice.randrange(_LARGEST))
    if how == 2:
        return bytes(data) + dice.randbytes(dice.randrange(1, 300))
    if how == 3:
        at, size = dice.randrange(len(data)), dice.randrange(1, 40)
        data[at : at + size] = dice.randbytes(size)
        return bytes(data)
    start = 240 if len(data) > 240 and dice.random() < 0.7 else 0
    for _ in range(dice.choice((1, 1, 2, 8))):
        data[dice.randrange(start, len(data))] = dice.choice((0, 1, 254, 255, dice.randrange(256)))
    return bytes(data)


def spoiled(bases: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many packets made from these."""
    dice = random.Random(seed)
    for _ in range(count):
        yield spoil(dice, dice.choice(bases))


def spoiled_frames(bases: list[bytes], source_mac: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Broadcast frames: a spoiled message in right headers, or right headers spoiled too."""
    dice = random.Random(seed)
    for payload in spoiled(bases, count, seed):
        frame = bytearray(udp_frame(payload[:_LARGEST], source_mac, BROADCAST_MAC, 0, BROADCAST_IP, 68, 67))
        if dice.random() < 0.4:
            for _ in range(dice.choice((1, 2, 4))):
                frame[dice.randrange(14, 42)] = dice.randrange(256)
        if dice.random() < 0.1:
            frame = frame[: dice.randrange(14, len(frame))]
        yield bytes(frame)
