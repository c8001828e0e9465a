"""``python -m gatekeeper.api CONFIG LISTENER READY STORE``: started by serve, not by people."""

import sys
from pathlib import Path

from gatekeeper.api.process import serve
from gatekeeper.config import ConfigError
from gatekeeper.config.token import TokenError

if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    except (ConfigError, TokenError) as error:
        sys.exit(f"api: {error}")
