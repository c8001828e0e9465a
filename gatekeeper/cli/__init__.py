"""The command line: one small file per verb group, loaded only when its verb is used."""

import importlib
import io
import sys
from typing import Final

import click

from gatekeeper import __version__
from gatekeeper.report.build import build

# verb -> (module, attribute). Kept as text so that --version and --help import nothing heavy.
_VERBS: Final = {
    "init": ("gatekeeper.cli.setup", "init"),
    "check": ("gatekeeper.cli.setup", "check"),
    "serve": ("gatekeeper.cli.serve", "serve"),
    "reload": ("gatekeeper.cli.reload", "reload"),
    "clock": ("gatekeeper.cli.clock", "clock"),
    "order": ("gatekeeper.cli.orders", "order"),
    "orders": ("gatekeeper.cli.orders", "orders"),
    "show": ("gatekeeper.cli.show", "show"),
    "explain": ("gatekeeper.cli.explain", "explain"),
    "radtest": ("gatekeeper.cli.radtest", "radtest"),
    "replay": ("gatekeeper.cli.replay", "replay"),
    "timeline": ("gatekeeper.cli.timeline", "timeline"),
    "whois": ("gatekeeper.cli.timeline", "whois"),
    "export": ("gatekeeper.cli.export", "export"),
    "clear": ("gatekeeper.cli.clear", "clear"),
    "store": ("gatekeeper.cli.store", "store"),
    "lab": ("gatekeeper.cli.lab", "lab"),
    "bench": ("gatekeeper.cli.bench", "bench"),
}
_HELP: Final = {
    "init": "Write a configuration file and make the store.",
    "check": "Check the configuration: every error, with its line.",
    "serve": "Answer DHCP and RADIUS.",
    "reload": "Have the running gate read its configuration again.",
    "clock": "Say whether the gate believes the wall clock, or that it may.",
    "order": "Hand in one order.",
    "orders": "Hand in many orders.",
    "show": "Show what is known: bindings, leases, refused and more.",
    "explain": "Say why a box is, or is not, let in.",
    "radtest": "Ask a RADIUS server for one box, and show its answer.",
    "replay": "Play a capture against a policy.",
    "timeline": "Tell what happened to a box, an account or an address.",
    "whois": "Say who has or had an address.",
    "export": "Write what is known as files of other servers, or as orders.",
    "clear": "End a session or a lease; forget a learned port.",
    "store": "Mend the store after commits were lost.",
    "lab": "Play a whole installation in a private network.",
    "bench": "Load a DHCP or RADIUS server, and verify its answers.",
}


class _Lazy(click.Group):
    """A group that imports a verb's module when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module, attribute = _VERBS[cmd_name]
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


def _show_version(ctx: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if is_wanted and not ctx.resilient_parsing:
        click.echo(f"gatekeeper {__version__} ({build()})")
        ctx.exit()


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version,
    help="Show the version, whether its hot modules are compiled, and exit.",
)  # fmt: skip
def _group() -> None:
    """The gate of an IPTV access network: DHCP and RADIUS by MAC whitelist, and the reason why."""


def main() -> None:
    """Exit codes: 0 done, 1 failed, 2 bad arguments or file, 3 refused or different, 4 no such thing, 5 conflict."""
    from gatekeeper.cli.errors import exit_code_of

    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 shows a question mark for a tick; it is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _group.main(standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.exceptions.Abort:
        code = 1
    except click.ClickException as error:
        error.show()
        code = 2
    except BrokenPipeError:
        # The reader has seen enough; nothing more is to be written at exit either.
        sys.stdout = None
        code = 0
    except Exception as error:
        code = exit_code_of(error)
    sys.exit(code if isinstance(code, int) else 0)
