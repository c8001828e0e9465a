"""From the validated file to the Policybook: what several keys say together is checked here."""

from pathlib import Path
from typing import Any

from gatekeeper.book import Acs, BindingPolicy, Limits, Nas, Policybook, Subnet
from gatekeeper.config.aaa import make_aaa
from gatekeeper.config.acs import make_acs
from gatekeeper.config.dictionary import Dictionary
from gatekeeper.config.extra import make_classes, make_profiles, names_of
from gatekeeper.config.nas import ClientReader, cut_nodes
from gatekeeper.config.options import RENEW, OptionTable, subnet_options
from gatekeeper.config.place import Path as KeyPath
from gatekeeper.config.problems import Problems
from gatekeeper.config.reply import AttributeReader, profiles_of, read_profiles
from gatekeeper.config.schema import ClientSection, DhcpSection, FileSchema, SharedPassword, SubnetSection
from gatekeeper.state.ranges import without
from gatekeeper.wire.line_id import Lines
from gatekeeper.wire.line_template import compile_line
from gatekeeper.wire.radius_seal import Secret
from gatekeeper.wire.text import ip_text


def make_book(schema: FileSchema, folder: Path) -> tuple[Policybook, Problems]:
    """The Policybook, and what is wrong with it. folder: where relative paths start."""
    problems = Problems()
    ours = [address for address, _ in schema.dhcp.listen] + ([schema.dhcp.server_id] if schema.dhcp.server_id else [])
    table = OptionTable(schema.dhcp.option, problems)
    subnets = tuple(_subnet(index, schema.dhcp, ours, table, problems) for index in range(len(schema.dhcp.subnet)))
    subnets = _linked(subnets, [section.shared_network for section in schema.dhcp.subnet])
    _check_overlaps(subnets, problems)
    _check_places(schema.dhcp, problems)
    if schema.dhcp.arp_probe != "off" and any(subnet.vlan for subnet in subnets):
        problems.add(("dhcp", "arp_probe"), 'addresses behind a VLAN of a trunk cannot be probed: set it to "off"')
    binding = schema.binding
    lines = _lines(schema, problems)
    acs = make_acs(schema.acs, problems) if schema.acs else None
    book = Policybook(
        subnets=subnets,
        server_id=schema.dhcp.server_id or 0,
        offer_s=schema.dhcp.offer_s,
        answer_runs=schema.dhcp.answer_runs,
        max_age_s=schema.dhcp.max_age_s,
        quarantine_s=schema.dhcp.quarantine_s,
        declines_per_hour=schema.dhcp.declines_per_hour,
        rapid_commit=schema.dhcp.rapid_commit,
        deny_auto_configure=schema.dhcp.deny_auto_configure,
        lenient=schema.dhcp.lenient,
        arp_probe=schema.dhcp.arp_probe == "first",
        trusted=frozenset(schema.dhcp.trusted),
        check_source_mac=schema.dhcp.check_source_mac,
        acs=acs,
        binding=BindingPolicy(
            port=binding.port,
            missing=binding.missing,
            port_key=binding.port_key,
            port_names=dict(binding.port_names),
            boxes_per_account=binding.boxes_per_account,
            boxes_per_port=binding.boxes_per_port,
            shared_line=binding.shared_line,
            stbid=binding.stbid,
            lines=lines,
        ),
        clients=_clients(schema, folder, lines, acs, problems),
        limits=Limits(**schema.limits.model_dump()) if schema.limits else None,
        leasequery=tuple((network, mask) for network, mask in schema.dhcp.leasequery),
        relays=tuple((network, mask) for network, mask in schema.dhcp.relays),
        hold_s=schema.orders.hold_s,
        journal_days=schema.history.keep_days,
        stale_session_s=schema.radius.stale_session_s,
        aaa=make_aaa(schema.dhcp, problems),
        own=_own(schema),
        strict_addresses=schema.orders.address == "strict",
        dhcp_classes=make_classes(schema.dhcp.classes, table, problems),
        dhcp_profiles=make_profiles(schema.dhcp.profile, table, problems),
        option_names={row.code: row.name for row in schema.dhcp.option},
    )
    return book, problems


def _lines(schema: FileSchema, problems: Problems) -> Lines:
    templates = []
    for at, text in enumerate(schema.binding.line_templates):
        try:
            templates.append(compile_line(text))
        except ValueError as error:
            problems.add(("binding", "line_templates", at), f"{text!r}: {error}")
    names = schema.binding.port_names
    return Lines(names, templates, cut_nodes(schema.radius.client, names))


def _own(schema: FileSchema) -> frozenset[int]:
    """Every address of ours that the file names."""
    listens = [*schema.dhcp.listen, *schema.radius.listen_auth, *schema.radius.listen_acct]
    listens += [schema.api.listen] if schema.api else []
    said = (schema.dhcp.server_id, *(subnet.server for subnet in schema.dhcp.subnet))
    return frozenset(address for address in (*said, *(listen.address for listen in listens)) if address)


