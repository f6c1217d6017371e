"""What the server is and how it is set up."""

from typing import Any
from uuid import UUID

from lictor.admin.settings_tree import settings_tree
from lictor.http.api_version import PREFECT_VERSION
from lictor.http.dependencies import CurrentSettings, ReadDB, WriteTx
from lictor.http.routing import StrictRouter
from lictor.resources.block_documents import queries
from lictor.resources.block_documents.schemas import ServerDefaultResultStorage, ServerDefaultResultStorageUpdate
from lictor.resources.block_documents.writes import choose_result_storage

router = StrictRouter(prefix="/admin", tags=["Admin"])


@router.get("/settings")
async def read_settings(settings: CurrentSettings) -> dict[str, Any]:
    """All settings of this server, secrets masked: Prefect's under Prefect's names, all others below `lictor`."""
    return settings_tree(settings)


@router.get("/version")
async def read_version() -> str:
    """The version of Prefect whose API is served here."""
    return PREFECT_VERSION


@router.get("/storage")
async def read_server_default_result_storage(db: ReadDB) -> ServerDefaultResultStorage:
    """The block that flows leave their results in unless they say otherwise."""
    block: UUID | None = await db.scalar(queries.default_result_storage())
    return ServerDefaultResultStorage(default_result_storage_block_id=block)


@router.put("/storage")
async def update_server_default_result_storage(
    tx: WriteTx, configuration: ServerDefaultResultStorageUpdate
) -> ServerDefaultResultStorage:
    """Choose the block that flows leave their results in unless they say otherwise."""
    block = configuration.default_result_storage_block_id
    await choose_result_storage(tx, block)
    return ServerDefaultResultStorage(default_result_storage_block_id=block)


@router.delete("/storage", status_code=204)
async def clear_server_default_result_storage(tx: WriteTx) -> None:
    """Let flows leave their results where they would without a choice."""
    await tx.execute(queries.choose_default_result_storage(None))
