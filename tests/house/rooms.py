"""The rooms of the house, as import-linter has them."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rooms_below_drivers() -> list[str]:
    """Those that know no world: what can be compiled, and whose constants are Final."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers: list[str] = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [room.strip() for layer in layers[layers.index("drivers") + 1 :] for room in layer.split("|")]


def files_of(room: str) -> list[Path]:
    """The modules of a room, as paths from the root of the tree."""
    folder = ROOT / "gatekeeper" / room
    found = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    return [file.relative_to(ROOT) for file in found]
