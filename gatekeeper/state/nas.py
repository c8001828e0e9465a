"""What each RADIUS client sends, counted until the driver takes it to the store."""

from typing import NamedTuple


class NasSeen(NamedTuple):
    """What one client sent since the last time. unsealed_from: the last address without Message-Authenticator."""

    name: str
    requests: int
    accepts: int
    rejects: int
    sealed: int
    unsealed: int
    unsealed_from: str
    last_seen: int
