import pytest

from lictor.resources.block_schemas.descriptions import CLASSES, DESCRIPTIONS
from lictor.resources.block_schemas.system import register

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def made(api, slug, **fields):
    reply = await api.post("/block_types/", json={"name": slug.title(), "slug": slug, **fields})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_a_block_type_by_id_and_by_slug(api):
    new = await made(api, "warehouse", description="a < b", code_example="x & y")
    assert (new["description"], new["code_example"], new["is_protected"]) == ("a &lt; b", "x &amp; y", False)
    for path in (f"/block_types/{new['id']}", "/block_types/slug/warehouse"):
        assert (await api.get(path)).json() == new


async def test_a_slug_is_given_once(api):
    await made(api, "warehouse")
    reply = await api.post("/block_types/", json={"name": "Other", "slug": "warehouse"})
    assert (reply.status_code, reply.json()) == (409, {"detail": 'Block type with name "Other" already exists'})


@pytest.mark.parametrize("name", ["Prefect", "prefectly mine"])
async def test_names_of_the_system_are_reserved(api, name):
    assert (await api.post("/block_types/", json={"name": name, "slug": "x"})).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "Upper"), ("slug", "a_b"), ("slug", "a\n"), ("name", "a/b"), ("name", "x" * 3000), ("slug", "x" * 3000)],
)
async def test_a_name_that_cannot_be_is_named(api, field, value):
    reply = await api.post("/block_types/", json={"name": "n", "slug": "s"} | {field: value})
    assert reply.status_code == 422
    assert [each["loc"] for each in reply.json()["exception_detail"]] == [["body", field]]


async def test_changing_what_was_asked_and_nothing_else(api):
    new = await made(api, "warehouse", description="old", logo_url="https://x")
    assert (await api.patch(f"/block_types/{new['id']}", json={"description": "<b>"})).status_code == 204
    changed = (await api.get(f"/block_types/{new['id']}")).json()
    assert changed == new | {"description": "<b>", "updated": changed["updated"]}
    assert changed["updated"] > new["updated"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PATCH", "")])
async def test_a_block_type_that_is_not_there(api, method, path):
    reply = await api.request(method, f"/block_types/{NOWHERE}{path}", json={} if method == "PATCH" else None)
    assert (reply.status_code, reply.json()) == (404, {"detail": "Block type not found"})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Apple", "Banana", "Cherry"]),
        ({"block_types": {"name": {"like_": "AN"}}}, ["Banana"]),
        ({"block_types": {"slug": {"any_": ["cherry", "apple"]}}}, ["Apple", "Cherry"]),
        (
            {"block_types": {"operator": "or_", "slug": {"any_": ["cherry"]}, "name": {"like_": "app"}}},
            ["Apple", "Cherry"],
        ),
        ({"block_types": {"none_of": [{"slug": {"any_": ["cherry"]}}]}, "limit": 1}, ["Apple"]),
        ({"block_schemas": {"version": {"any_": ["7"]}}}, ["Banana"]),
        ({"block_schemas": {}}, ["Banana"]),
        ({"offset": 2}, ["Cherry"]),
    ],
)
async def test_listing_block_types(api, statements, asked, found):
    for slug in ("cherry", "apple", "banana"):
        block_type = await made(api, slug)
        if slug == "banana":
            await api.post("/block_schemas/", json={"block_type_id": block_type["id"], "version": "7"})
    statements.clear()
    assert [each["name"] for each in (await api.post("/block_types/filter", json=asked)).json()] == found
    # The schemas that match are found first, where more is asked of them than that they are there.
    assert len(statements) == (2 if asked.get("block_schemas") else 1)


async def test_block_types_by_cursor(api):
    for slug in ("cherry", "apple", "banana"):
        await made(api, slug)
    names, cursor = [], ""
    while cursor is not None:
        reply = await api.post("/block_types/filter", json={"limit": 2, "cursor": cursor})
        names += [each["name"] for each in reply.json()]
        cursor = reply.headers.get("X-Lictor-Next-Cursor")
    assert names == ["Apple", "Banana", "Cherry"]


async def test_a_type_goes_with_its_schemas_and_documents(api):
    block_type = await made(api, "warehouse")
    schema = (await api.post("/block_schemas/", json={"block_type_id": block_type["id"]})).json()
    body = {"name": "mine", "block_type_id": block_type["id"], "block_schema_id": schema["id"]}
    document = (await api.post("/block_documents/", json=body)).json()
    assert (await api.delete(f"/block_types/{block_type['id']}")).status_code == 204
    for path in (f"/block_schemas/{schema['id']}", f"/block_documents/{document['id']}"):
        assert (await api.get(path)).status_code == 404


async def test_a_server_starts_with_the_systems_blocks(api, db, statements):
    await register(db)
    types = (await api.post("/block_types/filter", json={})).json()
    schemas = (await api.post("/block_schemas/filter", json={})).json()
    assert {each["slug"] for each in types} == DESCRIPTIONS.keys() == CLASSES.keys()
    assert len(schemas) == 64
    (secret,) = [each for each in types if each["slug"] == "secret"]
    (of_secret,) = [each for each in schemas if each["block_type_id"] == secret["id"]]
    assert (await api.delete(f"/block_types/{secret['id']}")).status_code == 403
    assert (await api.delete(f"/block_schemas/{of_secret['id']}")).status_code == 403
    statements.clear()
    await register(db)
    assert len(statements) == 2, "nothing was lacking"


async def test_a_start_adds_what_is_lacking_and_leaves_the_rest(api, db):
    await register(db)
    ids = {
        slug: (await api.get(f"/block_types/slug/{slug}")).json()["id"] for slug in ("secret", "smb", "gcp-credentials")
    }
    await api.patch(f"/block_types/{ids['secret']}", json={"description": "mine"})
    for slug in ("smb", "gcp-credentials"):
        assert (await api.delete(f"/block_types/{ids[slug]}")).status_code == 204
    await register(db)
    assert (await api.get("/block_types/slug/secret")).json()["description"] == "mine"
    schemas = (await api.post("/block_schemas/filter", json={})).json()
    assert len(schemas) == 64
    (bucket,) = [each for each in schemas if each["block_type"]["slug"] == "gcs-bucket"]
    assert bucket["fields"]["block_schema_references"]["gcp_credentials"]["block_type_slug"] == "gcp-credentials"


async def test_asking_for_the_systems_blocks(api):
    for _ in range(2):
        reply = await api.post("/block_types/install_system_block_types")
        assert (reply.status_code, reply.json()) == (200, None)
    types = (await api.post("/block_types/filter", json={})).json()
    assert [(each["slug"], each["is_protected"]) for each in types] == [
        ("local-file-system", True),
        ("secret", True),
        ("webhook", True),
    ]
