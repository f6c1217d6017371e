"""Statements on webhooks."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.functions import Statement, insert_unless
from lictor.db.row_serializer import RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.webhooks.table import webhook

WEBHOOK = RowSerializer(
    {
        "id": webhook.c.id,
        "created": webhook.c.created,
        "updated": webhook.c.updated,
        "name": webhook.c.name,
        "description": webhook.c.description,
        "enabled": webhook.c.enabled,
        "template": webhook.c.template,
        "requests_per_minute": webhook.c.requests_per_minute,
        "last_used": webhook.c.last_used,
    }
)


class WebhookSort(StrEnum):
    """The one order in which webhooks are listed."""

    NAME_ASC = "NAME_ASC"


WEBHOOKS = ResourceQuery("webhooks", webhook, (), {WebhookSort.NAME_ASC: Order(webhook.c.name)})

_ROWS = WEBHOOK.select().select_from(webhook)


def webhook_list() -> ListQuery:
    """All webhooks by name."""
    return ListQuery(WEBHOOKS, WEBHOOK, _ROWS, {}, WebhookSort.NAME_ASC)


def webhook_by_id(id: UUID) -> Statement:
    """One webhook."""
    return WEBHOOK.select().where(webhook.c.id == id)


def webhook_of_token(token_hash: str) -> sa.Select[Any]:
    """The webhook whose token has this hash, with how many requests it has left."""
    return sa.select(webhook).where(webhook.c.token_hash == token_hash)


def insert_webhook(row: Mapping[str, Any]) -> sa.Insert:
    """A new webhook, unless there is one of its name."""
    return insert_unless(webhook, row, "name")


def update_webhook(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a webhook."""
    return sa.update(webhook).where(webhook.c.id == id).values(**changes, updated=utc_now())


def note_use(id: UUID, left: float, now: Any) -> sa.Update:
    """Takes one of the requests that a webhook has left; nothing that its owner has changed."""
    unchanged = {"updated": webhook.c.updated}
    return sa.update(webhook).where(webhook.c.id == id).values(requests_left=left, last_used=now, **unchanged)


def delete_webhook(id: UUID) -> sa.Delete:
    """Deletes a webhook: its token is good for nothing from then on."""
    return sa.delete(webhook).where(webhook.c.id == id)
