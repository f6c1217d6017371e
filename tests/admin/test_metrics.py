"""What Prometheus gets to see, if it may."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lictor.db.ids import uuid7
from tests.databases import settings_for
from tests.events.sender import life_of
from tests.serving import client_of


@pytest.fixture
async def measured(database_url):
    plain = settings_for(database_url)
    server = plain.server.model_copy(update={"metrics_enabled": True})
    async with client_of(plain.model_copy(update={"server": server})) as client:
        yield client


async def figures_of(api):
    reply = await api.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(value for key, value in sorted(sample.labels.items()) if key != "process")): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


async def test_events_and_requests_are_counted(measured):
    await measured.post("/events", json=[*life_of(uuid7()), *life_of(uuid7())])
    await measured.get(f"/task_runs/{uuid7()}")
    await measured.get("/no/such/path")
    found = await figures_of(measured)
    assert found["lictor_events_received_total",] == 6
    assert found["lictor_events_committed_total",] == 6
    assert found["lictor_events_refused_total",] == 0
    assert found["lictor_events_waiting",] == 0
    assert found["lictor_event_batch_size_bucket", "10.0"] == 1
    assert found["lictor_event_batch_size_sum",] == 6
    assert found["lictor_event_commit_seconds_count",] == 1
    assert found["lictor_connections_in_use", "write"] == 0
    assert found["lictor_request_seconds_count", "GET", "/task_runs/{id:uuid}", "404"] == 1
    assert found["lictor_request_seconds_count", "GET", "none", "404"] == 1


async def test_nobody_sees_them_unless_a_setting_says_so(api):
    assert (await api.get("/metrics")).status_code == 404
