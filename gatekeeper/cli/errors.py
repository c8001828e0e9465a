"""Our operator's errors -> one clear line on stderr and an exit code. Anything else is our bug and is loud."""

import sys
from typing import Final

DONE: Final = 0
FAILED: Final = 1
BAD_ARGUMENTS: Final = 2
REFUSED: Final = 3
NO_SUCH: Final = 4
CONFLICT: Final = 5


# By name: who meets none of them imports none of them.
_CODES: Final = {
    "ConfigError": BAD_ARGUMENTS,
    "StoreError": FAILED,
    "RecordError": FAILED,
    "DoorError": FAILED,
    "LabError": FAILED,
    "BenchError": FAILED,
    "Misread": BAD_ARGUMENTS,
    "NoSuch": NO_SUCH,
    "Conflict": CONFLICT,
}


def exit_code_of(error: Exception) -> int:
    """Tell the error and say which code to leave with; an error that is a bug is raised again."""
    kind = type(error).__name__
    if kind not in _CODES:
        raise error
    listing, remedy = getattr(error, "listing", ""), getattr(error, "remedy", "")
    told = [str(error), f"see 'gatekeeper show {listing}'" if listing else remedy]
    # A configuration's errors begin with file and line.
    print(error if kind == "ConfigError" else f"gatekeeper: {': '.join(filter(None, told))}", file=sys.stderr)
    return _CODES[kind]
