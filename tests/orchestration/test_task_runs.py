"""The rules for task runs, one by one."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from lictor.errors import ObjectNotFound
from lictor.orchestration.task_runs import set_task_run_state
from lictor.resources.task_runs.table import task_run_state_cache
from lictor.settings import TaskSettings
from tests.orchestration.driver import asked, named, verdict

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
WAITING = "Scheduled time is in the future"


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def seconds_until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()


async def test_unknown_task_run(db):
    with pytest.raises(ObjectNotFound, match=f"Task run with id {NOBODY} not found"):
        async with db.write() as tx:
            await set_task_run_state(tx, NOBODY, asked("RUNNING"))


async def test_a_state_names_its_runs_and_nothing_a_client_made_up(task, flow):
    flow_run = await flow()
    run = await task(flow_run_id=flow_run.id)
    result = await run.force("RUNNING", flow_run_id=NOBODY, task_run_id=NOBODY, traceparent="kept")
    details = result.state.state_details
    assert (details.flow_run_id, details.task_run_id, details.traceparent) == (flow_run.id, run.id, "kept")
    assert (await run.state()).state_details == details


class TestScheduledTime:
    async def test_a_run_waits_for_it(self, task):
        run = await task()
        await run.set("SCHEDULED", scheduled_time=in_seconds(60))
        result = await run.set("RUNNING")
        assert verdict(result) == ("WAIT", WAITING)
        assert result.details.delay_seconds in {59, 60}
        assert named(result) == ("SCHEDULED", "Scheduled")

    async def test_a_pending_run_is_due_when_it_was_scheduled(self, task):
        run = await task()
        due = in_seconds(60)
        await run.set("SCHEDULED", scheduled_time=due)
        assert (await run.set("PENDING")).state.state_details.scheduled_time == due
        assert verdict(await run.set("RUNNING")) == ("WAIT", WAITING)

    async def test_a_pending_run_may_set_it_anew(self, task):
        run = await task()
        await run.set("SCHEDULED", scheduled_time=in_seconds(60))
        await run.set("PENDING", scheduled_time=in_seconds(-1))
        assert named(await run.set("RUNNING")) == ("RUNNING", "Running")

    async def test_less_than_half_a_second_is_no_wait(self, task):
        run = await task()
        await run.set("SCHEDULED", scheduled_time=in_seconds(0.4))
        assert named(await run.set("RUNNING")) == ("RUNNING", "Running")

    async def test_it_is_now_unless_given(self, task):
        run = await task()
        state = (await run.set("SCHEDULED")).state
        assert abs(seconds_until(state.state_details.scheduled_time)) < 5


class TestRetries:
    async def test_as_many_as_the_policy_says(self, task):
        run = await task(policy={"retries": 2})
        names = []
        for _ in range(3):
            names += [named(await run.set("RUNNING")), named(await run.set("FAILED"))]
        awaiting = ("SCHEDULED", "AwaitingRetry")
        retrying = ("RUNNING", "Retrying")
        assert names == [("RUNNING", "Running"), awaiting, retrying, awaiting, retrying, ("FAILED", "Failed")]
        assert (await run.row()).run_count == 3

    async def test_what_failed_is_told_by_the_state_that_awaits_the_retry(self, task):
        run = await task(policy={"retries": 1})
        await run.set("RUNNING")
        state = (await run.set("FAILED", message="no disk", data={"type": "error"}, cache_key="k")).state
        assert (state.message, state.data, state.state_details.cache_key) == ("no disk", {"type": "error"}, None)

    @pytest.mark.parametrize(
        ("delay", "waits"),
        [
            pytest.param(None, [0, 0], id="none"),
            pytest.param(30, [30, 30], id="one for all"),
            pytest.param(7.5, [7.5, 7.5], id="a fraction"),
            pytest.param([10, 20], [10, 20], id="one for each"),
            pytest.param([10], [10, 10], id="the last one again"),
            pytest.param([], [0, 0], id="an empty list"),
        ],
    )
    async def test_delays(self, task, delay, waits):
        run = await task(policy={"retries": 5, "retry_delay": delay})
        for wait in waits:
            await run.force("RUNNING")
            due = (await run.set("FAILED")).state.state_details.scheduled_time
            assert seconds_until(due) == pytest.approx(wait, abs=2)

    async def test_a_delay_beyond_the_calendar_ends_with_it(self, task):
        run = await task(policy={"retries": 1, "retry_delay": 1e300})
        await run.set("RUNNING")
        assert (await run.set("FAILED")).state.state_details.scheduled_time.year == 9999

    async def test_jitter_scatters_delays_within_its_bound(self, task):
        run = await task(policy={"retries": 20, "retry_delay": 1000, "retry_jitter_factor": 0.5})
        waits = []
        for _ in range(8):
            await run.force("RUNNING")
            waits.append(seconds_until((await run.set("FAILED")).state.state_details.scheduled_time))
        assert all(0 < wait <= 1500 for wait in waits)
        assert max(waits) - min(waits) > 1

    async def test_a_failure_may_rule_them_out(self, task):
        run = await task(policy={"retries": 1})
        await run.set("RUNNING")
        assert named(await run.set("FAILED", retriable=False)) == ("FAILED", "Failed")

    async def test_they_start_over_when_the_run_does(self, task):
        run = await task(policy={"retries": 0})
        await run.set("RUNNING")
        await run.set("FAILED")
        assert named(await run.set("RUNNING")) == ("RUNNING", "Running")
        assert (await run.row()).run_count == 1


class TestFlowRunAround:
    @pytest.mark.parametrize("kind", ["SCHEDULED", "PENDING", "COMPLETED", "CANCELLED", "CANCELLING"])
    async def test_no_task_runs_in_a_flow_run_that_does_not(self, task, flow, kind):
        around = await flow()
        await around.force(kind)
        run = await task(flow_run_id=around.id)
        reason = "The enclosing flow must be running to begin task execution."
        assert verdict(await run.set("RUNNING")) == ("ABORT", reason)
        assert named(await run.set("COMPLETED")) == ("COMPLETED", "Completed")

    async def test_nor_in_one_without_a_state(self, task, make):
        run = await task(flow_run_id=await make.flow_run())
        assert verdict(await run.set("RUNNING"))[0] == "ABORT"

    async def test_a_task_waits_while_it_is_paused(self, task, flow):
        around = await flow()
        timeout = in_seconds(100)
        await around.force("PAUSED", pause_timeout=timeout, pause_reschedule=True, pause_key="not passed on")
        run = await task(flow_run_id=around.id)
        result = await run.set("RUNNING")
        reason = f"The flow is paused, new tasks can execute after resuming flow run: {around.id}."
        assert verdict(result) == ("REJECT", reason)
        assert named(result) == ("PAUSED", "NotReady")
        details = result.state.state_details
        assert (details.pause_timeout, details.pause_reschedule, details.pause_key) == (timeout, True, None)

    async def test_a_new_attempt_of_it_retries_tasks_that_ended(self, task, flow):
        around = await flow(policy={"retries": 1})
        await around.set("RUNNING")
        run = await task(flow_run_id=around.id)
        await run.set("RUNNING")
        await run.set("FAILED")
        assert (await run.row()).flow_run_run_count == 1
        await around.set("FAILED")
        await around.set("RUNNING")
        assert named(await run.set("RUNNING")) == ("RUNNING", "Retrying")
        assert (await run.row()).flow_run_run_count == 2

    async def test_the_same_attempt_does_not(self, task, flow):
        around = await flow()
        await around.set("RUNNING")
        run = await task(flow_run_id=around.id)
        await run.set("RUNNING")
        await run.set("FAILED")
        assert named(await run.set("RUNNING")) == ("RUNNING", "Running")

    async def test_a_run_that_may_not_start_anew_keeps_its_count(self, task, flow):
        around = await flow()
        await around.set("RUNNING")
        run = await task(flow_run_id=around.id)
        await run.set("RUNNING")
        await run.set("FAILED")
        await around.set("CANCELLED")
        assert verdict(await run.set("RUNNING"))[0] == "ABORT"
        assert (await run.row()).run_count == 1

    async def test_a_deferred_task_needs_no_running_flow(self, task, flow):
        run = await task(flow_run_id=(await flow()).id)
        assert named(await run.set("RUNNING", deferred=True)) == ("RUNNING", "Running")


class TestResults:
    @pytest.mark.parametrize("data", ["text", [1], 0, False, {}, "", {"type": "unpersisted", "x": 1}])
    async def test_what_does_not_say_where_it_is_kept_does_not_hold_a_run(self, task, data):
        run = await task()
        await run.set("COMPLETED", data=data)
        assert named(await run.set("RUNNING")) == ("RUNNING", "Running")

    async def test_what_was_not_kept_is_told_once_and_not_kept(self, task):
        run = await task()
        result = await run.set("COMPLETED", data={"type": "unpersisted"})
        assert result.state.data == {"type": "unpersisted"}
        assert (await run.row()).state_data is None
        assert [state.data for state in await run.states()] == [None, None]

    async def test_how_to_show_it_is_not_part_of_it(self, task):
        run = await task()
        data = {"artifact_key": "k", "artifact_type": "t", "artifact_description": "d", "x": 1}
        assert (await run.set("COMPLETED", data=data)).state.data == {"x": 1}
        assert (await run.state()).data == {"x": 1}


class TestCache:
    async def test_a_run_with_a_known_result_does_not_run(self, task):
        key = str(uuid4())
        first, second = await task(), await task()
        kept = {"message": "done", "data": {"type": "reference"}, "cache_key": key}
        await first.set("COMPLETED", **kept, cache_expiration=in_seconds(100))
        result = await second.set("RUNNING", cache_key=key)
        assert (verdict(result), result.status_code) == (("REJECT", "Retrieved state from cache"), 201)
        assert named(result) == ("COMPLETED", "Cached")
        assert (result.state.message, result.state.data) == (kept["message"], kept["data"])
        assert result.state.state_details.task_run_id == second.id
        row = await second.row()
        assert (row.run_count, row.end_time) == (0, result.state.timestamp)

    async def test_the_newest_result_counts(self, task):
        for message in ("old", "new"):
            await (await task()).set("COMPLETED", message=message, cache_key="key")
        assert (await (await task()).set("RUNNING", cache_key="key")).state.message == "new"

    @pytest.mark.parametrize(
        ("kind", "kept", "wanted"),
        [
            pytest.param("COMPLETED", {}, {"refresh_cache": True}, id="refreshed"),
            pytest.param("COMPLETED", {"cache_expiration": in_seconds(-1)}, {}, id="expired"),
            pytest.param("COMPLETED", {"force": True}, {}, id="forced"),
            pytest.param("COMPLETED", {}, {"force": True}, id="run by force"),
            pytest.param("FAILED", {}, {}, id="failed"),
        ],
    )
    async def test_not_every_result_is_shared(self, task, kind, kept, wanted):
        await (await task()).set(kind, cache_key="key", **kept)
        assert named(await (await task()).set("RUNNING", cache_key="key", **wanted)) == ("RUNNING", "Running")

    async def test_a_state_that_was_deleted_is_no_result(self, task, db):
        first = await task()
        await first.set("COMPLETED", cache_key="key")
        async with db.write() as tx:
            await tx.execute(sa.delete(first.table).where(first.table.c.id == first.id))
        assert named(await (await task()).set("RUNNING", cache_key="key")) == ("RUNNING", "Running")

    async def test_it_comes_before_the_rule_on_flow_runs(self, task, flow):
        await (await task()).set("COMPLETED", cache_key="key")
        run = await task(flow_run_id=(await flow()).id)
        assert named(await run.set("RUNNING", cache_key="key")) == ("COMPLETED", "Cached")

    @pytest.mark.parametrize("length", [1, 2000, 100_000])
    async def test_keys_are_texts_of_any_length(self, task, length):
        key = "".join(Random(length).choices("äöü中文🙂xyz", k=length))
        await (await task()).set("COMPLETED", cache_key=key)
        assert named(await (await task()).set("RUNNING", cache_key=key[:-1] + "?")) == ("RUNNING", "Running")
        assert named(await (await task()).set("RUNNING", cache_key=key)) == ("COMPLETED", "Cached")

    async def test_a_key_that_is_too_long_is_told_and_kept(self, task, db):
        settings = TaskSettings(max_cache_key_length=5)
        run = await task(settings)
        result = await run.set("COMPLETED", cache_key="123456")
        assert verdict(result) == ("REJECT", "Cache key exceeded maximum allowed length of 5 characters.")
        assert (named(result), result.status_code) == (("COMPLETED", "Completed"), 201)
        assert await db.read.scalar(sa.select(task_run_state_cache.c.cache_key)) == "123456"
        assert verdict(await (await task(settings)).set("COMPLETED", cache_key="12345")) == ("ACCEPT", None)


class TestDeferred:
    async def test_its_parameters_stay_until_it_runs(self, task):
        run = await task()
        kept, other = uuid4(), uuid4()
        await run.set("SCHEDULED", deferred=True, task_parameters_id=kept)
        states = [await run.set("PENDING", deferred=True), await run.set("RUNNING", deferred=True)]
        assert [result.state.state_details.task_parameters_id for result in states] == [kept, kept]
        await run.set("SCHEDULED", deferred=True, task_parameters_id=kept)
        result = await run.set("PENDING", deferred=True, task_parameters_id=other)
        assert result.state.state_details.task_parameters_id == other

    async def test_whoever_has_it_may_say_how_far_it_got(self, task):
        run = await task()
        await run.set("SCHEDULED", deferred=True, scheduled_time=in_seconds(-5))
        await run.set("PENDING", deferred=True)
        result = await run.set("PENDING", deferred=True, name="Submitting", scheduled_time=in_seconds(60))
        assert named(result) == ("PENDING", "Submitting")
        assert seconds_until(result.state.state_details.scheduled_time) < 0
        for name in ("Submitting", "Pending"):
            assert verdict(await run.set("PENDING", deferred=True, name=name))[0] == "ABORT"


@pytest.mark.parametrize(
    ("earlier", "name"),
    [("Running", "Rerunning"), ("AwaitingRetry", "Retrying")],
)
async def test_the_name_of_a_rerun_tells_what_came_before(task, earlier, name):
    run = await task()
    await run.set("RUNNING")
    await run.force("RUNNING" if earlier == "Running" else "SCHEDULED", name=earlier)
    assert named(await run.set("RUNNING", name="Custom")) == ("RUNNING", name)
