"""Block types, schemas and documents, written to both servers alike."""

import asyncio
from typing import Any

from lictor.resources.block_schemas.system import system_facts

from . import system_blocks
from .account import ACCOUNT
from .asking import Pair, Question
from .scenario import Scenario
from .servers import Server

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"


def warehouse(checksum: str) -> Json:
    """A block with an account inside, whose schema comes along."""
    return {
        "title": "Warehouse",
        "type": "object",
        "properties": {
            "url": {"title": "Url", "type": "string"},
            "account": {"title": "Account", "allOf": [{"$ref": "#/definitions/Account"}]},
        },
        "secret_fields": ["account.password"],
        "block_type_slug": "warehouse",
        "block_schema_references": {"account": {"block_schema_checksum": checksum, "block_type_slug": "account"}},
        "definitions": {"Account": {name: value for name, value in ACCOUNT.items() if name != "definitions"}},
    }


async def test_system_blocks(writing: tuple[Server, Server]) -> None:
    """Types, schemas, checksums, capabilities: all that is not prose."""
    oracle, subject = await asyncio.gather(*(asyncio.to_thread(system_blocks.ask, server) for server in writing))
    made_by_tests = _slugs(oracle) - {each["slug"] for each in system_facts()["block_types"]}
    oracle = {key: [each for each in oracle[key] if each["slug"] not in made_by_tests] for key in oracle}
    ours = {key: [each for each in subject[key] if each["slug"] in _slugs(oracle)] for key in subject}
    for kind, each in _sorted(oracle).items():
        for theirs, found in zip(each, _sorted(ours)[kind], strict=True):
            assert found == theirs


def _slugs(found: Json) -> set[str]:
    return {each["slug"] for each in found["block_types"]}


def _sorted(found: Json) -> Json:
    return {
        key: sorted(each, key=lambda one: (one["slug"], one.get("version"), one.get("checksum")))
        for key, each in found.items()
    }


