"""The variable API."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lictor.resources.variables.schemas import Variable


async def made(api: httpx.AsyncClient, name: str = "region", value: Any = "eu", **more: Any) -> dict[str, Any]:
    reply = await api.post("/variables/", json={"name": name, "value": value, **more})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_a_variable_is_made_and_read(api: httpx.AsyncClient, statements: list[str]) -> None:
    variable = await made(api, value={"a": [1, None]}, tags=["x", "x"])
    assert variable.keys() == Variable.model_fields.keys()
    assert (variable["value"], variable["tags"]) == ({"a": [1, None]}, ["x", "x"])
    statements.clear()
    assert (await api.get(f"/variables/{variable['id']}")).json() == variable
    assert (await api.get("/variables/name/region")).json() == variable
    assert len(statements) == 2


@pytest.mark.parametrize("value", [None, False, 0, 1.0, 1e300, 2**64 - 1, -(2**63), "", "null", [], {}, [{"": [[]]}]])
async def test_values_stay_as_they_are(api: httpx.AsyncClient, value: Any) -> None:
    await made(api, value=value)
    found = (await api.get("/variables/name/region")).json()["value"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("name", ["A", "é", "a b", "a.b", "a\n", "x" * 256, None, 5])
async def test_names_that_are_none(api: httpx.AsyncClient, name: Any) -> None:
    reply = await api.post("/variables/", json={"name": name, "value": 1})
    assert reply.status_code == 422
    assert [problem["loc"] for problem in reply.json()["exception_detail"]] == [["body", "name"]]
    await made(api)
    assert (await api.patch("/variables/name/region", json={"name": name})).status_code == 422


@pytest.mark.parametrize("value", ["x" * 4_999, 2**64, {"x": 2**64}])
async def test_values_that_are_too_large(api: httpx.AsyncClient, value: Any) -> None:
    await made(api)
    for reply in (
        await api.post("/variables/", json={"name": "x", "value": value}),
        await api.patch("/variables/name/region", json={"value": value}),
    ):
        assert reply.status_code == 422
        assert [problem["loc"] for problem in reply.json()["exception_detail"]] == [["body", "value"]]


async def test_a_name_is_taken_once(api: httpx.AsyncClient) -> None:
    replies = await asyncio.gather(*(api.post("/variables/", json={"name": "x", "value": n}) for n in range(10)))
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 9
    assert {reply.text for reply in replies if reply.status_code == 409} == {
        '{"detail":"A variable with the name \'x\' already exists."}'
    }


async def test_changes(api: httpx.AsyncClient) -> None:
    variable = await made(api, tags=["x"])
    assert (await api.patch(f"/variables/{variable['id']}", json={"value": None})).status_code == 204
    assert (await api.patch("/variables/name/region", json={"name": "zone", "tags": []})).status_code == 204
    changed = (await api.get("/variables/name/zone")).json()
    assert changed == variable | {"value": None, "tags": [], "name": "zone", "updated": changed["updated"]}
    assert changed["updated"] > variable["updated"]
    await made(api)
    assert (await api.patch("/variables/name/region", json={"name": "zone"})).status_code == 409
    for field in ("name", "tags"):
        assert (await api.patch("/variables/name/zone", json={field: None})).status_code == 422


async def test_variables_that_are_not_there(api: httpx.AsyncClient) -> None:
    variable = await made(api)
    assert (await api.delete(f"/variables/{variable['id']}")).status_code == 204
    for path in (f"/variables/{variable['id']}", f"/variables/{uuid4()}", "/variables/name/region"):
        for reply in (await api.get(path), await api.patch(path, json={"value": 1}), await api.delete(path)):
            assert (reply.status_code, reply.json()) == (404, {"detail": "Variable not found."})
    await made(api)
    assert (await api.delete("/variables/name/region")).status_code == 204


async def test_lists_and_counts(api: httpx.AsyncClient, statements: list[str]) -> None:
    for name, tags in (("b", ["p"]), ("a", ["p", "q"]), ("c", [])):
        await made(api, name, tags=tags)
    for asked, found in (
        (None, ["a", "b", "c"]),
        ({"tags": {"all_": ["p"]}}, ["a", "b"]),
        ({"name": {"like_": "B"}}, ["b"]),
        ({"none_of": [{"name": {"any_": ["a"]}}]}, ["b", "c"]),
    ):
        statements.clear()
        reply = await api.post("/variables/filter", json={"variables": asked})
        assert [variable["name"] for variable in reply.json()] == found
        assert (await api.post("/variables/count", json={"variables": asked})).json() == len(found)
        assert len(statements) == 2
    latest = await api.post("/variables/filter", json={"sort": "CREATED_DESC", "limit": 2})
    assert [variable["name"] for variable in latest.json()] == ["c", "a"]
