"""store: what is done to the store while nobody serves."""

from contextlib import closing

import click

from gatekeeper.cli.errors import CONFLICT, DONE, FAILED
from gatekeeper.cli.options import config_option, unix_now


@click.group()
def store() -> None:
    """Mend the store."""


@store.command()
@config_option
def recover(config: str | None) -> None:
    """Keep every address that may have been given by commits that were lost, until its lease is over; then serve.

    Each is kept for the box that had it. Where that is not known, all addresses of the pools that nobody holds are
    kept: whoever renews one gets it, and nobody is newly given one. Exit code: 0 done, or nothing is lost; 5 a gate
    serves over this store.
    """
    from rich.console import Console
    from rich.progress import Progress

    from gatekeeper.config.load import load
    from gatekeeper.drivers.control import ControlError, is_served
    from gatekeeper.office.recovering import is_lacking, pooled
    from gatekeeper.office.recovering import recover as keep_all
    from gatekeeper.report.table import time_text
    from gatekeeper.store.opening import open_store, path_of

    settings = load(config)
    path = path_of(*settings.store)
    try:
        if is_served(path):
            click.echo(f"gatekeeper: a gate serves over store {path}: stop it first", err=True)
            raise click.exceptions.Exit(CONFLICT)
    except ControlError as error:
        click.echo(f"gatekeeper: {error}", err=True)
        raise click.exceptions.Exit(FAILED) from None
    if not is_lacking(*settings.store):
        click.echo(f"store {path}: nothing is lost")
        raise click.exceptions.Exit(DONE)
    with closing(open_store(*settings.store)) as opened:
        now = unix_now(opened)
    console = Console(stderr=True)
    total = sum(last - first + 1 for first, last in pooled(settings.book))
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("addresses", total=total)
        kept = keep_all(*settings.store, settings.book, now, lambda count: bar.advance(task, count))
    click.echo(f"store {path}: {kept.boxes} addresses are kept, each for its box until the end of its lease")
    if kept.unclaimed:
        until = time_text(kept.until)
        click.echo(
            f"{kept.unclaimed} more are kept until {until}: whoever renews one gets it, nobody is newly given one"
        )
    since = f" of {time_text(kept.heard)} and later" if kept.heard else ""
    click.echo(f"orders{since} may be lost too: hand them in again, a number that is known is not applied twice")
    click.echo("ports that were learned and sessions that were reported since are learned and reported again")
