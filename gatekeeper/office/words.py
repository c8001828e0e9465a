"""A person's words -> values."""

from gatekeeper.model import Reason
from gatekeeper.office.undone import Misread
from gatekeeper.report.timeline import read_time
from gatekeeper.wire.text import parse_ip, parse_mac


def text_of(text: str) -> str:
    """The text itself. Raises Misread for what no store can be asked for: octets of an argument that are no UTF-8 come
    as halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Misread(f"{text!r} is no text", Reason.BAD_FIELD) from None
    return text


def address_of(text: str) -> int:
    """An IPv4 address. Raises Misread."""
    try:
        return parse_ip(text)
    except ValueError as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None


def mac_of(text: str) -> bytes:
    """A MAC in any usual spelling. Raises Misread."""
    try:
        return parse_mac(text)
    except ValueError as error:
        raise Misread(str(error), Reason.BAD_MAC) from None


def moment_of(text: str, now: int) -> int:
    """A span before now, or an RFC 3339 time -> Unix seconds. Raises Misread."""
    try:
        return read_time(text, now)
    except ValueError as error:
        raise Misread(str(error), Reason.BAD_FIELD) from None
