import pytest

from tests.resources.block_documents.shared import within

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def test_a_document_by_id_and_by_name(api, blocks):
    id = await blocks.keep("mine", {"user": "ada", "password": "p", "n": 2**70})
    found = [
        (await api.get(f"/block_documents/{id}")).json(),
        (await api.get("/block_types/slug/account/block_documents/name/mine")).json(),
        (await api.get("/block_types/slug/account/block_documents")).json()[0],
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["data"] == {"user": "ada", "password": "********", "n": 2**70}
    assert found[0]["block_type"]["slug"] == "account"
    assert found[0]["block_type_name"] == "Account"
    assert found[0]["block_schema"] == (await api.get(f"/block_schemas/{blocks.schema_id}")).json()
    assert found[0]["block_document_references"] == {}


async def test_a_name_is_given_once_in_a_type(blocks):
    await blocks.keep("mine")
    reply = await blocks.post("mine")
    assert (reply.status_code, reply.json()) == (409, {"detail": "Block already exists"})


async def test_an_anonymous_document_needs_no_name(blocks):
    first, second = [(await blocks.post(None, is_anonymous=True)).json() for _ in range(2)]
    assert first["name"].startswith("anonymous-")
    assert first["name"] != second["name"]


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"name": None}, 422, "Names must be provided"),
        ({"name": "Upper"}, 422, "name"),
        ({"name": "a\n"}, 422, "name"),
        ({"name": "x" * 1251}, 422, "name"),
        ({"block_type_id": NOWHERE}, 409, "block_type_id"),
        ({"block_schema_id": NOWHERE}, 409, "block_schema_id"),
        ({"data": {"a": {"$ref": 1}}}, 422, "a.$ref"),
        ({"data": {"a": {"$ref": {}}}}, 400, "key a"),
        ({"data": {"a": within("x")}}, 400, "data.a.$ref"),
        ({"data": {"a": within([])}}, 400, "data.a.$ref"),
        ({"data": {"a" * 3000: within(NOWHERE)}}, 400, "$ref"),
        ({"data": {"a": within(NOWHERE)}}, 409, "data.a"),
    ],
)
async def test_a_document_that_cannot_be(api, blocks, change, status, told):
    reply = await blocks.post(**({"name": "mine"} | change))
    assert reply.status_code == status
    assert told in reply.text
    assert (await api.post("/block_documents/count", json={"block_documents": {"is_anonymous": None}})).json() == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["a", "b"]),
        ({"sort": "NAME_DESC"}, ["b", "a"]),
        ({"sort": "BLOCK_TYPE_AND_NAME_ASC", "offset": 1}, ["b"]),
        ({"limit": 1}, ["a"]),
        ({"block_documents": {}}, ["a", "b"]),
        ({"block_documents": {"is_anonymous": None}}, ["a", "b", "c"]),
        ({"block_documents": {"is_anonymous": {}}}, ["a", "b", "c"]),
        ({"block_documents": {"is_anonymous": {"eq_": True}}}, ["c"]),
        ({"block_documents": {"name": {"like_": "B"}}}, ["b"]),
        ({"block_documents": {"name": {"any_": ["c"]}}}, []),
        ({"block_documents": {"any_of": [{"name": {"any_": ["a"]}}, {"name": {"any_": ["c"]}}]}}, ["a"]),
        ({"block_types": {"slug": {"any_": ["account"]}}, "block_schemas": {}}, ["a", "b"]),
        ({"block_types": {"slug": {"any_": ["other"]}}}, []),
        ({"block_schemas": {"block_capabilities": {"all_": ["read-path"]}}}, []),
    ],
)
async def test_listing_block_documents(api, blocks, asked, found):
    await blocks.keep("b")
    await blocks.keep("a")
    await blocks.keep("c", is_anonymous=True)
    assert [each["name"] for each in (await api.post("/block_documents/filter", json=asked)).json()] == found
    if not asked.keys() & {"limit", "offset"}:
        assert (await api.post("/block_documents/count", json=asked)).json() == len(found)


async def test_a_page_of_documents_costs_five_statements(api, blocks, statements):
    inner = await blocks.keep("inner")
    for number in range(5):
        await blocks.keep(f"outer-{number}", {"it": within(inner)})
    statements.clear()
    assert len((await api.post("/block_documents/filter", json={})).json()) == 6
    assert len(statements) == 5, statements


