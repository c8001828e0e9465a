"""serve."""

import os
from contextlib import suppress
from pathlib import Path

import click

from gatekeeper.cli.options import config_option


@click.command()
@config_option
@click.option("--create", is_flag=True, help="Make the store if it does not exist.")
def serve(config: str | None, create: bool) -> None:
    """Answer DHCP and RADIUS, in the foreground; logs go to stderr."""
    from gatekeeper.drivers.ending import Ending
    from gatekeeper.drivers.supervisor import Supervisor

    # First of all: from here on a signal ends the process as it should be ended.
    ending = Ending(Supervisor(os.environ))
    from gatekeeper.config.load import load
    from gatekeeper.drivers.capabilities import NET_BIND_SERVICE, NET_RAW, keep_only
    from gatekeeper.drivers.serve import Server
    from gatekeeper.store.opening import path_of

    settings = load(config)
    written = [Path(path_of(*settings.store)), *([settings.api.token_file] if settings.api else [])]
    # Interfaces come back, and a reload opens doors: what opens sockets stays.
    with suppress(OSError):  # a sandbox that forbids even that has bounds of its own
        keep_only((NET_RAW, NET_BIND_SERVICE), read=[settings.file, *settings.dictionaries], written=written)
    ending.start()
    Server(settings, create, ending).run()
    ending.leave()
