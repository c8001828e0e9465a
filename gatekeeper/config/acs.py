"""[acs] and [[acs.class]]: what tells which box its ACS."""

from gatekeeper.book import Acs, AcsClass
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import AcsSection
from gatekeeper.wire.acs import AcsInfo, encode


def make_acs(section: AcsSection, problems: Problems) -> Acs:
    """[acs] with its classes; a class has the keys of [acs] but for those that it sets itself."""
    classes = []
    for number, own in enumerate(section.classes):
        place: KeyPath = ("acs", "class", number)
        if (own.match is None) == (own.exact is None):
            problems.add(place, "one of match and exact is wanted")
        elif not (own.match or own.exact):
            problems.add((*place, "exact" if own.match is None else "match"), "one character at least is wanted")
        # What the class sets beside its own keys stands above [acs].
        given = {key: getattr(own, key) for key in own.model_fields_set - {"match", "exact"}}
        whole = section.model_copy(update=given)
        text = own.match or own.exact or ""
        classes.append(AcsClass(text.encode(), own.exact is not None, _acs(whole, place, problems)))
    return _acs(section, ("acs",), problems)._replace(classes=tuple(classes))


def _acs(section: AcsSection, place: KeyPath, problems: Problems) -> Acs:
    raw = bytes.fromhex(section.hex.removeprefix("0x")) if section.hex else b""
    if section.encoding == "hex" and not raw:
        problems.add((*place, "encoding"), f'"hex" needs the octets in {place[0]}.hex')
    info = AcsInfo(
        section.url,
        section.provisioning_code,
        section.retry_minimum_wait_s,
        section.retry_multiplier,
        section.username,
        section.password,
        raw,
    )
    try:
        encode(section.encoding, info)
    except ValueError as error:
        problems.add((*place, "hex" if section.encoding == "hex" else "url"), str(error))
    return Acs(section.encoding, info, section.force)
