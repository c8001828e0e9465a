"""What was asked for and not done. Each door has one word for each of these: an exit code, a status of HTTP."""

from gatekeeper.model import Reason


class Undone(Exception):  # noqa: N818 - nothing broke
    """detail: why, in a sentence; reason: of the one vocabulary, where it has a word; remedy: what to do, "" = nothing;
    listing: what shows which there are, "" = none does."""

    def __init__(self, detail: str, reason: Reason | None = None, remedy: str = "", listing: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason
        self.remedy = remedy
        self.listing = listing


class Misread(Undone):
    """What was asked cannot be read."""


class NoSuch(Undone):
    """What was asked about is not there."""


class Conflict(Undone):
    """It is there, and is to be changed another way."""
