"""The durable truth. What is asked of it is in ``ports``, nouns as rows in ``rows``; each adapter has a folder.

All SQL lives here.
"""


class StoreError(Exception):
    """The store cannot be opened, read or written: what, and what to do about it.

    trouble: a row of ``report.troubles``, where it is one that a running gate meets; else "".
    """

    def __init__(self, told: str, trouble: str = "") -> None:
        super().__init__(told)
        self.trouble = trouble


class RecordError(StoreError):
    """Something of what was to be written is no row that a store takes. The store is sound, and nothing was written."""
