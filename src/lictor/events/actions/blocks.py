"""Actions that blocks carry out: notifications and webhooks."""

from typing import Any
from uuid import UUID

import orjson

from lictor.events.actions import notifications, webhooks
from lictor.events.actions.attempt import ActionFailed, Attempt
from lictor.events.actions.objects import render_all
from lictor.resources.automations.actions import CallWebhook, SendNotification
from lictor.resources.block_documents import queries
from lictor.resources.block_documents.reading import read_documents
from lictor.settings.fields import keys_in

WEBHOOK = "webhook"


async def send_notification(attempt: Attempt) -> None:
    """Renders a message and sends it."""
    action = attempt.action
    assert isinstance(action, SendNotification)
    slug, data = await _read_block(attempt, action.block_document_id)
    subject, body = await render_all(attempt, [action.subject, action.body])
    await notifications.notify(attempt, slug, data, subject, body)


async def call_webhook(attempt: Attempt) -> None:
    """Renders a body and sends it."""
    action = attempt.action
    assert isinstance(action, CallWebhook)
    slug, data = await _read_block(attempt, action.block_document_id)
    if slug != WEBHOOK:
        raise ActionFailed("The referenced block was not a webhook block")
    (payload,) = await render_all(attempt, [action.payload])
    await webhooks.call(attempt, data, payload)


async def _read_block(attempt: Attempt, id: UUID) -> tuple[str, dict[str, Any]]:
    """The slug of a block's type, and its data with its secrets."""
    async with attempt.db.read.connection() as connection:
        keys = keys_in(attempt.settings.server.encryption_key)
        found = await read_documents(connection, keys, queries.block_document_by_id(id), secrets=True)
    if not found:
        raise ActionFailed(f"Unexpected status from {attempt.action.type!r} action: 404")
    document = orjson.loads(orjson.dumps(found[0], option=orjson.OPT_UTC_Z))
    slug: str = document["block_type"]["slug"]
    attempt.relate(f"prefect.block-document.{id}", "block", document["name"])
    attempt.relate(f"prefect.block-type.{slug}", "block-type")
    return slug, document["data"]
