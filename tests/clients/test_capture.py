"""The recorded stories: whole, readable, and the same again when they are replayed."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.capture import STORIES, record, replay_rows

pytestmark = pytest.mark.clients


def replayed(name: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of a story that is recorded now."""
    code, rows = replay_rows(record(name, folder))
    assert code == 0, [row for row in rows if row["recorded"] not in ("same", "none")]
    return rows


@pytest.mark.parametrize("name", STORIES)
def test_a_story_just_recorded_replays_the_same(name: str, tmp_path: Path) -> None:
    """What was answered live is what replay answers; what got silence live gets a refusal, with its reason."""
    rows = replayed(name, tmp_path)
    assert {row["recorded"] for row in rows} == {"same", "none"}
    for row in rows:
        silent = row["recorded"] == "none"
        assert silent == (row["reply"] == ""), row
        assert not silent or row["reason"] or row["message"] in ("DHCPRELEASE", "DHCPDECLINE"), row
    assert not (tmp_path / "gatekeeper.db").exists()
