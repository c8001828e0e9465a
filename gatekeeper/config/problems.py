"""What is wrong with a configuration, collected."""

from gatekeeper.config.place import Path as KeyPath


class Problems:
    """``found``: what is wrong, and the keys that it concerns; the first one gives it its name. ``notes``: what is not
    wrong, and should be known."""

    def __init__(self) -> None:
        self.found: list[tuple[tuple[KeyPath, ...], str]] = []
        self.notes: list[str] = []

    def add(self, path: KeyPath, text: str, *beside: KeyPath) -> None:
        """beside: other keys that this one contradicts."""
        self.found.append(((path, *beside), text))
