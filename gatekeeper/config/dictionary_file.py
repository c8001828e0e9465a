"""Reading dictionaries in the format of FreeRADIUS, versions 3 and 4, as distributions ship them.

dictionary(5): a line is a keyword and its words, ``#`` begins a comment, names, types and keywords are the same in any
case. A line that cannot be read is passed over and named; it never refuses the others.
"""

import codecs
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from gatekeeper.wire.attribute_types import CONTAINERS, NUMBERS, SPELLINGS, TYPES

_MAX_FILES: Final = 2_000
_MAX_DEPTH: Final = 50
_MAX_OCTETS: Final = 8_000_000
_VENDOR_SPECIFIC: Final = 26
_END: Final = re.compile(r"\r\n|\r|\n")  # Latin-1 has more that Unicode takes for ends of lines
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FLAG: Final = re.compile(
    r"has_tag|array|concat|virtual|internal|secret|encrypt|extended|long[-_]extended|long|unsafe|counter|extra|flat"
    r"|has_value|edge|dns_label|name_only|key|[a-z_]+=.*",
    re.IGNORECASE,
)
# They say nothing of an attribute that has a number of its own on the wire.
_PASSED: Final = frozenset({"flags", "member", "struct", "define", "enum", "protocol", "value-alias", "format"})


class Entry(NamedTuple):
    """One attribute. path: its numbers, several where it stands inside others (TLV, RFC 6929). kind: a key of
    ``attribute_types``; encrypted: how (RFC 2868 3.5), 0 = not. where: file and line. values: names -> numbers."""

    name: str
    vendor: int
    path: tuple[int, ...]
    kind: str
    size: int
    is_tagged: bool
    encrypted: int
    shape: tuple[int, int]
    where: str
    layer: int
    values: dict[str, int]


class _Vendor(NamedTuple):
    """shape: octets of type and of length in its header."""

    name: str
    number: int
    shape: tuple[int, int] = (1, 1)


_NOBODY: Final = _Vendor("", 0)
CONTINUED: Final = (0, 0)  # the shape of a vendor whose header has more than type and length


