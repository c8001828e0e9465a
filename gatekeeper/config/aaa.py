"""[dhcp.radius]: the upstream AAA that decides about boxes."""

from typing import Final

from gatekeeper.book import AaaPolicy, AaaServer
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.schema import DhcpRadiusSection, DhcpSection, SharedPassword
from gatekeeper.wire.radius_seal import Secret
from gatekeeper.wire.user_name import NamePart, mac_field, parse_template

# RFC 2131 4.1: a box that was not answered waits 4 s, then 8 s. Nobody waits any more for what took longer than this.
MOST_S: Final = 10
_PLACE: Final[KeyPath] = ("dhcp", "radius")


def make_aaa(dhcp: DhcpSection, problems: Problems) -> AaaPolicy | None:
    """The policy that the section asks for; None where the orders decide. It is checked in either case."""
    section = dhcp.radius
    if section is None:
        return None
    policy = AaaPolicy(
        servers=_servers(section, problems),
        user_name=_user_name(section, problems),
        shared_password=_shared(section),
        timeout_s=section.timeout_s,
        tries=section.tries,
        cache_s=section.cache_s,
        hold_down_s=section.hold_down_s,
        nas_identifier=section.nas_identifier,
    )
    if dhcp.authorize != "radius":
        return None
    longest = section.tries * section.timeout_s * len(policy.servers)
    if longest > MOST_S:
        told = f"tries x timeout_s x servers is {longest:g} s, and a box has given up after {MOST_S} s: make it less"
        problems.add((*_PLACE, "timeout_s"), told, (*_PLACE, "tries"))
    return policy


def _servers(section: DhcpRadiusSection, problems: Problems) -> tuple[AaaServer, ...]:
    found: list[AaaServer] = []
    for index, server in enumerate(section.server):
        address, port = server.address
        if any((address, port) == (earlier.address, earlier.port) for earlier in found):
            problems.add((*_PLACE, "server", index, "address"), f"{server.address.text()} is there twice")
        found.append(AaaServer(address, port, Secret(server.secret.encode()), server.require_message_authenticator))
    return tuple(found)


def _user_name(section: DhcpRadiusSection, problems: Problems) -> tuple[NamePart, ...]:
    place = (*_PLACE, "user_name")
    try:
        parts = parse_template(section.user_name)
    except ValueError as error:
        problems.add(place, str(error))
        return ()
    if _shared(section) is None and not mac_field(parts):
        told = 'no MAC is in it that password = "mac" could spell: add {mac}, or set password = { shared = "…" }'
        problems.add(place, told, (*_PLACE, "password"))
    return parts


def _shared(section: DhcpRadiusSection) -> Secret | None:
    given = section.password
    return Secret(given.shared.encode()) if isinstance(given, SharedPassword) else None
