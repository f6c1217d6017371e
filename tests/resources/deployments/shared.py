"""What tests of deployments share."""

from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from lictor.db.engine import Database
from tests.replies import JSON

INTEGER_X = {"type": "object", "properties": {"x": {"type": "integer"}}}


async def count_of(db: Database, table: sa.Table) -> int:
    return await db.read.scalar(sa.select(sa.func.count()).select_from(table))


Deploy = Callable[..., Awaitable[JSON]]
