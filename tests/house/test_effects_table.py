"""Effects are a table: a kind without a row, or a verb without a writer, is found here and not at night."""

from typing import get_args

import pytest

from gatekeeper.model import Effect
from gatekeeper.state.effects import EFFECTS
from gatekeeper.store.sqlite.batch import WRITERS

# Each adapter's table of writers.
ADAPTERS = {"sqlite": WRITERS}


def test_every_kind_of_effect_has_a_row() -> None:
    """And there is no row without a kind."""
    assert set(EFFECTS) == set(get_args(Effect))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_store_has_a_writer_for_every_verb(adapter: str) -> None:
    """And none that no effect asks for."""
    assert set(ADAPTERS[adapter]) == {row.verb for row in EFFECTS.values()}


def test_a_verb_is_one_kind_of_effect() -> None:
    """But for "", which stands for nothing on disk: such an effect has nothing to settle, to lose or to tell."""
    verbs = [row.verb for row in EFFECTS.values() if row.verb]
    assert len(verbs) == len(set(verbs))
    plain = EFFECTS[next(kind for kind, row in EFFECTS.items() if not row.verb)]
    for row in EFFECTS.values():
        if not row.verb:
            assert row == plain._replace(apply=row.apply)
