"""The access line that a box is on, as a value: what two spellings of it must have in common."""

from typing import Final, final

from mypy_extensions import mypyc_attr

from gatekeeper.value import Value


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class PortId(Value):
    """An access line. ``text`` is for people, ``key`` is compared, ``qualifier`` is the access node of an unnamed form.

    An empty qualifier means either a form that names its node itself, or an order that did not say which node.
    ``short`` is the key under which a NAS that cuts long lines tells this one; "" = told whole, or by no such NAS.
    ``tags``: inner VLAN and PVC, compared where both tell them, "" = not told. ``also``: keys of the other octets that
    a person's spelling may mean. ``vague``: no line but what many have in common, a VLAN or an interface.
    """

    __slots__ = ("text", "key", "qualifier", "short", "tags", "also", "vague")

    def __init__(
        self,
        text: str,
        key: str,
        qualifier: str,
        short: str = "",
        tags: tuple[str, str] = ("", ""),
        also: tuple[str, ...] = (),
        vague: bool = False,
    ) -> None:
        self.text: Final = text
        self.key: Final = key
        self.qualifier: Final = qualifier
        self.short: Final = short
        self.tags: Final = tags
        self.also: Final = also
        self.vague: Final = vague

    def line(self) -> str:
        """What tells this line from all others, whichever equipment spells it."""
        key, (inner, pvc) = self.key, self.tags
        if inner or pvc:
            key = ":".join(part for part in (key, inner, pvc) if part)
        return f"{self.qualifier}|{key}" if self.qualifier else key

    def covers(self, seen: "PortId") -> bool:
        """True if a box bound to this port may be seen on that one."""
        if self.key == seen.key:
            if self.tags != seen.tags and any(
                one and two and one != two for one, two in zip(self.tags, seen.tags, strict=True)
            ):
                return False
            return not self.qualifier or self.qualifier == seen.qualifier
        if (self.also or seen.also) and not {self.key, *self.also}.isdisjoint((seen.key, *seen.also)):
            return not self.qualifier or self.qualifier == seen.qualifier
        # One of the two is cut. Two lines that are whole are never taken for each other: seen.short says that a NAS
        # which cuts has told that line, or would; and only a whole line has another short form than itself.
        if not seen.short or not (self.short == seen.key or self.key == seen.short):
            return False
        return not self.qualifier or not seen.qualifier or self.qualifier == seen.qualifier
