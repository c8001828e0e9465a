"""reload."""

import click

from gatekeeper.cli.errors import BAD_ARGUMENTS, DONE, FAILED, NO_SUCH
from gatekeeper.cli.options import config_option


@click.command()
@config_option
def reload(config: str | None) -> None:
    """Have the running gate read its configuration again, and say what it took over."""
    from gatekeeper.config.load import load
    from gatekeeper.drivers.control import RELOAD, SAME, ControlError, ask_gate
    from gatekeeper.store.opening import path_of

    settings = load(config)
    store = path_of(*settings.store)
    try:
        answer = ask_gate(store, RELOAD, settings.file)
    except ControlError as error:
        click.echo(f"gatekeeper: {error}", err=True)
        raise click.exceptions.Exit(FAILED) from None
    if answer is None:
        click.echo(
            f"gatekeeper: no gate serves over store {store}: start it with 'gatekeeper serve -c {settings.file}'",
            err=True,
        )
        raise click.exceptions.Exit(NO_SUCH)
    for problem in answer.problems:
        click.echo(problem, err=True)
    if answer.problems:
        click.echo("gatekeeper: reload refused, the gate goes on as before", err=True)
        raise click.exceptions.Exit(BAD_ARGUMENTS)
    for what in answer.taken:
        click.echo(f"taken over: {what}")
    if not answer.taken:
        click.echo(SAME)
    for what in answer.waits:
        click.echo(f"needs a restart: {what}")
    click.echo(f"{answer.file} is in force")
    raise click.exceptions.Exit(DONE)
