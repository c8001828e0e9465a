"""clock: whether the running gate believes the wall clock, and how a person says that it is right."""

import click

from gatekeeper.cli.errors import DONE, FAILED, NO_SUCH
from gatekeeper.cli.options import config_option


@click.group(invoke_without_command=True)
@config_option
@click.pass_context
def clock(context: click.Context, config: str | None) -> None:
    """Say whether the running gate believes the wall clock (as 'clock show'), or that it may.

    A wall clock that jumped, also while nobody served, is not believed: leases go on by the time that passed, until NTP
    has synchronised it or 'clock confirm' says that it is right. Exit code 4: no gate serves.
    """
    from gatekeeper.drivers.control import CLOCK

    context.obj = config
    if context.invoked_subcommand is None:
        _ask(config, CLOCK)


@clock.command("show")
@config_option
@click.pass_obj
def show(of_group: str | None, config: str | None) -> None:
    """Say whether the running gate believes the wall clock."""
    from gatekeeper.drivers.control import CLOCK

    _ask(config or of_group, CLOCK)


@clock.command("confirm")
@config_option
@click.option("--passed", is_flag=True, help="What the wall clock says did pass: what is over by it is over.")
@click.pass_obj
def confirm(of_group: str | None, config: str | None, passed: bool) -> None:
    """Say that the wall clock is right: the gate goes on by it, and leases keep the time that they had left.

    What was given before this machine was started anew is judged by the wall clock; with --passed all that was given
    before the jump is. Does nothing where the wall clock is believed. Exit code 1: it could not be done now.
    """
    from gatekeeper.drivers.control import CLOCK_CONFIRM, CLOCK_PASSED

    _ask(config or of_group, CLOCK_PASSED if passed else CLOCK_CONFIRM)


def _ask(config: str | None, verb: str) -> None:
    from gatekeeper.config.load import load
    from gatekeeper.drivers.control import ControlError, ask_gate
    from gatekeeper.store.opening import path_of

    settings = load(config)
    store = path_of(*settings.store)
    try:
        answer = ask_gate(store, verb, settings.file)
    except ControlError as error:
        click.echo(f"gatekeeper: {error}", err=True)
        raise click.exceptions.Exit(FAILED) from None
    if answer is None:
        click.echo(f"gatekeeper: no gate serves over store {store}: the clock is looked at when one starts", err=True)
        raise click.exceptions.Exit(NO_SUCH)
    for problem in answer.problems:
        click.echo(f"gatekeeper: {problem}", err=True)
    if answer.said:
        click.echo(answer.said)
    raise click.exceptions.Exit(FAILED if answer.problems else DONE)
