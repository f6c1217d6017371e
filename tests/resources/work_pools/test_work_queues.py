"""The API of work queues, and queues that are made as deployments ask for them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lictor.db.base import utc_now
from lictor.resources.work_pools.queries import POOL_OF_AGENTS
from lictor.resources.work_pools.schemas import WorkQueueResponse
from lictor.validation.fields import MAX_INTEGER
from tests.make import Make
from tests.replies import JSON, NOBODY, locations
from tests.resources.work_pools.pools import TEMPLATE, pool

QUEUES = "/work_pools/pool/queues"


async def queue(api: httpx.AsyncClient, name: str, **asked: Any) -> JSON:
    reply = await api.post(QUEUES, json={"name": name, **asked})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def order(api: httpx.AsyncClient, pool: str = "pool") -> list[tuple[str, int]]:
    queues = (await api.post(f"/work_pools/{pool}/queues/filter")).json()
    return [(each["name"], each["priority"]) for each in queues]


async def test_a_queue_of_defaults(api: httpx.AsyncClient) -> None:
    made_pool = await pool(api)
    made = await queue(api, "q")
    assert [*made] == [*WorkQueueResponse.model_fields]
    assert (made["priority"], made["description"], made["is_paused"], made["status"]) == (2, "", False, "NOT_READY")
    assert (made["work_pool_id"], made["work_pool_name"]) == (made_pool["id"], "pool")
    assert made["concurrency_limit"] is made["active_slots"] is made["last_polled"] is made["filter"] is None
    assert (await api.get(f"{QUEUES}/q")).json() == made


async def test_what_is_given_is_kept(api: httpx.AsyncClient) -> None:
    await pool(api)
    given: JSON = {
        "description": "d",
        "is_paused": True,
        "concurrency_limit": 2,
        "priority": 7,
        "filter": {"tags": ["a"], "deployment_ids": [NOBODY]},
    }
    made = await queue(api, "q", **given)
    assert made.items() >= given.items()
    assert made["active_slots"] == 0
    assert (await queue(api, "r", description=None))["description"] == ""


async def test_priorities(api: httpx.AsyncClient) -> None:
    await pool(api)
    for name, asked in (("a", None), ("b", 1), ("c", 10), ("d", None), ("e", 10), ("f", 3)):
        await queue(api, name, priority=asked)
    expected = [("b", 1), ("default", 2), ("f", 3), ("a", 4), ("d", 5), ("e", 10), ("c", 11)]
    assert await order(api) == expected
    for name, priority, expected in (
        ("c", 1, [("c", 1), ("b", 2), ("default", 3), ("f", 4), ("a", 5), ("d", 6), ("e", 10)]),
        ("c", 1, [("c", 1), ("b", 2), ("default", 3), ("f", 4), ("a", 5), ("d", 6), ("e", 10)]),
        ("c", 100, [("b", 2), ("default", 3), ("f", 4), ("a", 5), ("d", 6), ("e", 10), ("c", 100)]),
    ):
        assert (await api.patch(f"{QUEUES}/{name}", json={"priority": priority})).status_code == 204
        assert await order(api) == expected
    assert (await queue(api, "g"))["priority"] == 1


async def test_the_last_place_can_be_taken_once(api: httpx.AsyncClient) -> None:
    await pool(api)
    await queue(api, "last", priority=MAX_INTEGER)
    reply = await api.post(QUEUES, json={"name": "later", "priority": MAX_INTEGER})
    assert reply.status_code == 422
    assert "no room" in reply.json()["detail"]
    assert await order(api) == [("default", 1), ("last", MAX_INTEGER)]


async def test_queues_made_at_once_have_places_of_their_own(api: httpx.AsyncClient) -> None:
    await pool(api)
    names = [f"q{number}" for number in range(6)]
    replies = await asyncio.gather(*(api.post(QUEUES, json={"name": name}) for name in names * 2))
    assert sorted(reply.status_code for reply in replies) == [201] * 6 + [409] * 6
    assert sorted(priority for _, priority in await order(api)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("asked", "culprit"),
    [
        ({"name": "a/b"}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": None}, ["name"]),
        ({"priority": 0}, ["priority"]),
        ({"priority": MAX_INTEGER + 1}, ["priority"]),
        ({"concurrency_limit": -1}, ["concurrency_limit"]),
        ({"filter": {"deployment_ids": ["x"]}}, ["filter", "deployment_ids", 0]),
        ({"other": 1}, ["other"]),
    ],
)
async def test_bad_queues_are_refused_by_name(api: httpx.AsyncClient, asked: JSON, culprit: list[Any]) -> None:
    await pool(api)
    assert locations(await api.post(QUEUES, json={"name": "q", **asked})) == [["body", *culprit]]
    assert await order(api) == [("default", 1)]


async def test_names_differ_within_a_pool(api: httpx.AsyncClient) -> None:
    await pool(api)
    await pool(api, "other")
    await queue(api, "q")
    taken = {"detail": "A work queue with this name already exists in work pool 'pool'."}
    for reply in (
        await api.post(QUEUES, json={"name": "q"}),
        await api.patch(f"{QUEUES}/q", json={"name": "default"}),
    ):
        assert (reply.status_code, reply.json()) == (409, taken)
    assert (await api.post("/work_pools/other/queues", json={"name": "q"})).status_code == 201


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"name": "renamed"},
        {"name": "q"},
        {"description": "new"},
        {"concurrency_limit": 3, "active_slots": 0},
        {"filter": {"tags": ["z"], "deployment_ids": None}},
        {"filter": None},
        {"last_polled": "2026-01-01T00:00:00Z"},
        {"is_paused": True, "status": "PAUSED"},
    ],
    ids=str,
)
async def test_only_what_is_asked_changes(api: httpx.AsyncClient, asked: JSON) -> None:
    await pool(api)
    made = await queue(api, "q", description="old", filter={"tags": ["a"]})
    sent = {name: value for name, value in asked.items() if name not in {"status", "active_slots"}}
    assert (await api.patch(f"{QUEUES}/q", json=sent)).status_code == 204
    now = (await api.get(f"{QUEUES}/{asked.get('name', 'q')}")).json()
    assert now["updated"] > made["updated"]
    assert now == made | asked | {"updated": now["updated"]}


@pytest.mark.parametrize("name", ["name", "description", "is_paused", "priority"])
async def test_null_takes_nothing_away(api: httpx.AsyncClient, name: str) -> None:
    await pool(api)
    assert locations(await api.patch(f"{QUEUES}/default", json={name: None})) == [["body", name]]


async def test_a_queue_that_goes_on_is_ready_if_it_was_polled_just_now(api: httpx.AsyncClient) -> None:
    await pool(api)

    async def status(**asked: Any) -> str:
        assert (await api.patch(f"{QUEUES}/default", json=asked)).status_code == 204
        return (await api.get(f"{QUEUES}/default")).json()["status"]

    assert await status(is_paused=False) == "NOT_READY"
    assert await status(is_paused=True) == "PAUSED"
    assert await status(is_paused=True) == "PAUSED"
    assert await status(is_paused=False) == "NOT_READY"
    await status(is_paused=True)
    assert await status(is_paused=False, last_polled=utc_now().isoformat()) == "READY"
    await status(is_paused=True)
    assert await status(is_paused=False) == "READY"
    await status(is_paused=True, last_polled=(utc_now() - timedelta(minutes=2)).isoformat())
    assert await status(is_paused=False) == "NOT_READY"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_nobody_is_not_found(api: httpx.AsyncClient, method: str) -> None:
    await pool(api)
    reply = await api.request(method, f"{QUEUES}/nobody", json={})
    assert (reply.status_code, reply.json()) == (404, {"detail": "Work pool queue 'pool/nobody' not found."})


async def test_deleting(api: httpx.AsyncClient, make: Make) -> None:
    await pool(api)
    made = await queue(api, "q")
    deployment = await make.deployment("a", work_queue_id=UUID(made["id"]))
    assert (await api.delete(f"{QUEUES}/q")).status_code == 204
    assert (await api.get(f"/deployments/{deployment}")).json()["work_queue_id"] is None
    reply = await api.delete(f"{QUEUES}/default")
    assert (reply.status_code, reply.json()) == (409, {"detail": "Can't delete a pool's default queue."})


async def test_lists(api: httpx.AsyncClient) -> None:
    await pool(api)
    made = {name: (await queue(api, name))["id"] for name in ("b", "a", "Ab")}

    async def names(**asked: Any) -> list[str]:
        return [each["name"] for each in (await api.post(f"{QUEUES}/filter", json=asked)).json()]

    assert await names() == ["default", "b", "a", "Ab"]
    assert await names(limit=2, offset=1) == ["b", "a"]
    assert await names(work_queues={"name": {"any_": ["a", "b"]}}) == ["b", "a"]
    assert await names(work_queues={"name": {"startswith_": ["A"]}}) == ["a", "Ab"]
    assert await names(work_queues={"id": {"any_": [made["Ab"]]}}) == ["Ab"]


async def deploy(api: httpx.AsyncClient, make: Make, **asked: Any) -> httpx.Response:
    return await api.post("/deployments/", json={"name": "a", "flow_id": str(await make.flow()), **asked})


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"work_pool_name": "pool"}, ("pool", "default")),
        ({"work_pool_name": "pool", "work_queue_name": "default"}, ("pool", "default")),
        ({"work_pool_name": "pool", "work_queue_name": "new"}, ("pool", "new")),
        ({"work_pool_name": "pool", "work_queue_name": ""}, ("pool", "default")),
        ({"work_queue_name": "new"}, ("default-agent-pool", "new")),
        ({"work_queue_name": ""}, (None, "")),
        ({"work_pool_name": ""}, (None, None)),
        ({"work_queue_name": "only here"}, ("pool", "only here")),
    ],
    ids=str,
)
async def test_a_deployment_finds_its_queue(
    api: httpx.AsyncClient, make: Make, asked: JSON, expected: tuple[str | None, str | None]
) -> None:
    await pool(api)
    await queue(api, "only here")
    made = (await deploy(api, make, **asked)).json()
    assert (made["work_pool_name"], made["work_queue_name"]) == expected
    kept = (await api.post("/deployments/", json={"name": "a", "flow_id": made["flow_id"]})).json()
    assert kept["work_queue_id"] == made["work_queue_id"]
    changed = {**asked, "work_pool_name": asked.get("work_pool_name") or None} if "" in asked.values() else asked
    other = (await api.post("/deployments/", json={"name": "b", "flow_id": made["flow_id"]})).json()
    assert (await api.patch(f"/deployments/{other['id']}", json=changed)).status_code == 204
    assert (await api.get(f"/deployments/{other['id']}")).json()["work_queue_id"] == made["work_queue_id"]


async def test_a_deployment_leaves_its_pool(api: httpx.AsyncClient, make: Make) -> None:
    await pool(api)
    made = (await deploy(api, make, work_pool_name="pool")).json()
    change = {"work_pool_name": None, "work_queue_name": "later"}
    assert (await api.patch(f"/deployments/{made['id']}", json=change)).status_code == 204
    left = (await api.get(f"/deployments/{made['id']}")).json()
    assert (left["work_pool_name"], left["work_queue_id"], left["work_queue_name"]) == (None, None, "later")


async def test_queues_of_agents_come_first_as_they_are_made(api: httpx.AsyncClient, make: Make) -> None:
    for name in ("default", "first", "second", "first"):
        assert (await deploy(api, make, work_queue_name=name)).json()["work_queue_name"] == name
    assert await order(api, "default-agent-pool") == [("second", 1), ("first", 2), ("default", 3)]
    made = (await api.get("/work_pools/default-agent-pool")).json()
    assert (made["type"], made["status"]) == ("prefect-agent", None)


async def test_a_queue_asked_for_at_once_is_made_once(api: httpx.AsyncClient, make: Make) -> None:
    flow_id = str(await make.flow())
    names = {"work_queue_name": "new"}
    replies = await asyncio.gather(
        *(api.post("/deployments/", json={"name": f"d{n}", "flow_id": flow_id, **names}) for n in range(8))
    )
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["work_queue_id"] for reply in replies}) == 1
    assert await order(api, "default-agent-pool") == [("new", 1), ("default", 2)]


@pytest.mark.parametrize(
    ("variables", "made", "changed"),
    [
        ({}, 201, 204),
        ({"n": 1}, 201, 204),
        ({"n": None}, 201, "None is not of type 'integer'"),
        ({"n": "x"}, "Validation failed for field 'n'. Failure reason: 'x' is not valid under any of", "'x' is not of"),
        ({"other": 1}, 201, 204),
        ({"env": {"a": "1"}}, 201, 204),
        (
            {"env": {"a": 1}},
            "Validation failed for field 'env.a'. Failure reason: 1 is not",
            "1 is not of type 'string'",
        ),
        ({"command": None}, 201, 204),
        ({"image": None}, "Validation failed for field 'image'. Failure reason: None is not", "None is not of type"),
    ],
    ids=str,
)
async def test_job_variables_must_be_as_the_template_says(
    api: httpx.AsyncClient, make: Make, variables: JSON, made: int | str, changed: int | str
) -> None:
    await pool(api, base_job_template=TEMPLATE)
    asked = {"work_pool_name": "pool", "job_variables": variables}
    reply = await deploy(api, make, **asked)
    if isinstance(made, int):
        assert reply.status_code == made, reply.text
    else:
        assert reply.status_code == 422
        assert f"Error creating deployment: {made}" in reply.json()["detail"]
    other = (await deploy(api, make, work_pool_name="pool")).json()
    reply = await api.patch(f"/deployments/{other['id']}", json=asked)
    if isinstance(changed, int):
        assert reply.status_code == changed, reply.text
    else:
        assert reply.status_code == 409
        assert f'Error creating deployment: <ValidationError: "{changed}' in reply.json()["detail"]
    assert (await api.patch(f"/deployments/{other['id']}", json={"job_variables": variables})).status_code == 204


async def test_a_template_that_is_none_is_the_pool_s_fault(api: httpx.AsyncClient, make: Make) -> None:
    await make.work_pool("pool", base_job_template='{"variables": {"type": "nonsense"}}')
    reply = await deploy(api, make, work_pool_name="pool", job_variables={"a": 1})
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith("Invalid schema: 'nonsense'")


async def test_wrong_defaults_are_not_the_deployment_s_fault(api: httpx.AsyncClient, make: Make) -> None:
    await make.work_pool(
        "pool", base_job_template='{"variables": {"properties": {"n": {"type": "integer", "default": "x"}}}}'
    )
    assert (await deploy(api, make, work_pool_name="pool", job_variables={"a": 1})).status_code == 201
    await make.work_pool("odd", base_job_template='{"variables": true}')
    assert (await deploy(api, make, work_pool_name="odd", job_variables={"a": 1})).status_code == 201


async def test_a_queue_can_be_read_without_its_pool(api: httpx.AsyncClient) -> None:
    await pool(api)
    made = await queue(api, "q", concurrency_limit=2)
    for path in (f"/work_queues/{made['id']}", "/work_queues/name/q"):
        assert (await api.get(path)).json() == made
    for path in (f"/work_queues/{NOBODY}", "/work_queues/name/nobody"):
        reply = await api.get(path)
        assert (reply.status_code, reply.json()) == (404, {"detail": "work queue not found"})


async def test_a_name_alone_means_a_queue_of_agents_once_they_have_a_pool(api: httpx.AsyncClient) -> None:
    await pool(api)
    first = await queue(api, "q")
    await pool(api, "other")
    assert (await api.post("/work_pools/other/queues", json={"name": "q"})).status_code == 201
    assert (await api.get("/work_queues/name/q")).json() == first
    await pool(api, POOL_OF_AGENTS)
    assert (await api.get("/work_queues/name/q")).status_code == 404
    of_agents = (await api.post(f"/work_pools/{POOL_OF_AGENTS}/queues", json={"name": "q"})).json()
    assert (await api.get("/work_queues/name/q")).json() == of_agents
