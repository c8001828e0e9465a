"""What a running gate takes over from another configuration, and what it must be started anew for."""

from typing import Final

from gatekeeper.config.changes import changes
from gatekeeper.config.load import Settings
from gatekeeper.drivers.control import Answer

# Sockets, interfaces and files that are opened once.
_OPENED_ONCE: Final = frozenset(
    {
        ("store", "url"),
        ("dhcp", "interfaces"),
        ("dhcp", "listen"),
        ("dhcp", "arp_probe"),
        ("radius", "listen_auth"),
        ("radius", "listen_acct"),
    }
)
_LEASEQUERY: Final = ("dhcp", "leasequery")


def compare(begun: Settings, now: Settings, wanted: Settings) -> Answer:
    """begun: what the gate was started with; now: what is in force; wanted: what the file says."""
    once = _OPENED_ONCE | ({_LEASEQUERY} if _turns_leasequery(begun, wanted) else frozenset())
    taken = [change.text for change in changes(now.schema, wanted.schema) if change.path not in once]
    waits = [change.text for change in changes(begun.schema, wanted.schema) if change.path in once]
    return Answer(taken, waits, [])


def takeable(begun: Settings, wanted: Settings) -> Settings:
    """The wanted settings with what was opened at the start as it was then."""
    book = wanted.book._replace(arp_probe=begun.book.arp_probe)
    if _turns_leasequery(begun, wanted):
        # Client identifiers are findable in the store only where that was wanted when it was opened.
        book = book._replace(leasequery=begun.book.leasequery)
    return wanted._replace(
        book=book,
        store_url=begun.store_url,
        interfaces=begun.interfaces,
        dhcp_listen=begun.dhcp_listen,
        auth_listen=begun.auth_listen,
        acct_listen=begun.acct_listen,
    )


def _turns_leasequery(begun: Settings, wanted: Settings) -> bool:
    return bool(begun.book.leasequery) != bool(wanted.book.leasequery)
