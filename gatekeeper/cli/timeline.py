"""timeline and whois: what happened to a box, and who has or had an address."""

import click

from gatekeeper.cli.errors import NO_SUCH
from gatekeeper.cli.options import config_option, unix_now

_output = click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.command()
@config_option
@click.argument("key", metavar="MAC|ACCOUNT|IP|STBID|ORDER")
@click.option("--since", help="Only what is younger: 30m, 1h, 2d, or a time like 2026-11-22T08:00:00Z.")
@_output
def timeline(config: str | None, key: str, since: str | None, output: str) -> None:
    """Tell what happened to one box, account or address, in sequence: orders, RADIUS, DHCP, sessions, refusals.

    It may be named by how one of these begins, if nothing else does. Exit 2: it may mean several things; 4: nothing.
    """
    from gatekeeper.config.load import load
    from gatekeeper.office.listing import story
    from gatekeeper.office.standing import remaining_notes
    from gatekeeper.report.table import as_json
    from gatekeeper.report.timeline import timeline_text
    from gatekeeper.store.opening import open_store

    settings = load(config)
    store = open_store(*settings.store)
    now = unix_now(store)
    rows = list(story(store, key, since or "", now))
    if not rows and output == "text":
        click.echo(f"gatekeeper: nothing is on record of {key!r}" + (" since then" if since else ""), err=True)
    elif output == "json":
        click.echo(as_json(rows))
    else:
        notes = remaining_notes(settings.book, store, key, now) if rows else ()
        for line in (*timeline_text(rows), *notes):
            click.echo("".join(sign if sign.isprintable() else "?" for sign in line))
    if not rows:
        raise click.exceptions.Exit(NO_SUCH)


@click.command()
@config_option
@click.argument("ip")
@click.option("--at", help="Then [else now]: 30m ago as 30m, or a time like 2026-11-22T08:00:00Z.")
@_output
def whois(config: str | None, ip: str, at: str | None, output: str) -> None:
    """Say who has this address, on which port, with which account and MAC, since when. Exit 4: nobody."""
    from gatekeeper.config.load import load
    from gatekeeper.office.listing import holder
    from gatekeeper.office.undone import NoSuch
    from gatekeeper.report.table import as_json
    from gatekeeper.report.timeline import holder_row, holder_text
    from gatekeeper.store.opening import open_store

    store = open_store(*load(config).store)
    try:
        found = holder(store, ip, at or "", unix_now(store))
    except NoSuch:
        if output == "json":
            click.echo(as_json([]))
        raise
    click.echo(as_json([holder_row(ip, found)]) if output == "json" else holder_text(ip, found))
