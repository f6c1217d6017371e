"""Making, changing and revoking webhooks, and counting what they take."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database, Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.errors import Conflict, Forbidden, NotFound, TooManyRequests
from lictor.resources.webhooks import queries
from lictor.resources.webhooks.schemas import WebhookCreate, WebhookUpdate

TOKEN_BYTES = 32
"""As many as nobody guesses: so a hash needs neither salt nor many rounds."""


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def create_webhook(tx: Transaction, body: WebhookCreate) -> tuple[UUID, str]:
    """Creates a webhook; its id and its token."""
    id, now, token = uuid7(), utc_now(), secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "id": id,
        "created": now,
        "updated": now,
        "name": body.name,
        "description": body.description,
        "enabled": body.enabled,
        "template": dump_json(body.template.model_dump()),
        "token_hash": hash_of(token),
        "requests_per_minute": body.requests_per_minute,
        "requests_left": float(body.requests_per_minute),
    }
    if not await tx.changed(queries.insert_webhook(row)):
        raise Conflict(f"A webhook with the name {body.name!r} exists.")
    return id, token


async def update_webhook(tx: Transaction, id: UUID, body: WebhookUpdate) -> None:
    """Changes of a webhook what was asked."""
    changes = body.model_dump(exclude_unset=True)
    if "template" in changes:
        changes["template"] = dump_json(body.template.model_dump())
    if not await tx.changed(queries.update_webhook(id, changes)):
        raise NotFound("Webhook not found")


async def rotate_token(tx: Transaction, id: UUID) -> str:
    """Gives a webhook a new token in the place of the old one."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    if not await tx.changed(queries.update_webhook(id, {"token_hash": hash_of(token)})):
        raise NotFound("Webhook not found")
    return token


async def use_webhook(db: Database, token: str) -> sa.Row[tuple[object, ...]]:
    """The webhook of a token, which has one request less from now on. Raises NotFound, Forbidden, TooManyRequests."""
    statement = queries.webhook_of_token(hash_of(token))
    _left(await db.read.first(statement), utc_now())  # whoever asks too often does not get as far as to write

    async def take(tx: Transaction) -> sa.Row[tuple[object, ...]]:
        row, now = await tx.first(statement.with_for_update()), utc_now()
        left = _left(row, now)
        assert row is not None
        await tx.execute(queries.note_use(row.id, left - 1, now))
        return row

    return await db.try_write(take)


def _left(row: sa.Row[tuple[object, ...]] | None, now: datetime) -> float:
    """How many requests a webhook may take now: as many as in a minute at most, and they come back at their rate."""
    if row is None:
        raise NotFound("Webhook not found")
    if not row.enabled:
        raise Forbidden("This webhook is disabled.")
    most = row.requests_per_minute
    elapsed = 60.0 if row.last_used is None else max((now - row.last_used).total_seconds(), 0.0)
    left: float = min(row.requests_left + elapsed * most / 60, most)
    if left < 1:
        raise TooManyRequests(f"This webhook takes {most} requests a minute.", (1 - left) * 60 / most)
    return left