async def test_documents_within_documents(api, blocks):
    inner = await blocks.keep("inner", {"user": "ada", "password": "p"})
    middle = await blocks.keep("middle", {"account": within(inner)})
    outer = await blocks.keep("outer", {"one": within(middle), "other": within(inner), "own": 1})
    document = (await api.get(f"/block_documents/{outer}")).json()
    hidden = {"user": "ada", "password": "********"}
    assert document["data"] == {"one": {"account": hidden}, "other": hidden, "own": 1}
    of_one = document["block_document_references"]["one"]["block_document"]
    assert (of_one["id"], of_one["name"], of_one["is_anonymous"]) == (middle, "middle", False)
    assert of_one["block_document_references"]["account"]["block_document"]["id"] == inner
    assert (await blocks.data(outer))["other"]["password"] == "p"
    await api.delete(f"/block_documents/{inner}")
    assert await blocks.data(outer) == {"one": {}, "own": 1}


async def test_none_is_within_itself(blocks):
    first = await blocks.keep("first")
    second = await blocks.keep("second", {"it": within(first)})
    for id in (first, second):
        reply = await blocks.change(first, {"it": within(id)})
        assert reply.status_code == 400
        assert "cycle" in reply.json()["detail"]
    assert await blocks.data(first) == {}


async def test_how_deep_documents_may_be_nested(blocks):
    ids = [await blocks.keep("deep-0", {"end": True})]
    for number in range(1, 51):
        ids.append(await blocks.keep(f"deep-{number}", {"it": within(ids[-1])}))
    assert (await blocks.post("deeper", {"it": within(ids[-1])})).status_code == 400
    assert (await blocks.change(ids[0], {"it": within(await blocks.keep("under"))})).status_code == 400
    data = await blocks.data(ids[-1])
    for _ in range(50):
        data = data["it"]
    assert data == {"end": True}


async def test_how_many_documents_may_be_in_one(blocks):
    """Each holds the one before it twice."""
    id = await blocks.keep("twice-0")
    for number in range(1, 9):
        id = await blocks.keep(f"twice-{number}", {"a": within(id), "b": within(id)})
    reply = await blocks.post("twice-9", {"a": within(id), "b": within(id)})
    assert reply.status_code == 400
    assert "1000" in reply.json()["detail"]


async def test_merging_and_replacing(blocks):
    inner = await blocks.keep("inner", {"user": "ada"})
    outer = await blocks.keep("outer", {"it": within(inner), "a": 1, "b": {"c": 2}})
    await blocks.change(outer, {"a": 2, "b": {"d": 3}})
    assert await blocks.data(outer) == {"it": {"user": "ada"}, "a": 2, "b": {"d": 3}}
    await blocks.change(outer, {"it": "text", "b": within(inner)})
    assert await blocks.data(outer) == {"it": "text", "a": 2, "b": {"user": "ada"}}
    await blocks.change(outer, {"c": 1}, merge_existing_data=False)
    assert await blocks.data(outer) == {"c": 1}


async def test_another_schema_of_its_type(api, blocks):
    id = await blocks.keep("mine", {"user": "ada"})
    newer = (await api.post("/block_schemas/", json={"block_type_id": blocks.type_id, "version": "2"})).json()["id"]
    assert (await api.patch(f"/block_documents/{id}", json={"block_schema_id": newer})).status_code == 204
    document = (await api.get(f"/block_documents/{id}")).json()
    assert (document["block_schema_id"], document["data"]) == (newer, {"user": "ada"})
    other = (await api.post("/block_types/", json={"name": "Other", "slug": "other"})).json()["id"]
    foreign = (await api.post("/block_schemas/", json={"block_type_id": other, "version": "3"})).json()["id"]
    for schema, status in ((foreign, 400), (NOWHERE, 409)):
        reply = await blocks.change(id, {"user": "bea"}, block_schema_id=schema)
        assert reply.status_code == status
    assert await blocks.data(id) == {"user": "ada"}


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_document_that_is_not_there(api, method):
    reply = await api.request(method, f"/block_documents/{NOWHERE}", json={} if method == "PATCH" else None)
    assert (reply.status_code, reply.json()) == (404, {"detail": "Block document not found"})


async def test_the_default_result_storage(api, blocks):
    async def chosen():
        return (await api.get("/admin/storage")).json()["default_result_storage_block_id"]

    async def choose(id):
        return await api.put("/admin/storage", json={"default_result_storage_block_id": id})

    first, second = await blocks.keep("first"), await blocks.keep("second")
    assert await chosen() is None
    for id in (first, second):
        assert (await choose(id)).json() == {"default_result_storage_block_id": id}
        assert await chosen() == id
    assert (await choose(NOWHERE)).status_code == 404
    unable = (await api.post("/block_schemas/", json={"block_type_id": blocks.type_id, "version": "2"})).json()["id"]
    assert (await choose(await blocks.keep("unable", block_schema_id=unable))).status_code == 422
    assert await chosen() == second
    await api.delete(f"/block_documents/{second}")
    assert await chosen() is None
    await choose(first)
    assert (await api.delete("/admin/storage")).status_code == 204
    assert await chosen() is None
