"""Which boxes are told otherwise than their subnet says: by make (option 60 or 124) and by their account's plan."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.book import Acs, Extra, Policybook, Subnet
from gatekeeper.value import Value
from gatekeeper.wire.dhcp import DhcpMessage
from gatekeeper.wire.dhcp_options import vendor_classes

USUAL: Final = 0  # the number of boxes that nothing tells apart
_VENDOR_CLASS: Final = 60
_V_I_CLASS: Final = 124
_MAX_KNOWN: Final = 4096

# What a box is told apart by: option 60, option 124, each of several options 60, and a plan that has a profile.
_Said = tuple[bytes | None, bytes | None, tuple[bytes, ...] | None, str]


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class BoxKind(Value):
    """Boxes that are told the same in one subnet. extras: what class and profile say, the last word last."""

    __slots__ = ("acs", "extras")

    def __init__(self, acs: Acs | None, extras: tuple[Extra, ...]) -> None:
        self.acs: Final = acs
        self.extras: Final = extras

    def lease_s(self, subnet: Subnet) -> int:
        """The lease time of these boxes."""
        return next((extra.lease_s for extra in reversed(self.extras) if extra.lease_s), subnet.lease_s)


class BoxKinds:
    """The kinds of one Policybook, numbered as they are met; no more than classes and profiles combine."""

    def __init__(self, book: Policybook) -> None:
        self._acs, self._profiles, self._classes = book.acs, book.dhcp_profiles, book.dhcp_classes
        self._acs_classes = book.acs.classes if book.acs else ()
        self._kinds = [BoxKind(book.acs, ())]
        self._known: dict[_Said, int] = {}
        # False, False: every box is of the usual kind, and every lease lasts as its subnet says.
        self.differ = bool(self._acs_classes or self._classes or self._profiles)
        extras = (*self._profiles.values(), *(each.extra for each in self._classes))
        self.leases_differ = any(extra.lease_s for extra in extras)

    def __getitem__(self, number: int) -> BoxKind:
        return self._kinds[number]

    def number_of(self, request: DhcpMessage, plan: str) -> int:
        """The kind of the box that sent this. plan: its account's."""
        options, instances = request.options, request.instances
        plan = plan if plan in self._profiles else ""
        said = options.get(_VENDOR_CLASS), options.get(_V_I_CLASS), instances.get(_VENDOR_CLASS), plan
        number = self._known.get(said)
        if number is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            number = self._known[said] = self._number(vendor_classes(options, instances), plan)
        return number

    def _number(self, makes: list[bytes], plan: str) -> int:
        """The first class that fits has the say, of each sort of classes."""
        acs = next((each.acs for each in self._acs_classes if each.boxes.fit(makes)), self._acs)
        by_make = [each.extra for each in self._classes if each.boxes.fit(makes)][:1]
        by_plan = [self._profiles[plan]] if plan else []
        kind = BoxKind(acs, (*by_make, *by_plan))
        if kind not in self._kinds:
            self._kinds.append(kind)
        return self._kinds.index(kind)
