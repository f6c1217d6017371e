"""Slots that leases hold are counted from the leases, so that no counter can drift."""

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.concurrency_limits.table import slot_lease
from tests.make import Make

LIMITS = "/v2/concurrency_limits"


async def active(api: httpx.AsyncClient, name: str) -> int:
    slots: int = (await api.get(f"{LIMITS}/{name}")).json()["active_slots"]
    (listed,) = [each for each in (await api.post(f"{LIMITS}/filter")).json() if each["name"] == name]
    assert listed["active_slots"] == slots
    return slots


async def lease(api: httpx.AsyncClient, *names: str, slots: int = 1) -> str:
    reply = await api.post(f"{LIMITS}/increment-with-lease", json={"slots": slots, "names": names})
    assert reply.status_code == 200, reply.text
    id: str = reply.json()["lease_id"]
    return id


async def end(api: httpx.AsyncClient, id: str) -> None:
    assert (await api.post(f"{LIMITS}/decrement-with-lease", json={"lease_id": id})).status_code == 204


async def renew(api: httpx.AsyncClient, id: str) -> int:
    return (await api.post(f"{LIMITS}/leases/{id}/renew", json={"lease_duration": 60})).status_code


async def increment(api: httpx.AsyncClient, name: str, how: str = "increment", slots: int = 1) -> int:
    return (await api.post(f"{LIMITS}/{how}", json={"slots": slots, "names": [name]})).status_code


async def test_leases_that_are_gone_by_whatever_way_hold_no_slots(
    api: httpx.AsyncClient, make: Make, db: Database
) -> None:
    await make.limit("limit", limit=2)
    await lease(api, "limit", slots=2)
    assert (await active(api, "limit"), await increment(api, "limit")) == (2, 423)
    async with db.write() as tx:
        await tx.execute(sa.delete(slot_lease))
    assert (await active(api, "limit"), await increment(api, "limit", slots=2)) == (0, 200)


async def test_nobody_gives_back_what_others_hold_by_leases(api: httpx.AsyncClient, make: Make) -> None:
    await make.limit("limit", limit=3)
    held = await lease(api, "limit", slots=2)
    assert await increment(api, "limit") == 200
    for expected in (2, 2):
        assert await increment(api, "limit", "decrement") == 200
        assert await active(api, "limit") == expected
    assert (await increment(api, "limit", slots=2), await increment(api, "limit")) == (423, 200)
    await end(api, held)
    assert await active(api, "limit") == 1


async def test_slots_with_and_without_leases_share_a_limit(api: httpx.AsyncClient, make: Make) -> None:
    await make.limit("limit", limit=3)
    assert await increment(api, "limit", slots=2) == 200
    held = await lease(api, "limit")
    assert await increment(api, "limit") == 423
    await end(api, held)
    assert await increment(api, "limit") == 200


@pytest.mark.parametrize(("slots", "expected"), [(0, 0), (1, 1), (2, 2), (4, 4)])
async def test_who_sets_the_number_takes_the_limit_out_of_the_oldest_leases(
    api: httpx.AsyncClient, make: Make, slots: int, expected: int
) -> None:
    for name in ("limit", "other"):
        await make.limit(name, limit=9)
    leases = [await lease(api, "limit", "other") for _ in range(3)]
    assert (await api.patch(f"{LIMITS}/limit", json={"active_slots": slots})).status_code == 204
    assert (await active(api, "limit"), await active(api, "other")) == (expected, 3)
    for each in leases:
        assert await renew(api, each) == 204
        await end(api, each)
    assert (await active(api, "limit"), await active(api, "other")) == (max(0, slots - 3), 0)


async def test_a_limit_becomes_a_rate_and_a_limit_again(api: httpx.AsyncClient, make: Make) -> None:
    await make.limit("limit", limit=9)
    await increment(api, "limit", slots=2)
    held = await lease(api, "limit", slots=3)
    for decay in (0.001, 0):
        assert (await api.patch(f"{LIMITS}/limit", json={"slot_decay_per_second": decay})).status_code == 204
        assert await active(api, "limit") == 5
    await end(api, held)
    assert await active(api, "limit") == 2


async def test_a_rate_counts_what_was_taken_under_leases_as_well(api: httpx.AsyncClient, make: Make) -> None:
    await make.limit("rate", limit=9, slot_decay_per_second=0.001)
    held = await lease(api, "rate", slots=3)
    assert (await active(api, "rate"), await increment(api, "rate", slots=7)) == (3, 423)
    await end(api, held)
    assert await active(api, "rate") == 0


async def test_a_deployment_shows_the_slots_of_its_limit(api: httpx.AsyncClient, make: Make) -> None:
    limit = await make.limit("limit", limit=9, active_slots=1)
    deployment = await make.deployment(concurrency_limit_id=limit)
    await make.deployment()
    await make.lease(limit, slots=2)
    shown = (await api.get(f"/deployments/{deployment}")).json()["global_concurrency_limit"]
    assert (shown["name"], shown["active_slots"]) == ("limit", 3)
    listed = (await api.post("/deployments/filter", json={})).json()
    limits = [each["global_concurrency_limit"] for each in listed]
    assert sorted(each["active_slots"] for each in limits if each) == [3]
    assert None in limits
