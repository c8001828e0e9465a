"""Options that several verbs share."""

import time

import click

config_option = click.option(
    "-c",
    "--config",
    "config",
    metavar="FILE",
    help="Configuration file [else $GATEKEEPER_CONFIG, ./gatekeeper.toml, /etc].",
)


def unix_time() -> float:
    """Unix seconds, to the millisecond and beyond."""
    return time.time()


def unix_now() -> int:
    """Now, Unix seconds."""
    return int(time.time())
