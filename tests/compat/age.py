"""Move rows of a Prefect database into the past: run by Prefect's own Python, on its own tables, changes on stdin."""

import asyncio
import json
import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from prefect.server.database import provide_database_interface


def to_column(name: str, value: Any) -> Any:
    if name == "id":
        return UUID(value)
    if name == "total_run_time":
        return timedelta(seconds=value)
    return value and datetime.fromisoformat(value)


async def main() -> None:
    database = provide_database_interface()
    tables = {"flow": database.Flow, "deployment": database.Deployment, "flow_run": database.FlowRun}
    async with database.session_context(begin_transaction=True) as session:
        for name, rows in json.load(sys.stdin).items():
            table = tables[name].__table__
            for row in rows:
                values = {column: to_column(column, value) for column, value in row.items()}
                id = values.pop("id")
                await session.execute(sa.update(table).where(table.c.id == id).values(values))


asyncio.run(main())
