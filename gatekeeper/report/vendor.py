"""Vendor names of MAC addresses, from netaddr's copy of the IEEE registry. Loaded when the first one is asked for."""


def vendor(mac_text: str) -> str:
    """The organisation that the MAC's first three octets are registered to; "" where none is known."""
    from netaddr import EUI
    from netaddr.core import AddrFormatError, NotRegisteredError

    try:
        return str(EUI(mac_text).oui.registration().org)
    except (NotRegisteredError, AddrFormatError, IndexError):
        return ""
