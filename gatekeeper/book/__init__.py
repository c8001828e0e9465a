"""The Policybook: the configuration as frozen values, ready for the packet path. ``config`` makes it."""

from gatekeeper.book.dhcp import Acs, AcsClass, Boxes, DhcpClass, Extra, Names, Subnet
from gatekeeper.book.policybook import BindingPolicy, Limits, Policybook
from gatekeeper.book.radius import AaaPolicy, AaaServer, Nas

__all__ = (
    "AaaPolicy",
    "AaaServer",
    "Acs",
    "AcsClass",
    "BindingPolicy",
    "Boxes",
    "DhcpClass",
    "Extra",
    "Limits",
    "Names",
    "Nas",
    "Policybook",
    "Subnet",
)
