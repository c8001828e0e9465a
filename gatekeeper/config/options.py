"""The options of a subnet, class or plan, typed by the option table and by the operator's own rows, [[dhcp.option]]."""

import difflib
from collections.abc import Container, Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import OptionSection, SubnetSection
from gatekeeper.wire.dhcp_options import BY_CODE, BY_NAME, RESERVED, OptionRow, encode_value

_MASK: Final = 1
RENEW: Final = 58
REBIND: Final = 59


class OptionTable:
    """The table of ``wire.dhcp_options`` and the operator's rows."""

    def __init__(self, sections: Iterable[OptionSection], problems: Problems) -> None:
        self._by_code, self._by_name = dict(BY_CODE), dict(BY_NAME)
        for index, section in enumerate(sections):
            place: KeyPath = ("dhcp", "option", index)
            known, named = self._by_code.get(section.code), self._by_name.get(section.name)
            if section.code in RESERVED:
                problems.add((*place, "code"), f"option {section.code} is written by gatekeeper itself")
            elif known:
                problems.add((*place, "code"), f"option {known.code} is {known.name} already, of type {known.kind}")
            elif named:
                problems.add((*place, "name"), f"{section.name} is option {named.code} already")
            else:
                row = OptionRow(section.code, section.name, section.type, "[[dhcp.option]]")
                self._by_code[row.code] = self._by_name[row.name] = row

    def encode(self, name: str, value: object, taken: Container[int]) -> tuple[int, bytes]:
        """(code, octets). name: a number or a name; an option in no table is octets; taken: codes that are set already.
        Raises ValueError."""
        row = self._by_code.get(int(name)) if name.isdigit() else self._by_name.get(name)
        code = int(name) if name.isdigit() else row.code if row else 0
        if not 0 < code < 255:
            near = difflib.get_close_matches(name, self._by_name, n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"no such option; use its number or its IANA name{hint}")
        if code in RESERVED:
            raise ValueError(f"option {code} is written by gatekeeper itself")
        if code in taken:
            raise ValueError(f"option {code} is set twice")
        return code, encode_value(row.kind if row else "hex", value)


def subnet_options(
    section: SubnetSection, place: KeyPath, table: OptionTable, problems: Problems
) -> tuple[tuple[int, bytes], ...]:
    """All options of the subnet in the sequence of the file, those that keys of their own set before the others."""
    options = {_MASK: section.network.mask.to_bytes(4, "big")}
    for code, addresses in ((3, section.routers), (6, section.dns)):
        if addresses:
            options[code] = b"".join(address.to_bytes(4, "big") for address in addresses)
    for code, seconds in ((RENEW, section.renew_s), (REBIND, section.rebind_s)):
        if seconds:
            options[code] = seconds.to_bytes(4, "big")
    read_options(section.options, options, place, table, problems, implied=frozenset({_MASK}))
    check_times(section.lease_s, options, ((*place, "renew_s"), (*place, "rebind_s"), (*place, "lease_s")), problems)
    return tuple(options.items())


def read_options(
    said: dict[str, Any],
    options: dict[int, bytes],
    place: KeyPath,
    table: OptionTable,
    problems: Problems,
    implied: AbstractSet[int] = frozenset(),
) -> None:
    """Add what a table of options says to those that are set already. implied: of these, those that it may say
    otherwise."""
    taken = options.keys() - implied
    for name, value in said.items():
        try:
            code, octets = table.encode(name, value, taken)
            options[code] = octets
            taken.add(code)
        except ValueError as error:
            problems.add((*place, "options", name), str(error))


def check_times(
    lease_s: int, options: dict[int, bytes], keys: tuple[KeyPath, KeyPath, KeyPath], problems: Problems
) -> None:
    """RFC 2131 4.4.5: T1 before T2 before the end of the lease; what is not set is 1/2 and 7/8 of the lease.

    keys: those that set the three.
    """
    if not options.keys() & {RENEW, REBIND}:
        return
    renew, rebind = (int.from_bytes(options.get(code, b""), "big") for code in (RENEW, REBIND))
    t1, t2 = renew or lease_s // 2, rebind or lease_s * 7 // 8
    if t2 >= lease_s:
        problems.add(keys[1], f"{t2} is not before the end of the lease, {lease_s} (RFC 2131 4.4.5)", keys[2])
    elif t1 >= t2 and renew:
        text = f"{t1} is not before rebind_s, {t2}{'' if rebind else ', which is 7/8 of lease_s'} (RFC 2131 4.4.5)"
        problems.add(keys[0], text, keys[1])
    elif t1 >= t2:
        problems.add(keys[1], f"{t2} is not after renew_s, {t1}, which is 1/2 of lease_s (RFC 2131 4.4.5)")
