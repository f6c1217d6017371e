"""The events that tell of block documents, and nothing of their secrets."""

from typing import Any
from uuid import UUID

from lictor.db.engine import Transaction
from lictor.events.emit import emit, own_event, resource
from lictor.resources.block_documents import queries
from lictor.resources.block_documents.reading import read_whole
from lictor.resources.block_documents.secrets import paths

JSONObject = dict[str, Any]


async def emit_block_document_event(tx: Transaction, keys: tuple[str, ...], what: str, id: UUID) -> None:
    """Tells that a block document was created or updated, or is about to be deleted; of anonymous ones nothing."""
    found = await read_whole(tx, keys, id)
    if found is None or found[0]["is_anonymous"]:
        return
    document, schema = found
    able = await tx.first(queries.capabilities(id))
    assert able is not None
    type_id, type_name = document["block_type_id"], document["block_type_name"]
    kind = resource("block-type", type_id, type_name, role="block-type")
    payload = {
        "name": document["name"],
        "data": _told(document["data"], schema["fields"]),
        "block_schema": {
            "capabilities": able.capabilities,
            "block_type": {"id": type_id, "name": type_name},
        },
    }
    await emit(
        tx,
        own_event(
            f"prefect.block-document.{what}",
            resource("block-document", document["id"], document["name"]),
            related=[kind, resource("block-schema", document["block_schema_id"], role="block-schema")],
            payload=payload,
        ),
    )


def _told(data: JSONObject, fields: JSONObject) -> dict[str, str]:
    """The texts in a document, but for those in whose place something is secret."""
    secret = {path[0] for path in paths(fields)}
    return {name: value for name, value in data.items() if isinstance(value, str) and name not in secret}
