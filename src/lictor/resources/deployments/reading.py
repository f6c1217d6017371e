"""Deployments as answers show them: with their schedules, which one more statement reads for all of them."""

from typing import Any
from uuid import UUID

from lictor.db.compiled_query import Runnable
from lictor.db.engine import Connection
from lictor.resources.deployments import queries


async def deployment_objects(connection: Connection, statement: Runnable) -> list[dict[str, Any]]:
    """The deployments that a statement of `queries` reads."""
    return await with_schedules(connection, await connection.objects(queries.DEPLOYMENT, statement))


async def with_schedules(connection: Connection, deployments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The deployments, each with its schedules."""
    if not deployments:
        return []
    by_id: dict[str, list[dict[str, Any]]] = {deployment["id"]: [] for deployment in deployments}
    for schedule in await connection.objects(queries.SCHEDULE, queries.schedules_of([UUID(id) for id in by_id])):
        by_id[schedule["deployment_id"]].append(schedule)
    return [{**deployment, "schedules": by_id[deployment["id"]]} for deployment in deployments]


async def deployment_object(connection: Connection, statement: Runnable) -> dict[str, Any] | None:
    """The first of them, if there is any."""
    return next(iter(await deployment_objects(connection, statement)), None)
