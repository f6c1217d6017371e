"""Clocks that are set, or wrong: nothing is done twice, nothing is late that is not, nothing is taken from who has it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
import sqlalchemy as sa

from lictor.db import clock
from lictor.db.clock import CLOCK, utc_now
from lictor.db.engine import open_database
from lictor.db.ids import uuid7
from lictor.resources.concurrency_limits.table import slot_lease
from lictor.resources.deployments.table import deployment_schedule
from lictor.resources.flow_runs.table import flow_run, flow_run_claim, flow_run_heartbeat
from lictor.resources.work_pools.table import worker
from lictor.services import liveness
from lictor.services.cancellations import end_cancellations
from lictor.services.late_runs import mark_late_runs
from lictor.services.lease_expiry import expire_leases
from lictor.services.pause_expirations import fail_expired_pauses
from lictor.services.scheduler import make_scheduled_runs
from tests.resources.deployments.conftest import deploy, etl
from tests.services.test_runs import state, states_of

__all__ = ["deploy", "etl"]

HOUR = 3600.0
EITHER_WAY = pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["forward", "back"])


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """The clock of this process is right again afterwards."""
    yield
    CLOCK.begin()
    CLOCK.follow(clock.machine_seconds())


@pytest.fixture
def machine(monkeypatch):
    """The clock of this machine, which `ahead` sets."""
    machine, right = SimpleNamespace(ahead=0.0), clock.machine_seconds
    monkeypatch.setattr(clock, "machine_seconds", lambda: right() + machine.ahead)
    return machine


@pytest.fixture
async def world(api, db, make, settings):
    """What has some time left: held slots, runs that wait, run, are paused or begin; and what sees to them."""

    class World:
        service = liveness.Liveness.of(settings)

        async def make(self) -> None:
            now = utc_now()
            self.service.hearing.begin()
            self.service.hearing.since = now - timedelta(minutes=30)
            await api.post("/v2/concurrency_limits/", json={"name": "held", "limit": 1})
            taken = {"slots": 1, "names": ["held"], "lease_duration": 300}
            self.lease = (await api.post("/v2/concurrency_limits/increment-with-lease", json=taken)).json()["lease_id"]
            soon = now + timedelta(minutes=30)
            pool = await make.work_pool("p", type="process")
            queue = await make.work_queue("q", work_pool_id=pool)
            of_worker = {"labels": {"prefect.worker.name": "w"}, "work_queue_id": queue}
            online = {"last_heartbeat_time": now, "online_until": now + timedelta(seconds=90)}
            ago = now - timedelta(minutes=5)
            self.runs = [
                await make.flow_run(
                    state=state("SCHEDULED", "Scheduled", scheduled_time=soon), next_scheduled_start_time=soon
                ),
                await make.flow_run(state="RUNNING"),
                await make.flow_run(state=state("PENDING", since=now), **of_worker),
                await make.flow_run(state=state("RUNNING", since=ago), **of_worker),
                await make.flow_run(state=state("CANCELLING", since=now)),
                await make.flow_run(state=state("PAUSED", pause_timeout=soon)),
            ]
            beat = {"seen": now, "interval_seconds": 30, "alive_until": now + timedelta(seconds=90)}
            held = {"holder": "submission", "held_until": now + timedelta(seconds=60)}
            async with db.write() as tx:
                await tx.execute(sa.insert(worker).values(name="w", work_pool_id=pool, **online))
                await tx.execute(sa.insert(flow_run_heartbeat).values(flow_run_id=self.runs[1], **beat))
                await tx.execute(sa.insert(flow_run_claim).values(flow_run_id=self.runs[2], **held))

        async def serve(self) -> None:
            """What a server does every few seconds."""
            await expire_leases(settings, db)
            await mark_late_runs(settings, db)
            await end_cancellations(settings, db)
            await fail_expired_pauses(settings, db)
            await self.service.look(db)
            await make_scheduled_runs(settings.services.scheduler, db)

        async def is_as_it_was(self) -> None:
            names = ["Scheduled", "Running", "Pending", "Running", "Cancelling", "Paused"]
            assert await states_of(api, *self.runs) == names
            assert [str(row.id) for row in await db.read.all(sa.select(slot_lease.c.id))] == [self.lease]
            # The one slot is taken, so nobody else gets it.
            reply = await api.post("/v2/concurrency_limits/increment", json={"slots": 1, "names": ["held"]})
            assert reply.status_code == 423
            (holders,) = [(await api.get("/v2/concurrency_limits/held")).json()["active_slots"]]
            assert holders == 1

    return World()


@EITHER_WAY
async def test_nothing_is_taken_when_the_clock_of_the_database_is_set(world, seconds: float) -> None:
    await world.make()
    CLOCK.follow(CLOCK.seconds() + seconds)
    await world.serve()
    await world.is_as_it_was()


async def test_what_is_over_by_the_time_that_has_passed_is_over(api, db, world) -> None:
    """Also after the clock was set: silence of two minutes is silence."""
    await world.make()
    long_ago = utc_now() - timedelta(minutes=2)
    async with db.write() as tx:
        await tx.execute(sa.update(flow_run_heartbeat).values(seen=long_ago, alive_until=long_ago))
        await tx.execute(sa.update(slot_lease).values(expiration=long_ago))
        due = {"next_scheduled_start_time": long_ago}
        await tx.execute(sa.update(flow_run).where(flow_run.c.id == world.runs[0]).values(due))
    CLOCK.follow(CLOCK.seconds() + HOUR)
    await world.serve()
    assert await states_of(api, *world.runs[:2]) == ["Late", "Crashed"]
    assert await db.read.all(sa.select(slot_lease)) == []


@EITHER_WAY
async def test_a_server_goes_by_the_clock_of_the_database(
    api, db, settings, world, dialect: str, machine, seconds: float
) -> None:
    """One whose own clock is wrong knows better on PostgreSQL; on SQLite it is the one there is."""
    await world.make()
    machine.ahead = seconds
    if dialect == "postgresql":
        async with open_database(settings.database):  # by another server, which measures as it starts
            own, right = CLOCK.seconds(), clock.machine_seconds() - seconds
            assert abs(own - right) < 30, "an hour off"
    else:
        await clock.follow(clock.machine_clock)
        assert abs(CLOCK.seconds() - clock.machine_seconds()) < 30
    await world.serve()
    await world.is_as_it_was()
    # What is leased now lasts as long as it should, by the same clock.
    reply = await api.post(f"/v2/concurrency_limits/leases/{world.lease}/renew", json={"lease_duration": 300})
    assert reply.status_code == 204
    (row,) = await db.read.all(sa.select(slot_lease))
    assert timedelta(seconds=270) < row.expiration - utc_now() <= timedelta(seconds=300)


@EITHER_WAY
async def test_no_scheduled_run_is_made_twice(api, db, settings, deploy, world, seconds: float) -> None:
    minutely = {"schedule": {"interval": 60, "anchor_date": "2026-01-01T00:00:00Z"}}
    made = await deploy(schedules=[minutely])

    async def slots() -> list[str]:
        body = {"deployments": {"id": {"any_": [made["id"]]}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
        return [run["next_scheduled_start_time"] for run in (await api.post("/flow_runs/filter", json=body)).json()]

    await world.serve()
    before = await slots()
    assert len(before) >= 3
    for step in (seconds, -seconds, seconds):
        CLOCK.follow(CLOCK.seconds() + step)
        async with db.write() as tx:  # as if everything had to be looked at
            await tx.execute(sa.update(deployment_schedule).values(due=utc_now()))
        await world.serve()
    after = await slots()
    assert len(after) == len(set(after))
    assert set(before) <= set(after)


async def test_estimates_are_of_the_time_that_a_run_can_have_run(api, make) -> None:
    """Never negative: the runs began, and were due, an hour ahead of a clock that was set back."""
    since = utc_now() + timedelta(seconds=HOUR)
    flow, task = [
        await each(
            state=state("RUNNING", since=since),
            start_time=since,
            expected_start_time=since,
            total_run_time=timedelta(0),
        )
        for each in (make.flow_run, lambda **values: make.task_run("t", **values))
    ]
    body = {
        "history_start": (since - timedelta(hours=1)).isoformat(),
        "history_end": (since + timedelta(hours=1)).isoformat(),
        "history_interval_seconds": 7200,
    }
    for kind, id in (("flow_runs", flow), ("task_runs", task)):
        run = (await api.get(f"/{kind}/{id}")).json()
        assert (run["estimated_run_time"], run["estimated_start_time_delta"]) == (0.0, 0.0)
        (interval,) = (await api.post(f"/{kind}/history", json=body)).json()
        (found,) = interval["states"]
        assert (found["sum_estimated_run_time"], found["sum_estimated_lateness"]) == (0.0, 0.0)
    reply = await api.post(f"/flow_runs/{flow}/set_state", json={"state": {"type": "COMPLETED"}, "force": True})
    assert reply.status_code == 201
    assert 0 <= (await api.get(f"/flow_runs/{flow}")).json()["total_run_time"] < 1


async def test_the_clock_is_kept(monkeypatch, db, machine, dialect: str, settings) -> None:
    """A step is noticed while the server runs; on PostgreSQL that of this machine's clock means nothing."""
    monkeypatch.setattr("lictor.db.clock.MEASURE_SECONDS", 0.01)
    before = CLOCK.seconds()
    async with open_database(settings.database):
        machine.ahead = HOUR
        for _ in range(500 if dialect == "sqlite" else 50):
            await asyncio.sleep(0.01)
            if CLOCK.seconds() - before > HOUR / 2:
                break
    assert (CLOCK.seconds() - before > HOUR / 2) is (dialect == "sqlite")
    assert abs(UUID(int=uuid7().int).int // 2**80 / 1000 - CLOCK.seconds()) < 5, "ids go by it, too"


class TestSteps:
    def test_a_small_difference_is_followed_without_a_word(self, caplog) -> None:
        one = clock.Clock()
        one.follow(one.seconds())
        one.follow(one.seconds() + 0.5)
        assert one.stepped_within(clock.DAY) == timedelta(0)
        assert abs(one.seconds() - clock.machine_seconds() - 0.5) < 0.1
        assert caplog.text == ""

    def test_what_is_within_the_precision_is_no_difference(self) -> None:
        one = clock.Clock()
        one.follow(one.seconds())
        one.follow(one.seconds() + 0.5, precision=0.6)
        assert abs(one.seconds() - clock.machine_seconds()) < 0.1

    def test_there_and_back_is_no_step(self) -> None:
        one = clock.Clock()
        one.follow(one.seconds())
        for seconds in (HOUR, -HOUR):
            one.follow(one.seconds() + seconds)
        assert one.stepped_within(clock.DAY) < timedelta(seconds=1)

    def test_a_step_counts_for_the_time_that_is_asked_for(self) -> None:
        one = clock.Clock()
        one.follow(one.seconds())
        one.follow(one.seconds() + HOUR)
        assert one.stepped_within(timedelta(seconds=60)) > timedelta(minutes=59)
        assert one.stepped_within(timedelta(0)) == timedelta(0)

    def test_the_first_measurement_is_no_step(self, caplog) -> None:
        one = clock.Clock()
        one.follow(one.seconds() + HOUR)
        assert (one.stepped_within(clock.DAY), caplog.text) == (timedelta(0), "")
