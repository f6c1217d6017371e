import httpx
import pytest

from lictor.db.types import dump_json
from lictor.resources.block_schemas import placeholders
from lictor.resources.block_schemas.checksums import checksum
from tests.make import Make

NOWHERE = "00000000-0000-4000-8000-000000000000"
INNER = {
    "title": "Inner",
    "properties": {"limits": {"$ref": "#/definitions/Limits"}},
    "block_type_slug": "inner",
    "secret_fields": ["password"],
    "block_schema_references": {},
}
LIMITS = {"title": "Limits", "properties": {"next": {"$ref": "#/definitions/Limits"}}}


def outer(checksum_of_inner, **more):
    return {
        "title": "Outer",
        "properties": {"inner": {"$ref": "#/definitions/Inner"}},
        "block_type_slug": "outer",
        "block_schema_references": {"inner": {"block_schema_checksum": checksum_of_inner, "block_type_slug": "inner"}},
        "definitions": {"Inner": INNER, "Limits": LIMITS},
        **more,
    }


@pytest.fixture
async def types(api):
    """The ids of two block types, by slug."""
    ids = {}
    for slug in ("inner", "outer"):
        ids[slug] = (await api.post("/block_types/", json={"name": slug, "slug": slug})).json()["id"]
    return ids


async def made(api, type_id, fields, **more):
    reply = await api.post("/block_schemas/", json={"block_type_id": type_id, "fields": fields, **more})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_checksum_is_what_clients_work_out():
    """As prefect 3.9.1 says of these fields: what is secret and the definitions of blocks do not count."""
    fields = {"title": "Ü", "properties": {"a": {"type": "number", "default": 1.0}}, "block_schema_references": {}}
    due = "sha256:ba0557a069da1b3d3f3279a377e4a7c450f860398fd48b9fb79705b04ba30e4d"
    assert checksum(fields) == due
    assert checksum(fields | {"secret_fields": ["a"], "definitions": {"B": {"block_type_slug": "b"}}}) == due


async def test_the_same_fields_are_one_schema_for_each_version(api, types):
    first = await made(api, types["inner"], {"title": "a"}, version="1", capabilities=["run"])
    again = await api.post(
        "/block_schemas/", json={"block_type_id": types["inner"], "fields": {"title": "a"}, "version": "1"}
    )
    assert (again.status_code, again.json()) == (200, first)
    second = await made(api, types["inner"], {"title": "a"}, version="2")
    assert second["checksum"] == first["checksum"]
    for query, due in (("", second), ("?version=1", first), ("?version=2", second)):
        assert (await api.get(f"/block_schemas/checksum/{first['checksum']}{query}")).json() == due
    assert (await api.get(f"/block_schemas/checksum/{first['checksum']}?version=3")).status_code == 404


async def test_blocks_within_come_along(api, types):
    new = await made(api, types["outer"], outer("sha256:yet-unknown"))
    assert new["fields"] == outer("sha256:yet-unknown")
    (inner,) = (
        await api.post("/block_schemas/filter", json={"block_schemas": {"block_type_id": {"any_": [types["inner"]]}}})
    ).json()
    assert inner["version"] == "non-versioned"
    assert inner["fields"] == INNER | {"definitions": {"Limits": LIMITS}}
    read = (await api.get(f"/block_schemas/{new['id']}")).json()
    assert read["fields"] == outer(inner["checksum"])
    assert read["block_type"]["slug"] == "outer"


async def test_a_block_within_that_is_gone_is_told_of_no_more(api, types):
    inner = await made(api, types["inner"], {"title": "Inner"})
    new = await made(api, types["outer"], outer(inner["checksum"]))
    assert (await api.delete(f"/block_schemas/{inner['id']}")).status_code == 204
    fields = (await api.get(f"/block_schemas/{new['id']}")).json()["fields"]
    assert fields["block_schema_references"] == {}
    assert fields["definitions"] == {"Limits": LIMITS}


async def test_numbers_of_any_size_stay_exact(api, types):
    fields = {"properties": {"n": {"default": 2**100}}}
    new = await made(api, types["inner"], fields)
    assert (await api.get(f"/block_schemas/{new['id']}")).json()["fields"]["properties"] == fields["properties"]


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"definitions": []}, 422, "definitions"),
        ({"definitions": {"a": 1}}, 422, "definitions"),
        ({"block_schema_references": {"x": 1}}, 422, "block_schema_references"),
        ({"block_schema_references": {"x" * 3000: []}}, 422, "block_schema_references"),
        (outer("sha256:x", definitions={}), 422, "inner"),
        (outer("sha256:x", properties=[]), 422, "inner"),
        (
            outer("x", block_schema_references={"i": {"block_schema_checksum": "x", "block_type_slug": "nobody"}}),
            409,
            "'nobody' was not found",
        ),
    ],
)
async def test_fields_that_cannot_be(api, types, fields, status, told):
    reply = await api.post("/block_schemas/", json={"block_type_id": types["outer"], "fields": fields})
    assert reply.status_code == status, reply.text
    assert told in reply.text
    assert (await api.post("/block_schemas/filter", json={})).json() == []