async def test_system_blocks_by_request(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/block_types/install_system_block_types")
    for slug in ("secret", "local-file-system", "webhook", "s3-bucket"):
        oracle, subject = await writers.ask(Question(f"/block_types/slug/{slug}", method="GET"))
        for name in ("name", "slug", "is_protected", "logo_url", "documentation_url"):
            assert subject.body[name] == oracle.body[name]
        s.names["type"] = oracle.body["id"], subject.body["id"]
        if oracle.body["is_protected"]:
            await s.delete("/block_types/{type}")
            await s.post("/block_schemas/filter", {"block_schemas": {"version": {"any_": ["nothing"]}}})
    capabilities = [set(answer.body) for answer in await writers.ask(Question("/block_capabilities/", method="GET"))]
    assert capabilities[0] == capabilities[1]
    s.end()


async def test_life_of_a_block_type(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post(
        "/block_types/",
        {
            "name": "Life",
            "slug": "life",
            "logo_url": "https://x/y.png",
            "description": "<b>&'\"",
            "code_example": "a > b",
        },
        saved="type",
    )
    await s.post("/block_types/", {"name": "Life again", "slug": "life"})
    for path in ("/block_types/{type}", "/block_types/slug/life"):
        await s.get(path)
    await s.patch("/block_types/{type}", {"description": "<i>", "documentation_url": "https://x"})
    await s.get("/block_types/{type}")
    await s.patch("/block_types/{type}", {"description": None})
    await s.patch("/block_types/{type}", {})
    await s.patch("/block_types/{type}", {"name": "renamed"})
    await s.get("/block_types/{type}")
    await s.post("/block_types/filter", {"block_types": {"slug": {"any_": ["life"]}}})
    await s.post("/block_types/filter", {"block_types": {"name": {"like_": "LIF"}}, "block_schemas": {}})
    await s.get("/block_types/slug/life/block_documents")
    await s.delete("/block_types/{type}")
    for gone in (
        s.get("/block_types/{type}"),
        s.delete("/block_types/{type}"),
        s.patch("/block_types/{type}", {"description": "x"}),
        s.get("/block_types/slug/life"),
        s.get("/block_types/slug/life/block_documents"),
        s.get("/block_types/slug/life/block_documents/name/x"),
    ):
        await gone
    s.end()


async def test_refused_block_types(writers: Pair) -> None:
    s = Scenario(writers)
    for name in ("Prefect Thing", "prefectly", "a/b", "", None, 5):
        await s.post("/block_types/", {"name": name, "slug": "refused"})
    for slug in ("Upper", "a_b", "a b", "ü", None, 5, "a/b"):
        await s.post("/block_types/", {"name": "refused", "slug": slug})
    for body in (None, {}, {"name": "x"}, {"name": "x", "slug": "x", "is_protected": True}):
        await s.post("/block_types/", body)
    for body in ({"block_types": {"id": {"any_": []}}}, {"limit": 201}, {"offset": -1}, {"block_schemas": {"x": 1}}):
        await s.post("/block_types/filter", body)
    s.end()


async def test_life_of_a_block_schema(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/block_types/", {"name": "Account", "slug": "account"}, saved="account")
    await s.post("/block_types/", {"name": "Warehouse", "slug": "warehouse"}, saved="warehouse")
    given = {"fields": ACCOUNT, "block_type_id": "{account}", "capabilities": ["log-in", "rest"], "version": "1.0"}
    await s.post("/block_schemas/", given, saved="schema")
    await s.post("/block_schemas/", given)
    await s.post("/block_schemas/", given, saved="checksum", field="checksum")
    await s.post("/block_schemas/", given | {"version": "2.0", "capabilities": []}, saved="second")
    await s.post("/block_schemas/", {"block_type_id": "{account}"}, saved="empty")
    await s.get("/block_schemas/{schema}")
    await s.get("/block_schemas/checksum/{checksum}")
    for version in ("1.0", "2.0", "3.0"):
        await s.get(f"/block_schemas/checksum/{{checksum}}?version={version}")
    await s.get("/block_schemas/checksum/nothing")
    nested = {"fields": warehouse("{checksum}"), "block_type_id": "{warehouse}"}
    await s.post("/block_schemas/", nested, saved="nested")
    await s.get("/block_schemas/{nested}")
    await s.post("/block_schemas/", nested)
    of_both = {"block_type_id": {"any_": ["{account}", "{warehouse}"]}}
    for asked in (
        {},
        {"version": {"any_": ["2.0", "non-versioned"]}},
        {"block_capabilities": {"all_": ["rest"]}},
        {"block_capabilities": {"all_": ["rest", "fly"]}},
        {"block_capabilities": {"all_": []}},
        {"id": {"any_": ["{nested}", "{empty}"]}},
    ):
        await s.post("/block_schemas/filter", {"block_schemas": of_both | asked})
        await s.post("/block_types/filter", {"block_schemas": of_both | asked})
    await s.post("/block_schemas/filter", {"block_schemas": of_both, "limit": 1, "offset": 1})
    await s.delete("/block_schemas/{second}")
    await s.get("/block_schemas/checksum/{checksum}")
    await s.delete("/block_schemas/{schema}")
    await s.get("/block_schemas/{nested}")
    for gone in (s.get("/block_schemas/{schema}"), s.delete("/block_schemas/{schema}")):
        await gone
    for slug in ("account", "warehouse"):
        await s.delete(f"/block_types/{{{slug}}}")
    await s.get("/block_schemas/{nested}")
    s.end()


async def test_a_schema_brings_the_blocks_within_it(writers: Pair) -> None:
    """The inner one was never registered; another has two kinds of block in one field, or a kind of no type."""
    s = Scenario(writers)
    await s.post("/block_types/", {"name": "Account", "slug": "account"}, saved="account")
    await s.post("/block_types/", {"name": "Warehouse", "slug": "warehouse"}, saved="warehouse")
    fields = warehouse("sha256:unknown")
    await s.post("/block_schemas/", {"fields": fields, "block_type_id": "{warehouse}"}, saved="outer")
    await s.get("/block_schemas/{outer}")
    await s.post("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": ["{account}"]}}})
    either = {
        "title": "Either",
        "properties": {"it": {"anyOf": [{"$ref": "#/definitions/Account"}, {"$ref": "#/definitions/Warehouse"}]}},
        "block_schema_references": {
            "it": [
                {"block_schema_checksum": "sha256:one", "block_type_slug": "account"},
                {"block_schema_checksum": "sha256:other", "block_type_slug": "warehouse"},
            ]
        },
        "definitions": {
            **fields["definitions"],
            "Warehouse": {"title": "Warehouse", "properties": {}, "block_type_slug": "warehouse"},
        },
    }
    await s.post("/block_schemas/", {"fields": either, "block_type_id": "{warehouse}", "version": "e"}, saved="either")
    await s.get("/block_schemas/{either}")
    missing = {"it": {"block_schema_checksum": "sha256:x", "block_type_slug": "no-such-type"}}
    await s.post(
        "/block_schemas/", {"fields": {**either, "block_schema_references": missing}, "block_type_id": "{warehouse}"}
    )
    for slug in ("account", "warehouse"):
        await s.delete(f"/block_types/{{{slug}}}")
    s.end()


