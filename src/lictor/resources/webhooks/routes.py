"""The API of webhooks, and where they take requests. It is ours: Prefect's open-source server has none."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response

from lictor.db.base import utc_now
from lictor.db.types import dump_json, load_json
from lictor.errors import NotFound, Unavailable, Unprocessable
from lictor.events.decoding import BadEvent, decode_event
from lictor.events.dependencies import EventRecorder
from lictor.events.recorder import CannotBeStored
from lictor.http.dependencies import CurrentDatabase, CurrentSettings, ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter, UnversionedRoute, read_body
from lictor.http.rows import RowsResponse
from lictor.observability.tokens import HOOKS
from lictor.resources.webhooks import queries, writes
from lictor.resources.webhooks.rendering import Received, render_event
from lictor.resources.webhooks.schemas import Webhook, WebhookCreate, WebhookUpdate, WebhookWithToken

router = StrictRouter(prefix="/webhooks", tags=["Webhooks"])
hooks_router = StrictRouter(prefix=HOOKS, tags=["Webhooks"], route_class=UnversionedRoute)

OURS = {"x-lictor": True}
MAX_BODY_BYTES = 2**20
MAX_WAIT_SECONDS = 30

Id = Annotated[UUID, Path(description="The webhook's id.")]


@router.post("/", response_model=WebhookWithToken, status_code=201, openapi_extra=OURS)
@through_fastapi
async def create_webhook(tx: WriteTx, webhook: WebhookCreate) -> Response:
    """Create a webhook. Its token is told this once, and kept as a hash."""
    id, token = await writes.create_webhook(tx, webhook)
    return RowsResponse({**await _read(tx, id), "token": token}, 201)


@router.post("/filter", response_model=list[Webhook], openapi_extra=OURS)
async def read_webhooks(db: ReadDB, page_params: PageParams) -> Response:
    """List the webhooks by name."""
    return await list_response(db, queries.webhook_list(), page_params)


@router.get("/{id:uuid}", response_model=Webhook, openapi_extra=OURS)
async def read_webhook(db: ReadDB, id: Id) -> Response:
    """Read a webhook."""
    return RowsResponse(await _read(db, id))


@router.patch("/{id:uuid}", status_code=204, openapi_extra=OURS)
async def update_webhook(tx: WriteTx, id: Id, webhook: WebhookUpdate) -> None:
    """Change a webhook. Its token stays."""
    await writes.update_webhook(tx, id, webhook)


@router.post("/{id:uuid}/rotate", response_model=WebhookWithToken, openapi_extra=OURS)
@through_fastapi
async def rotate_token(tx: WriteTx, id: Id) -> Response:
    """Give a webhook a new token. The old one is good for nothing from then on."""
    token = await writes.rotate_token(tx, id)
    return RowsResponse({**await _read(tx, id), "token": token})


@router.delete("/{id:uuid}", status_code=204, openapi_extra=OURS)
async def delete_webhook(tx: WriteTx, id: Id) -> None:
    """Revoke a webhook."""
    if not await tx.changed(queries.delete_webhook(id)):
        raise NotFound("Webhook not found")


async def _read(db: Any, id: UUID) -> dict[str, Any]:
    found: dict[str, Any] | None = await db.object(queries.WEBHOOK, queries.webhook_by_id(id))
    if found is None:
        raise NotFound("Webhook not found")
    return found


@hooks_router.post("/{token}", status_code=204, response_class=Response, openapi_extra=OURS)
@through_fastapi
async def take_request(
    request: Request,
    db: CurrentDatabase,
    recorder: EventRecorder,
    settings: CurrentSettings,
    token: Annotated[str, Path(description="The webhook's token.")],
) -> Response:
    """Turn a request of any kind into an event, which is committed when the answer is sent."""
    webhook = await writes.use_webhook(db, token)
    body = await read_body(request, min(MAX_BODY_BYTES, settings.server.max_body_bytes))
    received = Received(body, request.headers, request.query_params)
    made = await render_event(webhook, load_json(webhook.template), received)
    try:
        event = decode_event(dump_json(made), utc_now(), settings.events)
    except BadEvent as error:
        raise Unprocessable(f"The webhook's template made no event of this request: {error}") from None
    try:
        async with asyncio.timeout(MAX_WAIT_SECONDS):
            await recorder.record([event])
    except CannotBeStored as error:
        raise Unprocessable(f"The event cannot be stored: {error}") from None
    except TimeoutError:
        raise Unavailable("The event is not committed yet.") from None
    return Response(status_code=204)
