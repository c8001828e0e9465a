"""The API asked in process, over a store in a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.client import Api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """With the usual configuration and an empty store."""
    made = Api(tmp_path)
    yield made
    made.close()
