"""The recorded stories: whole, readable, and the same again when they are replayed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.capture import STORIES, record
from tests.clients.gate import GATEKEEPER
from tests.clients.net import run

pytestmark = pytest.mark.clients


def replayed(name: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of ``gatekeeper replay``; exit 3 would be a difference."""
    pcap, toml, csv = (str(part) for part in record(name, folder))
    done = run(*GATEKEEPER, "replay", "-c", toml, "-r", pcap, "--orders", csv, "-o", "json", check=False)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    assert done.returncode == 0, [row for row in rows if row["recorded"] not in ("same", "none")]
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
