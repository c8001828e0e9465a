"""Options that several verbs share."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gatekeeper.store.asking import BeatPort

config_option = click.option(
    "-c",
    "--config",
    "config",
    metavar="FILE",
    help="Configuration file [else $GATEKEEPER_CONFIG, ./gatekeeper.toml, /etc].",
)


def unix_time(store: "BeatPort") -> float:
    """Unix seconds as whoever serves over the store reckons, to the millisecond and beyond."""
    from gatekeeper.drivers.moment import now_of

    return now_of(store)


def unix_now(store: "BeatPort") -> int:
    """Now, Unix seconds."""
    return int(unix_time(store))