class DictionaryReader:
    """Reads files, each once; later files may name what earlier ones define. ``passed``: what was passed over."""

    def __init__(self) -> None:
        self.entries: dict[
            str, Entry
        ] = {}  # by name in small letters, and where a vendor's name lacks in it, with that
        self.by_number: dict[tuple[int, tuple[int, ...]], Entry] = {}
        self.passed: list[str] = []
        self.lacking: dict[str, str] = {}  # attributes that were passed over -> where and why
        self._vendors: dict[str, _Vendor] = {}
        self._read: set[Path] = set()
        self._values: list[tuple[str, str, str, str, str]] = []
        self._layer = 0
        self._depth = 0
        self._where = ""
        self._inside: list[tuple[_Vendor, tuple[int, ...]]] = [(_NOBODY, ())]
        self._foreign = ""  # another protocol's name, while its attributes are told
        self._last: tuple[int, ...] = ()
        self._keywords: dict[str, Callable[[list[str]], None]] = {
            "attribute": self._attribute,
            "value": self._value,
            "vendor": self._vendor,
            "begin-vendor": self._begin_vendor,
            "end-vendor": self._end,
            "begin-tlv": self._begin,
            "end-tlv": self._end,
            "begin": self._begin,
            "end": self._end,
            "begin-protocol": self._begin_protocol,
            "end-protocol": self._end_protocol,
            "alias": self._alias,
        }

    def read(self, file: Path) -> None:
        """This file and what it includes; its names stand above those of files read before. Raises OSError."""
        self._layer += 1
        self._file(file)
        for where, *value in self._values:
            self._where = where
            self._take(self._add_value, *value)
        self._values.clear()

    def _file(self, file: Path) -> None:
        if file.resolve() in self._read:
            return
        self._read.add(file.resolve())
        if len(self._read) > _MAX_FILES or self._depth >= _MAX_DEPTH:
            raise OSError(f"over {_MAX_FILES} dictionaries, or over {_MAX_DEPTH} of them inside each other")
        text = _text(file)
        self._depth += 1
        kept, self._inside = self._inside, [(_NOBODY, ())]
        for number, line in enumerate(_END.split(text), 1):
            words = line.partition("#")[0].replace("\0", " ").split()
            if words:
                self._where = f"{file.name}:{number}"
                self._take(self._line, words, file)
        self._inside = kept
        self._depth -= 1

    def _take(self, read: Callable[..., None], *said: object) -> None:
        try:
            read(*said)
        except ValueError as error:
            self.passed.append(f"{self._where}: {error}")

    def _line(self, words: list[str], file: Path) -> None:
        keyword = words[0].lower()
        if keyword in ("$include", "$include-"):
            self._include(words, file)
        elif keyword == "end-protocol" or not self._foreign:
            read = self._keywords.get(keyword)
            if read:
                read(words[1:])
            elif keyword not in _PASSED:
                raise ValueError(f"the keyword {words[0][:40]!r} is not known")

    def _include(self, words: list[str], file: Path) -> None:
        if len(words) < 2:
            raise ValueError("$INCLUDE names no file")
        named = file.parent / words[1].strip("\"'")
        try:
            self._file(named)
        except OSError as error:
            if words[0].endswith("-") and isinstance(error, FileNotFoundError):
                return
            raise ValueError(f"$INCLUDE {words[1]}: {error.strerror or error}") from None

    def _vendor(self, words: list[str]) -> None:
        name, number, *rest = _at_least(2, words)
        shape = (1, 1)
        for word in rest:
            key, _, value = word.partition("=")
            parts = value.split(",")
            if key.lower() != "format" or parts[0] not in "124" or parts[1:2] not in ([], ["0"], ["1"], ["2"]):
                raise ValueError(f"vendor {name}: {word!r} is no format")
            # With a third part, c, a further octet says whether the value goes on in the next attribute (RFC 5904).
            shape = CONTINUED if parts[2:] else (int(parts[0]), int(parts[1]) if parts[1:] else 1)
        self._vendors[name.lower()] = _Vendor(name, _whole(number), shape)

    def _begin_vendor(self, words: list[str]) -> None:
        vendor = self._vendors.get(words[0].lower()) if words else None
        # What stands in the block of an unknown vendor would otherwise be taken for standard attributes.
        extended = any("=" in word for word in words[1:])
        self._inside.append((vendor or _Vendor("", -1), (_VENDOR_SPECIFIC,) if extended else ()))
        if vendor is None:
            raise ValueError(f"BEGIN-VENDOR {' '.join(words)}: no such vendor; its attributes are passed over")

    def _begin(self, words: list[str]) -> None:
        vendor, path = self._inside[-1]
        outer = self._find(words[0], vendor.name) if words else None
        self._inside.append((vendor, outer.path if outer else (*path, 0)))
        if outer is None:
            raise ValueError(f"no attribute {' '.join(words)} to begin")

    def _end(self, words: list[str]) -> None:
        if len(self._inside) == 1:
            raise ValueError("an end without a beginning")
        self._inside.pop()

    def _begin_protocol(self, words: list[str]) -> None:
        name = words[0] if words else ""
        self._foreign = "" if name.lower() in ("radius", "") else name

    def _end_protocol(self, words: list[str]) -> None:
        self._foreign = ""

    def _alias(self, words: list[str]) -> None:
        """Version 4: another name, of a path of names or of numbers."""
        name, path = _at_least(2, words)[:2]
        parts = path.split(".")
        if path.replace(".", "").isdigit():
            number = tuple(map(int, filter(None, parts)))
            vendor = number[1] if number[0] == _VENDOR_SPECIFIC and len(number) > 2 else 0
            found = self.by_number.get((vendor, number[2:] if vendor else number))
        else:
            found = self._find(parts[-1], parts[-2] if parts[1:] else "")
        if found:
            self.entries.setdefault(name.lower(), found._replace(name=name))

    def _attribute(self, words: list[str]) -> None:
        name, number, kind, *flags = _at_least(3, words)
        try:
            entry = self._entry(name, number, kind, ",".join(flags))
            if entry:
                self._add(entry)
        except ValueError as error:
            self.lacking[name.lower()] = f"{self._where}: {error}"
            raise ValueError(f"attribute {name[:64]}: {error}") from None

    def _entry(self, name: str, number: str, kind: str, flags: str) -> Entry | None:
        vendor, inside = self._inside[-1]
        if vendor.number < 0:
            return None
        spelled, _, size = kind.lower().partition("[")
        spelled = SPELLINGS.get(spelled, spelled)
        if spelled not in TYPES and spelled not in CONTAINERS:
            raise ValueError(f"type {kind[:40]!r} is not known")
        is_tagged, encrypted = False, 0
        for flag in filter(None, flags.split(",")):
            key, _, value = flag.partition("=")
            named = self._vendors.get((value if key.lower() == "vendor" else flag).lower())
            if named:
                vendor = named
            elif not _FLAG.fullmatch(flag):
                raise ValueError(f"{flag[:40]!r} is neither a flag nor a vendor")
            elif key.lower() == "has_tag":
                is_tagged = True
            elif key.lower() == "encrypt":
                encrypted = int(value) if value.isdigit() else 1
        path = self._path(number, inside)
        if path[0] == _VENDOR_SPECIFIC and len(path) == 3 and not vendor.number:
            known = (one for one in self._vendors.values() if one.number == path[1])
            vendor, path = next(known, _Vendor("", path[1])), path[2:]
        size = size.rstrip("]")
        octets = int(size) if size.isdigit() else 0
        where, layer, shape = self._where, self._layer, vendor.shape
        return Entry(name, vendor.number, path, spelled, octets, is_tagged, encrypted, shape, where, layer, {})

    def _path(self, number: str, inside: tuple[int, ...]) -> tuple[int, ...]:
        """Version 4 begins a number with a dot where it goes on from the attribute before."""
        own = tuple(_whole(part) for part in number.lstrip(".").split("."))
        if number.startswith("."):
            return (*(inside or self._last), *own)
        self._last = (*inside, *own)
        return self._last

    def _add(self, entry: Entry) -> None:
        vendor, _ = self._inside[-1]
        if vendor.name and not entry.name.lower().startswith(vendor.name.lower()):
            # Version 4 has names that are one vendor's only: NAS-Port is Cisco's attribute 2, and the standard's 5.
            self._put(entry, f"{vendor.name}-{entry.name}")
        self._put(entry, entry.name)

    def _put(self, entry: Entry, name: str) -> None:
        known = self.entries.get(name.lower())
        if known and known.vendor != entry.vendor and entry.vendor:
            return
        # Said again it stands (FreeRADIUS does the same); under another number it is a slip of one of the two.
        if known and known.path != entry.path and known.vendor == entry.vendor and known.layer == entry.layer:
            raise ValueError(f"another number is said of it already ({known.where})")
        values = known.values if known and known.path == entry.path else entry.values
        self.entries[name.lower()] = entry = entry._replace(values=values)
        # FreeRADIUS's own folder lists what IANA has not given away before what it has: the later name is the number's.
        self.by_number[entry.vendor, entry.path] = entry

    def _value(self, words: list[str]) -> None:
        name, word, number = _at_least(3, words)[:3]
        vendor, _ = self._inside[-1]
        if vendor.number >= 0:
            self._values.append((self._where, vendor.name, name, word, number))

    def _add_value(self, vendor: str, name: str, word: str, number: str) -> None:
        entry = self._find(name, vendor)
        if entry and entry.kind in NUMBERS:
            entry.values[word] = _whole(number)
        elif entry is None and name.lower() not in self.lacking:
            raise ValueError(f"VALUE {word[:40]} of an attribute {name[:64]} that is not there")

    def _find(self, name: str, vendor: str) -> Entry | None:
        """vendor: whose block it is named in."""
        return self.entries.get(f"{vendor}-{name}".lower()) or self.entries.get(name.lower())


def _at_least(count: int, words: list[str]) -> list[str]:
    if len(words) < count:
        raise ValueError(f"{' '.join(words)[:60] or 'a keyword'}: {count} words are wanted")
    return words


def _whole(text: str) -> int:
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no number") from None


def _text(file: Path) -> str:
    """UTF-8, what its byte order mark says, or else Latin-1, which takes everything. Raises OSError."""
    with file.open("rb") as opened:
        data = opened.read(_MAX_OCTETS + 1)
    if len(data) > _MAX_OCTETS:
        raise OSError(f"over {_MAX_OCTETS} octets, this is no dictionary")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")
