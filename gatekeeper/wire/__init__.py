"""Bytes <-> messages. Knows the RFCs, not the policy. A stranger's bad bytes raise ``Malformed`` and nothing else."""


class Malformed(ValueError):  # noqa: N818 - a fact about bytes, not a failure of ours
    """The bytes are not what they claim to be. ``offset``: the octet where it shows."""

    def __init__(self, why: str, offset: int = 0) -> None:
        super().__init__(f"{why} at octet {offset}")
        self.why = why
        self.offset = offset
