"""show nas: what it says of secrets, and of sources that are no client."""

from pathlib import Path

import pytest

from gatekeeper.config.load import load_file
from gatekeeper.report.nas import nas_rows
from gatekeeper.report.table import Row
from tests.engine.bench import CONFIG

AT = 1_800_000_000  # 2027-01-15T08:00:00Z
WIDE = '[[radius.client]]\nname = "wide"\nipaddr = "198.51.100.0/24"\nsecret = "other"\n'


def shown(source: str, name: str, reason: str, port: str = "authentication", times: int = 1, after: int = 0) -> Row:
    """A row of the store."""
    first, last = AT + after, AT + after + 9
    return {"source": source, "port": port, "name": name, "reason": reason, "times": times, "first_seen": first,
            "last_seen": last}  # fmt: skip


def rows(folder: Path, *secrets: Row, sealed: int = 0) -> dict[str, Row]:
    """By address."""
    file = folder / "gatekeeper.toml"
    file.write_text(CONFIG + WIDE, encoding="utf-8")
    seen: list[Row] = [{"name": "h3c1", "sealed": sealed, "requests": sealed}]
    return {str(row["ipaddr"]): row for row in nas_rows(load_file(file).book.clients, seen, secrets)}


@pytest.mark.parametrize(
    ("secrets", "told", "source"),
    [
        ([], "", ""),
        ([("192.0.2.1", "bras1", "")], "right", ""),
        ([("192.0.2.1", "bras1", "BAD_AUTHENTICATOR")], "wrong for authentication since 2027-01-15T08:00:00Z, 1 times",
         "192.0.2.1"),
        ([("192.0.2.1", "bras1", "BAD_AUTHENTICATOR", "accounting", 4), ("192.0.2.1", "bras1", "")],
         "wrong for accounting since 2027-01-15T08:00:00Z, 4 times", "192.0.2.1"),
        ([("192.0.2.1", "bras1", "BAD_AUTHENTICATOR", "accounting", 4, 60),
          ("192.0.2.1", "bras1", "BAD_AUTHENTICATOR", "authentication", 3)],
         "wrong since 2027-01-15T08:00:00Z, 7 times", "192.0.2.1"),
        ([("192.0.2.1", "bras1", "BAD_PASSWORD", "authentication", 2)],
         "perhaps wrong for authentication since 2027-01-15T08:00:00Z, 2 times", "192.0.2.1"),
    ],
    ids=["nothing heard", "right", "wrong", "one of two", "both", "a hint"],
)  # fmt: skip
def test_what_is_known_of_a_secret(tmp_path: Path, secrets: list[tuple[str, ...]], told: str, source: str) -> None:
    """Since when, how often, from where; what is wrong says more than what is right."""
    row = rows(tmp_path, *(shown(*one) for one in secrets))["192.0.2.1/32"]
    assert (row["secret"], row["secret_from"]) == (told, source)


def test_a_seal_that_was_right_says_that_the_secret_is(tmp_path: Path) -> None:
    """Also of a store that knows nothing more of it."""
    assert rows(tmp_path, sealed=3)["192.0.2.2/32"]["secret"] == "right"


def test_a_network_of_clients_names_those_that_have_another_secret(tmp_path: Path) -> None:
    """The last ones, and how many more."""
    wrong = [shown(f"198.51.100.{number}", "wide", "BAD_AUTHENTICATOR") for number in range(1, 6)]
    row = rows(tmp_path, *wrong, shown("198.51.100.9", "wide", ""))["198.51.100.0/24"]
    assert row["secret"] == "wrong for authentication since 2027-01-15T08:00:00Z, 5 times"
    assert row["secret_from"] == "198.51.100.1 198.51.100.2 198.51.100.3 and 2 more"


def test_a_source_that_is_no_client_has_a_row_until_it_is_one(tmp_path: Path) -> None:
    """Behind the clients; at most so many of them, whatever is forged."""
    strangers = [shown(f"203.0.113.{number}", "", "UNKNOWN_NAS", times=2) for number in range(200)]
    found = rows(tmp_path, shown("192.0.2.3", "", "UNKNOWN_NAS"), *strangers)
    assert found["192.0.2.3/32"]["name"] == "mt1"
    assert list(found)[4:] == [f"203.0.113.{number}/32" for number in range(32)]
    row = found["203.0.113.0/32"]
    assert (row["name"], row["last_seen"]) == ("", AT + 9)
    assert row["secret"] == "no [[radius.client]] has this address: since 2027-01-15T08:00:00Z, 2 times"
    assert row.keys() == found["192.0.2.1/32"].keys()
