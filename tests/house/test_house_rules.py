"""The house: linters, types, layers, and the tables that every row must be complete in (design 4, 5)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper.model import REASONS, Action, Reason
from gatekeeper.policy.binding import RULES, Rule
from gatekeeper.policy.dhcp import DhcpCase
from gatekeeper.policy.dhcp_rules import BY_AAA, BY_ORDERS
from gatekeeper.report.table import COLUMNS
from gatekeeper.wire.dhcp import NAMES as DHCP_NAMES
from gatekeeper.wire.radius import NAMES as RADIUS_NAMES

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WALKS: list[tuple[str, tuple[Rule[DhcpCase], ...]]] = [
    ("radius", RULES),
    *((f"{state}, {who} decide", row.rules) for who, states in (("orders", BY_ORDERS), ("AAA", BY_AAA))
      for state, row in states.items()),
]  # fmt: skip


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


def test_every_shared_rule_has_a_reason_of_its_own() -> None:
    """explain prints them."""
    assert len({rule.reason for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("state", "rules"), WALKS, ids=[state for state, _ in WALKS])
def test_every_rule_has_a_name_a_known_reason_and_one_sentence(state: str, rules: tuple[Rule[DhcpCase], ...]) -> None:
    """Design 5.8: one fact, one reason, one sentence, which explain prints; and no two rows of a walk look alike."""
    assert len({rule.name for rule in rules}) == len({rule.says for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.reason in REASONS
        assert re.fullmatch(r"[A-Z\[].*[^.\s]\.", rule.says), rule.says


def test_a_refusal_is_a_row_or_no_fact_of_the_box() -> None:
    """What explain cannot walk is what only a packet's octets show, or trouble of ours: listed here, one by one."""
    others = """MALFORMED UNSUPPORTED RATE_LIMITED MAC_SPOOFED UNTRUSTED_OPTION_82 UNKNOWN_RELAY UNKNOWN_NAS DUPLICATE
        BAD_STATE BAD_AUTHENTICATOR NO_MESSAGE_AUTHENTICATOR PROXY_STATE_LIMITED BAD_PASSWORD NO_IDENTITY
        STORE_UNAVAILABLE BAD_RECORD LEASES_UNREAD"""
    files = [file for room in ("heart", "engine", "policy") for file in (ROOT / "gatekeeper" / room).glob("*.py")]
    texts = [file.read_text(encoding="utf-8") for file in files if not file.name.startswith("order")]
    given = {name for text in texts for name in re.findall(r"\bReason\.([A-Z_0-9]+)", text)}
    rows = {str(rule.reason) for _, rules in WALKS for rule in rules}
    assert rows < given
    assert given - rows <= set(others.split())


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
