"""What boxes are told beside their address, for people: boot fields and options by subnet, class and plan."""

from collections.abc import Iterator
from typing import Final

from gatekeeper.book import Extra, Names, Policybook, Subnet
from gatekeeper.model import Binding
from gatekeeper.policy.explain import Explanation
from gatekeeper.reply.acs import goes_alone
from gatekeeper.reply.kinds import BoxKind
from gatekeeper.reply.told import tell
from gatekeeper.wire.dhcp_header import BOOT_FILE, SERVER_NAME
from gatekeeper.wire.dhcp_options import show_value
from gatekeeper.wire.text import ip_text

_NAMES: Final = {BOOT_FILE: "boot file", SERVER_NAME: "server name"}


def boot_lines(book: Policybook) -> Iterator[str]:
    """A line for each subnet with boot fields, each class and each profile: what it says itself."""
    for subnet in book.subnets:
        told = _fields(subnet.next_server or None, subnet.names)
        if told:
            yield f"subnet {subnet.text}: {', '.join(told)}"
    for each in book.dhcp_classes:
        yield f"class {each.boxes.quoted()}: {_extra(book, each.extra)}"
    for plan, extra in book.dhcp_profiles.items():
        yield f'plan "{plan}": {_extra(book, extra)}'


def with_boot(book: Policybook, binding: Binding | None, found: Explanation) -> Explanation:
    """What explain says of DHCP, with what the box is told beside its address."""
    subnet = book.subnet_of(found.verdict.address)
    if found.verdict.reason or subnet is None or binding is None:
        return found
    return found._replace(gives="; ".join((found.gives, *_told_beside(book, subnet, binding))))


def _told_beside(book: Policybook, subnet: Subnet, binding: Binding) -> list[str]:
    """What a box of this binding is told beside its address, as far as that does not hang on its make."""
    profile = book.dhcp_profiles.get(binding.plan)
    told = tell(subnet, BoxKind(None, (profile,) if profile else ()), "")
    lines = _fields(told.next_server or None, tuple(told.names.items()))
    if profile:
        lines.append(f'by [[dhcp.profile]] plan = "{binding.plan}"')
    if book.dhcp_classes:
        lines.append("its make (option 60, not kept) may put it in a [[dhcp.class]]")
    if goes_alone(book.acs, binding.acs_url):
        lines.append("its acs_url goes alone: it is too long for the other keys of [acs] beside it")
    return lines


def _fields(next_server: int | None, names: Names) -> list[str]:
    told = [] if next_server is None else [f"next server {ip_text(next_server) if next_server else 'none'}"]
    return told + [f"{_NAMES[code]} {name.decode() or 'none'}" for code, name in names]


def _option(book: Policybook, code: int) -> str:
    name = book.option_name(code)
    return f"{code} ({name})" if name != str(code) else name


def _extra(book: Policybook, extra: Extra) -> str:
    told = _fields(extra.next_server, extra.names)
    told += [f"option {_option(book, code)} {show_value(code, value)}" for code, value in extra.options]
    told += ["options are sent unasked"] if extra.forced and extra.options else []
    told += [f"lease {extra.lease_s} s"] if extra.lease_s else []
    return ", ".join(told) or "as the subnet says"
