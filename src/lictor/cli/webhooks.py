"""`lictor webhooks`: addresses that turn what others send into events."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import sqlalchemy as sa
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from lictor.cli.configuration import configured
from lictor.db import migrations
from lictor.db.engine import Database, open_database
from lictor.errors import LictorError
from lictor.observability.tokens import HOOKS
from lictor.resources.webhooks import queries, writes
from lictor.resources.webhooks.schemas import WebhookCreate
from lictor.resources.webhooks.table import webhook
from lictor.settings import Settings

T = TypeVar("T")


def create(name: str, /, *, template: str | None = None, description: str = "", requests_per_minute: int = 600) -> None:
    """Make a webhook, and show its address, which nobody is told a second time.

    Parameters
    ----------
    name
        Its name, which no other webhook has.
    template
        The event that a request becomes, as JSON: event, resource, related, payload, id, occurred.
    description
        What it is for.
    requests_per_minute
        How many requests it takes in a minute.
    """
    given = {"name": name, "description": description, "requests_per_minute": requests_per_minute}
    try:
        body = WebhookCreate.model_validate(given | ({} if template is None else {"template": json.loads(template)}))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise LictorError(f"The webhook cannot be made: {problems}") from None
    except ValueError as error:
        raise LictorError(f"The template is no JSON: {error}") from None
    settings = configured()
    _, token = _with_database(settings, lambda db: db.try_write(lambda tx: writes.create_webhook(tx, body)))
    print(f"POST {settings.server.base_path}{HOOKS}/{token}")


def ls() -> None:
    """List the webhooks, without their tokens."""
    rows = _with_database(configured(), lambda db: db.read.all(sa.select(webhook).order_by(webhook.c.name)))
    table = Table("Name", "Enabled", "A minute", "Used last", "Description")
    for row in rows:
        used = "never" if row.last_used is None else f"{row.last_used:%Y-%m-%d %H:%M:%S} UTC"
        table.add_row(row.name, "yes" if row.enabled else "no", str(row.requests_per_minute), used, row.description)
    Console(highlight=False).print(table)


def revoke(name: str, /) -> None:
    """Delete a webhook: its address is good for nothing from then on.

    Parameters
    ----------
    name
        Its name.
    """

    async def delete(db: Database) -> bool:
        id = await db.read.scalar(sa.select(webhook.c.id).where(webhook.c.name == name))
        return id is not None and await db.try_write(lambda tx: tx.changed(queries.delete_webhook(id)))

    if not _with_database(configured(), delete):
        raise LictorError(f"There is no webhook with the name {name!r}.")


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        await migrations.prepare(settings.database)
        async with open_database(settings.database) as db:
            return await work(db)

    return asyncio.run(run())
