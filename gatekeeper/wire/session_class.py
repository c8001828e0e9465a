"""The Class attribute that ties a session's accounting to the decision that let it in (RFC 2865 5.25).

The NAS echoes it in every Accounting-Request of the session, whatever it calls the box there. It holds the box's MAC
and the order that was in force: ``gk1 d4c1c8ee9b1f 2026112200017``.
"""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value

_MARK: Final = b"gk1"
_LONGEST: Final = 253


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Decision(Value):
    """What a Class of ours says. mac: 6 octets; order: the account's last order when it was decided."""

    __slots__ = ("mac", "order")

    def __init__(self, mac: bytes, order: str) -> None:
        self.mac: Final = mac
        self.order: Final = order


def class_value(mac: bytes, order: str) -> bytes:
    """Value of the Class attribute, 253 octets at most."""
    return (b"gk1 %b %b" % (mac.hex().encode(), order.encode()))[:_LONGEST]


def read_class(value: bytes) -> Decision | None:
    """A Class of ours, or None: somebody else's."""
    mark, _, rest = value.partition(b" ")
    mac, _, order = rest.partition(b" ")
    try:
        octets = bytes.fromhex(mac.decode("ascii")) if mark == _MARK else b""
    except ValueError:
        return None
    return Decision(octets, order.decode("utf-8", "replace")) if len(octets) == 6 else None
