"""The API of saved searches."""

import asyncio
from typing import Any

import httpx

from lictor.resources.saved_searches.schemas import SavedSearch

ONE = {"object": "flow_run", "property": "name", "type": "string", "operation": "equals", "value": [1, {"x": None}]}


async def save(api: httpx.AsyncClient, name: str, *filters: dict[str, Any]) -> httpx.Response:
    return await api.put("/saved_searches/", json={"name": name, "filters": list(filters)})


async def test_a_search_is_saved_and_saved_anew(api: httpx.AsyncClient) -> None:
    reply = await save(api, "mine", ONE)
    saved = reply.json()
    assert reply.status_code == 201
    assert saved.keys() == SavedSearch.model_fields.keys()
    assert saved["filters"] == [ONE]
    again = await save(api, "mine", ONE | {"value": None}, ONE)
    assert again.status_code == 200
    assert again.json() == saved | {"filters": [ONE | {"value": None}, ONE], "updated": again.json()["updated"]}
    assert (await api.get(f"/saved_searches/{saved['id']}")).json() == again.json()


async def test_searches_saved_at_once_are_one(api: httpx.AsyncClient) -> None:
    replies = await asyncio.gather(*(save(api, "mine", ONE | {"value": number}) for number in range(10)))
    assert sorted(reply.status_code for reply in replies) == [200] * 9 + [201]
    assert len({reply.json()["id"] for reply in replies}) == 1


async def test_list_and_delete(api: httpx.AsyncClient) -> None:
    ids = [(await save(api, name)).json()["id"] for name in ("b", "a", "c")]
    listed = (await api.post("/saved_searches/filter", json={"limit": 2})).json()
    assert [search["name"] for search in listed] == ["a", "b"]
    assert (await api.delete(f"/saved_searches/{ids[0]}")).status_code == 204
    for reply in (await api.get(f"/saved_searches/{ids[0]}"), await api.delete(f"/saved_searches/{ids[0]}")):
        assert (reply.status_code, reply.json()) == (404, {"detail": "Saved search not found"})
    assert [search["name"] for search in (await api.post("/saved_searches/filter")).json()] == ["a", "c"]


async def test_a_name_too_long_for_an_index_is_refused(api: httpx.AsyncClient) -> None:
    reply = await save(api, "é" * 1_251)
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", "name"]
