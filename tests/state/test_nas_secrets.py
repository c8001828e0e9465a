"""What packets show of the shared secret of their source: the last ones count, and the tally stays bounded."""

import pytest

from gatekeeper.model import Reason
from gatekeeper.state.nas_secrets import (
    ACCOUNTING,
    AUTHENTICATION,
    MAX_RIGHT,
    MAX_SOURCES,
    MAX_UNKNOWN,
    RIGHT,
    Secrets,
    SecretSeen,
)

BRAS = 0xC0000201


def test_wrong_ones_are_counted_until_a_right_one_comes() -> None:
    """Each in its turn; a right one is told once, and again after a wrong one."""
    secrets = Secrets()
    for second in range(3):
        secrets.is_wrong("bras1", BRAS, AUTHENTICATION, Reason.BAD_AUTHENTICATOR, 1000.5 + second)
    secrets.is_right("bras1", BRAS, AUTHENTICATION, 1004)
    secrets.is_right("bras1", BRAS, AUTHENTICATION, 1005)
    assert secrets.drain() == [
        SecretSeen(BRAS, AUTHENTICATION, "bras1", "BAD_AUTHENTICATOR", 3, 1000, 1002),
        SecretSeen(BRAS, AUTHENTICATION, "bras1", RIGHT, 1, 1004, 1004),
    ]
    secrets.is_right("bras1", BRAS, AUTHENTICATION, 1006)
    assert secrets.drain() == []
    secrets.is_wrong("bras1", BRAS, AUTHENTICATION, Reason.BAD_AUTHENTICATOR, 1007)
    secrets.is_right("bras1", BRAS, AUTHENTICATION, 1008)
    assert [one.reason for one in secrets.drain()] == ["BAD_AUTHENTICATOR", RIGHT]


def test_authentication_and_accounting_have_a_secret_each() -> None:
    """A BRAS has a line of configuration for each, and one of them may be mistyped."""
    secrets = Secrets()
    secrets.is_wrong("bras1", BRAS, ACCOUNTING, Reason.BAD_AUTHENTICATOR, 1000)
    secrets.is_right("bras1", BRAS, AUTHENTICATION, 1001)
    assert {(one.port, one.reason) for one in secrets.drain()} == {
        (ACCOUNTING, "BAD_AUTHENTICATOR"),
        (AUTHENTICATION, RIGHT),
    }


@pytest.mark.parametrize(("name", "most"), [("wide", MAX_SOURCES), ("", MAX_UNKNOWN)])
def test_forged_sources_cost_no_memory(name: str, most: int) -> None:
    """Of a client that is a network, and of nobody; strangers leave room for clients."""
    secrets = Secrets()
    for source in range(2 * MAX_SOURCES):
        secrets.is_wrong(name, source, AUTHENTICATION, Reason.BAD_AUTHENTICATOR, 1000)
    if not name:
        secrets.is_wrong("bras1", BRAS, AUTHENTICATION, Reason.BAD_AUTHENTICATOR, 1000)
        most += 1
    assert len(secrets.drain()) == most
    secrets.is_wrong(name, BRAS, AUTHENTICATION, Reason.BAD_AUTHENTICATOR, 1001)
    assert len(secrets.drain()) == 1


def test_sources_that_need_not_be_told_are_bounded() -> None:
    """They are told again, then."""
    secrets = Secrets()
    for source in range(MAX_RIGHT + 10):
        secrets.is_right("wide", source, AUTHENTICATION, 1000)
    assert len(secrets.right[AUTHENTICATION]) == 10
