"""The nouns of the gate. Values only: no behaviour beyond a comparison, no import but the standard typing tools.

A MAC is 6 octets of ``bytes``. An IPv4 address is an ``int``; 0 means none. Times are Unix seconds, and under a name
that ends in _ms thousandths of them. Rates are kbit/s.
"""

from gatekeeper.model.box import HELD, NO_FACTS, Binding, Event, Facts, Holder, Lease, Rate, Session
from gatekeeper.model.effects import (
    AddressDeclined,
    AddressOffered,
    AddressTold,
    Effect,
    ExtensionDeferred,
    LeaseBound,
    LeaseReleased,
    OfferForgotten,
    PortLearned,
    SessionReported,
    SessionsEnded,
    StbidDiffers,
    TwoMakes,
)
from gatekeeper.model.packet import Action, Asked, Datagram, Destination, Outcome, Verdict, Via
from gatekeeper.port import PortId
from gatekeeper.reasons import REASONS, Reason

__all__ = (
    "HELD",
    "NO_FACTS",
    "REASONS",
    "Action",
    "AddressDeclined",
    "AddressOffered",
    "AddressTold",
    "Asked",
    "Binding",
    "Datagram",
    "Destination",
    "Effect",
    "Event",
    "ExtensionDeferred",
    "Facts",
    "Holder",
    "Lease",
    "LeaseBound",
    "LeaseReleased",
    "OfferForgotten",
    "Outcome",
    "PortId",
    "PortLearned",
    "Rate",
    "Reason",
    "Session",
    "SessionReported",
    "SessionsEnded",
    "StbidDiffers",
    "TwoMakes",
    "Verdict",
    "Via",
)
