"""Blocks come over with their secrets, decrypted with Prefect's key and encrypted with ours."""

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from lictor.db.engine import open_database
from lictor.resources.block_documents.table import block_document, block_document_reference, encryption_key
from lictor.resources.block_schemas.system import register, system_facts
from lictor.resources.block_schemas.table import block_schema, block_schema_reference
from lictor.resources.block_types.table import block_type
from lictor.resources.deployments.table import deployment
from lictor.transfer.opening import import_history
from tests.serving import client_of
from tests.transfer.watchers import Silent

KEY, OTHER = (Fernet.generate_key().decode() for _ in range(2))


def sealed(text='{"password": "hush", "n": 1}', key=KEY):
    return Fernet(key).encrypt(text.encode()).decode()


@pytest.fixture
async def blocks(prefect):
    """A type with a schema, and what a document of it needs."""
    await prefect.add("configuration", key="ENCRYPTION_KEY", value={"fernet_key": KEY})
    type_id = await prefect.add("block_type", name="Account", slug="account", is_protected=True)
    fields = {"title": "Account", "secret_fields": ["password"]}
    schema_id = await prefect.add(
        "block_schema", checksum="sha256:x", fields=fields, capabilities=["write-path"], block_type_id=type_id
    )
    return {"block_type_id": type_id, "block_schema_id": schema_id, "block_type_name": "Account"}


async def test_documents_read_as_before(prefect, blocks, bring, settings, rows_of):
    inner = await prefect.add("block_document", name="inner", data=sealed(), **blocks)
    outer = await prefect.add("block_document", name="outer", data=sealed("{}"), **blocks)
    await prefect.add(
        "block_document_reference", name="it", parent_block_document_id=outer, reference_block_document_id=inner
    )
    flow_id = await prefect.add("flow", name="f")
    await prefect.add("deployment", name="d", flow_id=flow_id, storage_document_id=inner)
    storage = {"default_result_storage_block_id": str(outer)}
    await prefect.add("configuration", key="server-default-result-storage", value=storage)

    report = await bring()

    assert report.complete
    assert report.without_room == {}
    (deployed,) = await rows_of(deployment)
    assert deployed.storage_document_id == inner
    async with client_of(settings) as api:
        found = (await api.get(f"/block_documents/{outer}")).json()
        assert found["data"] == {"it": {"password": "********", "n": 1}}
        assert (found["block_type"]["is_protected"], found["block_schema"]["capabilities"]) == (True, ["write-path"])
        shown = (await api.get(f"/block_documents/{inner}", params={"include_secrets": True})).json()
        assert shown["data"] == {"password": "hush", "n": 1}
        assert (await api.get("/admin/storage")).json() == storage


async def test_ours_is_another_key(prefect, blocks, bring, rows_of):
    await prefect.add("block_document", name="mine", data=sealed(), **blocks)
    await bring()
    (document,) = await rows_of(block_document)
    assert "hush" not in document.data
    with pytest.raises(InvalidToken):
        Fernet(KEY).decrypt(document.data)


async def test_keys_that_are_given(prefect, blocks, source_url, settings, rows_of):
    """The first encrypts; a source that was given one keeps none."""
    await prefect.add("block_document", name="mine", data=sealed(key=OTHER), **blocks)
    new = Fernet.generate_key().decode()
    await import_history(source_url, settings.database, Silent(), (new, OTHER))
    (document,) = await rows_of(block_document)
    assert b"hush" in Fernet(new).decrypt(document.data)


@pytest.mark.parametrize(
    "data", [sealed(key=OTHER), sealed("[1]"), "no token", {"plain": "data"}], ids=["key", "list", "text", "object"]
)
async def test_a_document_that_nobody_can_read_is_left_out(prefect, blocks, bring, rows_of, data):
    await prefect.add("block_document", name="bad", data=data, **blocks)
    await prefect.add("block_document", name="good", data=sealed('{"a": "\\ud800"}'), **blocks)
    report = await bring()
    assert [row.name for row in await rows_of(block_document)] == ["good"]
    assert len(report.of("block_document").left_out) == 1
    assert "hush" not in str(report)


async def test_blocks_that_the_target_has_by_another_id(prefect, blocks, bring, rows_of, db):
    """As after a start of Lictor: what came from Prefect refers to the target's."""
    document = await prefect.add("block_document", name="mine", data=sealed(), **blocks)
    async with db.write() as tx:
        ours = {"name": "Ours", "slug": "account"}
        type_id = (await tx.all(sa.insert(block_type).values(ours).returning(block_type.c.id)))[0].id
        schema = {"checksum": "sha256:x", "version": "non-versioned", "fields": "{}", "capabilities": []}
        await tx.execute(sa.insert(block_schema).values({**schema, "block_type_id": type_id}))
    report = await bring()
    (found,) = await rows_of(block_document)
    assert (found.id, found.block_type_id) == (document, type_id)
    assert (report.of("block_type").merged, report.of("block_schema").merged) == (1, 1)
    again = await bring()
    assert (again.of("block_document").new, again.of("block_document").updated) == (0, 0)
    for table in (block_document_reference, block_schema_reference):
        assert await rows_of(table) == []
    assert len(await db.read.all(sa.select(encryption_key))) == 1


async def test_of_one_checksum_there_is_one_schema(prefect, bring, settings, rows_of):
    """What the server made for want of it gives way to what is imported, with its words."""
    async with open_database(settings.database) as db:
        await register(db)
    facts = next(each for each in system_facts()["block_schemas"] if each["slug"] == "webhook")
    type_id = await prefect.add("block_type", name="Webhook", slug="webhook", description="In Prefect's words.")
    fields = {**facts["fields"], "description": "A field that a form explains."}
    schema_id = await prefect.add(
        "block_schema", checksum=facts["checksum"], fields=fields, version="3.0.0", block_type_id=type_id
    )

    await bring()
    await bring()

    schemas = [schema for schema in await rows_of(block_schema) if schema.checksum == facts["checksum"]]
    assert [(schema.id, schema.version) for schema in schemas] == [(schema_id, "3.0.0")]
    (kind,) = [kind for kind in await rows_of(block_type) if kind.slug == "webhook"]
    assert (kind.id, kind.description) == (type_id, "In Prefect's words.")
    assert {kind.slug for kind in await rows_of(block_type)} == {each["slug"] for each in system_facts()["block_types"]}
    async with open_database(settings.database) as db:
        await register(db)
    schemas = [schema for schema in await rows_of(block_schema) if schema.checksum == facts["checksum"]]
    assert [schema.id for schema in schemas] == [schema_id]


async def test_documents_of_a_schema_that_gives_way_stay(prefect, bring, settings, rows_of):
    async with open_database(settings.database) as db:
        await register(db)
    facts = next(each for each in system_facts()["block_schemas"] if each["slug"] == "webhook")
    async with client_of(settings) as api:
        ours = (await api.get(f"/block_schemas/checksum/{facts['checksum']}")).json()
        body = {"name": "mine", "data": {}, "block_schema_id": ours["id"], "block_type_id": ours["block_type_id"]}
        assert (await api.post("/block_documents/", json=body)).status_code == 201
    type_id = await prefect.add("block_type", name="Webhook", slug="webhook")
    fields = {**facts["fields"], "description": "In other words."}
    schema_id = await prefect.add(
        "block_schema", checksum=facts["checksum"], fields=fields, version="3.0.0", block_type_id=type_id
    )

    await bring()

    (document,) = await rows_of(block_document)
    assert document.block_schema_id == schema_id
    assert [each.id for each in await rows_of(block_schema) if each.checksum == facts["checksum"]] == [schema_id]
