"""The file that ``gatekeeper init`` writes: a newcomer finds every key there, and what stands there is right."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gatekeeper.config import ConfigError
from gatekeeper.config.load import load_file
from gatekeeper.config.schema import AcsKeys, ExtraKeys, FileSchema
from gatekeeper.config.template import TEMPLATE

_HEADER = re.compile(r"(?:# )?\[\[?([a-z0-9_.]+)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"(?:# )?((?:[a-z0-9_-]+|\"[^\"]+\")) = .*")


# Keys that one comment of the table tells together: "any other key of [acs]", "any of next_server …", "the same".
_TOLD_TOGETHER = {
    "acs.class": AcsKeys.model_fields,
    "dhcp.class": ExtraKeys.model_fields,
    "dhcp.profile": ExtraKeys.model_fields,
}


def _said(text: str) -> Iterator[tuple[str, str, str]]:
    """(table, key, the line without its comment sign), of values and of comments that are values."""
    table = ""
    for line in text.splitlines():
        header, key = _HEADER.fullmatch(line), _KEY.fullmatch(line)
        if header:
            table = header[1]
            yield table, "", line.removeprefix("# ")
        elif key:
            yield table, key[1].strip('"'), line.removeprefix("# ")


def _known(model: type[BaseModel], table: str = "") -> Iterator[tuple[str, str]]:
    """(table, key) of the schema, tables among their keys' names."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        inner = next((one for one in _types(field.annotation) if _is_table(one)), None)
        path = f"{table}.{key}".lstrip(".")
        if inner and key not in ("mac_password", "password"):
            yield path, ""
            yield from _known(inner, path)
        elif name not in _TOLD_TOGETHER.get(table, {}):
            yield table, key


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _types(inner)


def _is_table(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


# A table of their own in the file, whose keys are the operator's.
_FREE = {"dhcp.subnet.options"}


def test_every_key_that_the_schema_knows_stands_in_the_file() -> None:
    """As a value or as a comment; who adds a key to the schema adds its line."""
    said = {(table, key) for table, key, _ in _said(TEMPLATE)}
    said |= {(table.rpartition(".")[0], table.rpartition(".")[2]) for table, _ in said if table in _FREE}
    assert [f"[{table}] {key}" for table, key in _known(FileSchema) if (table, key) not in said] == []


def test_every_comment_that_looks_like_a_key_is_one() -> None:
    """And what stands behind it is TOML."""
    known = set(_known(FileSchema)) | {(table, key) for table, keys in _TOLD_TOGETHER.items() for key in keys}
    for table, key, line in _said(TEMPLATE):
        assert (table, key) in known or table in _FREE, line
        tomllib.loads(line)


def test_the_pool_begins_with_an_address_that_every_box_takes(tmp_path: Path) -> None:
    """Some boxes refuse one that ends in 0 (field reports about /23 and larger subnets)."""
    (tmp_path / "gatekeeper.toml").write_text(TEMPLATE)
    [subnet] = load_file(tmp_path / "gatekeeper.toml").book.subnets
    assert subnet.ranges[0][0] & 0xFF == 1


def test_the_comments_are_values_that_are_right(tmp_path: Path) -> None:
    """All of them taken at once contradict each other in a few places, and are wrong nowhere else."""
    taken = {(table, key): line for table, key, line in reversed(list(_said(TEMPLATE)))}
    lines = list(taken.values())[::-1]
    (tmp_path / "gatekeeper.toml").write_text("\n".join(lines).replace("{secret}", "x" * 32))
    with pytest.raises(ConfigError) as refused:
        load_file(tmp_path / "gatekeeper.toml")
    # Other dictionaries may be there or not.
    assert {problem.text.partition(":")[0] for problem in refused.value.problems} - {"radius.dictionaries"} == {
        "acs.class[0]",  # match or exact
        "dhcp.arp_probe",  # not on a trunk
        "dhcp.class[0]",  # match or exact
        "dhcp.subnet[0].interface",  # which is to be named in interfaces
        "radius.client[0].rate_unit",  # of another make than huawei
    }
