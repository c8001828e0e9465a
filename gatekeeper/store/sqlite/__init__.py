"""The SQLite adapter: one file a side of the store, put together in ``store.py``."""

from gatekeeper.store.sqlite.files import strangers_may_read as strangers_may_read
from gatekeeper.store.sqlite.store import PRIVATE as PRIVATE
from gatekeeper.store.sqlite.store import SqliteStore as SqliteStore
