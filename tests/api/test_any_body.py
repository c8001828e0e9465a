"""Whatever JSON comes, to whatever route: an answer of ours, never a bug."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.policy.order_fields import KINDS, NAMES
from tests.api.client import MAC, TMF, Api

_TEXT = st.text(max_size=20)
_LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
_JSON = st.recursive(
    _LEAF, lambda one: st.lists(one, max_size=3) | st.dictionaries(_TEXT, one, max_size=3), max_leaves=8
)
_ORDER = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(KINDS), "account": st.sampled_from("AB"), "order": st.sampled_from("123"),
        "mac": st.just(MAC) | _TEXT, **dict.fromkeys(NAMES[5:], _LEAF),
    },
)  # fmt: skip
_CHARACTERISTIC = st.fixed_dictionaries({"name": st.sampled_from(NAMES), "value": _JSON})
_ITEM = st.fixed_dictionaries(
    {"id": st.sampled_from("12"), "action": st.sampled_from(["add", "modify", "delete", "noChange"])},
    optional={"service": st.fixed_dictionaries({}, optional={
        "id": st.sampled_from("AB"), "state": _TEXT,
        "serviceCharacteristic": st.lists(_CHARACTERISTIC, max_size=3),
    }) | _JSON},
)  # fmt: skip
_SERVICE_ORDER = st.fixed_dictionaries({"externalId": _TEXT, "serviceOrderItem": st.lists(_ITEM | _JSON, max_size=3)})


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One for all examples: orders build on each other."""
    folder: Path = tmp_path_factory.mktemp("api")
    made = Api(folder)
    yield made
    made.close()


@given(values=st.one_of(_ORDER, _JSON, st.lists(_ORDER | _JSON, max_size=5)))
def test_any_order(one: Api, values: object) -> None:
    """Applied or refused, and told in the shape that OpenAPI says."""
    answer = one.post("/api/v1/orders", values)
    assert answer.status_code in (200, 201, 207, 409, 422), answer.text
    for row in answer.json() if answer.status_code == 207 else [answer.json()]:
        assert row.get("status", 422) in (200, 201, 409, 422)


@given(values=_SERVICE_ORDER | _JSON)
def test_any_service_order(one: Api, values: object) -> None:
    """And what was taken can be read again by its id."""
    answer = one.post(TMF, values)
    assert answer.status_code in (200, 201, 409, 422), answer.text
    if answer.status_code in (200, 201):
        body = answer.json()
        assert (
            one.ask("GET", answer.headers["Location"], headers={"Authorization": f"Bearer {one.token}"}).json() == body
        )


@given(values=_JSON)
def test_any_event(one: Api, values: object) -> None:
    """Nobody's box registers."""
    assert one.post("/api/v1/events", values).status_code in (404, 422)


@given(key=_TEXT, value=_TEXT)
def test_any_question(one: Api, key: str, value: str) -> None:
    """In the query and in the path."""
    for path in ("bindings", "explain", "timeline", "whois"):
        assert one.get(f"/api/v1/{path}", **{key or "x": value}).status_code == 422
    for query in ({"mac": value}, {"port": value}, {"ip": value}, {"account": value}):
        assert one.get("/api/v1/leases", **query).status_code in (200, 422)
    assert one.get("/api/v1/timeline", key=value).status_code in (200, 422)
    assert one.get("/api/v1/explain", key=value).status_code in (200, 404, 422)