async def test_refused_block_schemas(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/block_types/", {"name": "Refusing", "slug": "refusing"}, saved="type")
    for body in ({}, {"block_type_id": "x"}, {"block_type_id": NOWHERE}, {"block_type_id": "{type}", "checksum": "x"}):
        await s.post("/block_schemas/", body)
    for field in ({"capabilities": "x"}, {"capabilities": [1]}, {"version": None}, {"version": 1}, {"fields": []}):
        await s.post("/block_schemas/", {"block_type_id": "{type}"} | field)
    wrong = "Prefect reads it without a look"
    for fields in (
        {"definitions": [1]},
        {"definitions": {"a": 1}, "properties": {"x": {"$ref": "#/definitions/a"}}},
        {"block_schema_references": ["x"]},
        {"block_schema_references": {"x": {}}},
        {"block_schema_references": {"x": {"block_type_slug": "refusing", "block_schema_checksum": "no"}}},
    ):
        await s.post("/block_schemas/", {"block_type_id": "{type}", "fields": fields}, unlike=(422, wrong))
    s.end()


async def _registered(s: Scenario) -> None:
    await s.post("/block_types/", {"name": "Account", "slug": "account"}, saved="account")
    await s.post("/block_types/", {"name": "Warehouse", "slug": "warehouse"}, saved="warehouse")
    await s.post("/block_schemas/", {"fields": ACCOUNT, "block_type_id": "{account}"}, saved="inner")
    await s.post("/block_schemas/", {"fields": ACCOUNT, "block_type_id": "{account}"}, saved="sum", field="checksum")
    await s.post(
        "/block_schemas/",
        {"fields": warehouse("{sum}"), "block_type_id": "{warehouse}", "capabilities": ["write-path"]},
        saved="outer",
    )


async def _forgotten(s: Scenario) -> None:
    for slug in ("account", "warehouse"):
        await s.delete(f"/block_types/{{{slug}}}")


SECRET = {
    "user": "ada",
    "password": "lovelace",
    "headers": {"a": "1", "b": {"c": [1]}, "n": None},
    "limits": {"rate": 2},
}


async def test_life_of_a_block_document(writers: Pair) -> None:
    s = Scenario(writers)
    await _registered(s)
    account = {"block_type_id": "{account}", "block_schema_id": "{inner}"}
    await s.post("/block_documents/", {"name": "mine", "data": SECRET, **account}, saved="mine")
    await s.post("/block_documents/", {"name": "mine", "data": {}, **account})
    for secrets in ("", "?include_secrets=true", "?include_secrets=false", "?include_secrets=x"):
        await s.get(f"/block_documents/{{mine}}{secrets}")
        await s.get(f"/block_types/slug/account/block_documents{secrets}")
        await s.get(f"/block_types/slug/account/block_documents/name/mine{secrets}")
    await s.get("/block_types/slug/account/block_documents/name/yours")
    nested = {"url": "https://x", "account": {"$ref": {"block_document_id": "{mine}"}}}
    warehouse = {"block_type_id": "{warehouse}", "block_schema_id": "{outer}"}
    await s.post("/block_documents/", {"name": "outer", "data": nested, **warehouse}, saved="doc")
    for secrets in ("", "?include_secrets=true"):
        await s.get(f"/block_documents/{{doc}}{secrets}")
    await s.post(
        "/block_documents/", {"is_anonymous": True, "data": {"user": "x"}, **account}, saved="anonymous", field="name"
    )
    await s.post("/block_documents/", {"is_anonymous": True, "name": "hidden", "data": {"url": 2**70}, **warehouse})
    for asked in _asked():
        await s.post("/block_documents/filter", asked | {"include_secrets": True})
        await s.post("/block_documents/count", {name: each for name, each in asked.items() if name.startswith("block")})
    await s.delete("/block_documents/{mine}")
    await s.get("/block_documents/{doc}")
    for gone in (
        s.get("/block_documents/{mine}"),
        s.delete("/block_documents/{mine}"),
        s.patch("/block_documents/{mine}", {"data": {}}),
    ):
        await gone
    await s.delete("/block_schemas/{outer}")
    await s.get("/block_documents/{doc}")
    await _forgotten(s)
    s.end()


def _asked() -> list[Json]:
    of_both = {"block_type_id": {"any_": ["{account}", "{warehouse}"]}}
    either = {"is_anonymous": None}
    return [
        {"block_documents": of_both},
        {"block_documents": of_both, "sort": "NAME_DESC"},
        {"block_documents": of_both | either, "sort": "BLOCK_TYPE_AND_NAME_ASC", "limit": 3},
        {"block_documents": of_both | {"is_anonymous": {}}, "offset": 1, "limit": 2, "sort": "NAME_DESC"},
        {"block_documents": of_both | {"is_anonymous": {"eq_": True}, "name": {"like_": "HID"}}},
        {"block_documents": of_both | {"name": {"any_": ["mine", "hidden"]}}},
        {"block_documents": of_both | {"name": {"any_": ["mine"]}, "operator": "or_"}},
        {"block_documents": {"id": {"any_": ["{mine}", "{doc}"]}}},
        {"block_types": {"slug": {"any_": ["warehouse"]}}},
        {"block_types": {"name": {"like_": "accou"}}, "block_schemas": {"id": {"any_": ["{inner}"]}}},
        {"block_schemas": {"block_capabilities": {"all_": ["write-path"]}, "block_type_id": {"any_": ["{warehouse}"]}}},
    ]


async def test_changing_a_block_document(writers: Pair) -> None:
    s = Scenario(writers)
    await _registered(s)
    account = {"block_type_id": "{account}", "block_schema_id": "{inner}"}
    await s.post("/block_documents/", {"name": "mine", "data": SECRET, **account}, saved="mine")
    await s.post("/block_documents/", {"name": "yours", "data": {"user": "y"}, **account}, saved="yours")
    for data, merge in (
        ({"user": "bea"}, True),
        ({"user": "bea", "password": "********", "headers": {"a": "********", "b": {"c": "********"}}}, True),
        ({"password": "new"}, None),
        ({"headers": {"a": "2"}}, True),
        ({"user": "cleo", "password": "********"}, False),
        ({}, True),
        ({"user": "dora"}, False),
        ({}, False),
    ):
        body = {"data": data} if merge is None else {"data": data, "merge_existing_data": merge}
        await s.patch("/block_documents/{mine}", body)
        await s.get("/block_documents/{mine}?include_secrets=true")
    warehouse = {"block_type_id": "{warehouse}", "block_schema_id": "{outer}"}
    nested = {"url": "u", "account": {"$ref": {"block_document_id": "{mine}"}}}
    await s.post("/block_documents/", {"name": "outer", "data": nested, **warehouse}, saved="doc")
    await s.patch("/block_documents/{doc}", {"data": {"url": "other"}})
    await s.get("/block_documents/{doc}", unlike=(200, "Prefect forgets the blocks within, though it is to merge"))
    for data in (
        nested,
        {"account": {"$ref": {"block_document_id": "{yours}"}}},
        {"account": {"user": "inline", "password": "p"}},
        {"account": {"$ref": {"block_document_id": "{mine}"}}, "other": {"$ref": {"block_document_id": "{mine}"}}},
    ):
        await s.patch("/block_documents/{doc}", {"data": data})
        await s.get("/block_documents/{doc}")
    await s.patch("/block_documents/{doc}", {"data": {"url": "alone"}, "merge_existing_data": False})
    await s.get("/block_documents/{doc}")
    for wrong in (
        {"block_schema_id": "{inner}", "data": {}},
        {"data": {"a": {"$ref": {}}}},
        {"data": None},
        {"name": "x"},
    ):
        await s.patch("/block_documents/{doc}", wrong)
    await _forgotten(s)
    s.end()


async def test_documents_that_would_be_within_themselves(writers: Pair) -> None:
    s = Scenario(writers)
    await _registered(s)
    account = {"block_type_id": "{account}", "block_schema_id": "{inner}"}
    await s.post("/block_documents/", {"name": "a", **account}, saved="a")
    for name, within in (("b", "a"), ("c", "b")):
        data = {"within": {"$ref": {"block_document_id": f"{{{within}}}"}}}
        await s.post("/block_documents/", {"name": name, "data": data, **account}, saved=name)
    for within in ("b", "c", "a"):
        await s.patch("/block_documents/{a}", {"data": {"within": {"$ref": {"block_document_id": f"{{{within}}}"}}}})
    await s.get("/block_documents/{c}")
    await _forgotten(s)
    s.end()


async def test_refused_block_documents(writers: Pair) -> None:
    s = Scenario(writers)
    await _registered(s)
    account = {"block_type_id": "{account}", "block_schema_id": "{inner}"}
    for name in ("Upper", "a_b", "a b", "a/b", "", None, 5):
        await s.post("/block_documents/", {"name": name, **account})
    await s.post("/block_documents/", {"is_anonymous": True, "name": "Upper", **account})
    for body in (
        None,
        {},
        {"name": "x", "block_type_id": "{account}"},
        {"name": "x", **account, "data": []},
        {"name": "x", **account, "unknown": 1},
        {"name": "x", **account, "block_schema_id": NOWHERE},
        {"name": "x", **account, "data": {"a": {"$ref": {}}}},
        {"name": "x", **account, "data": {"a": {"$ref": {"block_document_id": NOWHERE}}}},
    ):
        await s.post("/block_documents/", body)
    reads = "Prefect reads it without a look"
    await s.post("/block_documents/", {"name": "x", **account, "block_type_id": NOWHERE}, unlike=(409, reads))
    await s.post("/block_documents/", {"name": "x", **account, "data": {"a": {"$ref": 5}}}, unlike=(422, reads))
    for id in ("x", 5, []):
        data = {"a": {"$ref": {"block_document_id": id}}}
        await s.post("/block_documents/", {"name": "x", **account, "data": data}, unlike=(400, "a URL of Pydantic's"))
    for body in ({"sort": "x"}, {"sort": None}, {"block_documents": {"data": {}}}, {"include_secrets": "x"}):
        await s.post("/block_documents/filter", {"block_documents": {"id": {"any_": []}}} | body)
    await _forgotten(s)
    s.end()


async def test_default_result_storage(writers: Pair) -> None:
    s = Scenario(writers)
    await _registered(s)
    await s.get("/admin/storage")
    account = {"block_type_id": "{account}", "block_schema_id": "{inner}"}
    warehouse = {"block_type_id": "{warehouse}", "block_schema_id": "{outer}"}
    await s.post("/block_documents/", {"name": "unable", **account}, saved="unable")
    for name in ("able", "other"):
        await s.post("/block_documents/", {"name": name, **warehouse}, saved=name)
    for id in ("{unable}", NOWHERE, "x", None, "{able}", "{other}"):
        await s.step("PUT", "/admin/storage", {"default_result_storage_block_id": id})
        await s.get("/admin/storage")
    await s.delete("/block_documents/{able}")
    await s.get("/admin/storage")
    await s.delete("/block_documents/{other}")
    await s.get("/admin/storage")
    await s.post("/block_documents/", {"name": "third", **warehouse}, saved="third")
    await s.step("PUT", "/admin/storage", {"default_result_storage_block_id": "{third}"})
    await s.delete("/admin/storage")
    await s.delete("/admin/storage")
    await s.get("/admin/storage")
    await s.step("PUT", "/admin/storage", {"default_result_storage_block_id": "{third}"})
    await _forgotten(s)
    await s.get("/admin/storage")
    s.end()
