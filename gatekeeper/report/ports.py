"""Access lines: who is on each, how its text was read, and whether it is one."""

from collections.abc import Iterable, Iterator
from typing import Final

from gatekeeper.policy.lines import LineUse, is_shared
from gatekeeper.wire.line_id import read_as

OPAQUE: Final = "as it came"


def port_rows(lines: Iterable[dict[str, object]], most: int) -> Iterator[dict[str, object]]:
    """One row per line. lines: rows of the store's listing; most: [binding] shared_line, 0 = not asked.

    ``form``: what the text was read as, OPAQUE where it is compared octet for octet; ``shared``: yes no, "" = not
    asked.
    """
    for row in lines:
        port = str(row["port"])
        use = LineUse(port, int(str(row["accounts"])), int(str(row["there"])))
        shown = {name: value for name, value in row.items() if name != "there"}
        shared = ("yes" if is_shared(use, most) else "no") if most else ""
        yield shown | {"form": read_as(port) or OPAQUE, "shared": shared}