def _subnet(index: int, dhcp: DhcpSection, ours: list[int], table: OptionTable, problems: Problems) -> Subnet:
    place: KeyPath = ("dhcp", "subnet", index)
    section = dhcp.subnet[index]
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
    ranges = without(ranges, section.routers + ours + ([section.server] if section.server else []))
    options = subnet_options(section, place, table, problems)
    return Subnet(
        number=index,
        text=network.text(),
        network=network.network,
        mask=network.mask,
        ranges=tuple(ranges),
        lease_s=section.lease_s,
        options=options,
        interface=section.interface or "",
        vlan=section.vlan or 0,
        server=section.server or 0,
        next_server=section.next_server or 0,
        names=names_of(section),
        defer=_defer(section, dhcp.defer, dict(options)),
        min_lease_s=section.min_lease_s or dhcp.min_lease_s,
    )


def _defer(section: SubnetSection, usual: float, options: dict[int, bytes]) -> float:
    """As Subnet.defer. A box that renews when the subnet's own T1 tells it to is given a whole new lease."""
    share = usual if section.defer is None else section.defer
    renew_s = int.from_bytes(options.get(RENEW, b""), "big")
    return min(share, renew_s / section.lease_s) if renew_s else share


def _linked(subnets: tuple[Subnet, ...], names: list[str]) -> tuple[Subnet, ...]:
    """The subnets, those with the same shared_network knowing of each other."""
    links = {name: tuple(number for number, other in enumerate(names) if other == name) for name in names if name}
    return tuple(subnet._replace(link=links.get(name, ())) for subnet, name in zip(subnets, names, strict=True))


def _check_overlaps(subnets: tuple[Subnet, ...], problems: Problems) -> None:
    for subnet in subnets:
        for earlier in subnets[: subnet.number]:
            common = subnet.mask & earlier.mask
            if subnet.network & common == earlier.network & common:
                path = ("dhcp", "subnet", subnet.number, "network")
                problems.add(path, f"{subnet.text} overlaps {earlier.text}")


def _check_places(dhcp: DhcpSection, problems: Problems) -> None:
    """Where a subnet's boxes are heard: each interface and VLAN is one subnet's, and we have an address there."""
    taken: dict[tuple[str, int], str] = {}
    for index, section in enumerate(dhcp.subnet):
        place: KeyPath = ("dhcp", "subnet", index)
        text = section.network.text()
        if section.server and section.server not in section.network:
            told = f"{ip_text(section.server)} is outside {text}, no box can reach it"
            problems.add((*place, "server"), told, (*place, "network"))
        if section.vlan and not section.interface:
            problems.add((*place, "vlan"), "name the trunk it is heard on: interface")
        if not section.interface:
            continue
        if section.interface not in dhcp.interfaces:
            problems.add((*place, "interface"), f"add {section.interface!r} to [dhcp] interfaces")
        earlier = taken.setdefault((section.interface, section.vlan or 0), text)
        if earlier != text:
            told = f"{earlier} is there already; subnets of one VLAN are told by shared_network"
            problems.add((*place, "vlan" if section.vlan else "interface"), told)
        if section.vlan and not section.server and dhcp.server_id not in section.network:
            problems.add((*place, "vlan"), f"we need an address in {text}: set the subnet's server")


def _clients(schema: FileSchema, folder: Path, lines: Lines, acs: Acs | None, problems: Problems) -> tuple[Nas, ...]:
    if not schema.radius.client:
        return ()
    _check_twice(schema.radius.client, problems)
    try:
        dictionary = Dictionary([folder / name for name in schema.radius.dictionaries])
    except ValueError as error:
        # Nothing that is named can be judged by what could not be read.
        problems.add(("radius", "dictionaries"), str(error))
        return ()
    problems.notes += [note for note in (dictionary.note(),) if note]
    attributes = AttributeReader(dictionary, problems)
    names = [section.name for section in schema.radius.client]
    profiles = read_profiles(schema.radius.profile, names, attributes, problems)
    clients: list[Nas] = []
    for index, section in enumerate(schema.radius.client):
        reader = ClientReader(index, section, dictionary, attributes, problems)
        dialect = reader.fields(schema.binding, lines, acs, profiles_of(profiles, section.name))
        clients.append(_client(section, dialect))
    return tuple(sorted(clients, key=lambda nas: -nas.mask))


def _check_twice(sections: list[ClientSection], problems: Problems) -> None:
    for index, section in enumerate(sections):
        place: KeyPath = ("radius", "client", index)
        for earlier in sections[:index]:
            if earlier.name == section.name:
                problems.add((*place, "name"), f"{section.name} is there twice")
            if earlier.ipaddr == section.ipaddr:
                problems.add((*place, "ipaddr"), f"{section.ipaddr.text()} is {earlier.name} already")


def _client(section: ClientSection, dialect: dict[str, Any]) -> Nas:
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
        kilobit=section.kilobit,
        password="shared" if isinstance(password, SharedPassword) else password,
        shared_password=shared,
        coa_port=section.coa_port,
        seals=section.send_message_authenticator,
        **dialect,
    )
