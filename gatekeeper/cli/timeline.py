"""timeline and whois: what happened to a box, and who has or had an address."""

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, NO_SUCH
from gatekeeper.cli.options import config_option, unix_now

_output = click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.command()
@config_option
@click.argument("key", metavar="MAC|ACCOUNT|IP")
@click.option("--since", help="Only what is younger: 30m, 1h, 2d, or a time like 2026-11-22T08:00:00Z.")
@_output
def timeline(config: str | None, key: str, since: str | None, output: str) -> None:
    """Tell what happened to one box, account or address, in sequence: orders, RADIUS, DHCP, sessions, refusals."""
    from gatekeeper.config.load import load
    from gatekeeper.report.table import as_json
    from gatekeeper.report.timeline import key_of, timeline_rows, timeline_text
    from gatekeeper.store.opening import open_store

    after = _time(since) if since else 0
    rows = list(timeline_rows(open_store(*load(config).store).timeline(*key_of(key), after)))
    if not rows and output == "text":
        click.echo(f"gatekeeper: nothing is on record of {key!r}" + (" since then" if since else ""), err=True)
    elif output == "json":
        click.echo(as_json(rows))
    else:
        for line in timeline_text(rows):
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
    from gatekeeper.report.table import as_json
    from gatekeeper.report.timeline import holder_row, holder_text
    from gatekeeper.store.opening import open_store
    from gatekeeper.wire.text import parse_ip

    try:
        address = parse_ip(ip)
    except ValueError as error:
        click.echo(f"gatekeeper: {error}", err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS) from None
    then = _time(at) if at else unix_now()
    holder = open_store(*load(config).store).holder(address, then)
    if output == "json":
        click.echo(as_json([holder_row(ip, holder)] if holder else []))
    elif holder:
        click.echo(holder_text(ip, holder))
    if not holder:
        click.echo(f"gatekeeper: nobody had {ip} then" if at else f"gatekeeper: nobody has {ip}", err=True)
        raise click.exceptions.Exit(NO_SUCH)


def _time(text: str) -> int:
    from gatekeeper.report.timeline import read_time

    try:
        return read_time(text, unix_now())
    except ValueError as error:
        click.echo(f"gatekeeper: {error}", err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS) from None
