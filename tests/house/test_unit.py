"""The unit that docs ship: systemd reads it, and it grants what serve keeps and no more."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "docs" / "gatekeeper.service"


def test_systemd_reads_it_without_a_word(tmp_path: Path) -> None:
    """Unknown keys and values would be told. The program that it starts need not be installed here."""
    if not shutil.which("systemd-analyze"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("systemd-analyze is not installed")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/gatekeeper", shutil.which("true") or ""))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60
    )
    told = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, told) == (0, [])


def test_it_grants_the_capabilities_that_serve_keeps() -> None:
    """And lets the supervisor hear what the service says."""
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
        assert set(service[key].split()) == {"CAP_NET_RAW", "CAP_NET_BIND_SERVICE"}
    assert service["Type"] == "notify" and int(service["WatchdogSec"]) > 0
    assert int(service["TimeoutStopSec"]) > 5
