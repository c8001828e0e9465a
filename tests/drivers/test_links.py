"""Cards are told from pipes to a neighbour by what sysfs says of them (Documentation/ABI/testing/sysfs-class-net)."""

from pathlib import Path

import pytest

from gatekeeper.drivers.links import Links


def link(root: Path, name: str, bus: str = "", *lower: str, kind: int = 1) -> None:
    """bus: of its device, "" = it has none; lower: what it is made over."""
    folder = root / "net" / name
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    if bus:
        (root / "bus" / bus).mkdir(parents=True, exist_ok=True)
        (folder / "device").mkdir()
        (folder / "device" / "subsystem").symlink_to(root / "bus" / bus)
    for one in lower:
        (folder / f"lower_{one}").symlink_to(root / "net" / one)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    link(tmp_path, "lo", kind=772)
    (tmp_path / "net" / "bonding_masters").write_text("bond0\n")
    return tmp_path


def test_a_server_with_cards_and_what_is_made_over_them(root: Path) -> None:
    """A VLAN over a bond over two cards, and a USB one."""
    link(root, "eth0", "pci")
    link(root, "eth1", "pci")
    link(root, "usb0", "usb")
    link(root, "bond0", "", "eth0", "eth1")
    link(root, "bond0.100", "", "bond0")
    assert Links(root / "net").are_all_cards()


@pytest.mark.parametrize(
    ("bus", "lower"),
    [("", ()), ("virtio", ()), ("xen", ()), ("vmbus", ()), ("", ("veth1",)), ("", ("eth0", "veth1"))],
    ids=["veth", "virtio", "xen", "hyper-v", "VLAN over veth", "bridge with a container"],
)
def test_one_pipe_to_a_neighbour_is_enough(root: Path, bus: str, lower: tuple[str, ...]) -> None:
    """Nobody knows what listens at its other end."""
    link(root, "eth0", "pci")
    if "veth1" in lower:
        link(root, "veth1", "pci")  # a card, so that only what is made over it is looked at below
    links = Links(root / "net")
    assert links.are_all_cards()
    link(root, "other", bus, *lower)
    if "veth1" in lower:
        (root / "net" / "veth1" / "device" / "subsystem").unlink()
        (root / "net" / "veth1" / "device").rmdir()
    assert not links.are_all_cards()
    assert not links.are_all_cards(), "asked again"


def test_where_nothing_is_told_nothing_is_known(tmp_path: Path) -> None:
    """No sysfs; or nothing but the loopback."""
    assert not Links(tmp_path / "none").are_all_cards()
    link(tmp_path, "lo", kind=772)
    assert not Links(tmp_path / "net").are_all_cards()
