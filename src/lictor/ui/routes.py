"""What the pages ask that no other client does: a page of runs with the names beside them, counts that stop, a login."""

import asyncio
import hmac
from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Request, Response

from lictor.db.base import utc_now
from lictor.errors import Unauthorized
from lictor.http.dependencies import CurrentSettings, ReadDB
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.http.sessions import COOKIE, Sessions
from lictor.resources.deployments.schedules import NewSchedule
from lictor.resources.filter_sets import QueueFilters, RunFilters
from lictor.resources.flow_runs.queries import flow_run_list
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.task_runs.queries import task_run_list
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.scheduling.occurrences import next_occurrences
from lictor.ui import queries
from lictor.ui.finding import find, suggest
from lictor.ui.holders import read_holders
from lictor.ui.home import read_home
from lictor.ui.schemas import (
    BoundedCount,
    FoundObject,
    HeldSlots,
    Home,
    Login,
    NamedFlowRun,
    NamedTaskRun,
    Wait,
)
from lictor.ui.waits import read_waits
from lictor.validation.fields import DateTime

MAX_BOUND = 100_000
LOGIN = "/ui/login"
NEXT_TIMES = 10
FARTHEST = timedelta(days=366 * 10)
"""How far ahead the next times of a schedule are looked for."""

router = StrictRouter(prefix="/ui", tags=["UI"])

OURS = {"x-lictor": True}
Text = Annotated[str, Body(max_length=200, description="What to look for.")]
Bound = Annotated[int, Body(ge=1, le=MAX_BOUND, description="Where to stop counting.")]


@router.post("/flow_runs/filter", response_model=list[NamedFlowRun], openapi_extra=OURS)
async def read_named_flow_runs(
    db: ReadDB,
    page_params: PageParams,
    filters: QueueFilters,
    sort: Annotated[FlowRunSort, Body(description="In which order to list the flow runs.")] = FlowRunSort.ID_DESC,
) -> Response:
    """List the flow runs that match, as `/flow_runs/filter` does, with the names of their flows and deployments."""
    return await list_response(db, flow_run_list(filters, sort), page_params, queries.name_flow_runs)


@router.post("/task_runs/filter", response_model=list[NamedTaskRun], openapi_extra=OURS)
async def read_named_task_runs(
    db: ReadDB,
    page_params: PageParams,
    filters: RunFilters,
    sort: Annotated[TaskRunSort, Body(description="In which order to list the task runs.")] = TaskRunSort.ID_DESC,
) -> Response:
    """List the task runs that match, as `/task_runs/filter` does, with the names of their flow runs and flows."""
    return await list_response(db, task_run_list(filters, sort), page_params, queries.name_task_runs)


@router.post("/flow_runs/bounded-count", openapi_extra=OURS)
async def count_flow_runs_to_bound(db: ReadDB, filters: QueueFilters, bound: Bound = 10_000) -> BoundedCount:
    """Count the flow runs that match, up to a bound."""
    return _bounded(await db.slow.scalar(queries.flow_runs_up_to(filters, bound + 1)), bound)


@router.post("/task_runs/bounded-count", openapi_extra=OURS)
async def count_task_runs_to_bound(db: ReadDB, filters: RunFilters, bound: Bound = 10_000) -> BoundedCount:
    """Count the task runs that match, up to a bound."""
    return _bounded(await db.slow.scalar(queries.task_runs_up_to(filters, bound + 1)), bound)


def _bounded(counted: int, bound: int) -> BoundedCount:
    return BoundedCount(count=min(counted, bound), is_more=counted > bound)


@router.post("/schedules/next-times", openapi_extra=OURS)
async def read_next_times(
    schedule: Annotated[NewSchedule, Body(embed=True, description="A schedule, which need not be saved.")],
) -> list[DateTime]:
    """The next ten times at which a schedule would run, as far as they lie within ten years."""
    start = utc_now()
    timing = schedule.model_dump(mode="json")
    times = partial(next_occurrences, timing, start, start + FARTHEST, min_until=start)
    return await asyncio.to_thread(times, min_runs=NEXT_TIMES, max_runs=NEXT_TIMES)


@router.post("/suggestions", openapi_extra=OURS)
async def suggest_values(
    db: ReadDB,
    field: Annotated[str, Body(max_length=100, description="The field of a filter, as `flows.name`.")],
    text: Text = "",
) -> list[str]:
    """Some values that are stored in a field and hold a text; none of a field that nothing is suggested for."""
    return await suggest(db, field, text)


@router.post("/find", response_model=list[FoundObject], openapi_extra=OURS)
async def find_objects(
    db: ReadDB, text: Annotated[str, Body(embed=True, max_length=200, description="What to look for.")]
) -> Response:
    """Find flows, runs, deployments and work pools by their id, or by a part of their name."""
    return RowsResponse(await find(db, text))


@router.post("/home", response_model=Home, openapi_extra=OURS)
async def read_what_needs_attention(
    db: ReadDB, since: Annotated[DateTime, Body(embed=True, description="From when on failures are of interest.")]
) -> Response:
    """What needs a person now, and what is next, in one answer."""
    return RowsResponse(await read_home(db, since))


@router.get("/concurrency_limits/{id:uuid}/holders", response_model=list[HeldSlots], openapi_extra=OURS)
async def read_slot_holders(db: ReadDB, id: Annotated[UUID, Path(description="The limit's id.")]) -> Response:
    """Who holds the slots of a concurrency limit by leases, and since when."""
    return RowsResponse(await read_holders(db, id))


@router.get("/flow_runs/{id:uuid}/waits", response_model=list[Wait], openapi_extra=OURS)
async def read_flow_run_waits(db: ReadDB, id: Annotated[UUID, Path(description="The flow run's id.")]) -> Response:
    """When a flow run and its task runs stood still: scheduled, pending, paused, or waiting for a slot."""
    return RowsResponse(await read_waits(db, id))


@router.post("/login", status_code=204, openapi_extra=OURS)
@through_fastapi
async def log_in(request: Request, settings: CurrentSettings, login: Login) -> Response:
    """Begin a session: a cookie that no script can read stands for the password until it expires."""
    secret = settings.server.auth_string
    response = Response(status_code=204)
    if secret is None:  # nobody has to log in
        return response
    credentials = secret.get_secret_value().encode()
    if not hmac.compare_digest(login.auth_string.get_secret_value().encode(), credentials):
        raise Unauthorized("This is not the user and password of this server.")
    lifetime = settings.ui.session_lifetime.total_seconds()
    response.set_cookie(
        COOKIE,
        Sessions(credentials).issue(lifetime),
        max_age=int(lifetime),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout", status_code=204, openapi_extra=OURS)
async def log_out() -> Response:
    """End a session."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
