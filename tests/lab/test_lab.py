"""``gatekeeper lab`` from outside: as root and as an ordinary user, cut short, and where the kernel says no."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dpkt
import pytest

from gatekeeper.lab import namespace

pytestmark = pytest.mark.clients

LAB = ("-c", "from gatekeeper.cli import main; main()", "lab")
NOBODY = 65534
PLAYED_S = 90  # it takes a dozen seconds; a busy machine may take longer
ROOT = Path(__file__).parents[2]


def lacking(why: str) -> None:
    """Skip; in CI that is a failure."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"gatekeeper lab: {why}")


def asked_in_a_child(question: Callable[[], object]) -> str:
    """What LabError the question raises, "" = none; asked in a child, because the answer changes a process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            question()
        except namespace.LabError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return answer.read()


@pytest.fixture(scope="module", autouse=True)
def possible() -> None:
    refused = asked_in_a_child(namespace.gain_privilege)
    if refused:
        lacking(refused)


def environment(home: Path) -> dict[str, str]:
    """An environment with a home and a temporary folder of its own, in which every interpreter finds our packages."""
    paths = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    own = {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    return os.environ | own


@pytest.fixture
def home() -> Iterator[Path]:
    """The only folder that the lab is to write to. pytest's own folders are closed to ordinary users."""
    with tempfile.TemporaryDirectory(prefix="lab-home-") as folder:
        yield Path(folder)


def lives(home: Path) -> list[str]:
    """Command lines of the processes that were started with this home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def nothing_left(home: Path) -> bool:
    """True once no process and no temporary folder of the lab is left; ten seconds are enough for a busy machine."""
    until = time.monotonic() + 10
    while lives(home) or list(home.glob("gatekeeper-lab-*")):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


# The BRAS begins the session and relays the box's DISCOVER at the same time.
TOLD = r"gatekeeper timeline: order, Access-Accept, port learned, (session, lease|lease, session), ACS\n"


def check_played(done: "subprocess.CompletedProcess[str]", home: Path) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert ", all held, " in done.stdout
    for story in (
        "install",
        "unknown box",
        "technician's late MAC",
        "wrong port",
        "swap",
        "move",
        "new speed",
        "flood",
    ):
        assert f"\n{story}: " in done.stdout
    for proof in (
        "Access-Accept to bras1 for d4:c1:c8:ee:9b:1f",
        "input 4000000, output 20000000 bit/s",
        "DHCPACK of 10.20.1.",
        "at exactly http://10.20.0.53:7547/acs",
        "Reply-Message UNKNOWN_MAC",
        "Reply-Message PORT_MISMATCH",
        "DHCPNAK PORT_MISMATCH",
        "Disconnect of session",
        "CoA of session",
        "acknowledged, shown by accounting",
    ):
        assert proof in done.stdout
    assert re.search(TOLD, done.stdout), done.stdout
    assert nothing_left(home), lives(home)


def test_every_step_holds_and_captures_are_kept(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, *LAB, "--pcap", str(home / "kept")],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PLAYED_S,
    )
    check_played(done, home)
    frames = {}
    for file in (home / "kept").glob("*.pcap"):
        with file.open("rb") as stream:
            frames[file.stem] = [frame for _, frame in dpkt.pcap.Reader(stream)]
    assert frames.keys() == {"uplink", *(f"port{port}" for port in range(1, 7))}
    used = {port for frame in frames["uplink"] for port in ports_of(frame)}
    assert {67, 1812, 7547} <= used
    assert {67, 68, 7547} <= {port for frame in frames["port1"] for port in ports_of(frame)}
    assert "gatekeeper stopped" in (home / "kept" / "serve.log").read_text()


def ports_of(frame: bytes) -> tuple[int, ...]:
    inner = getattr(dpkt.ethernet.Ethernet(frame).data, "data", None)
    return (inner.sport, inner.dport) if hasattr(inner, "sport") else ()


def test_an_ordinary_user_can_play_it_too(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the test before ran as an ordinary user")
    os.chown(home, NOBODY, NOBODY)
    python = next((path for path in (sys.executable, f"/usr/bin/python3.{sys.version_info[1]}") if usable(path)), "")
    if not python:
        lacking("no interpreter and packages that an ordinary user may read")
    refused = as_nobody(python, "from gatekeeper.lab.namespace import gain_privilege; gain_privilege()")
    if refused:
        lacking(f"an ordinary user: {refused}")
    done = subprocess.run(
        [python, *LAB],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=PLAYED_S,
    )
    check_played(done, home)


def usable(python: str) -> bool:
    """True if nobody can run this interpreter with our packages."""
    return not as_nobody(python, "import gatekeeper.cli, pydantic, pyroute2")


def as_nobody(python: str, program: str) -> str:
    """The last line of what goes wrong; "" = nothing."""
    try:
        done = subprocess.run(
            [python, "-c", program],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            env=environment(Path("/nonexistent")),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=30,
        )
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["failed"])[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("steps", [0, 1, 9])
def test_nothing_is_left_of_a_lab_cut_short(home: Path, number: signal.Signals, steps: int) -> None:
    lab = subprocess.Popen(
        [sys.executable, "-u", *LAB],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests under nohup hands an ignored SIGHUP down, which the lab leaves so on purpose.
        preexec_fn=lambda: number == signal.SIGHUP and signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509
    )
    wait_for(lab, "✓", steps)
    lab.send_signal(number)
    _, said = lab.communicate(timeout=30)
    # Before Python has come up, the signal's own effect is right too.
    assert lab.returncode in (1, -number)
    assert "Traceback" not in said or steps == 0
    assert nothing_left(home), lives(home)


def test_a_gate_that_dies_is_a_failed_step(home: Path) -> None:
    lab = subprocess.Popen(
        [sys.executable, "-u", *LAB], env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lab, "gatekeeper ready", 1)
    serve = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if str(home).encode() in read(process / "cmdline") and b"\0serve\0" in read(process / "cmdline")
    ]
    assert len(serve) == 1
    os.kill(serve[0], signal.SIGKILL)
    told, said = lab.communicate(timeout=PLAYED_S)
    assert lab.returncode == 3, said + told
    assert "✗ Access-Accept to bras1" in told and "Traceback" not in said
    assert nothing_left(home), lives(home)


def wait_for(lab: "subprocess.Popen[str]", sign: str, times: int) -> None:
    """Read what the lab tells until so many lines have the sign."""
    assert lab.stdout
    while times:
        line = lab.stdout.readline()
        assert line, "the lab ended early"
        times -= sign in line


def read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
