"""The fields of an order at their bounds: the last value that is taken and the first that is not."""

import pytest

from gatekeeper.policy.order_fields import OrderRefused, read

BASE: dict[str, object] = {"order": "1", "kind": "install", "account": "A"}
_URL = "http://itms.example.net/"


@pytest.mark.parametrize(
    ("field", "last", "over"),
    [
        ("subscriber", "x" * 256, "x" * 257),
        ("plan", "计" * 256, "计" * 257),
        # 246 octets: the URL alone fits option 43 and 125 in every dialect.
        ("acs_url", _URL.ljust(246, "a"), _URL.ljust(247, "a")),
        ("rate_down_kbps", 1_000_000_000, 1_000_000_001),
        ("rate_up_kbps", "1000000000", "1000000001"),
        ("boxes", 1000, 1001),
    ],
)
def test_a_field_is_taken_up_to_its_bound(field: str, last: str | int, over: str | int) -> None:
    """And refused beyond it, never cut."""
    assert getattr(read(BASE | {field: last}), field) == (int(last) if field[:4] in ("rate", "boxe") else last)
    with pytest.raises(OrderRefused, match=field):
        read(BASE | {field: over})
