"""[[dhcp.class]] and [[dhcp.profile]]: what boxes of a make, or accounts of a plan, are told beside their subnet."""

from typing import Final

from gatekeeper.book import DhcpClass, Extra, Names, Policybook
from gatekeeper.config.acs import class_boxes
from gatekeeper.config.options import REBIND, RENEW, OptionTable, check_times, read_options
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import BootKeys, DhcpClassSection, DhcpProfileSection, ExtraKeys
from gatekeeper.reply.kinds import BoxKind
from gatekeeper.reply.told import Told, tell
from gatekeeper.wire.dhcp_header import BOOT_FILE, SERVER_NAME

_SERVERS: Final = frozenset({SERVER_NAME, 150})  # options that name a server beside siaddr (RFC 2132 9.4, RFC 5859 2)


def names_of(section: BootKeys) -> Names:
    """Boot file and server name, as far as the section says them."""
    said = (BOOT_FILE, section.boot_file), (SERVER_NAME, section.server_name)
    return tuple((code, name.encode()) for code, name in said if name is not None)


def make_classes(sections: list[DhcpClassSection], table: OptionTable, problems: Problems) -> tuple[DhcpClass, ...]:
    """The classes in their sequence, of which the first that fits has the say."""
    found: list[DhcpClass] = []
    for number, section in enumerate(sections):
        place: KeyPath = ("dhcp", "class", number)
        boxes = class_boxes(section.match, section.exact, place, problems)
        if boxes.text and boxes in [earlier.boxes for earlier in found]:
            problems.add(place, f"a class of {boxes.quoted()} stands above: this one can never be the first that fits")
        found.append(DhcpClass(boxes, _extra(section, place, table, problems)))
    return tuple(found)


def make_profiles(sections: list[DhcpProfileSection], table: OptionTable, problems: Problems) -> dict[str, Extra]:
    """The profiles by plan."""
    found: dict[str, Extra] = {}
    for number, section in enumerate(sections):
        place: KeyPath = ("dhcp", "profile", number)
        if section.plan in found:
            problems.add((*place, "plan"), f"{section.plan} has a profile already")
        found[section.plan] = _extra(section, place, table, problems)
    return found


def _extra(section: ExtraKeys, place: KeyPath, table: OptionTable, problems: Problems) -> Extra:
    options: dict[int, bytes] = {}
    read_options(section.options, options, place, table, problems)
    at = (*place, "options")
    if options.keys() & {RENEW, REBIND} and section.lease_s is None:
        problems.add(at, "options 58 and 59 belong to a lease time: add lease_s")
    elif section.lease_s is not None:
        check_times(section.lease_s, options, (at, at, (*place, "lease_s")), problems)
    return Extra(section.next_server, names_of(section), tuple(options.items()), section.force, section.lease_s or 0)


def unserved(book: Policybook) -> list[str]:
    """Notes about boot files beside which no server is named, each where the file stands."""
    places: list[tuple[str, tuple[Extra, ...]]] = [("", ())]
    places += [(f"[[dhcp.class]] {each.boxes.quoted()}", (each.extra,)) for each in book.dhcp_classes]
    places += [(f"[[dhcp.profile]] {plan}", (extra,)) for plan, extra in book.dhcp_profiles.items()]
    found = []
    for place, extras in places:
        for subnet in book.subnets:
            says_file = any(code == BOOT_FILE for code, _ in (extras[0].names if extras else subnet.names))
            if says_file and _is_unserved(tell(subnet, BoxKind(None, extras), "")):
                found.append(place or f"[[dhcp.subnet]] {subnet.text}")
    text = "boot_file without next_server: siaddr will be 0.0.0.0, and a box may ask us for it, or nobody"
    return [f"{place}: {text}" for place in dict.fromkeys(found)]


def _is_unserved(told: Told) -> bool:
    file = told.names.get(BOOT_FILE, b"")
    named = told.next_server or SERVER_NAME in told.names or not _SERVERS.isdisjoint(told.options)
    return bool(file) and b"://" not in file and not named
