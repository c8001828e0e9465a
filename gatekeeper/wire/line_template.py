"""[binding] line_templates: how an operator's own access nodes write a line, ``{node} xpon {slot}/{port}:{onu}``.

Numbers: rack frame slot subslot port onu_slot onu_subslot onu_port svlan cvlan vlan. Texts: node onu. ``{any}`` is
passed over, as often as wanted. What is left is spelled ``node=…;slot=…;port=…;onu=…;``, whatever template it came
through, so that the templates of OLT and BRAS make one line; tags are compared where both tell them.
"""

import re
from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value
from gatekeeper.wire.line_forms import PLACE_FIELDS, TAG_FIELDS, Line, line_of_fields

_FIELD: Final = re.compile(r"\{([^{}]*)\}")
_TEXTS: Final = frozenset({"node", "onu"})
_ANY: Final = "any"
_NO_TEXT: Final = r"\s;=|"  # blanks, and what the canonical spelling is made of
_MOST: Final = 255  # octets of a circuit-id


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class LineTemplate(Value):
    """``text``: as it is configured."""

    __slots__ = ("text", "pattern")

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.text: Final = text
        self.pattern: Final = pattern

    def read(self, line: str) -> Line | None:
        """The line that this text names; None where the text does not fit."""
        match = self.pattern.fullmatch(line) if len(line) <= _MOST else None
        return line_of_fields(match.groupdict()) if match else None


def compile_line(template: str) -> LineTemplate:
    """Raises ValueError with what is wrong, for people."""
    known = (*PLACE_FIELDS, *TAG_FIELDS)
    fields: list[str] = []
    pattern, at = "", 0
    for found in _FIELD.finditer(template):
        name, literal = found[1], template[at : found.start()]
        if name != _ANY and name not in known:
            raise ValueError(f"{{{name}}} is no field: there are {' '.join(known)} {_ANY}")
        if name != _ANY and name in fields:
            raise ValueError(f"{{{name}}} is there twice")
        if at and not literal:
            raise ValueError(f"{{{fields[-1]}}} and {{{name}}} need something between them")
        pattern += re.escape(literal) + _group(name, template[found.end() : found.end() + 1])
        fields.append(name)
        at = found.end()
    rest = template[at:]
    if re.search(r"[{}]", _FIELD.sub("", template)):
        raise ValueError("a brace is open or closed alone: fields are written {slot}")
    if not {"port", "onu", "onu_port"} & set(fields):
        raise ValueError("it names no line: {port}, {onu} or {onu_port} is wanted")
    return LineTemplate(template, re.compile(pattern + re.escape(rest)))


def _group(name: str, behind: str) -> str:
    """behind: the character that ends it, so that nothing is tried twice however hostile the text is."""
    if name == _ANY:
        return f"[^{re.escape(behind)}]*" if behind else ".*"
    ends = re.escape(behind) if behind and not behind.isspace() else ""
    return f"(?P<{name}>[^{_NO_TEXT}{ends}]{{1,64}})" if name in _TEXTS else rf"(?P<{name}>\d{{1,6}})"
