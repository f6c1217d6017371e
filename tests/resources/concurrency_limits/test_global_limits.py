"""Global limits: their slots, rates and leases."""

import asyncio
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from tests.serving import client_of

LIMITS = "/v2/concurrency_limits"


@pytest.fixture
def limit(db):
    async def limit(name: str, slots: int, **values):
        row = {"id": uuid7(), "name": name, "limit": slots, **values}
        async with db.write() as tx:
            await tx.execute(sa.insert(global_limit).values(row))
        return row["id"]

    return limit


async def active(api: httpx.AsyncClient, name: str) -> int:
    return (await api.get(f"{LIMITS}/{name}")).json()["active_slots"]


async def take(api: httpx.AsyncClient, *names: str, slots: int = 1, **more) -> httpx.Response:
    return await api.post(f"{LIMITS}/increment-with-lease", json={"slots": slots, "names": names, **more})


async def end(api: httpx.AsyncClient, lease_id: str) -> None:
    assert (await api.post(f"{LIMITS}/decrement-with-lease", json={"lease_id": lease_id})).status_code == 204


async def test_all_slots_or_none(api, limit):
    await limit("free", 5)
    await limit("full", 1, active_slots=1)
    reply = await take(api, "free", "full")
    assert (reply.status_code, reply.json()) == (423, {"detail": "Locked"})
    assert await active(api, "free") == 0


async def test_a_lease_on_many_limits_ends_at_once(api, db, limit):
    for name in ("a", "b"):
        await limit(name, 5)
    lease = (await take(api, "a", "b", "nobody", slots=2)).json()
    assert [each["name"] for each in lease["limits"]] == ["a", "b"]
    assert [await active(api, name) for name in ("a", "b")] == [2, 2]
    for _ in range(2):
        await end(api, lease["lease_id"])
        assert [await active(api, name) for name in ("a", "b")] == [0, 0]
    for table in (slot_lease, slot_lease_limit):
        assert await db.read.scalar(sa.select(sa.func.count()).select_from(table)) == 0


async def test_taking_a_slot_under_a_lease_costs_four_statements(api, limit, statements):
    await limit("one", 5)
    statements.clear()
    lease = (await take(api, "one")).json()["lease_id"]
    assert len(_without_transaction(statements)) == 4, statements
    statements.clear()
    await end(api, lease)
    assert len(_without_transaction(statements)) == 4, statements


def _without_transaction(statements: list[str]) -> list[str]:
    return [each for each in statements if not each.startswith(("BEGIN", "COMMIT"))]


async def test_the_holder_of_a_limit_that_was_deleted_goes_on(api, limit):
    await limit("short-lived", 5)
    lease = (await take(api, "short-lived")).json()["lease_id"]
    assert (await api.delete(f"{LIMITS}/short-lived")).status_code == 204
    assert (await api.post(f"{LIMITS}/leases/{lease}/renew", json={"lease_duration": 60})).status_code == 204
    await end(api, lease)
    assert (await api.post(f"{LIMITS}/leases/{lease}/renew", json={"lease_duration": 60})).status_code == 410


async def test_the_average_occupancy_follows_what_is_told(api, db, limit):
    id = await limit("measured", 2, active_slots=2, avg_slot_occupancy_seconds=2.0)
    body = {"slots": 2, "names": ["measured"], "occupancy_seconds": 20}
    await api.post(f"{LIMITS}/decrement", json=body)
    average = await db.read.scalar(sa.select(global_limit.c.avg_slot_occupancy_seconds).where(global_limit.c.id == id))
    assert average == 2.0 + (10.0 - 2.0) / 4


async def test_whoever_is_denied_waits_for_those_before_them(api, limit):
    await limit("busy", 2, active_slots=2, avg_slot_occupancy_seconds=1.0)
    waits = [float((await take(api, "busy")).headers["Retry-After"]) for _ in range(30)]
    assert waits[0] <= 0.5 * 1.3
    assert max(waits[20:]) > 5
    assert max(waits) <= 30 * 1.3


