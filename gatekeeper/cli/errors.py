"""Our operator's errors -> one clear line on stderr and an exit code. Anything else is our bug and is loud."""

import sys

DONE, FAILED, BAD_ARGUMENTS, REFUSED, NO_SUCH, CONFLICT = range(6)


def exit_code_of(error: Exception) -> int:
    """Tell the error and say which code to leave with; an error that is a bug is raised again."""
    kind = type(error).__name__
    if kind == "ConfigError":
        print(error, file=sys.stderr)
        return BAD_ARGUMENTS
    if kind in ("StoreError", "DoorError", "LabError"):
        print(f"gatekeeper: {error}", file=sys.stderr)
        return FAILED
    raise error
