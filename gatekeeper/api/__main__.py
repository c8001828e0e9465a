"""``python -m gatekeeper.api CONFIG LISTENER READY STORE``: started by serve, not by people."""

import sys
from pathlib import Path

from gatekeeper.api.process import serve
from gatekeeper.config import ConfigError
from gatekeeper.config.token import TokenError
from gatekeeper.drivers.capabilities import die_with_parent, give_up_all
from gatekeeper.store.opening import path_of

if __name__ == "__main__":
    try:
        give_up_all(Path(path_of(sys.argv[4], Path(sys.argv[1]).resolve().parent)))
        die_with_parent()
        serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    except (ConfigError, TokenError) as error:
        sys.exit(f"api: {error}")
