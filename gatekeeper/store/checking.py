"""What is asked of a store by who looks for damage. It is part of what every adapter fulfils: see ``store.ports``."""

from typing import Protocol


class SoundnessPort(Protocol):
    """Who looks for damage while others serve."""

    def check_quickly(self) -> bool:
        """Look for damage that can be seen at once. True: that was all of the store."""

    def parts_to_check(self) -> list[str]:
        """Names of parts that can be checked one by one; together they are all of it."""

    def check_part(self, name: str) -> None:
        """Look for damage in one part, however long that takes."""

    def interrupt(self) -> None:
        """From another thread: end what is asked just now."""

    def close(self) -> None: ...
