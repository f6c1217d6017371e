"""Collections: kinds of workers and blocks that are known without being installed."""

import httpx
import pytest

from lictor.resources.work_pools.collections import DESCRIPTIONS


async def test_each_kind_of_worker_makes_a_pool(api: httpx.AsyncClient) -> None:
    collections = (await api.get("/collections/views/aggregate-worker-metadata")).json()
    workers = {type_: worker for each in collections.values() for type_, worker in each.items()}
    assert workers.keys() == DESCRIPTIONS.keys()
    for type_, worker in workers.items():
        template = worker["default_base_job_configuration"]
        reply = await api.post("/work_pools/", json={"name": type_, "type": type_, "base_job_template": template})
        assert reply.status_code == 201, reply.text


async def test_kinds_of_blocks(api: httpx.AsyncClient) -> None:
    blocks = (await api.get("/collections/views/aggregate-block-metadata")).json()["prefect"]["block_types"]
    assert blocks["secret"]["name"] == "Secret"
    assert "value" in blocks["secret"]["block_schema"]["fields"]["properties"]


@pytest.mark.parametrize("view", ["aggregate-flow-metadata", "demo-flows"])
async def test_views_with_nothing_in_them(api: httpx.AsyncClient, view: str) -> None:
    reply = await api.get(f"/collections/views/{view}")
    assert (reply.status_code, reply.json()) == (200, {})


async def test_a_view_that_is_not_there(api: httpx.AsyncClient) -> None:
    reply = await api.get("/collections/views/none")
    assert (reply.status_code, reply.json()) == (404, {"detail": "View none not found in registry"})
