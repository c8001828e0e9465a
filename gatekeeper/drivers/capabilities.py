"""Capabilities (capabilities(7)): what a process that has opened its sockets does not need, it does not keep.

They belong to threads: who gives them up does so before starting any.
"""

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CHOWN: Final = 0
_DAC_OVERRIDE: Final = 1
_FOWNER: Final = 3
_KILL: Final = 5
_SETGID: Final = 6
_SETUID: Final = 7
_SETPCAP: Final = 8
NET_BIND_SERVICE: Final = 10
NET_RAW: Final = 13
# linux/prctl.h, linux/capability.h
_PR_SET_PDEATHSIG: Final = 1
_PR_CAPBSET_READ: Final = 23
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_VERSION_3: Final = 0x20080522
_MOST: Final = 64
# What it takes to work over files of another user, and to have a child that is that user.
_FOR_OTHERS: Final = frozenset({_CHOWN, _DAC_OVERRIDE, _FOWNER, _KILL, _SETGID, _SETUID})

_libc: Final = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    """Twice: of capabilities 0 to 31 and of 32 to 63."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def give_up_all(store: Path) -> None:
    """This thread and all that it starts have no capability and can gain none. Root without any is a stranger to the
    files of others: where the store is another user's, this process is that user from here on. Raises OSError."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _bound(frozenset())
    _become_owner_of(store)
    _keep(frozenset())


def keep_only(wanted: Iterable[int], read: Iterable[Path], written: Iterable[Path]) -> None:
    """Keep these of what this thread has. Where files are out of reach without CAP_DAC_OVERRIDE, as another user's may
    be for root, what it takes to work over them stays too. Raises OSError.

    read: files that must be read; written: that must be read and written, or made.
    """
    kept, held = frozenset(wanted), _permitted()
    _keep(kept, permitted=held)
    if not (all(map(_is_readable, read)) and all(map(_is_writable, written))):
        kept |= _FOR_OTHERS
    _keep(kept | {_SETPCAP}, permitted=held)
    _bound(kept | {_SETPCAP})  # which a child needs in order to empty its own
    _keep(kept)


def give_to_owner_of(place: Path, file: Path) -> None:
    """What root makes beside another user's file is that user's, as SQLite has it with a log: HTTP's process may be
    that user, and is to read it."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            owner = place.stat()
            os.chown(file, owner.st_uid, owner.st_gid)


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends, stopped as it may be. Raises OSError."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _become_owner_of(file: Path) -> None:
    # What cannot be, as in a user namespace that has no such user, is met where the store is opened.
    with contextlib.suppress(OSError):
        owner = file.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)


def _is_readable(file: Path) -> bool:
    return os.access(file, os.R_OK, effective_ids=True)


def _is_writable(file: Path) -> bool:
    """True if this thread may read and write it, or make it."""
    if not os.access(file.parent, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return False
    return not file.exists() or os.access(file, os.R_OK | os.W_OK, effective_ids=True)


def _permitted() -> frozenset[int]:
    header, sets = _Header(_VERSION_3, 0), (_Sets * 2)()
    _call("capget", _libc.capget(ctypes.byref(header), ctypes.byref(sets)))
    mask = sets[0].permitted | sets[1].permitted << 32
    return frozenset(number for number in range(_MOST) if mask >> number & 1)


def _keep(wanted: frozenset[int], permitted: frozenset[int] | None = None) -> None:
    """permitted: what may be taken up again; None = no more than wanted."""
    held = _permitted()
    effective = _mask(wanted & held)
    allowed = _mask((wanted if permitted is None else permitted) & held)
    header, sets = _Header(_VERSION_3, 0), (_Sets * 2)()
    for at, one in enumerate(sets):
        one.effective = effective >> 32 * at & 0xFFFFFFFF
        one.permitted = allowed >> 32 * at & 0xFFFFFFFF
    with contextlib.suppress(OSError):  # a kernel before 4.3 has none
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    _call("capset", _libc.capset(ctypes.byref(header), ctypes.byref(sets)))


def _bound(wanted: frozenset[int]) -> None:
    """What a program that is started can have at most. Who may not change that gains nothing by it either."""
    for number in range(_MOST):
        if number not in wanted and _libc.prctl(_PR_CAPBSET_READ, number, 0, 0, 0) == 1:
            with contextlib.suppress(OSError):
                _prctl(_PR_CAPBSET_DROP, number)


def _mask(numbers: frozenset[int]) -> int:
    return sum(1 << number for number in numbers)


def _prctl(option: int, argument: int) -> None:
    arguments = (ctypes.c_ulong(argument), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _call("prctl", _libc.prctl(option, *arguments))


def _call(name: str, returned: int) -> None:
    if returned == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
