"""clear: end a session or a lease, forget a learned port."""

import time
from contextlib import closing
from typing import Final

import click

from gatekeeper.cli.errors import DONE, FAILED, REFUSED
from gatekeeper.cli.options import config_option, unix_now, unix_time

_PATIENCE_S: Final = 35.0  # a NAS that does not answer is given up after 30 s (RFC 5080 2.2.1)
_UNSENT_S: Final = 3.0  # whoever serves takes up what is waiting within a second
_LOOK_S: Final = 0.1


@click.group()
def clear() -> None:
    """End a session or a lease, or forget a learned port."""


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
    from gatekeeper.office.clearing import end_sessions
    from gatekeeper.store.opening import open_store

    with closing(open_store(*load(config).store)) as store:
        asked = end_sessions(store, key, unix_now(store))
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


@clear.command("lease")
@config_option
@click.argument("key", metavar="IP|MAC")
def lease(config: str | None, key: str) -> None:
    """End the lease of an address, or of a box: the next box that needs it may have the address.

    Exit code 4: there is no such lease. The box that still uses the address is not told before its next renewal.
    """
    from gatekeeper.config.load import load
    from gatekeeper.office.clearing import end_leases
    from gatekeeper.store.opening import open_store
    from gatekeeper.wire.text import ip_text

    with closing(open_store(*load(config).store)) as store:
        cleared = end_leases(store, key, unix_time(store))
    click.echo(f"lease ended: {' '.join(map(ip_text, cleared))}")


@clear.command("port-binding")
@config_option
@click.argument("key", metavar="MAC|ACCOUNT")
def port_binding(config: str | None, key: str) -> None:
    """Forget the port that an account has learned: the next one seen is locked.

    Exit code 4: there is none. 5: the port was ordered, and an order (move) changes it.
    """
    from gatekeeper.config.load import load
    from gatekeeper.office.clearing import forget_port
    from gatekeeper.store.opening import open_store

    with closing(open_store(*load(config).store)) as store:
        forget_port(store, key, unix_time(store))
    click.echo(f"port of {key} forgotten: the next one seen is locked")


def _is_over(states: list[str], waited_s: float) -> bool:
    if "waiting" in states:
        return waited_s > _UNSENT_S
    return "sent" not in states or waited_s > _PATIENCE_S


def _code(states: list[str], no_wait: bool) -> int:
    if any(state in ("refused", "lost") for state in states):
        return REFUSED
    return FAILED if not no_wait and ("waiting" in states or "sent" in states) else DONE
