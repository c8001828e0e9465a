"""radius.txt: packets as they stand in the RFCs, and packets that must be thrown away."""

import pytest

from gatekeeper.wire import Malformed
from gatekeeper.wire.radius import NAMES, RadiusPacket, decode
from tests.vectors.reader import Vector, name_of, vectors


def _shown(packet: RadiusPacket) -> set[str]:
    shown = {"ok", NAMES[packet.code], f"id={packet.identifier}", f"proxy={packet.proxy.hex()}"}
    return shown | {f"{kind}={value.hex()}" for kind, value in packet.attributes.items()}


@pytest.mark.parametrize("vector", vectors("radius.txt"), ids=name_of)
def test_a_datagram_is_this_packet_or_malformed(vector: Vector) -> None:
    """Everything that the vector names is there, or the reason is the one it names."""
    if vector.expected.startswith("bad "):
        with pytest.raises(Malformed) as bad:
            decode(vector.data)
        assert vector.expected.removeprefix("bad ") in str(bad.value), vector.place
    else:
        assert set(vector.expected.split()) <= _shown(decode(vector.data)), vector.place


@pytest.mark.parametrize("vector", [v for v in vectors("radius.txt") if v.expected.startswith("ok ")], ids=name_of)
def test_a_packet_cut_anywhere_is_malformed(vector: Vector) -> None:
    """RFC 2865 3: a packet shorter than its length field is silently discarded. Re-fed octet by octet."""
    size = int.from_bytes(vector.data[2:4], "big")
    for end in range(size):
        with pytest.raises(Malformed):
            decode(vector.data[:end])
