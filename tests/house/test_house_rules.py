"""The house: linters, types, layers, and the tables that every row must be complete in (design 4, 5)."""

import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.model import REASONS, Action, Reason
from gatekeeper.policy.binding import RULES
from gatekeeper.report.table import COLUMNS
from gatekeeper.wire.dhcp import NAMES as DHCP_NAMES
from gatekeeper.wire.radius import NAMES as RADIUS_NAMES

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--no-cache", "."), ("ruff", "format", "--check", "--no-cache", "."), ("mypy",),
     ("lint-imports", "--no-cache")],
    ids=["ruff check", "ruff format", "mypy", "lint-imports"],
)  # fmt: skip
def test_the_tree_is_clean(command: tuple[str, ...]) -> None:
    """As the configuration in pyproject.toml has it."""
    done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_it_means_and_what_mends_it(reason: Reason) -> None:
    """Design 4: a test fails when a row has no text. The name is its value, in one vocabulary."""
    text = REASONS[reason]
    assert text.meaning
    assert text.remedy
    assert reason.name == reason.value == reason.value.upper()


def test_every_reason_of_the_contract_is_in_the_table() -> None:
    """Contract 5 and 10.5."""
    listed = """UNKNOWN_MAC SUSPENDED PORT_MISMATCH PORT_MISSING PORT_FULL TOO_MANY_BOXES RATE_LIMITED NO_SUBNET
        POOL_EXHAUSTED ADDRESS_CONFLICT WRONG_ADDRESS OTHER_SERVER MAC_SPOOFED UNTRUSTED_OPTION_82 MALFORMED UNKNOWN_NAS
        NO_MESSAGE_AUTHENTICATOR BAD_AUTHENTICATOR PROXY_STATE_LIMITED BAD_PASSWORD NO_IDENTITY UNSUPPORTED
        STORE_UNAVAILABLE MISSING_FIELD BAD_FIELD BAD_MAC STBID_MISMATCH MAC_IN_USE UNKNOWN_ACCOUNT ADDRESS_IN_USE
        ORDER_CONFLICT"""
    assert set(listed.split()) <= {str(reason) for reason in REASONS}


def test_every_rule_has_a_name_and_a_reason_of_its_own() -> None:
    """explain prints them."""
    assert len({rule.name for rule in RULES}) == len({rule.reason for rule in RULES}) == len(RULES)


def test_names_are_given_once() -> None:
    """Message names, actions, columns."""
    for names in (list(DHCP_NAMES.values()), list(RADIUS_NAMES.values()), list(Action), *COLUMNS.values()):
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "file", sorted((ROOT / "gatekeeper").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_a_module_fits_a_few_screens_and_says_what_it_is(file: Path) -> None:
    """Design 5.10: about 300 lines; the first line is a docstring."""
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 320
    assert not text or text.startswith('"""')
