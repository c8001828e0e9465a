"""Where a list goes on: a place in its sequence, as text that nobody needs to understand."""

import base64
import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from gatekeeper.model import Reason
from gatekeeper.office.listing import is_place
from gatekeeper.office.undone import Misread
from gatekeeper.store.places import Place

LONGEST: Final = 4096  # a line's text is the longest that stands in one


def cursor_of(what: str, place: Place) -> str:
    """The place in the list of this name, as base64url."""
    text = json.dumps([what, *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(what: str, cursor: str) -> Place:
    """The place that a cursor of the list of this name tells. Raises Misread."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or values[:1] != [what] or not is_place(what, tuple(values[1:])):
        told = f"after: no cursor of {what}: take it from the Link of the answer before, or leave it out"
        raise Misread(told, Reason.BAD_FIELD)
    return tuple(values[1:])


def next_link(path: str, query: Sequence[tuple[str, str]], cursor: str) -> str:
    """RFC 8288: the same list, and what of it follows. query: as it was asked."""
    asked = [(name, value) for name, value in query if name != "after"]
    return f'<{path}?{urlencode([*asked, ("after", cursor)])}>; rel="next"'
