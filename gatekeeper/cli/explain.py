"""explain: why a box is, or is not, let in."""

from typing import TYPE_CHECKING

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, NO_SUCH, REFUSED
from gatekeeper.cli.options import config_option, unix_now

if TYPE_CHECKING:
    from gatekeeper.book import Nas
    from gatekeeper.config.load import Settings
    from gatekeeper.model import Facts
    from gatekeeper.store.sqlite import SqliteStore


@click.command()
@config_option
@click.argument("mac")
@click.option("--port", help="Ask about this access line [else the one last seen].")
@click.option("--protocol", type=click.Choice(["dhcp", "radius"]), help="Only this one [else both].")
@click.option("--nas", "nas_name", help="Ask as this [[radius.client]] [else the first].")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    config: str | None, mac: str, port: str | None, protocol: str | None, nas_name: str | None, output: str
) -> None:
    """Walk the rules for one box, in the engine's own sequence, and change nothing. Exit 3 if it is refused."""
    from gatekeeper.config.load import load
    from gatekeeper.drivers.serve import make_world, open_store
    from gatekeeper.policy.explain import explain_dhcp, explain_radius
    from gatekeeper.report.explain import Subject, explain_rows, explain_text
    from gatekeeper.report.table import as_json
    from gatekeeper.report.vendor import vendor
    from gatekeeper.wire.line_id import port_from_text
    from gatekeeper.wire.text import mac_text, parse_mac

    try:
        octets = parse_mac(mac)
    except ValueError as error:
        click.echo(f"gatekeeper: {error}", err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS) from None
    settings = load(config)
    store = open_store(settings)
    world = make_world(settings.book, store)
    world.admit(store.facts([octets]))
    facts, refused = world.facts(octets), _refused_row(store, mac_text(octets))
    text, port_from = (port, "") if port else _last_port(facts, refused)
    seen = port_from_text(text) if text else None
    found = []
    if protocol != "radius" and settings.book.subnets:
        found.append(explain_dhcp(settings.book, world, octets, seen, unix_now()))
    if protocol != "dhcp" and settings.book.clients:
        found.append(explain_radius(settings.book, world, octets, seen, _nas(settings, nas_name)))
    subject = Subject(mac_text(octets), vendor(mac_text(octets)), facts.binding, facts.lease, text, port_from, refused)
    click.echo(as_json(explain_rows(subject, found)) if output == "json" else "\n".join(explain_text(subject, found)))
    raise click.exceptions.Exit(REFUSED if any(one.verdict.reason for one in found) else DONE)


def _nas(settings: "Settings", name: str | None) -> "Nas":
    clients = settings.book.clients
    for client in clients:
        if name is None or client.name == name:
            return client
    click.echo(
        f"gatekeeper: no [[radius.client]] {name!r}: there are {' '.join(nas.name for nas in clients)}", err=True
    )
    raise click.exceptions.Exit(NO_SUCH)


def _refused_row(store: "SqliteStore", mac: str) -> dict[str, object] | None:
    return next((row for row in store.refused(unix_now()) if row["mac"] == mac), None)


def _last_port(facts: "Facts", refused: dict[str, object] | None) -> tuple[str, str]:
    """The port where the box was seen last, else the one it is bound to, and a word on where that comes from."""
    lease, binding = facts.lease, facts.binding
    if refused and refused["port"] and (not lease or int(str(refused["last_seen"])) >= lease.last_seen):
        return str(refused["port"]), " (where it was refused last)"
    if lease and lease.port:
        return lease.port, " (of its lease)"
    if binding and binding.port:
        return binding.port.text, f" (its {binding.port_state} one; none was seen lately)"
    return "", ""
