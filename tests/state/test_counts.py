"""Words of a counter as columns: what became of packets, and the rest by name and label."""

import pytest

from gatekeeper.state.counts import Counted, Fate, columns_of, spelled


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("dhcp DHCPDISCOVER DHCPOFFER ok", Fate("dhcp", "DHCPDISCOVER", "DHCPOFFER", "ok")),
        ("radius Access-Request no-answer PORT_MISMATCH",
         Fate("radius", "Access-Request", "no-answer", "PORT_MISMATCH")),
        ("no-answer STORE_UNAVAILABLE", Fate("", "", "no-answer", "STORE_UNAVAILABLE")),
        ("dhcp X Y NO_REASON_OF_OURS", Counted("dhcp.X.Y.NO_REASON_OF_OURS", "")),
        ("tcp X Y ok", Counted("tcp.X.Y.ok", "")),
        ("no-answer whatever", Counted("no-answer.whatever", "")),
        ("bugs", Counted("bugs", "")),
        ("radius nas bras1 unsealed", Counted("radius.nas.*.unsealed", "bras1")),
        ("radius nas bras1.example.net unsealed", Counted("radius.nas.*.unsealed", "bras1.example.net")),
        ("radius nas dhcp ok", Counted("radius.nas.*.ok", "dhcp")),
        ("radius rate-clamped a.b Huawei-Rate", Counted("radius.rate-clamped.*", "a.b.Huawei-Rate")),
        ("radius attribute-left-out a.b Filter-Id", Counted("radius.attribute-left-out.*", "a.b.Filter-Id")),
        ("dhcp option-left-out 82", Counted("dhcp.option-left-out.*", "82")),
    ],
)  # fmt: skip
def test_words_become_columns_and_are_spelled_as_they_were(words: str, columns: Fate | Counted) -> None:
    """Also where they were joined and parted by dots meanwhile, as a store before version 3 had them."""
    parts = tuple(words.split())
    assert columns_of(parts) == columns
    assert spelled(columns) == ".".join(parts)
    assert columns_of(tuple(".".join(parts).split("."))) == columns
