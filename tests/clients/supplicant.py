"""A box that speaks EAP, and the NAS in front of it: wpa_supplicant's eapol_test, run beside the gate."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.clients.net import Space
from tests.clients.worlds import BRAS

_CODE = re.compile(r"^RADIUS message: code=(\d+)", re.MULTILINE)
_NETWORK = """\
network={{
  key_mgmt=IEEE8021X
  eap={method}
  identity="{identity}"
  password="{password}"
  phase2="auth=MSCHAPV2"
}}
"""


class Tried(NamedTuple):
    """let_in: the EAP exchange ended in Success, and RADIUS in Access-Accept; codes: RADIUS codes received, in turn."""

    let_in: bool
    codes: list[int]
    text: str


def eapol_test(
    space: Space, folder: Path, mac: str, *, method: str = "MD5", identity: str = "", password: str = "",
    secret: str = "testing123", timeout_s: int = 5,
) -> Tried:  # fmt: skip
    """One exchange. mac goes into Calling-Station-Id; identity and password: else the MAC, 12 digits."""
    bare = mac.replace(":", "")
    file = folder / f"eap-{method}.conf"
    file.write_text(_NETWORK.format(method=method, identity=identity or bare, password=password or bare))
    words = f"eapol_test -c {file} -a 192.0.2.1 -p 1812 -s {secret} -A {BRAS} -M {mac} -t {timeout_s} -n -r 0"
    done = space.run(*words.split(), timeout_s=timeout_s + 15, check=False)
    text = done.stdout + done.stderr
    codes = [int(code) for code in _CODE.findall(text)]
    return Tried(done.returncode == 0, [code for code in codes if code != 1], text)
