"""Build hook of hatchling: the modules on a packet's way go into the wheel compiled, by mypyc, where that can be.

One source: each module is in the wheel as Python too, and is what runs where nothing was compiled. GATEKEEPER_COMPILE
decides: unset, where CPython has a C compiler and its headers; 1, or the build fails and says what it lacks; 0, never.
An editable installation stays pure, and nothing is written into the source tree: a library left beside a module that
is edited afterwards would go on running in its place.
"""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WISH: Final = "GATEKEEPER_COMPILE"
UNLESS_IMPOSSIBLE, MUST, NEVER = "", "1", "0"
# 2.3 has the fixes of leaks that a gate would notice after some million packets; older setuptools lack Python 3.12.
REQUIRES: Final = ("mypy[mypyc]>=2.3", "setuptools>=75")

# Room -> its modules that run for every packet; "" is the package itself. mypyc calls from one of these into another
# directly, from elsewhere as Python does: what is called once a second gains nothing and takes a second to compile.
# Not here, though packets pass it: the rest of ``store.sqlite``, whose traits mypyc 2.4 does not get through
# (``ValueError`` where it looks for an attribute), ``drivers.commit``, a Thread, whose time is SQLite's, and sockets,
# whose time is the kernel's.
HOT: Final = {
    "": "port reasons value",
    "model": "box effects packet",
    "book": "dhcp policybook radius",
    "wire": "dhcp dhcp_header frame line_id nas_identity nas_request radius radius_accounting radius_seal relay_agent"
    " session_class text user_name",
    "state": "admissions bounded counts declines effects evidence framed held nas nas_secrets offers pool pools replies"
    " spans throttle unclaimed world",
    "policy": "binding declines dhcp dhcp_rules order_addresses radius radius_methods remaining reported sessions",
    "reply": "dhcp kinds layout radius told",
    "engine": "aaa accounting dhcp dhcp_door dhcp_leases dhcp_question limits radius radius_door relays remaining",
    "heart": "batches commits elsewhere endings engines life lookups needs ports tallies told waiting",
    "store": "rows",
    "store.sqlite": "batch folding lease_folding lease_format lease_log many mark_format reports_format"
    " waiting_reports",
    "bench": "crowd dhcp door herd histogram load options radius talk tally",
    "drivers": "ages arrivals doors gate handing_in log outbox supply telling trials",
}
# As modules: gatekeeper.wire.dhcp.
MODULES: Final = tuple(
    ".".join(filter(None, ("gatekeeper", room, name))) for room, names in HOT.items() for name in names.split()
)
_PATIENCE_S: Final = 1800
_TOLD: Final = 30  # lines of what a failed compile said


class CompilingHook(BuildHookInterface):  # type: ignore[type-arg]
    """Of the wheel alone: ``[tool.hatch.build.targets.wheel.hooks.custom]``."""

    PLUGIN_NAME = "custom"
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """What the build takes beside hatchling: nothing where nothing will be compiled."""
        return list(REQUIRES) if wish() != NEVER and not lacking_here() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have the libraries and the wheel's tag follow. With 1 exits with a line that says what is
        missing."""
        if version == "editable" or wish() == NEVER:
            return
        lacking = lacking_here() or lacking_tools()
        if lacking:
            self._leave_pure(", ".join(lacking))
            return
        self.app.display_info(
            f"gatekeeper: compiling {len(MODULES)} modules by mypyc, {WISH}=0 leaves them as they are"
        )
        began = time.monotonic()
        self._folder = tempfile.TemporaryDirectory(prefix="gatekeeper-build-")
        error = compile_in(Path(self._folder.name), Path(self.root))
        if error:
            self._leave_pure(error)
            return
        build_data["force_include"].update(libraries(Path(self._folder.name)))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        self.app.display_success(f"gatekeeper: compiled in {time.monotonic() - began:.0f} s")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The wheel has them."""
        if self._folder:
            self._folder.cleanup()

    def _leave_pure(self, why: str) -> None:
        if wish() == MUST:
            sys.exit(f"gatekeeper: {WISH}=1, but it cannot be compiled: {why}")
        self.app.display_warning(f"gatekeeper: not compiled, pure Python will run: {why}")


def wish() -> str:
    """What the environment says: UNLESS_IMPOSSIBLE, MUST or NEVER. Exits where it says something else."""
    said = os.environ.get(WISH, "").strip()
    if said not in (UNLESS_IMPOSSIBLE, MUST, NEVER):
        sys.exit(f"gatekeeper: {WISH}={said} is none of: 1 = compile or fail, 0 = do not, unset = compile if possible")
    return said


def lacking_here() -> list[str]:
    """What of this machine and its Python compiling would need, with what mends it."""
    lacking = []
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        lacking.append("mypyc compiles for CPython with its global lock only")
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if shutil.which(shlex.split(compiler)[0]) is None:
        lacking.append(f"there is no C compiler, {compiler} (Debian: apt-get install gcc libc6-dev)")
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        lacking.append(f"there is no {header} (Debian: apt-get install python3-dev)")
    return lacking


def lacking_tools() -> list[str]:
    """What of REQUIRES is absent, which only an installation without build isolation meets."""
    absent = [name for name in ("mypyc", "setuptools") if importlib.util.find_spec(name) is None]
    return [f"{' and '.join(absent)} are absent (pip install {shlex.join(REQUIRES)})"] if absent else []


def compile_in(folder: Path, root: Path) -> str:
    """Compile a copy of the package in this folder, by a process of its own; the end of what it said if it failed."""
    shutil.copytree(root / "gatekeeper", folder / "gatekeeper", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    # A MYPYPATH is about other code.
    environment = {name: value for name, value in os.environ.items() if name != "MYPYPATH"}
    command = [sys.executable, str(root / "hatch_build.py")]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            text=True, errors="replace", timeout=_PATIENCE_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "\n".join(("", *done.stdout.splitlines()[-_TOLD:])) if done.returncode else ""


def libraries(folder: Path) -> dict[str, str]:
    """File -> its place in the wheel: one small library a module, and the one beside the package that has the code."""
    return {str(file): str(file.relative_to(folder)) for file in folder.rglob("*.so") if "build" not in file.parts}


def compile_here() -> None:
    """Compile MODULES of the package in this folder, each library beside its module."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    class BuildOfMany(build_ext):
        """setuptools has its compilers side by side for libraries, not for the files of one."""

        def build_extension(self, ext: Any) -> None:
            # mypyc asks for -Werror: what a compiler of next year warns of is no reason to leave a gate uncompiled.
            ext.extra_compile_args = [flag for flag in ext.extra_compile_args if flag != "-Werror"]

            def compiled(source: str) -> list[str]:
                found: list[str] = self.compiler.compile(
                    [source], self.build_temp, include_dirs=ext.include_dirs, extra_postargs=ext.extra_compile_args
                )
                return found

            if len(ext.sources) > 1:
                with ThreadPoolExecutor(self.parallel) as compilers:
                    ext.extra_objects = [file for files in compilers.map(compiled, ext.sources) for file in files]
                ext.sources = []
            super().build_extension(ext)

    # Libraries that are not in the build's environment are Any, and no configuration of the user's is about this.
    options = ("--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--cache-dir=/dev/null")
    files = [name.replace(".", "/") + ".py" for name in MODULES]
    made = mypycify([*options, *files], opt_level="2", debug_level="0", multi_file=True, group_name="gatekeeper")
    command = BuildOfMany(Distribution({"name": "gatekeeper", "ext_modules": made}))
    command.inplace, command.parallel = True, len(os.sched_getaffinity(0))
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    compile_here()
