"""[acs] and [[acs.class]]: what tells which box its ACS."""

from typing import Final

from gatekeeper.book import Acs, AcsClass, Boxes, Policybook
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import AcsKeys, AcsSection
from gatekeeper.wire.acs import AcsInfo, encode, oddity
from gatekeeper.wire.text import parse_octets

_OPTION_43: Final = 43


def make_acs(section: AcsSection, problems: Problems) -> Acs:
    """[acs] with its classes; a class has the keys of [acs] but for those that it sets itself."""
    raw = _octets(section, ("acs",), problems)
    classes = []
    for number, own in enumerate(section.classes):
        place: KeyPath = ("acs", "class", number)
        boxes = class_boxes(own.match, own.exact, place, problems)
        # What the class sets beside its own keys stands above [acs].
        given = {key: getattr(own, key) for key in own.model_fields_set - {"match", "exact"}}
        own_raw = raw if own.hex is None else _octets(own, place, problems)
        acs = _acs(section.model_copy(update=given), own_raw, place, problems)
        classes.append(AcsClass(boxes, acs))
    return _acs(section, raw, ("acs",), problems)._replace(classes=tuple(classes))


def class_boxes(match: str | None, exact: str | None, place: KeyPath, problems: Problems) -> Boxes:
    """The boxes of a class; one of the keys must say something."""
    if (match is None) == (exact is None):
        problems.add(place, "one of match and exact is wanted")
    elif not (match or exact):
        problems.add((*place, "exact" if match is None else "match"), "one character at least is wanted")
    return Boxes((match or exact or "").encode(), exact is not None)


def _octets(section: AcsKeys, place: KeyPath, problems: Problems) -> bytes | None:
    """What its hex spells, b"" where it has none; None = it spells nothing, which is told."""
    if section.hex is None:
        return b""
    try:
        return parse_octets(section.hex)
    except ValueError as error:
        problems.add((*place, "hex"), str(error))
        return None


def _acs(section: AcsSection, raw: bytes | None, place: KeyPath, problems: Problems) -> Acs:
    if section.encoding == "hex" and raw == b"":
        problems.add((*place, "encoding"), f'"hex" needs the octets in {place[0]}.hex')
    info = AcsInfo(
        section.url,
        section.provisioning_code,
        section.retry_minimum_wait_s,
        section.retry_multiplier,
        section.username,
        section.password,
        raw or b"",
    )
    try:
        encode(section.encoding, info)
    except ValueError as error:
        problems.add((*place, "hex" if section.encoding == "hex" else "url"), str(error))
    return Acs(section.encoding, info, section.force)


def odd_octets(book: Policybook) -> list[str]:
    """Notes about octets of option 43 that are spelled out and are neither sub-options nor text."""
    acs = book.acs
    told = (
        [("[acs]", acs), *((f"[[acs.class]] {each.boxes.quoted()}", each.acs) for each in acs.classes)] if acs else []
    )
    found = [(f"{where} hex", each.info.raw) for where, each in told if each.encoding == "hex"]
    options = [(f"[[dhcp.subnet]] {subnet.text}", subnet.options) for subnet in book.subnets]
    options += [(f"[[dhcp.class]] {each.boxes.quoted()}", each.extra.options) for each in book.dhcp_classes]
    options += [(f"[[dhcp.profile]] {plan}", extra.options) for plan, extra in book.dhcp_profiles.items()]
    found += [(f"{where} option 43", value) for where, said in options for code, value in said if code == _OPTION_43]
    return [f"{where}: {odd}" for where, value in found if (odd := oddity(value))]
