"""The durable truth. All SQL lives here."""


class StoreError(Exception):
    """The store cannot be opened, read or written: what, and what to do about it."""
