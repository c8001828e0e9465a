"""A good file becomes a Policybook; which file is used; and what a Policybook must not print."""

from pathlib import Path

import pytest

from gatekeeper.config import ConfigError
from gatekeeper.config.load import find_config, load
from tests.config.book import load_text
from tests.engine.bench import CONFIG

CONTRACT = """
[store]
url = "sqlite:gatekeeper.db"

[acs]
url = "http://itms.example.net:7547/acs"
provisioning_code = "SC.IPTV.01"
retry_minimum_wait_s = 5
retry_multiplier = 2000
encoding = "tr069"
force = true

[dhcp]
interfaces = ["eth0.100"]
listen = ["10.20.0.2:67"]
server_id = "10.20.0.2"

[[dhcp.subnet]]
network = "10.20.0.0/16"
pools = ["10.20.1.0-10.20.255.250"]
routers = ["10.20.0.1"]
dns = ["10.20.0.53", "10.20.0.54"]
lease_s = 3600
options = { 42 = "10.20.0.1", domain-name = "itv.example.net" }

[radius]
listen_auth = ["0.0.0.0:1812"]
listen_acct = ["0.0.0.0:1813"]

[[radius.client]]
name = "bras1"
ipaddr = "192.0.2.0/24"
secret = "testing123"
require_message_authenticator = "auto"
limit_proxy_state = "auto"
nas = "huawei"
coa_port = 3799
mac_password = "mac"

[binding]
port = "learn"
boxes_per_account = 2
boxes_per_port = 4

[limits]
per_mac_per_s = 5
per_port_per_s = 50
per_nas_per_s = 20000

[api]
listen = "127.0.0.1:8067"
token_file = "api.token"
"""


def test_the_contracts_own_example_is_a_good_configuration(tmp_path: Path) -> None:
    """Contract 2, but for the dictionaries' folder."""
    settings = load_text(tmp_path, CONTRACT)
    book = settings.book
    subnet, nas = book.subnets[0], book.clients[0]
    assert (settings.interfaces, settings.folder) == (("eth0.100",), tmp_path.resolve())
    assert (subnet.text, subnet.lease_s, [code for code, _ in subnet.options]) == (
        "10.20.0.0/16",
        3600,
        [1, 3, 6, 42, 15],
    )
    assert (nas.name, nas.dialect, nas.kilobit, nas.password, len(nas.rates)) == ("bras1", "huawei", 1000, "mac", 4)
    assert book.acs is not None
    assert (book.acs.encoding, book.acs.forced, book.acs.info.retry_multiplier) == ("tr069", True, 2000)


def test_an_empty_file_is_a_good_configuration(tmp_path: Path) -> None:
    """Every key has a default; keys that are read and not yet in force are noted, not here."""
    settings = load_text(tmp_path, "")
    assert (settings.store_url, settings.notes, settings.book.acs) == ("sqlite:gatekeeper.db", (), None)


@pytest.mark.parametrize(
    ("value", "expected"), [("true", "yes"), ("false", "no"), ('"auto"', "auto"), ('"yes"', "yes")]
)
def test_yes_and_no_may_be_true_and_false(tmp_path: Path, value: str, expected: str) -> None:
    """As FreeRADIUS takes them."""
    text = CONFIG.replace('nas = "huawei"', f"require_message_authenticator = {value}")
    nas = next(nas for nas in load_text(tmp_path, text).book.clients if nas.name == "bras1")
    assert nas.require_seal == expected


def test_clients_are_sorted_by_the_length_of_their_prefix(tmp_path: Path) -> None:
    """Longest first, whatever the sequence of the file."""
    client = '[[radius.client]]\nname = "{0}"\nipaddr = "{1}"\nsecret = "s"\n'
    text = "".join(client.format(*pair) for pair in (("a", "0.0.0.0/0"), ("b", "192.0.2.1"), ("c", "192.0.2.0/24")))
    book = load_text(tmp_path, text).book
    assert [nas.name for nas in book.clients] == ["b", "c", "a"]
    found = [book.nas_of(address) for address in (0xC0000201, 0xC0000202, 0x01010101)]
    assert [nas and nas.name for nas in found] == ["b", "c", "a"]


