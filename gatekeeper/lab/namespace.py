"""Namespaces and parent-death signals: Linux calls that Python 3.11 has no function for, by way of libc."""

import ctypes
import errno
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab cannot be built here: what is not allowed or missing, and what to do."""


class Switch(NamedTuple):
    """A sysctl that forbids namespaces at this value; ``to_root``: to root as well."""

    name: str
    forbids: str
    allows: str
    to_root: bool


# Debian's patch; Ubuntu 23.10 and later (unshare succeeds, but the namespace has no capabilities); namespaces(7).
SWITCHES: Final = (
    Switch("kernel.unprivileged_userns_clone", "0", "1", False),
    Switch("kernel.apparmor_restrict_unprivileged_userns", "1", "0", False),
    Switch("user.max_user_namespaces", "0", "10000", True),
    Switch("user.max_net_namespaces", "0", "10000", True),
)


def new_network() -> None:
    """Put this process into a new, empty network namespace. Raises OSError."""
    _libc("unshare", _CLONE_NEWNET)


def join_network(pid: int) -> None:
    """Put this process into the network namespace of another. Raises OSError."""
    with Path(f"/proc/{pid}/ns/net").open("rb") as namespace:
        _libc("setns", namespace.fileno(), _CLONE_NEWNET)


def die_with(parent: int) -> None:
    """Have this process killed when its parent dies, however that comes about."""
    _libc("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before the call.
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose own parent dies, so that they can be waited for."""
    _libc("prctl", _PR_SET_CHILD_SUBREAPER, 1)


def gain_privilege() -> bool:
    """Be allowed to make networks: as root, else as root of a new user namespace (True). Raises LabError."""
    if _network_refused() == 0:
        return False
    user, group = os.geteuid(), os.getegid()
    try:
        _libc("unshare", _CLONE_NEWUSER)
        # user_namespaces(7): without "deny" an ordinary user may not write gid_map.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    except OSError as error:
        raise LabError(why_refused(error.errno or 0, user == 0)) from None
    refused = _network_refused()
    if refused:
        raise LabError(why_refused(refused, user == 0))
    return True


def _sysctl(name: str) -> str:
    try:
        return Path("/proc/sys", *name.split(".")).read_text().strip()
    except OSError:
        return ""


def why_refused(number: int, root: bool, value_of: Callable[[str], str] = _sysctl) -> str:
    """One sentence: what the kernel does not allow and what to do. number: errno. value_of: of a sysctl, "" = none."""
    if number == errno.EROFS:
        return (
            "/proc/sys is read-only here, as in a container, and the lab's router must switch forwarding on: "
            "run it outside, or in a container started with --privileged"
        )
    for switch in SWITCHES:
        if value_of(switch.name) == switch.forbids and (switch.to_root or not root):
            remedy = f"allow it with 'sysctl -w {switch.name}={switch.allows}'"
            return f"the kernel does not let this user make network namespaces ({switch.name} = {switch.forbids}): " + (
                remedy if switch.to_root else f"run as root, or {remedy}"
            )
    return (
        f"making network namespaces is not allowed here ({os.strerror(number)}), as in a container without privileges: "
        + ("run it" if root else "run as root,")
        + " outside of the container, or in one started with --privileged"
    )


def _network_refused() -> int:
    """Try in a child what every node will do; 0 = it works, else the errno of what did not."""
    child = os.fork()
    if child == 0:
        number = 255
        try:
            new_network()
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
            number = 0
        except OSError as error:
            number = error.errno or 255
        finally:
            os._exit(number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _libc(name: str, *arguments: int) -> None:
    if getattr(_LIBC, name)(*(ctypes.c_ulong(argument) for argument in arguments)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