async def test_nobody_waits_longer_than_the_setting(api, limit):
    await limit("slow", 1, active_slots=1, avg_slot_occupancy_seconds=1000.0)
    await limit("tag:slow", 1, active_slots=1, avg_slot_occupancy_seconds=1000.0)
    for name, longest in (("slow", 30), ("tag:slow", 10)):
        waits = [float((await take(api, name)).headers["Retry-After"]) for _ in range(10)]
        assert longest / 3 < max(waits) <= longest * 1.3


async def test_a_rate_gives_slots_back_whoever_asks_in_between(api, db, limit):
    """Each request writes the limit down anew: what has passed of a slot's time until then must count."""
    ago = utc_now() - timedelta(seconds=25)
    id = await limit("rate", 10, active_slots=10, slot_decay_per_second=0.1, updated=ago)
    assert await active(api, "rate") == 8
    body = {"slots": 3, "names": ["rate"], "mode": "rate_limit"}
    assert (await api.post(f"{LIMITS}/increment", json=body)).status_code == 423
    row = await db.read.first(sa.select(global_limit).where(global_limit.c.id == id))
    assert row.active_slots == 8
    assert timedelta(seconds=19) < row.updated - ago < timedelta(seconds=21)


async def test_what_a_rate_gave_back_stays_free_when_the_limit_changes(api, limit):
    await limit("rate", 10, active_slots=10, slot_decay_per_second=1, updated=utc_now() - timedelta(minutes=1))
    assert await active(api, "rate") == 0
    await api.patch(f"{LIMITS}/rate", json={"slot_decay_per_second": 0.001})
    assert await active(api, "rate") == 0
    await api.patch(f"{LIMITS}/rate", json={"active_slots": 7})
    assert await active(api, "rate") == 7


async def test_a_lease_may_be_renewed_until_it_is_taken_back(api, db, limit):
    await limit("one", 1)
    lease = (await take(api, "one", lease_duration=60)).json()["lease_id"]
    assert (await api.post(f"{LIMITS}/leases/{lease}/renew", json={"lease_duration": 600})).status_code == 204
    expiration = await db.read.scalar(sa.select(slot_lease.c.expiration))
    assert timedelta(seconds=590) < expiration - utc_now() < timedelta(seconds=610)


@pytest.mark.parametrize("servers", [1, 2])
async def test_of_many_clients_no_more_hold_a_slot_than_there_are(settings, limit, servers):
    await limit("scarce", 3)
    holding, most, served = 0, 0, 0

    async def work(api: httpx.AsyncClient) -> None:
        nonlocal holding, most, served
        while (reply := await take(api, "scarce")).status_code == 423:  # noqa: ASYNC110  # as clients do
            await asyncio.sleep(0.01)
        assert reply.status_code == 200, reply.text
        holding += 1
        most = max(most, holding)
        await asyncio.sleep(0.05)
        holding -= 1
        served += 1
        await end(api, reply.json()["lease_id"])

    async with client_of(settings) as first, client_of(settings) as second:
        apis = [first, second][:servers]
        await asyncio.gather(*(work(apis[number % servers]) for number in range(24)))
        assert served == 24
        assert 2 <= most <= 3
        assert await active(first, "scarce") == 0


@pytest.mark.parametrize("number", ["Infinity", "nan", "1e999"])
async def test_numbers_without_end_are_refused(api, limit, number):
    await limit("some", 5)
    asked = {"slots": 1, "names": ["some"]}
    for reply in (
        await api.post(f"{LIMITS}/", json={"name": "endless", "limit": 5, "slot_decay_per_second": number}),
        await api.patch(f"{LIMITS}/some", json={"slot_decay_per_second": number}),
        await api.post(f"{LIMITS}/decrement", json={**asked, "occupancy_seconds": number}),
        await take(api, "some", lease_duration=number),
    ):
        assert reply.status_code == 422, reply.text


@pytest.mark.parametrize("path", ["increment", "increment-with-lease", "decrement"])
async def test_somebody_has_to_be_named(api: httpx.AsyncClient, path: str) -> None:
    reply = await api.post(f"{LIMITS}/{path}", json={"slots": 1, "names": []})
    assert reply.status_code == 422
    assert reply.json()["exception_detail"][0]["loc"] == ["body", "names"]
