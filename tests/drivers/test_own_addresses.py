"""Which addresses this machine has, as a listener on 0.0.0.0 must know them."""

import socket

from gatekeeper.drivers.sockets import OwnAddresses
from gatekeeper.wire.text import parse_ip


def test_the_machines_addresses_are_found() -> None:
    """Each can be bound to, the loopback's among them; asked again they are the same."""
    addresses = OwnAddresses()
    found = addresses.look()
    assert parse_ip("127.0.0.1") in found
    for address in found:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind((socket.inet_ntoa(address.to_bytes(4, "big")), 0))
    assert addresses.look() == found
