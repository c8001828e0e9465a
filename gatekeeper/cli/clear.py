"""clear: end what is going on."""

import time

import click

from gatekeeper.cli.errors import DONE, FAILED, NO_SUCH, REFUSED
from gatekeeper.cli.options import config_option, unix_now

_PATIENCE_S = 35.0  # a NAS that does not answer is given up after 30 s (RFC 5080 2.2.1)
_UNSENT_S = 3.0  # whoever serves takes up what is waiting within a second
_LOOK_S = 0.1


@click.group()
def clear() -> None:
    """End a session."""


@clear.command("session")
@config_option
@click.argument("key", metavar="SESSION|MAC")
@click.option("--no-wait", is_flag=True, help="Do not wait for the NAS's answer.")
def session(config: str | None, key: str, no_wait: bool) -> None:
    """Have the NAS disconnect a running session, named by its Acct-Session-Id or by the box's MAC.

    Exit code: 0 the NAS has acknowledged; 3 it refused or did not answer; 1 nobody serves, so nobody sends; 4 there is
    no such running session.
    """
    from gatekeeper.config.load import load
    from gatekeeper.drivers.serve import open_store

    store = open_store(load(config))
    asked = store.ask_to_disconnect(key, unix_now())
    if not asked:
        click.echo(f"gatekeeper: no running session {key!r}: see 'gatekeeper show sessions'", err=True)
        raise click.exceptions.Exit(NO_SUCH)
    began = time.monotonic()
    rows = store.asked(asked)
    while not no_wait and not _is_over([row.state for row in rows], time.monotonic() - began):
        time.sleep(_LOOK_S)
        rows = store.asked(asked)
    for row in rows:
        told = "waits until gatekeeper serves" if row.state == "waiting" else row.state
        detail = f" ({row.detail})" if row.detail else ""
        click.echo(f"Disconnect of session {row.session} at {row.nas}: {told}{detail}")
    raise click.exceptions.Exit(_code([row.state for row in rows], no_wait))


def _is_over(states: list[str], waited_s: float) -> bool:
    if "waiting" in states:
        return waited_s > _UNSENT_S
    return "sent" not in states or waited_s > _PATIENCE_S


def _code(states: list[str], no_wait: bool) -> int:
    if any(state in ("refused", "lost") for state in states):
        return REFUSED
    return FAILED if not no_wait and ("waiting" in states or "sent" in states) else DONE
