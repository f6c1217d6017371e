"""What flow runs are told while they run."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.flow_run_inputs.table import flow_run_input
from tests.make import Make

NOBODY = "00000000-0000-4000-8000-000000000000"


async def tell(api: httpx.AsyncClient, run_id: Any, key: Any, value: Any = "1", **fields: Any) -> int:
    body = {"key": key, "value": value, **fields}
    return (await api.post(f"/flow_runs/{run_id}/input", json=body)).status_code


async def keys(api: httpx.AsyncClient, run_id: Any, **asked: Any) -> list[str]:
    reply = await api.post(f"/flow_runs/{run_id}/input/filter", json={"limit": 20, "prefix": "", **asked})
    return [told["key"] for told in reply.json()]


async def test_a_value_is_kept_under_its_key(api: httpx.AsyncClient, make: Make, statements: list[str]) -> None:
    run_id = await make.flow_run()
    statements.clear()
    assert await tell(api, run_id, "greeting", "grüezi\n", sender="me") == 201
    assert len([statement for statement in statements if "BEGIN" not in statement]) == 2
    reply = await api.get(f"/flow_runs/{run_id}/input/greeting")
    assert (reply.text, reply.headers["content-type"]) == ("grüezi\n", "text/plain; charset=utf-8")
    (told,) = (await api.post(f"/flow_runs/{run_id}/input/filter", json={"prefix": "greet"})).json()
    assert told.items() >= {"key": "greeting", "value": "grüezi\n", "sender": "me", "flow_run_id": str(run_id)}.items()


async def test_a_key_is_told_once_for_each_run(api: httpx.AsyncClient, make: Make) -> None:
    one, other = await make.flow_run(), await make.flow_run()
    assert [await tell(api, one, "a", "1"), await tell(api, one, "a", "2"), await tell(api, other, "a")] == [
        201,
        409,
        201,
    ]
    assert (await api.get(f"/flow_runs/{one}/input/a")).text == "1"


async def test_inputs_by_prefix_first_told_first(api: httpx.AsyncClient, make: Make) -> None:
    run_id = await make.flow_run()
    for key in ("b-2", "a", "b-1", "b"):
        await tell(api, run_id, key)
    assert await keys(api, run_id) == ["b-2", "a", "b-1", "b"]
    assert await keys(api, run_id, prefix="b-") == ["b-2", "b-1"]
    assert await keys(api, run_id, prefix="b", exclude_keys=["b-2", "nope"]) == ["b-1", "b"]
    assert await keys(api, run_id, prefix="b", limit=1) == ["b-2"]
    assert await keys(api, run_id, prefix="b", limit=0) == []
    for none in ("B", "%", "_", "b_", "x" * 60_000):
        assert await keys(api, run_id, prefix=none) == []


@pytest.mark.parametrize("key", ["A", "a b", "a_b", "ü", "a/b", "a\n", "x" * 2_501, 5, None])
async def test_keys_that_are_none(api: httpx.AsyncClient, make: Make, key: Any) -> None:
    run_id = await make.flow_run()
    assert await tell(api, run_id, key) == 422
    assert await keys(api, run_id) == []


@pytest.mark.parametrize("fields", [{"limit": -1}, {"limit": 2**63}, {"prefix": 1}, {"exclude_keys": "a"}])
async def test_questions_that_are_none(api: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    reply = await api.post(f"/flow_runs/{NOBODY}/input/filter", json={"prefix": "", **fields})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"][1] in fields


async def test_nobody_is_told_anything(api: httpx.AsyncClient) -> None:
    assert await tell(api, NOBODY, "a") == 404
    assert (await api.get(f"/flow_runs/{NOBODY}/input/a")).status_code == 404
    assert (await api.delete(f"/flow_runs/{NOBODY}/input/a")).status_code == 404


async def test_inputs_go_one_by_one_or_with_their_run(api: httpx.AsyncClient, make: Make, db: Database) -> None:
    run_id = await make.flow_run()
    for key in ("a", "b"):
        await tell(api, run_id, key)
    assert (await api.delete(f"/flow_runs/{run_id}/input/a")).status_code == 204
    assert (await api.delete(f"/flow_runs/{run_id}/input/a")).status_code == 404
    assert await keys(api, run_id) == ["b"]
    await api.delete(f"/flow_runs/{run_id}")
    assert await db.read.scalar(sa.select(sa.func.count()).select_from(flow_run_input)) == 0
