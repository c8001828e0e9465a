"""Does the box say the STBID that fits it? China Telecom's boxes send it as their host name (option 12).

A cloned or repaired box may say another one than its label, so that this warns or refuses is the operator's choice.
"""

from typing import Final

from gatekeeper.wire.text import mac_text, stbid_mac

_LENGTH: Final = 32


def stbid_difference(host_name: bytes, mac: bytes, ordered: str) -> tuple[str, str] | None:
    """(what it should be, what the box says), or None: it fits, or the host name is no STBID.

    ordered: the STBID of the order, "" = the order named the box by its MAC, and so only that can be compared.
    """
    text = host_name.rstrip(b"\0")
    if len(text) != _LENGTH:
        return None
    said = text.decode("ascii", "replace").upper()
    try:
        own = stbid_mac(said)
    except ValueError:
        return None
    if ordered:
        return (ordered, said) if said != ordered else None
    return (f"…{mac.hex().upper()} ({mac_text(mac)})", said) if own != mac else None