def test_the_file_is_looked_for_in_four_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-c, $GATEKEEPER_CONFIG, ./gatekeeper.toml; the last is /etc/gatekeeper."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATEKEEPER_CONFIG", raising=False)
    with pytest.raises(ConfigError, match=r"gatekeeper\.toml, /etc/gatekeeper/gatekeeper\.toml: no such file"):
        load(None)
    for name in ("gatekeeper.toml", "env.toml", "given.toml"):
        (tmp_path / name).touch()
    assert find_config(None) == Path("gatekeeper.toml")
    monkeypatch.setenv("GATEKEEPER_CONFIG", str(tmp_path / "env.toml"))
    assert find_config(None) == tmp_path / "env.toml"
    assert find_config("given.toml") == Path("given.toml")


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_named_file_that_is_absent_is_not_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """An operator's typing error must not serve another configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gatekeeper.toml").touch()
    monkeypatch.setenv("GATEKEEPER_CONFIG", "absent.toml" if by == "environment" else "gatekeeper.toml")
    with pytest.raises(ConfigError, match=r"absent\.toml: no such file"):
        find_config("absent.toml" if by == "argument" else None)


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    """One problem, without a line."""
    file = tmp_path / "gatekeeper.toml"
    file.write_bytes("# 机顶盒\n".encode("gbk"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(file))


def test_relative_dictionaries_start_from_the_configurations_folder(tmp_path: Path) -> None:
    """Contract 2."""
    from gatekeeper.config.dictionary import shipped_folder

    (tmp_path / "mine").symlink_to(shipped_folder())
    settings = load_text(tmp_path, CONFIG.replace("[radius]", '[radius]\ndictionaries = "mine"', 1))
    assert len(settings.book.clients) == 3


def test_a_folder_of_ones_own_adds_to_the_shipped_dictionaries(tmp_path: Path) -> None:
    """A vendor of one's own is two lines and a rates key."""
    (tmp_path / "mine").mkdir()
    vendor = "VENDOR Acme 99999\nBEGIN-VENDOR Acme\nATTRIBUTE Acme-Down 7 integer\nEND-VENDOR Acme\n"
    (tmp_path / "mine" / "dictionary").write_text(vendor)
    keys = 'nas = "cisco"\nrates = { "Acme-Down" = "{down_kbps}", "Filter-Id" = "{account}" }'
    text = CONFIG.replace("[radius]", '[radius]\ndictionaries = "mine"', 1).replace('nas = "huawei"', keys)
    nas = next(nas for nas in load_text(tmp_path, text).book.clients if nas.name == "bras1")
    assert [(row.code.vendor, row.code.code, row.code.kind) for row in nas.rates] == [
        (99999, 7, "integer"),
        (0, 11, "string"),
    ]
    assert nas.per_box


def test_a_shared_secret_is_never_printed(tmp_path: Path) -> None:
    """Design 11, for the whole Policybook."""
    assert "testing123" not in repr(load_text(tmp_path, CONFIG))


def test_no_password_is_ever_printed(tmp_path: Path) -> None:
    """Design 11: secrets never printed."""
    text = CONFIG.replace('nas = "huawei"', 'mac_password = { shared = "hush1" }')
    text = text.replace("[acs]", '[acs]\nusername = "u"\npassword = "hush2"', 1)
    assert "hush" not in repr(load_text(tmp_path, text))


def test_a_wrong_secret_is_not_told_in_the_error(tmp_path: Path) -> None:
    """Errors are pasted into tickets."""
    with pytest.raises(ConfigError) as refused:
        load_text(tmp_path, CONFIG.replace('secret = "testing123"', f'secret = "{"hush" * 40}"'))
    assert "hush" not in str(refused.value)


CLIENT = '[[radius.client]]\nname = "a"\nipaddr = "192.0.2.1"\nsecret = "a long random one"\n'


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        ("", ""),
        ('limit_proxy_state = "auto"\nrequire_message_authenticator = "no"\n', ""),
        ("send_message_authenticator = false\n", "send_message_authenticator = false lets answers be forged"),
        ('limit_proxy_state = "no"\n', 'limit_proxy_state = "no" lets an Access-Accept be forged'),
        ('limit_proxy_state = "no"\nrequire_message_authenticator = "yes"\n', ""),
    ],
)
def test_cve_2024_3596_a_client_that_is_let_off_is_noted(tmp_path: Path, keys: str, note: str) -> None:
    """Not an error: old NASes exist; but somebody must know."""
    settings = load_text(tmp_path, CLIENT + keys)
    assert [told.partition(": ")[2][: len(note)] for told in settings.notes] == ([note] if note else [])
    assert settings.book.clients[0].seals is ("send" not in keys)
