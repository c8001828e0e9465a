"""Who may read what gatekeeper writes: 0640 whatever the umask, and a configuration that tells secrets is warned of."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.drivers.capture import write_capture
from gatekeeper.drivers.files import written
from gatekeeper.lab.capture import PcapFile
from tests.cli.terminal import Terminal


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids="umask {:03o}".format)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """What somebody's shell or service has; commands inherit it."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_an_export_is_not_for_everybody(tmp_path: Path, umask: int) -> None:
    """It tells who lives where."""
    terminal = Terminal(tmp_path)
    assert terminal.run("order", "install", "--order", "1", "--account", "A", "--mac", "d4c1c8000001").code == 0
    for form in ("orders", "csv", "kea-leases", "dnsmasq-hosts", "freeradius-users"):
        assert terminal.run("export", "--format", form, "-o", str(tmp_path / form)).code == 0
        assert mode_of(tmp_path / form) == 0o640


def test_one_that_was_open_to_all_is_so_no_longer(tmp_path: Path) -> None:
    """The old file's mode is not the new one's."""
    file = tmp_path / "orders.csv"
    file.write_text("what was there")
    file.chmod(0o666)
    assert Terminal(tmp_path).run("order", "install", "--order", "1", "--account", "A").code == 0
    assert Terminal(tmp_path).run("export", "--format", "orders", "-o", str(file)).code == 0
    assert mode_of(file) == 0o640 and file.read_text().startswith("order,")


def test_captures_are_not_for_everybody(tmp_path: Path, umask: int) -> None:
    """Those of replay -w and those of lab --pcap."""
    write_capture(tmp_path / "answers.pcap", [(1.0, bytes(60))])
    PcapFile(tmp_path / "acc0.pcap").close()
    assert {mode_of(tmp_path / name) for name in ("answers.pcap", "acc0.pcap")} == {0o640}


def test_a_file_that_is_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    """Nothing of the unfinished one is left, either."""
    file = tmp_path / "leases"
    file.write_text("old")
    with pytest.raises(ZeroDivisionError), written(file) as half:
        half.write(b"half")
        raise ZeroDivisionError
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("leases", "old")]


def test_a_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    """-o /dev/stdout is a link to a pipe: replacing it would be somebody's machine."""
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    with written(link) as file:
        file.write(b"1")
    assert link.is_symlink() and target.read_bytes() == b"1"
    code = "from gatekeeper.drivers.files import written; import pathlib; w = written(pathlib.Path('/dev/stdout'))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nwith w as f: f.write(b'2')"], capture_output=True, check=True
    )
    assert done.stdout == b"2" and Path("/dev/stdout").is_symlink()


SECRETS = {
    "radius.client.secret": '[[radius.client]]\nname = "b"\nipaddr = "192.0.2.1"\nsecret = "a long random one"\n',
    "acs.password": '[acs]\nurl = "http://a/"\nencoding = "nested"\nusername = "u"\npassword = "hush"\n',
    "dhcp.radius.server.secret": '[[dhcp.radius.server]]\naddress = "192.0.2.9:1812"\nsecret = "a long random one"\n',
    "dhcp.radius.password.shared": '[dhcp.radius]\npassword = { shared = "a long random one" }\n',
    "radius.client.mac_password.shared": '[[radius.client]]\nname = "b"\nipaddr = "192.0.2.1"\nsecret = "a long random'
    ' one"\nmac_password = { shared = "another" }\n',
}


@pytest.mark.parametrize("key", SECRETS)
def test_a_configuration_that_tells_everybody_a_secret_is_warned_of(tmp_path: Path, key: str) -> None:
    """With what to type; it is no error."""
    terminal = Terminal(tmp_path, SECRETS[key])
    file = tmp_path / "gatekeeper.toml"
    for mode, warned in ((0o644, True), (0o604, True), (0o640, False), (0o600, False)):
        file.chmod(mode)
        said = terminal.run("check")
        assert (said.code, said.err) == (0, "")
        warnings = [line for line in said.out.splitlines() if line.startswith("warning:")]
        assert len(warnings) == warned
        if warned:
            assert key in warnings[0] and warnings[0].endswith(": chmod 640 gatekeeper.toml")
        assert "hush" not in said.out and "random" not in said.out


def test_without_secrets_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    """Everybody may know which addresses are given out."""
    terminal = Terminal(tmp_path, "[binding]\nboxes_per_account = 3\n")
    (tmp_path / "gatekeeper.toml").chmod(0o644)
    assert "warning:" not in terminal.run("check").out


def test_what_init_writes_is_its_owners(tmp_path: Path, umask: int) -> None:
    """The configuration has a secret in it from the start; the store tells who lives where."""
    said = Terminal(tmp_path).run("init", "--force")
    assert said.code == 0, said.err
    assert mode_of(tmp_path / "gatekeeper.toml") == 0o600
