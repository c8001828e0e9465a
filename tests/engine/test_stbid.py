"""[binding] stbid: a box whose host name (option 12) is an STBID that is not its own."""

from pathlib import Path

import pytest

from gatekeeper.report.line import outcome_line
from tests.engine.bench import BOX, CONFIG, NOW, Bench, circuit, discover, renewing, selecting, told

OWN = "00100199006007000000D4C1C8EE9B1F"
OTHERS = "00100199006007000000D4C1C8EE9B20"
CLONED = "18000413001338300000D4C1C8EE9B1F"  # another make, the same MAC


def bench(folder: Path, mode: str) -> Bench:
    return Bench(folder, f'{CONFIG}\n[binding]\nstbid = "{mode}"\n')


def start(gate: Bench, host_name: bytes) -> tuple[str, str]:
    """(what became of it, what the log says)."""
    options = {12: host_name}
    offer = gate.hear(discover(options=options))
    if offer.reply != "DHCPOFFER":
        return str(offer.verdict.reason), outcome_line(offer)
    ack = gate.hear(selecting(BOX, offer.verdict.address, options=options))
    return told(ack)[0], outcome_line(ack)


@pytest.mark.parametrize(
    ("ordered", "says", "differs"),
    [
        (OWN, OWN, False),
        (OWN, OWN.lower(), False),
        (OWN, OTHERS, True),
        (OWN, CLONED, True),
        ("", OWN, False),
        ("", CLONED, False),
        ("", OTHERS, True),
        (OWN, "stb", False),
        (OWN, "", False),
        (OWN, "z" * 32, False),
        (OWN, OWN + "\0", False),
    ],
)
def test_what_differs_is_warned_of_or_refused_as_configured(
    tmp_path: Path, ordered: str, says: str, differs: bool
) -> None:
    """A host name that is no STBID says nothing about one: Zhejiang's boxes have another form there."""
    found = {}
    for mode in ("off", "warn", "refuse"):
        gate = bench(tmp_path, mode)
        gate.install(**({"stbid": ordered} if ordered else {}))
        found[mode] = start(gate, says.encode())
        gate.store.close()
    assert found["off"][0] == found["warn"][0] == "DHCPACK"
    assert found["refuse"][0] == ("STBID_MISMATCH" if differs else "DHCPACK")
    assert "warning: stbid=" not in found["off"][1]
    assert ("warning: stbid=" in found["warn"][1]) is differs
    if differs:
        assert says in found["refuse"][1]


def test_a_warning_is_on_record_once_for_each_lease(tmp_path: Path) -> None:
    """In the journal, with both values; a renewal does not repeat it."""
    gate = bench(tmp_path, "warn")
    gate.install(stbid=OWN)
    start(gate, CLONED.encode())
    address = gate.world.facts(BOX).lease.address  # type: ignore[union-attr]
    gate.hear(renewing(BOX, address), now=NOW + 1800)
    rows = [row for row in gate.store.timeline("mac", BOX.hex(":"), 0) if row["kind"] == "STBID differs"]
    assert [row["detail"] for row in rows] == [f"says {CLONED}, should be {OWN}"]


def test_the_journal_tells_of_the_port_before_it_tells_of_the_stbid(tmp_path: Path) -> None:
    """What is kept comes before what is only said."""
    gate = bench(tmp_path, "warn")
    gate.install(stbid=OWN)
    options, agent = {12: CLONED.encode()}, circuit("ge 1/0/1")
    offer = gate.hear(discover(options=options, agent=agent))
    gate.hear(selecting(BOX, offer.verdict.address, options=options, agent=agent))
    kinds = [row["kind"] for row in gate.store.timeline("mac", BOX.hex(":"), 0)]
    assert kinds[-3:] == ["lease", "port learned", "STBID differs"]
