"""Values of the pure rooms are plain final classes, which say three times what their fields are: in one sequence."""

import ast
from pathlib import Path

import pytest

from gatekeeper.value import Value, fields_of, values_of
from tests.house.rooms import ROOT, files_of

PURE = ("value", "port", "reasons", "model", "book", "wire", "state", "policy", "reply", "engine", "heart")
FILES = [file for room in PURE for file in files_of(room)]


def oddities(source: str) -> list[str]:
    """Classes that are no values as the others are, each with what is odd about it."""
    classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    return [f"{one.name}: {odd}" for one in classes for odd in _oddities(one)]


def _oddities(kind: ast.ClassDef) -> list[str]:
    bases = [ast.unparse(base) for base in kind.bases]
    if "NamedTuple" in bases:
        return ["a tuple"]
    if "Value" not in bases:
        return []
    decorators = [ast.unparse(one) for one in kind.decorator_list]
    # mypyc: Generic is not acyclic, and nor may be what inherits from it.
    wanted = ["final", "mypyc_attr(acyclic=True, free_list_len=1)"][: 2 if bases == ["Value"] else 1]
    slots = [ast.literal_eval(node.value) for node in kind.body if isinstance(node, ast.Assign)]
    made = next(node for node in kind.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    parameters = tuple(one.arg for one in made.args.args[1:])
    stored = [f"self.{name}: Final = {name}" for name in parameters]
    odd = [] if decorators == wanted else [f"not decorated with {wanted}"]
    odd += [] if slots == [parameters] else ["slots are not the constructor's parameters"]
    odd += [] if [ast.unparse(line) for line in made.body] == stored else ["a constructor that does more than store"]
    return odd


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_value_is_a_final_class_with_a_plain_constructor(file: Path) -> None:
    """Rows of the store, repr and _replace go by that sequence; mypyc makes a structure of it."""
    assert oddities((ROOT / file).read_text(encoding="utf-8")) == []


def test_what_counts_as_odd() -> None:
    plain = "class A(Value):\n __slots__ = ('a', 'b')\n"
    plain += " def __init__(self, a, b):\n  self.a: Final = a\n  self.b: Final = {}"
    decorated = "@final\n@mypyc_attr(acyclic=True, free_list_len=1)\n"
    assert oddities(decorated + plain.format("b")) == []
    assert oddities("@final\n" + plain.replace("Value", "Value, Generic[T]").format("b")) == []
    assert oddities(decorated + plain.format("a")) == ["A: a constructor that does more than store"]
    assert oddities(decorated + plain.replace("'a', 'b'", "'b', 'a'").format("b"))[0].startswith("A: slots")
    assert oddities(plain.format("b"))[0].startswith("A: not decorated")
    assert oddities("class B(NamedTuple):\n a: int") == ["B: a tuple"]


class _Pair(Value):
    __slots__ = ("one", "two")

    def __init__(self, one: object, two: object = 2) -> None:
        self.one = one
        self.two = two


class _Single(Value):
    __slots__ = ("one",)

    def __init__(self, one: object) -> None:
        self.one = one


def test_values_are_equal_when_kind_and_fields_are() -> None:
    """And then they have one hash. A tuple of the same is something else."""
    assert _Pair(1) == _Pair(1, 2)
    assert hash(_Pair(1)) == hash(_Pair(1, 2))
    assert _Pair(1) != _Pair(1, 3)
    assert _Pair(1) != (1, 2)
    assert _Single(1) == _Single(1) != _Single(2)
    assert len({_Single(1), _Single(1), _Pair(1), _Pair(2)}) == 3


def test_a_value_tells_its_fields_in_sequence() -> None:
    """By name, as a row, and for people."""
    assert fields_of(_Pair) == ("one", "two")
    assert values_of(_Pair("a")) == ("a", 2)
    assert values_of(_Single("a")) == ("a",)
    assert _Pair("a")._asdict() == {"one": "a", "two": 2}
    assert repr(_Pair("a")) == "_Pair(one='a', two=2)"


def test_a_changed_value_is_another_one() -> None:
    """What it does not have cannot be changed."""
    before = _Pair(1)
    assert before._replace(two=5) == _Pair(1, 5)
    assert before == _Pair(1, 2)
    with pytest.raises(TypeError, match="three"):
        before._replace(three=3)
