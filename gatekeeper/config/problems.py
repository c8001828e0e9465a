"""What is wrong with a configuration, collected."""

from gatekeeper.config.place import Path as KeyPath


class Problems(list[tuple[tuple[KeyPath, ...], str]]):
    """What is wrong, and the keys that it concerns; the first one gives it its name."""

    def add(self, path: KeyPath, text: str, *beside: KeyPath) -> None:
        """beside: other keys that this one contradicts."""
        self.append(((path, *beside), text))
