"""What can be asked of events: the database and the server's memory give the same answer."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.events import queries
from lictor.events.filters import EventFilter
from lictor.events.rows import StoredEvent
from tests.make import NOON

WORDS = ["flow", "Flow", "flow-run", "flow_run", "fl*w", "f[lo]w", "50%", "back\\slash", "a b", "!no", "x", "ü", ""]
NAMES = ["prefect.flow.name", "name", 'quo"te', "$.x", "0", "prefect.resource.role"]

words = st.sampled_from(WORDS)
patterns = st.sampled_from(
    [*WORDS, "*", "?", "!*", "!flow", "flow*", "*w", "fl?w", "!fl?w*", "f[lo]w*", "!", "back\\*"]
)
labels = st.dictionaries(st.sampled_from(NAMES), words, max_size=3)
ids = st.sampled_from([word for word in WORDS if word])
given_labels = st.dictionaries(
    st.sampled_from([*NAMES, "prefect.resource.id"]), patterns | st.lists(patterns, max_size=3), max_size=3
)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(values, max_size=3)


resource_filters = st.fixed_dictionaries(
    {}, optional={"id": some(ids), "id_prefix": some(words), "labels": st.none() | given_labels}
)
related_filters = st.fixed_dictionaries(
    {},
    optional={
        "id": some(ids),
        "role": some(words),
        "resources_in_roles": some(st.tuples(ids, ids).map(list)),
        "labels": st.none() | given_labels,
    },
)
filters = st.fixed_dictionaries(
    {
        "occurred": st.fixed_dictionaries(
            {},
            optional={
                "since": st.integers(-2, 2).map(lambda hours: (NOON + timedelta(hours=hours)).isoformat()),
                "until": st.integers(-2, 2).map(lambda hours: (NOON + timedelta(hours=hours)).isoformat()),
            },
        ).map(lambda given: {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"} | given)
    },
    optional={
        "event": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("prefix", "exclude_prefix", "name", "exclude_name"), some(words))
        ),
        "resource": resource_filters,
        "related": related_filters | st.lists(related_filters, max_size=2),
        "any_resource": resource_filters | st.lists(resource_filters, max_size=2),
        "text": st.fixed_dictionaries(
            {
                "query": st.lists(st.tuples(st.sampled_from(["", "-", "+"]), words).map("".join), max_size=3).map(
                    " ".join
                )
            }
        ),
    },
)


def event_of(number: int, name: str, about: str, own: dict[str, str], related: list[Any]) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "occurred": (NOON + timedelta(minutes=30 * number - 90)).isoformat(),
        "event": name,
        "resource": {**own, "prefect.resource.id": about},
        "related": [{**found, "prefect.resource.id": id, "prefect.resource.role": role} for id, role, found in related],
        "payload": {"said": own},
    }


events = st.lists(
    st.tuples(words, ids, labels, st.lists(st.tuples(ids, ids, labels), max_size=2)), min_size=1, max_size=6
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events, st.lists(filters, min_size=5, max_size=15))
async def test_database_and_memory_agree(api: Any, db: Database, told: Any, asked: list[dict[str, Any]]) -> None:
    mine = [event_of(number, *parts) for number, parts in enumerate(told)]
    reply = await api.post("/events", json=mine)
    assert reply.status_code == 204, reply.text
    only = {"id": [event["id"] for event in mine]}
    everything = EventFilter.model_validate({"id": only, "occurred": {"since": "2020-01-01", "until": "2100-01-01"}})
    stored = [StoredEvent.of(row) for row in await db.read.all(queries.event_page(everything, 50))]
    assert len(stored) == len(mine)
    for each in asked:
        wanted = EventFilter.model_validate(each | {"id": only})
        found = {row.id for row in await db.read.all(queries.event_page(wanted, 50))}
        matching = {event.id for event in stored if wanted.predicate().holds(event)}
        assert found == matching, orjson.dumps(each)


LABELS = {"name": "etl", "env": "prod"}
FLOW = {"prefect.resource.id": "flow.1", "prefect.resource.role": "flow", "name": "etl"}
TAG = {"prefect.resource.id": "tag.a", "prefect.resource.role": "tag"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({}, "abc", id="nothing asked"),
        pytest.param({"event": {"prefix": ["run."]}}, "ab", id="prefix"),
        pytest.param({"event": {"prefix": ["RUN."]}}, "", id="prefixes keep to case"),
        pytest.param({"event": {"prefix": ["r_n", "%"]}}, "", id="prefixes have no wildcards"),
        pytest.param({"event": {"name": ["run.start"], "exclude_prefix": ["x"]}}, "a", id="name"),
        pytest.param({"event": {"exclude_name": ["run.start"]}}, "bc", id="other names"),
        pytest.param({"event": {"name": [], "prefix": []}}, "abc", id="empty lists ask nothing"),
        pytest.param({"resource": {"id": ["run.1"]}}, "ab", id="resource"),
        pytest.param({"resource": {"id_prefix": ["flow"]}}, "c", id="resource by prefix"),
        pytest.param({"resource": {"labels": {"env": ["p*"], "name": "etl"}}}, "a", id="labels"),
        pytest.param({"resource": {"labels": {"env": "!prod"}}}, "b", id="what a label is not"),
        pytest.param({"resource": {"labels": {"nothing": "!x"}}}, "", id="a label that is not there"),
        pytest.param({"resource": {"labels": {"env": []}}}, "", id="no pattern"),
        pytest.param({"resource": {"labels": {"prefect.resource.id": []}}}, "", id="no pattern for the id"),
        pytest.param({"related": {"labels": {"prefect.resource.role": []}}}, "", id="no pattern for the role"),
        pytest.param({"resource": {"labels": {"prefect.resource.id": [""]}}}, "", id="an empty pattern for the id"),
        pytest.param({"related": {"role": ["tag"]}}, "b", id="related"),
        pytest.param({"related": {"id": ["flow.1"], "role": ["tag"]}}, "", id="one related resource for all"),
        pytest.param({"related": [{"id": ["flow.1"]}, {"role": ["tag"]}]}, "b", id="two related resources"),
        pytest.param({"related": {"resources_in_roles": [["flow.1", "flow"], ["x", "y"]]}}, "ab", id="in roles"),
        pytest.param({"related": {"labels": {"prefect.resource.role": "fl*"}}}, "ab", id="a role as a label"),
        pytest.param({"any_resource": {"id": ["flow.1"]}}, "abc", id="any resource"),
        pytest.param({"any_resource": [{"id_prefix": ["flow"]}, {"id_prefix": ["run"]}]}, "ab", id="two of any"),
        pytest.param({"text": {"query": "PRODUCT"}}, "c", id="text of the payload"),
        pytest.param({"text": {"query": "+etl -tag.a"}}, "a", id="words that must and may not be there"),
        pytest.param({"text": {"query": " "}}, "abc", id="a blank text asks nothing"),
    ],
)
async def test_list_events(api, asked, found):
    events = {
        "a": event_of(0, "run.start", "run.1", LABELS, [("flow.1", "flow", {"name": "etl"})]),
        "b": event_of(1, "run.end", "run.1", {"env": "dev"}, []) | {"related": [FLOW, TAG]},
        "c": event_of(2, "flow.made", "flow.1", {}, []) | {"payload": {"makes": "products"}},
    }
    await api.post("/events", json=list(events.values()))
    reply = await api.post("/events/filter", json={"filter": {**asked, "occurred": EVER, "order": "ASC"}})
    assert reply.status_code == 200, reply.text
    names = {event["id"]: name for name, event in events.items()}
    assert "".join(names[event["id"]] for event in reply.json()["events"]) == found
    assert reply.json()["total"] == len(found)


EVER = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
