"""From the validated file to the Policybook: what several keys say together is checked here."""

from pathlib import Path

from gatekeeper.book import Acs, BindingPolicy, Nas, Policybook, Subnet
from gatekeeper.config.dictionary import Dictionary, shipped_folder
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.schema import AcsSection, ClientSection, FileSchema, SharedPassword, SubnetSection
from gatekeeper.wire.acs import AcsInfo, encode
from gatekeeper.wire.dhcp_options import BY_CODE, BY_NAME, RESERVED, encode_value
from gatekeeper.wire.nas import DIALECTS, RateAttribute
from gatekeeper.wire.radius_seal import Secret
from gatekeeper.wire.text import ip_text


class Problems(list[tuple[tuple[KeyPath, ...], str]]):
    """What is wrong, and the keys that it concerns; the first one gives it its name."""

    def add(self, path: KeyPath, text: str, *beside: KeyPath) -> None:
        """beside: other keys that this one contradicts."""
        self.append(((path, *beside), text))


def make_book(schema: FileSchema, folder: Path) -> tuple[Policybook, Problems]:
    """The Policybook, and what is wrong with it. folder: where relative paths start."""
    problems = Problems()
    ours = [address for address, _ in schema.dhcp.listen] + ([schema.dhcp.server_id] if schema.dhcp.server_id else [])
    subnets = tuple(_subnet(index, section, ours, problems) for index, section in enumerate(schema.dhcp.subnet))
    _check_overlaps(subnets, problems)
    if schema.dhcp.arp_probe != "off":
        problems.add(("dhcp", "arp_probe"), 'this version knows only "off"')
    binding = schema.binding
    book = Policybook(
        subnets=subnets,
        server_id=schema.dhcp.server_id or 0,
        offer_s=schema.dhcp.offer_s,
        trusted=frozenset(schema.dhcp.trusted),
        check_source_mac=schema.dhcp.check_source_mac,
        acs=_acs(schema.acs, problems) if schema.acs else None,
        binding=BindingPolicy(
            binding.port, binding.missing, binding.port_key, dict(binding.port_names), binding.boxes_per_account
        ),
        clients=_clients(schema, folder, problems),
    )
    return book, problems


def _subnet(index: int, section: SubnetSection, ours: list[int], problems: Problems) -> Subnet:
    place: KeyPath = ("dhcp", "subnet", index)
    network = section.network
    broadcast = network.network | ~network.mask & 0xFFFFFFFF
    ranges: list[tuple[int, int]] = []
    for first, last in section.pools:
        text = f"{ip_text(first)}-{ip_text(last)}"
        if first not in network or last not in network:
            problems.add((*place, "pools"), f"{text} is outside {network.text()}", (*place, "network"))
        elif any(first <= other_last and other_first <= last for other_first, other_last in ranges):
            problems.add((*place, "pools"), f"{text} overlaps another pool")
        else:
            ranges.append((max(first, network.network + 1), min(last, broadcast - 1)))
    for router in section.routers:
        if router not in network:
            text = f"{ip_text(router)} is outside {network.text()}, no box can reach it"
            problems.add((*place, "routers"), text, (*place, "network"))
    ranges = _without(ranges, section.routers + ours)
    options = _options(section, place, problems)
    return Subnet(
        index, network.text(), network.network, network.mask, tuple(ranges), section.lease_s, tuple(options.items())
    )


def _without(ranges: list[tuple[int, int]], addresses: list[int]) -> list[tuple[int, int]]:
    """The ranges less the addresses of routers and of this server, which must never be leased."""
    for address in addresses:
        cut: list[tuple[int, int]] = []
        for first, last in ranges:
            if first <= address <= last:
                cut += [pair for pair in ((first, address - 1), (address + 1, last)) if pair[0] <= pair[1]]
            else:
                cut.append((first, last))
        ranges = cut
    return ranges


def _options(section: SubnetSection, place: KeyPath, problems: Problems) -> dict[int, bytes]:
    options = {1: section.network.mask.to_bytes(4, "big")}
    for code, addresses in ((3, section.routers), (6, section.dns)):
        if addresses:
            options[code] = b"".join(address.to_bytes(4, "big") for address in addresses)
    for name, value in section.options.items():
        path = (*place, "options", name)
        row = BY_CODE.get(int(name)) if name.isdigit() else BY_NAME.get(name)
        code = int(name) if name.isdigit() else row.code if row else 0
        if not 0 < code < 255:
            problems.add(path, "no such option; use its number or its IANA name")
        elif code in RESERVED:
            problems.add(path, f"option {code} is written by gatekeeper itself")
        elif code in options:
            problems.add(path, f"option {code} is set twice")
        else:
            try:
                encoded = encode_value(row.kind if row else "hex", value)
                if len(encoded) > 255:
                    raise ValueError(f"{len(encoded)} octets, 255 at most")
                options[code] = encoded
            except ValueError as error:
                problems.add(path, str(error))
    return options


def _check_overlaps(subnets: tuple[Subnet, ...], problems: Problems) -> None:
    for subnet in subnets:
        for earlier in subnets[: subnet.number]:
            common = subnet.mask & earlier.mask
            if subnet.network & common == earlier.network & common:
                path = ("dhcp", "subnet", subnet.number, "network")
                problems.add(path, f"{subnet.text} overlaps {earlier.text}")


def _acs(section: AcsSection, problems: Problems) -> Acs:
    raw = bytes.fromhex(section.hex.removeprefix("0x")) if section.hex else b""
    if section.encoding == "hex" and not raw:
        problems.add(("acs", "encoding"), '"hex" needs the octets in acs.hex')
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
        problems.add(("acs", "url"), str(error))
    return Acs(section.encoding, info, section.force)


def _clients(schema: FileSchema, folder: Path, problems: Problems) -> tuple[Nas, ...]:
    given = schema.radius.dictionaries
    try:
        dictionary = Dictionary(folder / given if given else shipped_folder()) if schema.radius.client else None
    except ValueError as error:
        problems.add(("radius", "dictionaries"), str(error))
        dictionary = None
    clients: list[Nas] = []
    for index, section in enumerate(schema.radius.client):
        place: KeyPath = ("radius", "client", index)
        for earlier in clients:
            if earlier.name == section.name:
                problems.add((*place, "name"), f"{section.name} is there twice")
            if (earlier.network, earlier.mask) == tuple(section.ipaddr):
                problems.add((*place, "ipaddr"), f"{section.ipaddr.text()} is {earlier.name} already")
        clients.append(_client(index, section, dictionary, problems))
    return tuple(sorted(clients, key=lambda nas: -nas.mask))


def _client(index: int, section: ClientSection, dictionary: Dictionary | None, problems: Problems) -> Nas:
    rates: list[RateAttribute] = []
    for row in DIALECTS[section.nas].rates if dictionary else ():
        try:
            rates.append(RateAttribute(dictionary.attribute(row.attribute), row.template))  # type: ignore[union-attr]
        except KeyError:
            problems.add(("radius", "client", index, "nas"), f"the dictionaries lack {row.attribute}")
    password = section.mac_password
    shared = Secret(password.shared.encode()) if isinstance(password, SharedPassword) else None
    return Nas(
        name=section.name,
        network=section.ipaddr.network,
        mask=section.ipaddr.mask,
        secret=Secret(section.secret.encode()),
        require_seal=section.require_message_authenticator,
        limit_proxy_state=section.limit_proxy_state,
        dialect=section.nas,
        rates=tuple(rates),
        kilobit=section.kilobit,
        password="shared" if isinstance(password, SharedPassword) else password,
        shared_password=shared,
    )
