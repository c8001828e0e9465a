"""The API's token file."""

from pathlib import Path
from typing import Final

_SHORT: Final = 16


class TokenError(Exception):
    """The token cannot be read: why, and what to do."""


def read_token(file: Path) -> bytes:
    """The first line. Raises TokenError."""
    if file.is_dir():
        raise TokenError(f"{file} is a folder: name a file, which serve makes where it is absent")
    try:
        token = file.read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise TokenError(f"{file}: {error.strerror}: serve makes it where it is absent") from None
    if len(token) < _SHORT:
        raise TokenError(f"{file} holds no token of at least {_SHORT} characters: remove it, and serve makes one")
    return token
