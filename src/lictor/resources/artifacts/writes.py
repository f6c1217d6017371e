"""Making, changing and deleting artifacts, and what is the latest of a key.

Who makes or deletes an artifact of a key holds the lock of the key from the start. So makers of one key take turns, the
moment when each is made is later than all before it, and nobody counts on an artifact that is about to vanish.
"""

from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.errors import NotFound
from lictor.resources.artifacts import queries
from lictor.resources.artifacts.events import emit_collection_event
from lictor.resources.artifacts.schemas import ArtifactCreate, ArtifactUpdate

JSON_COLUMNS = {"data", "metadata_"}


async def make_artifact(tx: Transaction, body: ArtifactCreate) -> UUID:
    """Keeps an artifact, from now on the latest of its key, if it has one; its id."""
    if body.key is not None:
        await _lock(tx, body.key)
    id, now = uuid7(), utc_now()
    row = {"id": id, "created": now, "updated": now, **_columns(body.__dict__)}
    await tx.execute(queries.insert_artifact(row))
    if body.key is not None:
        is_first = await tx.first(queries.collection_row(body.key)) is None
        await tx.execute(queries.make_latest(row))
        await _emit(tx, "created" if is_first else "updated", body.key)
    return id


async def change_artifact(tx: Transaction, id: UUID, body: ArtifactUpdate) -> None:
    """Changes of an artifact what was asked."""
    changes = _columns({name: getattr(body, name) for name in body.model_fields_set})
    if not await tx.changed(queries.update_artifact(id, changes)):
        raise _missing()
    await tx.execute(queries.update_collection(id))


async def drop_artifact(tx: Transaction, id: UUID) -> None:
    """Deletes an artifact. If it was the latest of its key, the one before it is that again."""
    found = await tx.first(queries.key_of_artifact(id))
    if found is None:
        raise _missing()
    if found.key is not None:
        await _lock(tx, found.key)
        await _replace_latest(tx, id, found.key)
    if not await tx.changed(queries.delete_artifact(id)):
        raise _missing()


async def _replace_latest(tx: Transaction, id: UUID, key: str) -> None:
    """Makes the artifact before this one the latest of its key, if this one is."""
    latest = await tx.first(queries.collection_row(key))
    if latest is None or latest.latest_id != id:
        return
    before = await tx.first(queries.latest_besides(id, key))
    if before is None:
        await emit_collection_event(tx, "deleted", latest)
        await tx.execute(queries.forget_key(id))
    else:
        await tx.execute(queries.make_latest_instead(id, before))
        await _emit(tx, "updated", key)


async def _emit(tx: Transaction, what: str, key: str) -> None:
    latest = await tx.first(queries.collection_row(key))
    assert latest is not None
    await emit_collection_event(tx, what, latest)


async def _lock(tx: Transaction, key: str) -> None:
    await tx.lock("artifact", key)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: dump_json(value) if name in JSON_COLUMNS and value is not None else value
        for name, value in values.items()
    }


def _missing() -> NotFound:
    return NotFound("Artifact not found.")
