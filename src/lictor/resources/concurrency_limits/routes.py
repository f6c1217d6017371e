"""The API of concurrency limits: of global ones, and of limits on tags."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Path, Response
from pydantic import WithJsonSchema

from lictor.errors import Locked, NotFound
from lictor.http.dependencies import CurrentGrant, CurrentSettings, ReadDB, WriteTx
from lictor.http.errors import render
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import Limit as PageLimit
from lictor.http.paging import Offset, PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.concurrency_limits import queries, tags, writes
from lictor.resources.concurrency_limits.schemas import (
    ConcurrencyLeaseHolder,
    ConcurrencyLimit,
    ConcurrencyLimitCreate,
    ConcurrencyLimitV2,
    ConcurrencyLimitV2Create,
    ConcurrencyLimitV2Update,
    ConcurrencyLimitWithLeaseResponse,
    GlobalConcurrencyLimitResponse,
    LeaseSeconds,
    MinimalConcurrencyLimitResponse,
    OccupancySeconds,
    SlotCount,
)
from lictor.resources.concurrency_limits.slots import Holder, Limit, Patience
from lictor.resources.concurrency_limits.writes import Denied, Mode
from lictor.validation.fields import Text

router = StrictRouter(prefix="/v2/concurrency_limits", tags=["Concurrency Limits V2"])
tag_router = StrictRouter(prefix="/concurrency_limits", tags=["Concurrency Limits"])

FIVE_MINUTES = 300

IdOrName = Annotated[UUID | str, Path(description="The limit's id, or its name.")]
Id = Annotated[UUID, Path(description="The limit's id.")]
Tag = Annotated[str, Path(description="The tag.")]
Tags = Annotated[list[Text], Body(description="The tags; those without a limit are ignored.")]
TaskRunId = Annotated[UUID, Body(description="The task run that holds the slots.")]
Names = Annotated[
    list[Text], Body(min_length=1, description="The names of the limits; those that are not there are ignored.")
]
Slots = Annotated[SlotCount, Body(description="How many slots of each limit.")]
TheMode = Annotated[
    Mode, Body(description="`rate_limit` if the slots are not to be given back but to become free at their rate.")
]
Lasting = Annotated[LeaseSeconds, Body(description="For how many seconds the lease lasts unless it is renewed.")]
Inert = Body(deprecated=True, description="Ignored: limits are made before they are used.")


async def _patience(settings: CurrentSettings) -> Patience:
    return Patience.of(settings)


CurrentPatience = Annotated[Patience, Depends(_patience)]


def _known(id_or_name: UUID | str) -> UUID | str:
    """An id wherever it can be one."""
    try:
        return UUID(str(id_or_name))
    except ValueError:
        return id_or_name


def _minimal(limits: Iterable[Limit]) -> list[MinimalConcurrencyLimitResponse]:
    return [MinimalConcurrencyLimitResponse(id=limit.id, name=limit.name, limit=limit.limit) for limit in limits]


def _locked(denied: Denied) -> Response:
    # Not raised: that slots were asked for in vain is to be remembered.
    return render(Locked(seconds=denied.seconds))


@router.post("/", response_model=ConcurrencyLimitV2, status_code=201)
@through_fastapi
async def create_concurrency_limit_v2(tx: WriteTx, concurrency_limit: ConcurrencyLimitV2Create) -> Response:
    """Make a limit."""
    return RowsResponse(await writes.make_limit(tx, concurrency_limit), 201)


@router.get("/{id_or_name}", response_model=GlobalConcurrencyLimitResponse)
async def read_concurrency_limit_v2(db: ReadDB, id_or_name: IdOrName) -> Response:
    """Read a limit."""
    limit = await db.object(queries.GLOBAL_LIMIT, queries.global_limit_by(_known(id_or_name)))
    if limit is None:
        raise NotFound("Concurrency Limit not found")
    return RowsResponse(limit)


@router.post("/filter", response_model=list[GlobalConcurrencyLimitResponse])
async def read_all_concurrency_limits_v2(db: ReadDB, page_params: PageParams) -> Response:
    """List the limits by name."""
    return await list_response(db, queries.global_limit_list(), page_params)


@router.patch("/{id_or_name}", status_code=204)
async def update_concurrency_limit_v2(
    tx: WriteTx, id_or_name: IdOrName, concurrency_limit: ConcurrencyLimitV2Update
) -> None:
    """Change a limit."""
    await writes.change_limit(tx, _known(id_or_name), concurrency_limit)


@router.delete("/{id_or_name}", status_code=204)
async def delete_concurrency_limit_v2(tx: WriteTx, id_or_name: IdOrName) -> None:
    """Delete a limit. Whoever holds slots of it goes on."""
    await writes.drop_limit(tx, queries.global_limit_is(_known(id_or_name)))


@router.post("/increment", response_model=list[MinimalConcurrencyLimitResponse])
async def bulk_increment_active_slots(
    grant: CurrentGrant,
    patience: CurrentPatience,
    slots: Slots,
    names: Names,
    mode: TheMode = "concurrency",
    create_if_missing: Annotated[bool | None, Inert] = None,
) -> Response | list[MinimalConcurrencyLimitResponse]:
    """Take slots of all these limits, or of none: then the answer is 423, and `Retry-After` tells when to ask again."""
    del create_if_missing
    limits = await writes.take_slots(grant.tx, names, slots, mode, patience, leased=False)
    if isinstance(limits, Denied):
        return _locked(limits)
    taken = [limit.name for limit in limits if limit.active]
    grant.undo = partial(writes.give_slots_back, names=taken, count=slots, held=None, patience=patience)
    return _minimal(limits)


@router.post("/increment-with-lease", response_model=ConcurrencyLimitWithLeaseResponse)
async def bulk_increment_active_slots_with_lease(
    grant: CurrentGrant,
    patience: CurrentPatience,
    slots: Slots,
    names: Names,
    mode: TheMode = "concurrency",
    lease_duration: Lasting = FIVE_MINUTES,
    holder: Annotated[ConcurrencyLeaseHolder | None, Body(description="Who holds the lease.")] = None,
) -> Response | ConcurrencyLimitWithLeaseResponse:
    """Take slots as `increment` does, and hold them until the lease ends or expires."""
    limits = await writes.take_slots(grant.tx, names, slots, mode, patience, leased=True)
    if isinstance(limits, Denied):
        return _locked(limits)
    held_by = None if holder is None else Holder(holder.type, holder.id)
    lease_id = await writes.make_lease(grant.tx, limits, slots, lease_duration, held_by)
    grant.undo = partial(writes.revoke_lease, id=lease_id, patience=patience)
    return ConcurrencyLimitWithLeaseResponse(lease_id=lease_id, limits=_minimal(limits))


@router.post("/decrement")
async def bulk_decrement_active_slots(
    tx: WriteTx,
    patience: CurrentPatience,
    slots: Slots,
    names: Names,
    occupancy_seconds: Annotated[
        OccupancySeconds | None, Body(description="For how many seconds the slots were occupied.")
    ] = None,
    create_if_missing: Annotated[bool | None, WithJsonSchema({"type": "boolean"}), Inert] = None,
) -> list[MinimalConcurrencyLimitResponse]:
    """Give back slots that were taken without a lease."""
    del create_if_missing
    return _minimal(await writes.give_slots_back(tx, names, slots, occupancy_seconds, patience))


@router.post("/decrement-with-lease", status_code=204)
async def bulk_decrement_active_slots_with_lease(
    tx: WriteTx,
    patience: CurrentPatience,
    lease_id: Annotated[UUID, Body(embed=True, description="The lease to end.")],
) -> None:
    """End a lease, and give its slots back. One that has ended already is no error."""
    await writes.end_lease(tx, lease_id, patience)


@router.post("/leases/{lease_id}/renew", status_code=204)
async def renew_concurrency_lease(
    tx: WriteTx,
    lease_id: Annotated[UUID, Path(description="The lease's id.")],
    lease_duration: Annotated[
        LeaseSeconds, Body(embed=True, description="For how many seconds the lease lasts from now on.")
    ] = FIVE_MINUTES,
) -> None:
    """Keep a lease. If it has ended, the answer is 410: others may have the slots by now."""
    await writes.renew_lease(tx, lease_id, lease_duration)


@tag_router.post("/", response_model=ConcurrencyLimit, responses={201: {"model": ConcurrencyLimit}})
@through_fastapi
async def create_concurrency_limit(tx: WriteTx, concurrency_limit: ConcurrencyLimitCreate) -> Response:
    """Limit how many task runs with a tag may be running at once. If there is a limit already, it is changed."""
    limit, is_new = await tags.set_limit(tx, concurrency_limit)
    return RowsResponse(limit, 201 if is_new else 200)


@tag_router.get("/{id:uuid}", response_model=ConcurrencyLimit)
async def read_concurrency_limit(db: ReadDB, id: Id) -> Response:
    """Read a limit on a tag, with the task runs that hold its slots."""
    async with db.connection() as connection:
        limits = await tags.shown(connection, await connection.all(queries.tag_limit_by_id(id)))
    return _only(limits)


@tag_router.get("/tag/{tag}", response_model=ConcurrencyLimit)
async def read_concurrency_limit_by_tag(db: ReadDB, tag: Tag) -> Response:
    """Read the limit on a tag, with the task runs that hold its slots."""
    async with db.connection() as connection:
        limits = await tags.shown(connection, await connection.all(queries.tag_limit_by_tag(tag)))
    return _only(limits)


def _only(limits: list[tags.Json]) -> Response:
    if not limits:
        raise NotFound("Concurrency limit not found")
    return RowsResponse(limits[0])


@tag_router.post("/filter", response_model=list[ConcurrencyLimit])
async def read_concurrency_limits(db: ReadDB, limit: PageLimit, offset: Offset = 0) -> Response:
    """List the limits on tags."""
    async with db.connection() as connection:
        return RowsResponse(await tags.shown(connection, await connection.all(queries.tag_limits(limit, offset))))


@tag_router.post("/tag/{tag}/reset")
async def reset_concurrency_limit_by_tag(
    tx: WriteTx,
    patience: CurrentPatience,
    tag: Tag,
    slot_override: Annotated[
        list[UUID] | None, Body(embed=True, description="The task runs that hold slots from now on; none unless given.")
    ] = None,
) -> None:
    """Take all slots of the limit on a tag from their holders."""
    await tags.reset(tx, tag, slot_override or [], patience)


@tag_router.delete("/{id:uuid}")
async def delete_concurrency_limit(tx: WriteTx, patience: CurrentPatience, id: Id) -> None:
    """Delete a limit on a tag."""
    await tags.drop_limit(tx, await tx.first(queries.tag_limit_by_id(id)), patience)


@tag_router.delete("/tag/{tag}")
async def delete_concurrency_limit_by_tag(tx: WriteTx, patience: CurrentPatience, tag: Tag) -> None:
    """Delete the limit on a tag."""
    await tags.drop_limit(tx, await tx.first(queries.tag_limit_by_tag(tag)), patience)


@tag_router.post("/increment")
async def increment_concurrency_limits_v1(
    grant: CurrentGrant, patience: CurrentPatience, names: Tags, task_run_id: TaskRunId
) -> list[MinimalConcurrencyLimitResponse]:
    """Take a slot of the limit on each of these tags, or of none."""
    limits = await tags.take_slots(grant.tx, names, task_run_id, patience)
    grant.undo = partial(tags.give_slots_back, tags=names, task_run_id=task_run_id, patience=patience)
    return _named(limits)


@tag_router.post("/decrement")
async def decrement_concurrency_limits_v1(
    tx: WriteTx, patience: CurrentPatience, names: Tags, task_run_id: TaskRunId
) -> list[MinimalConcurrencyLimitResponse]:
    """Give back what a task run holds of the limits on these tags."""
    return _named(await tags.give_slots_back(tx, names, task_run_id, patience))


def _named(limits: Iterable[tuple[UUID, str, int]]) -> list[MinimalConcurrencyLimitResponse]:
    return [MinimalConcurrencyLimitResponse(id=id, name=name, limit=limit) for id, name, limit in limits]
