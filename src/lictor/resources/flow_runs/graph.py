"""The graph of a flow run: its task runs and subflow runs, and whose results went into which."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Reader
from lictor.db.types import load_json
from lictor.errors import BadRequest, ObjectNotFound
from lictor.resources.flow_runs import queries
from lictor.settings import ServerSettings

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)

ENCAPSULATING = "__parents__"
"""Among the inputs of a task run, the task runs that called it."""

Json = dict[str, Any]


async def flow_run_graph(db: Reader, id: UUID, since: datetime, settings: ServerSettings) -> Json:
    """The answer: a node for each run that has not ended before `since`, unless there are too many."""
    most = settings.flow_run_graph_max_nodes
    async with db.connection() as connection:
        run = await connection.first(queries.span_of_flow_run(id))
        if run is None:
            raise ObjectNotFound(f"Flow run {id} not found")
        runs = await connection.all(queries.runs_within(id, most + 1 if since == EARLIEST else None))
        made = await connection.all(queries.artifacts_within(id, settings.flow_run_graph_max_artifacts))
        states = await connection.objects(queries.GRAPH_STATE, queries.states_of_flow_run(id))
    shown = [run for run in runs if run.end_time is None or run.end_time >= since]
    if len(shown) > most:
        raise BadRequest(f"The graph of flow run {id} has more than {most} nodes.")
    artifacts = _artifacts(made)
    nodes = _nodes(runs, shown, artifacts)
    return {
        "start_time": run.start_time,
        "end_time": run.end_time,
        "root_node_ids": [node["id"] for node in nodes if not node["parents"]],
        "nodes": [(node["id"], node) for node in nodes],
        "artifacts": artifacts[None],
        "states": states,
    }


def _artifacts(made: Iterable[sa.Row[Any]]) -> defaultdict[UUID | None, list[Json]]:
    """What each task run made, and under None what the flow run made by itself."""
    artifacts: defaultdict[UUID | None, list[Json]] = defaultdict(list)
    for row in made:
        artifacts[row.task_run_id].append(
            {
                "id": str(row.id),
                "created": row.created,
                "key": row.key,
                "type": row.type,
                "is_latest": bool(row.is_latest),
                "data": None if row.data is None else load_json(row.data),
            }
        )
    return artifacts


def _nodes(
    runs: Sequence[sa.Row[Any]], shown: Iterable[sa.Row[Any]], artifacts: Mapping[UUID | None, list[Json]]
) -> list[Json]:
    """Nodes and the edges between them, those that start first coming first."""
    started = {str(run.id): run.start_time for run in runs}
    parents: dict[str, set[str]] = defaultdict(set)
    children: dict[str, set[str]] = defaultdict(set)
    callers: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        node = str(run.id)
        for name, source in _sources(run.task_inputs):
            if source not in started:
                continue
            if name == ENCAPSULATING:
                callers[node].add(source)
            else:
                parents[node].add(source)
                children[source].add(node)

    def edges(ends: set[str]) -> list[Json]:
        return [{"id": end} for end in sorted(ends, key=lambda end: (started[end], end))]

    return [
        {
            "kind": "task-run" if run.flow_name is None else "flow-run",
            "id": str(run.id),
            "label": run.name if run.flow_name is None else f"{run.flow_name} / {run.name}",
            "state_type": run.state_type,
            "start_time": run.start_time,
            "end_time": run.end_time,
            "parents": edges(parents[str(run.id)]),
            "children": edges(children[str(run.id)]),
            "encapsulating": edges(callers[str(run.id)]),
            "artifacts": artifacts.get(run.id, []),
        }
        for run in sorted(shown, key=lambda run: (run.start_time, run.end_time or LATEST, run.id))
    ]


def _sources(task_inputs: str) -> Iterable[tuple[str, str]]:
    """The runs whose results went into a task run, each with the name of the input."""
    for name, sources in load_json(task_inputs).items():
        for source in sources:
            if "id" in source:
                yield name, source["id"]
