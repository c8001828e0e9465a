"""dhcp.txt: messages that clients send, and octets that are none."""

import pytest

from gatekeeper.wire import Malformed
from gatekeeper.wire.dhcp import DhcpMessage, decode
from tests.vectors.reader import Vector, name_of, vectors


def _shown(message: DhcpMessage) -> set[str]:
    fields = message._asdict()
    options = fields.pop("options")
    instances = [":".join((str(code), *(each.hex() for each in v))) for code, v in fields.pop("instances").items()]
    shown = {"ok", "options=" + ",".join(str(code) for code in options)}
    shown.add("instances=" + ",".join(instances))
    shown |= {f"{name}={value.hex() if isinstance(value, bytes) else value}" for name, value in fields.items()}
    return shown | {f"{code}={value.hex()}" for code, value in options.items()}


@pytest.mark.parametrize("vector", vectors("dhcp.txt"), ids=name_of)
def test_a_datagram_is_this_message_or_malformed(vector: Vector) -> None:
    """Everything that the vector names is there, or the reason is the one it names."""
    if vector.expected.startswith("bad "):
        with pytest.raises(Malformed) as bad:
            decode(vector.data)
        assert vector.expected.removeprefix("bad ") in str(bad.value), vector.place
    else:
        assert set(vector.expected.split()) <= _shown(decode(vector.data)), vector.place