async def test_blocks_that_hold_one_another_without_end(api, types):
    """No checksum can be known in advance; one that is made up leads on and on."""
    reference = {"it": {"block_schema_checksum": "sha256:made-up", "block_type_slug": "inner"}}
    block = {"properties": {"it": {"$ref": "#/definitions/It"}}, "block_schema_references": reference}
    definitions = {f"It{number}": block for number in range(60)} | {"It": block | {"block_type_slug": "inner"}}
    for number in range(60):
        definitions[f"It{number}"] = {
            "title": str(number),
            "block_type_slug": "inner",
            "properties": {"it": {"$ref": f"#/definitions/It{number + 1}"}},
            "block_schema_references": reference,
        }
    fields = {**block, "properties": {"it": {"$ref": "#/definitions/It0"}}, "definitions": definitions}
    reply = await api.post("/block_schemas/", json={"block_type_id": types["outer"], "fields": fields})
    assert (reply.status_code, reply.json()) == (422, {"detail": "Blocks may be nested at most 50 levels deep."})
    assert (await api.post("/block_schemas/filter", json={})).json() == []


async def test_a_schema_of_no_type(api):
    reply = await api.post("/block_schemas/", json={"block_type_id": NOWHERE})
    assert (reply.status_code, reply.json()) == (404, {"detail": f"Block type {NOWHERE} not found."})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["3", "2", "1"]),
        ({"block_capabilities": {"all_": ["read"]}}, ["2", "1"]),
        ({"block_capabilities": {"all_": ["write", "read"]}}, ["2"]),
        ({"version": {"any_": ["3", "1"]}}, ["3", "1"]),
        ({"operator": "or_", "version": {"any_": ["3"]}, "block_capabilities": {"all_": ["write"]}}, ["3", "2"]),
        ({"none_of": [{"version": {"any_": ["3"]}}]}, ["2", "1"]),
    ],
)
async def test_listing_block_schemas(api, types, statements, asked, found):
    inner = await made(api, types["inner"], {"title": "Inner"}, version="1", capabilities=["read"])
    await made(api, types["outer"], outer(inner["checksum"]), version="2", capabilities=["read", "write"])
    await made(api, types["outer"], {"title": "last"}, version="3")
    statements.clear()
    schemas = (await api.post("/block_schemas/filter", json={"block_schemas": asked})).json()
    assert [schema["version"] for schema in schemas] == found
    assert len(statements) == 2
    for schema in schemas:
        assert (await api.get(f"/block_schemas/{schema['id']}")).json() == schema
    assert (await api.get("/block_capabilities/")).json() == ["read", "write"]


@pytest.mark.parametrize(("version", "status"), [("1.0", 200), ("2.0", 201)])
async def test_what_a_client_registers_takes_the_place_of_what_was_made_here(
    api: httpx.AsyncClient, make: Make, monkeypatch: pytest.MonkeyPatch, version: str, status: int
) -> None:
    """Of one checksum there is one schema, in the words of whoever did not make it for want of another."""
    fields = {"title": "Kettle", "type": "object", "description": "In the client's words.", "block_type_slug": "kettle"}
    text = dump_json({**fields, "description": "In ours."})
    monkeypatch.setattr(placeholders, "made_here", lambda: {checksum(fields): {text}})
    type_id = await make.block_type("Kettle")
    made = await make.block_schema(block_type_id=type_id, checksum=checksum(fields), fields=text, version="1.0")
    document = await make.block_document("mine", block_type_id=type_id, block_schema_id=made, block_type_name="Kettle")
    body = {"fields": fields, "block_type_id": str(type_id), "capabilities": [], "version": version}
    reply = await api.post("/block_schemas/", json=body)
    assert reply.status_code == status
    schemas = (await api.post("/block_schemas/filter", json={})).json()
    assert [(each["id"], each["fields"]["description"]) for each in schemas] == [
        (reply.json()["id"], "In the client's words.")
    ]
    found = (await api.get(f"/block_documents/{document}")).json()
    assert found["block_schema_id"] == reply.json()["id"]
