"""The contract: what every store must do, asked through its ports alone. Each test runs once for each adapter."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from gatekeeper.store.ports import Store
from gatekeeper.store.sqlite import SqliteStore
from tests.store.ledger import fill

Opens = Callable[[], Store]  # another connection to the same store


def _sqlite(folder: Path) -> Opens:
    return partial(SqliteStore, str(folder / "gatekeeper.db"), create=True)


# An adapter: a folder of the test's own -> how its store is opened, made where it is absent.
ADAPTERS: dict[str, Callable[[Path], Opens]] = {"sqlite": _sqlite}


@pytest.fixture(params=ADAPTERS)
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Connections to one store, closed at the end."""
    opened: list[Store] = []
    connect = ADAPTERS[request.param](tmp_path)

    def another() -> Store:
        opened.append(connect())
        return opened[-1]

    yield another
    for one in opened:
        one.close()


@pytest.fixture
def store(opens: Opens) -> Store:
    """Accounts A (BOX and THIRD) and B (OTHER)."""
    opened = opens()
    fill(opened)
    return opened
