"""What the server does by itself to runs: late ones, pauses, cancellations."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.flow_runs.table import flow_run, flow_run_cancellation, flow_run_claim, flow_run_heartbeat
from lictor.resources.states.schemas import State, StateDetails, StateType
from lictor.resources.work_pools.table import worker, worker_cleanup
from lictor.services.cancellations import cancel_children, end_cancellations
from lictor.services.late_runs import mark_late_runs
from lictor.services.liveness import Liveness
from lictor.services.pause_expirations import fail_expired_pauses
from lictor.settings import Settings
from tests.make import Make

JSON = dict[str, Any]
DEAD = {"last_heartbeat_time": utc_now() - timedelta(hours=1), "online_until": utc_now() - timedelta(minutes=58)}
ALIVE = {"last_heartbeat_time": utc_now(), "online_until": utc_now() + timedelta(days=1)}


def state(kind: str, name: str | None = None, since: datetime | None = None, **details: Any) -> State:
    return State(
        id=uuid7(), type=StateType(kind), name=name, timestamp=since or utc_now(), state_details=StateDetails(**details)
    )


async def read(api: httpx.AsyncClient, id: UUID) -> JSON:
    return (await api.get(f"/flow_runs/{id}")).json()


async def states_of(api: httpx.AsyncClient, *ids: UUID) -> list[str]:
    return [(await read(api, id))["state_name"] for id in ids]


async def events_of(api: httpx.AsyncClient, id: UUID) -> list[str]:
    asked = {"filter": {"resource": {"id": [f"prefect.flow-run.{id}"]}}}
    return [event["event"] for event in (await api.post("/events/filter", json=asked)).json()["events"]]


class TestLateRuns:
    async def test_only_what_is_overdue(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        now = utc_now()

        async def scheduled(seconds: float, name: str = "Scheduled") -> UUID:
            due = now - timedelta(seconds=seconds)
            return await make.flow_run(
                state=state("SCHEDULED", name, scheduled_time=due), next_scheduled_start_time=due
            )

        overdue, in_time, retried = await scheduled(60), await scheduled(5), await scheduled(60, "AwaitingRetry")
        assert not await mark_late_runs(settings, db)
        assert await states_of(api, overdue, in_time, retried) == ["Late", "Scheduled", "AwaitingRetry"]
        late = await read(api, overdue)
        assert late["state_type"] == "SCHEDULED"
        assert late["next_scheduled_start_time"] == late["state"]["state_details"]["scheduled_time"]
        assert datetime.fromisoformat(late["next_scheduled_start_time"]) == now - timedelta(seconds=60)
        assert await events_of(api, overdue) == ["prefect.flow-run.Late"]
        await mark_late_runs(settings, db)
        assert len((await api.get("/flow_run_states/", params={"flow_run_id": str(overdue)})).json()) == 2

    async def test_a_late_run_can_still_start(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        due = utc_now() - timedelta(minutes=1)
        id = await make.flow_run(state=state("SCHEDULED", scheduled_time=due), next_scheduled_start_time=due)
        await mark_late_runs(settings, db)
        for kind in ("PENDING", "RUNNING"):
            reply = await api.post(f"/flow_runs/{id}/set_state", json={"state": {"type": kind}})
            assert reply.json()["status"] == "ACCEPT", reply.text

    async def test_the_log_says_why(
        self, db: Database, make: Make, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        queue = await make.work_queue("q", work_pool_id=await make.work_pool("p", is_paused=True))
        due = utc_now() - timedelta(minutes=1)
        values = {"next_scheduled_start_time": due, "work_queue_id": queue}
        await make.flow_run(state=state("SCHEDULED", scheduled_time=due), **values)
        with caplog.at_level("INFO", "lictor.services.late_runs"):
            await mark_late_runs(settings, db)
        assert "The work pool 'p' is paused.; The work pool 'p' has no online worker" in caplog.text


class TestPauses:
    async def test_a_pause_that_is_over_fails_the_run(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        over = await make.flow_run(state=state("PAUSED", pause_timeout=utc_now() - timedelta(milliseconds=10)))
        goes_on = await make.flow_run(state=state("PAUSED", pause_timeout=utc_now() + timedelta(minutes=5)))
        for_ever = await make.flow_run(state=state("PAUSED"))
        assert not await fail_expired_pauses(settings, db)
        assert await states_of(api, over, goes_on, for_ever) == ["Failed", "Paused", "Paused"]
        assert (await read(api, over))["state"]["message"] == "The flow was paused and never resumed."


class TestCancellations:
    async def test_what_a_cancelled_run_left_running_is_cancelled(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        parent = await make.flow_run(state="RUNNING")
        task = await make.task_run(state="RUNNING", flow_run_id=parent)
        done = await make.task_run(state="COMPLETED", flow_run_id=parent)
        stands_for = await make.task_run(state="RUNNING", flow_run_id=parent)
        child = await make.flow_run(state="RUNNING", parent_task_run_id=stands_for)
        grandchild_task = await make.task_run(state="RUNNING", flow_run_id=child)
        stands_for_deployed = await make.task_run(state="RUNNING", flow_run_id=parent)
        deployed = await make.flow_run(
            state="RUNNING", parent_task_run_id=stands_for_deployed, deployment_id=await make.deployment()
        )
        other = await make.task_run(state="RUNNING", flow_run_id=await make.flow_run(state="RUNNING"))
        body = {"state": {"type": "CANCELLED"}, "force": True}
        assert (await api.post(f"/flow_runs/{parent}/set_state", json=body)).json()["status"] == "ACCEPT"
        while await cancel_children(settings, db):
            pass
        names = {
            id: (await api.get(f"/task_runs/{id}")).json()["state_name"] for id in (task, done, grandchild_task, other)
        }
        assert names == {task: "Cancelled", done: "Completed", grandchild_task: "Cancelled", other: "Running"}
        assert await states_of(api, parent, child, deployed) == ["Cancelled", "Cancelled", "Cancelling"]
        told = (await api.get(f"/task_runs/{task}")).json()["state"]["message"]
        assert told == "The parent flow run was cancelled."

    async def test_task_runs_that_are_told_of_late_are_cancelled_too(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        parent = await make.flow_run(state="RUNNING")
        await api.post(f"/flow_runs/{parent}/set_state", json={"state": {"type": "CANCELLED"}, "force": True})
        assert await cancel_children(settings, db)
        late = await make.task_run(state="RUNNING", flow_run_id=parent)
        assert not await cancel_children(settings, db)
        looks = 1
        while True:
            async with db.write() as tx:
                if not await tx.changed(sa.update(flow_run_cancellation).values(due=utc_now() - timedelta(seconds=1))):
                    break
            assert await cancel_children(settings, db)
            looks += 1
        assert looks == 6
        assert (await api.get(f"/task_runs/{late}")).json()["state_name"] == "Cancelled"

    async def test_more_than_fit_into_one_transaction(
        self, db: Database, make: Make, api: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lictor.services.cancellations.BATCH_RUNS", 2)
        parent = await make.flow_run(state="RUNNING")
        tasks = await make.task_runs(5, state="RUNNING", flow_run_id=parent)
        await api.post(f"/flow_runs/{parent}/set_state", json={"state": {"type": "CANCELLED"}, "force": True})
        while await cancel_children(settings, db):
            pass
        for task in tasks:
            assert (await api.get(f"/task_runs/{task}")).json()["state_name"] == "Cancelled"

    async def test_a_cancellation_that_takes_too_long_ends(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        queue = await make.work_queue("q", work_pool_id=await make.work_pool("p"))
        old, new = utc_now() - timedelta(seconds=400), utc_now() - timedelta(seconds=200)
        stuck = await make.flow_run(
            state=state("CANCELLING", since=old), work_queue_id=queue, infrastructure_pid="host:7"
        )
        at_home = await make.flow_run(state=state("CANCELLING", since=old))
        in_time = await make.flow_run(state=state("CANCELLING", since=new), work_queue_id=queue)
        await end_cancellations(settings, db)
        assert await states_of(api, stuck, at_home, in_time) == ["Cancelled", "Cancelled", "Cancelling"]
        (left,) = await db.read.all(sa.select(worker_cleanup))
        assert (left.kind, left.work_queue_id) == ("cancelling_timeout_teardown.v1", queue)
        assert left.target == f'{{"flow_run_id":"{stuck}","infrastructure_pid":"host:7"}}'


@pytest.fixture
def liveness(settings: Settings) -> Liveness:
    """The service on a server that has been up for long."""
    service = Liveness.of(settings)
    service.hearing.begin()
    service.hearing.since = utc_now() - timedelta(days=1)
    return service


class TestLiveness:
    async def beat(self, db: Database, run: UUID, ago: float, seconds: int = 30) -> None:
        seen = utc_now() - timedelta(seconds=ago)
        row = {"flow_run_id": run, "seen": seen, "interval_seconds": seconds}
        async with db.write() as tx:
            row["alive_until"] = seen + timedelta(seconds=3 * seconds)
            await tx.execute(sa.insert(flow_run_heartbeat).values(row))

    async def test_a_run_that_fell_silent_crashes(
        self, api: httpx.AsyncClient, db: Database, make: Make, liveness: Liveness
    ) -> None:
        silent, heard, done = [await make.flow_run(state=kind) for kind in ("RUNNING", "RUNNING", "COMPLETED")]
        for run, ago in ((silent, 91), (heard, 89), (done, 91)):
            await self.beat(db, run, ago)
        await self.beat(db, uuid7(), 91)  # of a run that is not there any more
        await liveness.look(db)
        assert await states_of(api, silent, heard, done) == ["Crashed", "Running", "Completed"]
        assert "not heard of since" in (await read(api, silent))["state"]["message"]
        assert [row.flow_run_id for row in await db.read.all(sa.select(flow_run_heartbeat))] == [heard]

    async def test_silence_does_not_count_while_the_server_was_away(
        self, api: httpx.AsyncClient, db: Database, make: Make, settings: Settings
    ) -> None:
        run = await make.flow_run(state="RUNNING")
        await self.beat(db, run, 3600)
        service = Liveness.of(settings)
        await service.look(db)
        assert await states_of(api, run) == ["Running"]
        service.hearing.since = utc_now() - timedelta(seconds=100)
        await service.look(db)
        assert await states_of(api, run) == ["Crashed"]

    async def test_what_a_run_reports_that_was_thought_dead_counts_and_is_logged(
        self, api: httpx.AsyncClient, db: Database, make: Make, liveness: Liveness, caplog: pytest.LogCaptureFixture
    ) -> None:
        run = await make.flow_run(state="RUNNING")
        await self.beat(db, run, 100)
        await liveness.look(db)
        reply = await api.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "COMPLETED"}})
        assert (reply.json()["status"], await states_of(api, run)) == ("ACCEPT", ["Completed"])
        assert "reports that it is COMPLETED: that counts" in caplog.text

    async def test_heartbeats_are_recorded_with_the_time_between_them(
        self, api: httpx.AsyncClient, db: Database, make: Make
    ) -> None:
        run = await make.flow_run(state="RUNNING")

        async def send(occurred: datetime) -> Any:
            event = {
                "occurred": occurred.isoformat(),
                "event": "prefect.flow-run.heartbeat",
                "resource": {"prefect.resource.id": f"prefect.flow-run.{run}"},
                "id": str(uuid7()),
            }
            assert (await api.post("/events", json=[event])).status_code == 204
            (row,) = await db.read.all(sa.select(flow_run_heartbeat))
            return row

        now = utc_now()
        first = await send(now)
        assert (first.seen, first.interval_seconds) == (now, 180)
        assert timedelta(seconds=539) < first.alive_until - utc_now() <= timedelta(seconds=540)
        second = await send(now + timedelta(seconds=60))
        assert second.interval_seconds == 60
        assert timedelta(seconds=179) < second.alive_until - utc_now() <= timedelta(seconds=180)
        assert (await send(now)).seen == second.seen  # one that comes late says nothing

    async def pending(self, make: Make, seconds: float, label: str | None = None, **values: Any) -> UUID:
        labels = {"prefect.worker.name": label} if label else {}
        since = utc_now() - timedelta(seconds=seconds)
        due = {"scheduled_time": since}
        return await make.flow_run(state=state("PENDING", since=since, **due), labels=labels, **values)

    async def test_a_run_is_scheduled_anew_if_its_worker_died_before_it_started_it(
        self, api: httpx.AsyncClient, db: Database, make: Make, liveness: Liveness
    ) -> None:
        pool = await make.work_pool("p")
        queue = await make.work_queue("q", work_pool_id=pool)
        async with db.write() as tx:
            for name, when in (("dead", DEAD), ("alive", ALIVE)):
                await tx.execute(sa.insert(worker).values(name=name, work_pool_id=pool, **when))
        lost = await self.pending(make, 100, "dead", work_queue_id=queue)
        nameless = await self.pending(make, 100, work_queue_id=queue)
        slow = await self.pending(make, 100, "alive", work_queue_id=queue)
        started = await self.pending(make, 100, "dead", work_queue_id=queue, infrastructure_pid="host:1")
        for run in (lost, nameless, slow, started):
            row = {"flow_run_id": run, "holder": "submission", "held_until": utc_now() - timedelta(seconds=1)}
            async with db.write() as tx:
                await tx.execute(sa.insert(flow_run_claim).values(row))
        await liveness.look(db)
        names = await states_of(api, lost, nameless, slow, started)
        assert names == ["Scheduled", "Scheduled", "Pending", "Pending"]
        assert (await read(api, lost))["state"]["message"] == "The worker 'dead' went away before it started this run."
        found = (await api.post("/work_pools/p/get_scheduled_flow_runs", json={})).json()
        assert {run["flow_run"]["id"] for run in found} == {str(lost), str(nameless)}
        held = await db.read.all(sa.select(flow_run_claim).where(flow_run_claim.c.holder == "submission"))
        assert [row.flow_run_id for row in held] == [slow]

    async def test_a_running_process_without_heartbeats_goes_with_its_worker(
        self, api: httpx.AsyncClient, db: Database, make: Make, liveness: Liveness
    ) -> None:
        runs = {}
        for type_ in ("process", "kubernetes"):
            pool = await make.work_pool(type_, type=type_)
            queue = await make.work_queue("q", work_pool_id=pool)
            async with db.write() as tx:
                await tx.execute(sa.insert(worker).values(name="dead", work_pool_id=pool, **DEAD))
                await tx.execute(sa.insert(worker).values(name="alive", work_pool_id=pool, **ALIVE))
            for name in ("dead", "alive"):
                runs[type_, name] = await make.flow_run(
                    state=state("RUNNING", since=utc_now() - timedelta(minutes=5)),
                    labels={"prefect.worker.name": name},
                    work_queue_id=queue,
                )
        await liveness.look(db)
        assert await states_of(api, *runs.values()) == ["Crashed", "Running", "Running", "Running"]

    async def test_runs_that_are_pending_for_too_long_crash(
        self, api: httpx.AsyncClient, db: Database, make: Make, liveness: Liveness
    ) -> None:
        deployment = await make.deployment()
        old = await self.pending(make, 3700, deployment_id=deployment)
        new = await self.pending(make, 3500, deployment_id=deployment)
        local = await self.pending(make, 3700)
        await liveness.look(db)
        assert await states_of(api, old, new, local) == ["Crashed", "Pending", "Pending"]


class TestOldLists:
    @pytest.mark.parametrize("over", ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"])
    async def test_a_worker_does_not_start_again_what_another_has_run(
        self, api: httpx.AsyncClient, make: Make, over: str
    ) -> None:
        queue = await make.work_queue("q")
        run = await make.flow_run(state=over, work_queue_id=queue)
        local = await make.flow_run(state=over)
        statuses = []
        for id in (run, local):
            reply = await api.post(f"/flow_runs/{id}/set_state", json={"state": {"type": "PENDING"}})
            statuses.append(reply.json()["status"])
        assert statuses == ["ABORT", "ABORT" if over == "CANCELLED" else "ACCEPT"]

    async def test_nor_what_its_process_tries_again(self, api: httpx.AsyncClient, make: Make) -> None:
        queue = await make.work_queue("q")
        run = await make.flow_run(
            state=state("SCHEDULED", "AwaitingRetry", scheduled_time=utc_now()),
            work_queue_id=queue,
            empirical_policy='{"retry_type": "in_process"}',
        )
        reply = await api.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "PENDING"}})
        assert reply.json()["status"] == "ABORT"
        reply = await api.post(f"/flow_runs/{run}/set_state", json={"state": {"type": "RUNNING"}})
        assert reply.json()["status"] == "ACCEPT"

    async def test_a_submission_is_held_and_let_go(self, api: httpx.AsyncClient, db: Database, make: Make) -> None:
        queue = await make.work_queue("q")
        run = await make.flow_run(state=state("SCHEDULED", scheduled_time=utc_now()), work_queue_id=queue)
        client = {"User-Agent": "prefect/3.9.1 (API 0.8.4)"}

        async def propose(kind: str, name: str | None = None) -> list[str]:
            body = {"state": {"type": kind, "name": name}}
            reply = await api.post(f"/flow_runs/{run}/set_state", json=body, headers=client)
            assert reply.json()["status"] == "ACCEPT", reply.text
            return [row.holder for row in await db.read.all(sa.select(flow_run_claim))]

        assert await propose("PENDING") == ["submission"]
        assert await propose("PENDING", "Submitting") == ["submission"]
        assert await propose("RUNNING") == []
        async with db.write() as tx:
            assert await tx.scalar(sa.select(flow_run.c.state_type).where(flow_run.c.id == run)) == "RUNNING"
