"""Command line and HTTP ask one office: what is not done is the same, in the words of each."""

from pathlib import Path

import pytest

from tests.api.client import MAC, Api
from tests.cli.terminal import Terminal

CODES = {2: 422, 4: 404, 5: 409}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """One account, whose port was ordered."""
    made = Api(tmp_path)
    made.order("1", mac=MAC, port="ge 1/0/7")
    return made


def test_what_is_not_done_is_told_alike_at_both_doors(api: Api, tmp_path: Path) -> None:
    """Exit code 2 is 422, 4 is 404 and 5 is 409, with the same detail."""
    asked: dict[tuple[str, ...], tuple[int, str, str, dict[str, str]]] = {
        ("clear", "session", "absent"): (4, "DELETE", "sessions/absent", {}),
        ("clear", "lease", "10.20.1.9"): (4, "DELETE", "leases/10.20.1.9", {}),
        ("clear", "lease", "10.20.1.256"): (2, "DELETE", "leases/10.20.1.256", {}),
        ("clear", "port-binding", "absent"): (4, "DELETE", "port-bindings/absent", {}),
        ("clear", "port-binding", "A"): (5, "DELETE", "port-bindings/A", {}),
        ("whois", "10.20.1.9"): (4, "GET", "whois", {"ip": "10.20.1.9"}),
        ("whois", "10.20.1.9", "--at", "1h"): (4, "GET", "whois", {"ip": "10.20.1.9", "at": "1h"}),
        ("whois", "10.20.1"): (2, "GET", "whois", {"ip": "10.20.1"}),
        ("whois", "10.20.1.9", "--at", "soon"): (2, "GET", "whois", {"ip": "10.20.1.9", "at": "soon"}),
        ("timeline", "A", "--since", "soon"): (2, "GET", "timeline", {"key": "A", "since": "soon"}),
        ("explain", "nonsense"): (4, "GET", "explain", {"key": "nonsense"}),
        ("explain", ""): (2, "GET", "explain", {"key": ""}),
        ("explain", MAC, "--nas", "absent"): (4, "GET", "explain", {"mac": MAC, "nas": "absent"}),
        ("show", "boxes", "--mac", "nonsense"): (2, "GET", "boxes", {"mac": "nonsense"}),
        ("show", "leases", "--ip", "10.20.1"): (2, "GET", "leases", {"ip": "10.20.1"}),
    }
    said = Terminal(tmp_path, api.file.read_text()).run_all(list(asked))
    for arguments, (code, method, path, query) in asked.items():
        there, headers = said[arguments], {"Authorization": f"Bearer {api.token}"}
        here = api.ask(method, f"/api/v1/{path}", params=query, headers=headers)
        assert (there.code, there.out) == (code, ""), arguments
        assert here.status_code == CODES[code], arguments
        assert there.err.startswith(f"gatekeeper: {here.json()['detail']}"), arguments


def test_a_connection_by_which_something_was_not_found_is_used_again(api: Api) -> None:
    """One that met an error of another kind is not."""
    with api.backing.store() as first:
        pass
    assert api.delete("/api/v1/leases/10.20.1.9").status_code == 404
    with pytest.raises(ZeroDivisionError), api.backing.store() as again:
        assert again is first
        raise ZeroDivisionError
    with api.backing.store() as other:
        assert other is not first
