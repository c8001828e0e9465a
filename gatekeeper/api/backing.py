"""What stands behind every request: the configuration, the token, and connections of the store."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Final, NamedTuple

from gatekeeper.config import ConfigError
from gatekeeper.config.load import Settings, load_file
from gatekeeper.config.token import TokenError, read_token
from gatekeeper.office.undone import Undone
from gatekeeper.store.opening import open_store
from gatekeeper.store.ports import Store

_MOST_IDLE: Final = 8


class _Now(NamedTuple):
    """What one reload puts in place of another, at once."""

    settings: Settings
    token: bytes


class Backing:
    """Shared by the threads that answer; each has a connection to itself for as long as it needs one."""

    def __init__(self, settings: Settings) -> None:
        """Raises TokenError. settings.api must be set."""
        assert settings.api
        self._now = _Now(settings, read_token(settings.api.token_file))
        self._idle: LifoQueue[Store] = LifoQueue()
        # The files that serve had when this began. What is found in their place later need not be a store of ours.
        self._first: Store | None = None

    @property
    def settings(self) -> Settings:
        return self._now.settings

    def is_token(self, token: bytes) -> bool:
        """True if this is the token, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(token, self._now.token)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """A connection. One that met an error is not used again. Raises StoreError."""
        try:
            store = self._idle.get_nowait()
        except Empty:
            store = open_store(*self.settings.store)
        fit = False
        try:
            yield store
            fit = True
        except Undone:
            # Nothing is wrong with a connection by which something was not found.
            fit = True
            raise
        finally:
            if fit and self._idle.qsize() < _MOST_IDLE:
                self._idle.put(store)
            else:
                store.close()

    def confirm(self) -> None:
        """Raises StoreError where the store lacks something, or its files are not those that serve has."""
        if self._first is None:
            self._first = open_store(*self.settings.store)
        self._first.confirm()

    def close(self) -> None:
        """Nobody asks any more."""
        if self._first:
            self._first.close()
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def reload(self) -> str:
        """Read configuration and token again; with an error in them all stays as it was. What is to be said of it.

        The store stays the one that serve has.
        """
        old = self.settings
        try:
            settings = load_file(old.file)._replace(store_url=old.store_url)
            if settings.api is None:
                return "api: reload: it is served no longer"
            self._now = _Now(settings, read_token(settings.api.token_file))
        except (ConfigError, TokenError) as error:
            return f"api: reload refused, going on as before: {error}"
        return f"api: reload: {settings.file} is in force"
