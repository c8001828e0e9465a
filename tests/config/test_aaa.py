"""[dhcp.radius]: who is asked about boxes."""

from pathlib import Path

import pytest

from gatekeeper.book import AaaServer
from gatekeeper.wire.text import parse_ip
from tests.config.book import load_text

SERVER = '[[dhcp.radius.server]]\naddress = "192.0.2.9:1812"\nsecret = "a long upstream secret"\n'
ASKING = '[dhcp]\nauthorize = "radius"\n'


def test_the_orders_decide_by_default(tmp_path: Path) -> None:
    assert load_text(tmp_path, "[dhcp]\n").book.aaa is None


def test_a_section_that_is_not_used_is_a_note_and_no_error(tmp_path: Path) -> None:
    """It may be written before it is needed."""
    settings = load_text(tmp_path, '[dhcp]\nauthorize = "local"\n' + SERVER)
    assert settings.book.aaa is None
    assert any("[dhcp.radius] is read and not used" in note for note in settings.notes)


def test_profiles_by_plan_are_noted_where_aaa_decides(tmp_path: Path) -> None:
    """A plan comes with an order."""
    settings = load_text(tmp_path, ASKING + SERVER + '[[dhcp.profile]]\nplan = "gold"\n')
    assert [note for note in settings.notes if "[[dhcp.profile]] is not used" in note]


def test_the_defaults(tmp_path: Path) -> None:
    settings = load_text(tmp_path, ASKING + SERVER)
    aaa = settings.book.aaa
    assert aaa
    assert [(one.address, one.port, one.sealed_only) for one in aaa.servers] == [(parse_ip("192.0.2.9"), 1812, True)]
    assert isinstance(aaa.servers[0], AaaServer)
    assert [part.field for part in aaa.user_name] == ["mac"]
    assert (aaa.shared_password, aaa.timeout_s, aaa.tries, aaa.cache_s, aaa.hold_down_s) == (None, 1.0, 2, 30, 30)
    assert aaa.nas_identifier == "gatekeeper"
    assert [note for note in settings.notes if "[binding]" in note]


def test_servers_are_asked_in_the_sequence_of_the_file(tmp_path: Path) -> None:
    text = ASKING + SERVER.replace(".9", ".11") + SERVER.replace(".9", ".10")
    aaa = load_text(tmp_path, text).book.aaa
    assert aaa and [one.address & 0xFF for one in aaa.servers] == [11, 10]


@pytest.mark.parametrize(
    ("server", "told"),
    [(SERVER.replace("a long upstream secret", "testing123"), "short or well known"),
     (SERVER + "require_message_authenticator = false\n", "CVE-2024-3596")],
)  # fmt: skip
def test_a_server_that_can_be_forged_is_told_of(tmp_path: Path, server: str, told: str) -> None:
    assert any(told in note for note in load_text(tmp_path, ASKING + server).notes)


def test_no_secret_is_printed(tmp_path: Path) -> None:
    """Neither of the servers, nor the boxes' shared password."""
    text = ASKING + '[dhcp.radius]\nuser_name = "{option12}"\npassword = { shared = "the boxes own" }\n' + SERVER
    shown = repr(load_text(tmp_path, text))
    assert "upstream secret" not in shown and "boxes own" not in shown
