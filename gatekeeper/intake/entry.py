"""What entries of dnsmasq, Kea and FreeRADIUS have in common: a MAC, perhaps a name, an address, a rate."""

from gatekeeper.intake.order_file import Line
from gatekeeper.model import Reason
from gatekeeper.policy.order_fields import OrderRefused
from gatekeeper.wire.text import mac_text


def install(form: str, mac: bytes, account: str = "", **fields: str) -> dict[str, str]:
    """The install order that an entry becomes. The same entry has the same number, so that it is applied once."""
    named = {"order": f"import-{form}-{mac.hex()}", "kind": "install", "account": account or mac_text(mac)}
    return named | {"mac": mac_text(mac)} | {name: value for name, value in fields.items() if value}


def not_taken(number: int, why: str) -> Line:
    """An entry that cannot become an order."""
    return Line(number, {}, OrderRefused(Reason.UNSUPPORTED, why))


def note_of(ignored: list[str]) -> str:
    """What of an entry is not taken over."""
    return f"not taken over: {', '.join(ignored)}" if ignored else ""
