"""The SQLite adapter: one file a side of the store, put together in ``store.py``."""

from gatekeeper.store.sqlite.store import PRIVATE as PRIVATE
from gatekeeper.store.sqlite.store import SqliteStore as SqliteStore
