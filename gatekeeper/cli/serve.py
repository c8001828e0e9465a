"""serve."""

import click

from gatekeeper.cli.options import config_option


@click.command()
@config_option
@click.option("--create", is_flag=True, help="Make the store if it does not exist.")
def serve(config: str | None, create: bool) -> None:
    """Answer DHCP and RADIUS, in the foreground; logs go to stderr."""
    from gatekeeper.config.load import load
    from gatekeeper.drivers.serve import Server

    settings = load(config)
    Server(settings, create).run()
