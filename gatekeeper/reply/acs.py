"""The option that tells a box its ACS."""

from gatekeeper.book import Acs
from gatekeeper.wire.acs import AcsInfo, encode


def acs_option(acs: Acs | None, url: str) -> tuple[int, bytes]:
    """The option that tells the ACS; url: an order's own, which stands above the configured one."""
    if not url and acs:
        return encode(acs.encoding, acs.info)
    whole = _with_url(acs, url)
    # Too long with the rest: the URL alone, whose length orders bound.
    return whole or encode(_dialect(acs), AcsInfo(url))


def goes_alone(acs: Acs | None, url: str) -> bool:
    """True if an order's url is so long that nothing else that tells the ACS has room beside it."""
    return url != "" and _with_url(acs, url) is None


def _dialect(acs: Acs | None) -> str:
    """Octets spelled out in the configuration cannot take in another URL."""
    return acs.encoding if acs and acs.encoding != "hex" else "tr069"


def _with_url(acs: Acs | None, url: str) -> tuple[int, bytes] | None:
    try:
        return encode(_dialect(acs), acs.info._replace(url=url) if acs else AcsInfo(url))
    except ValueError:
        return None
