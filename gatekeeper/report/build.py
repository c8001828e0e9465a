"""Which build of the hot modules runs: one source, compiled where the installation could, see ``hatch_build.py``."""

from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from typing import Final

COMPILED: Final = "compiled"
PURE: Final = "pure Python"
_A_HOT_ONE: Final = "gatekeeper.port"


def build_of(file: str) -> str:
    """COMPILED or PURE, by a module's ``__file__``."""
    return COMPILED if file.endswith(tuple(EXTENSION_SUFFIXES)) else PURE


def build() -> str:
    """That of this process. Nothing is imported for it: ``--version`` has no time for a library of some megabytes."""
    found = find_spec(_A_HOT_ONE)
    return build_of(found.origin or "" if found else "")
