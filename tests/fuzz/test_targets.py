"""The targets of ``python -m tests.fuzz``, without atheris: over their corpus, and over some hundred changes of it."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import ROOT, TARGETS


def _changed(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Each change: at this place (modulo the length) so many octets go and these come."""
    for at, gone, come in changes:
        place = at % (len(data) + 1)
        data = data[:place] + come + data[place + gone :]
    return data


_CHANGE = st.tuples(st.integers(0, 8000), st.integers(0, 4) | st.integers(0, 600), st.binary(max_size=6))
_CHANGES = st.lists(_CHANGE, min_size=1, max_size=5)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_keeps_its_laws_over_its_corpus(name: str) -> None:
    """Which is not empty, and most of which is read and not refused at once."""
    corpus = TARGETS[name].corpus()
    assert len(corpus) >= 8
    for data in corpus:
        TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_keeps_its_laws_over_changes_of_its_corpus(name: str) -> None:
    """Octets turned, put in, taken out and cut off; and noise."""
    seeds = st.sampled_from(TARGETS[name].corpus())

    @settings(max_examples=300)
    @given(data=st.builds(_changed, seeds, _CHANGES) | st.binary(max_size=300))
    def runs(data: bytes) -> None:
        TARGETS[name].run(data)

    runs()


@pytest.mark.parametrize("arguments", [(), ("no-such-reader",)])
def test_the_command_says_how_it_is_called_or_what_it_lacks(arguments: tuple[str, ...]) -> None:
    """One line, with atheris or without."""
    command = [sys.executable, "-m", "tests.fuzz", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "pip install 'gatekeeper[fuzz]'" in done.stderr or "dhcp|radius|line|capture|orders" in done.stderr
