"""The rules for flow runs, one by one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lictor.errors import ObjectNotFound
from lictor.orchestration.flow_runs import set_flow_run_state
from tests.orchestration.driver import DrivenFlow, asked, named, verdict

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.fixture
def deployed(flow, make):
    """What makes flow runs of a deployment."""

    async def deployed(**values) -> DrivenFlow:
        return await flow(deployment_id=await make.deployment(), **values)

    return deployed


async def test_unknown_flow_run(db):
    with pytest.raises(ObjectNotFound, match=f"Flow run with id {NOBODY} not found"):
        async with db.write() as tx:
            await set_flow_run_state(tx, NOBODY, asked("RUNNING"))


async def test_a_state_names_its_run(flow):
    run = await flow()
    details = (await run.set("RUNNING", flow_run_id=NOBODY)).state.state_details
    assert (details.flow_run_id, details.task_run_id) == (run.id, None)


async def test_a_transition_is_made_once(flow):
    run = await flow()
    transition_id = uuid4()
    first = await run.set("RUNNING", transition_id=transition_id)
    again = await run.set("RUNNING", transition_id=transition_id)
    assert verdict(again) == ("REJECT", "This run has already made this state transition.")
    assert (again.state.id, again.status_code) == (first.state.id, 200)
    assert verdict(await run.set("RUNNING", transition_id=uuid4())) == ("ACCEPT", None)


class TestPauses:
    async def test_a_pause_takes_effect_once(self, flow):
        run = await flow()
        await run.set("RUNNING")
        assert named(await run.set("PAUSED", pause_key="a")) == ("PAUSED", "Paused")
        await run.set("RUNNING")
        assert verdict(await run.set("PAUSED", pause_key="a")) == ("REJECT", "This pause has already fired.")
        assert named(await run.set("PAUSED", pause_key="b")) == ("PAUSED", "Paused")
        assert (await run.policy())["pause_keys"] == ["a", "b"]

    async def test_one_without_a_key_gets_one(self, flow):
        run = await flow()
        await run.set("RUNNING")
        await run.set("PAUSED")
        (key,) = (await run.policy())["pause_keys"]
        assert UUID(key)

    async def test_a_run_that_waited_in_its_process_and_is_scheduled_starts_from_the_beginning(self, flow):
        run = await flow()
        await run.set("RUNNING")
        await run.set("PAUSED", pause_key="a")
        await run.set("SCHEDULED", name="Resuming")
        policy = await run.policy()
        assert (policy["resuming"], policy["pause_keys"], policy["retry_type"]) == (False, [], "reschedule")
        await run.set("RUNNING")
        assert (await run.row()).run_count == 2
        assert named(await run.set("PAUSED", pause_key="a")) == ("PAUSED", "Paused")

    async def test_resuming_is_not_another_run(self, deployed):
        run = await deployed()
        await run.set("RUNNING")
        await run.set("PAUSED", name="Suspended", pause_reschedule=True)
        await run.set("SCHEDULED", name="Resuming")
        assert (await run.policy())["resuming"] is True
        await run.set("RUNNING")
        assert (await run.row()).run_count == 1
        assert (await run.policy())["resuming"] is False

    async def test_a_flow_run_without_a_state_has_nothing_to_pause(self, db, make):
        run = DrivenFlow(db, await make.flow_run())
        result = await run.set("PAUSED")
        assert (verdict(result), result.state) == (("ABORT", "Cannot pause flows with no state."), None)

    async def test_a_flow_run_is_suspended_where_a_deployment_can_start_it_again(self, flow, deployed, task):
        suspended = {"name": "Suspended", "pause_reschedule": True}
        alone, sub, run = await flow(), await flow(parent_task_run_id=(await task()).id), await deployed()
        for each in (alone, sub, run):
            await each.set("RUNNING")
        alone_verdict = "ABORT", "Cannot suspend flows without a deployment."
        assert verdict(await alone.set("PAUSED", **suspended)) == alone_verdict
        assert verdict(await sub.set("PAUSED", **suspended)) == ("ABORT", "Cannot suspend subflows.")
        assert named(await run.set("PAUSED", **suspended)) == ("PAUSED", "Suspended")

    async def test_one_that_no_deployment_can_start_again_cannot_resume(self, flow):
        run = await flow()
        await run.force("PAUSED", pause_reschedule=True)
        reason = "Cannot reschedule a running flow run without a deployment."
        assert verdict(await run.set("RUNNING")) == ("REJECT", reason)
        assert (await run.policy()).get("resuming") is not True

    @pytest.mark.parametrize(
        ("proposed", "message", "reason"),
        [
            pytest.param({}, "The flow was running and never resumed.", "The flow run pause", id="a pause"),
            pytest.param({"name": ""}, "The flow was running and never resumed.", "The flow run pause", id="no name"),
            pytest.param(
                {"name": "Suspended"},
                "The flow was suspended and never resumed.",
                "The flow run suspend",
                id="a suspension",
            ),
        ],
    )
    async def test_a_pause_that_timed_out_is_a_failure(self, flow, proposed, message, reason):
        run = await flow()
        await run.set("RUNNING")
        await run.set("PAUSED", pause_timeout=in_seconds(-1))
        result = await run.set("RUNNING", **proposed)
        assert verdict(result) == ("REJECT", f"{reason} has timed out and can no longer resume.")
        assert (named(result), result.state.message) == (("FAILED", "Failed"), message)

    async def test_but_it_can_be_cancelled(self, flow):
        run = await flow()
        await run.set("RUNNING")
        await run.set("PAUSED", pause_timeout=in_seconds(-1))
        assert named(await run.set("CANCELLING")) == ("CANCELLING", "Cancelling")


class TestCancelling:
    async def test_what_has_infrastructure_is_cancelling_first(self, flow):
        run = await flow(infrastructure_pid="4711")
        await run.force("SCHEDULED")
        assert named(await run.set("CANCELLING")) == ("CANCELLING", "Cancelling")

    @pytest.mark.parametrize(
        ("pid", "first", "reason"),
        [
            pytest.param(None, {"type": "SCHEDULED"}, "Scheduled", id="scheduled"),
            pytest.param("4711", {"type": "SCHEDULED", "name": "Resuming"}, "Scheduled", id="resuming"),
            pytest.param("4711", {"type": "PAUSED", "pause_reschedule": True}, "Suspended", id="suspended"),
        ],
    )
    @pytest.mark.parametrize("force", [False, True])
    async def test_what_has_none_is_cancelled_at_once(self, flow, pid, first, reason, force):
        run = await flow(infrastructure_pid=pid)
        await run.force(**first)
        result = await run.set("CANCELLING", force=force)
        assert verdict(result) == ("REJECT", f"{reason} flow run has no infrastructure to terminate.")
        assert named(result) == ("CANCELLED", "Cancelled")


class TestSchedules:
    async def test_a_run_is_late_once_and_only_while_it_is_scheduled(self, deployed):
        run = await deployed()
        await run.set("RUNNING")
        assert verdict(await run.set("SCHEDULED", name="Late")) == (
            "REJECT",
            "Only scheduled flows can be marked late.",
        )
        await run.set("SCHEDULED")
        assert named(await run.set("SCHEDULED", name="Late")) == ("SCHEDULED", "Late")
        assert verdict(await run.set("SCHEDULED", name="Late")) == ("REJECT", "This flow run is already marked late.")

    async def test_a_run_waits_for_its_scheduled_time(self, flow):
        run = await flow()
        await run.set("SCHEDULED", scheduled_time=in_seconds(60))
        await run.set("PENDING")
        assert verdict(await run.set("RUNNING")) == ("WAIT", "Scheduled time is in the future")


class TestRetries:
    async def test_as_many_as_the_policy_says(self, flow):
        run = await flow(policy={"retries": 1, "retry_delay": 30})
        await run.set("RUNNING")
        result = await run.set("FAILED", message="no disk", data={"type": "error"})
        assert verdict(result) == ("REJECT", "Retrying")
        assert (result.state.message, result.state.data) == ("no disk", {"type": "error"})
        wait = (result.state.state_details.scheduled_time - datetime.now(UTC)).total_seconds()
        assert wait == pytest.approx(30, abs=2)
        assert (await run.policy())["retry_type"] == "in_process"
        await run.force("RUNNING")
        assert named(await run.set("FAILED")) == ("FAILED", "Failed")
        assert (await run.policy())["retry_type"] is None

    async def test_they_may_be_paused_again_and_keep_their_slot(self, flow):
        run = await flow(policy={"retries": 2})
        lease = uuid4()
        await run.force("RUNNING", deployment_concurrency_lease_id=lease)
        await run.set("PAUSED", pause_key="a")
        await run.set("RUNNING")
        result = await run.set("FAILED")
        assert result.state.state_details.deployment_concurrency_lease_id == lease
        policy = await run.policy()
        assert (policy["pause_keys"], policy["resuming"]) == ([], False)

    async def test_a_run_that_is_over_is_scheduled_again(self, deployed):
        run = await deployed(policy={"pause_keys": ["a"], "resuming": True})
        await run.force("FAILED")
        assert named(await run.set("SCHEDULED")) == ("SCHEDULED", "Scheduled")
        policy = await run.policy()
        assert (policy["pause_keys"], policy["resuming"], policy["retry_type"]) == ([], False, "reschedule")

    async def test_or_runs_again_at_once(self, flow):
        run = await flow(policy={"retry_type": "reschedule"})
        await run.force("FAILED")
        await run.set("RUNNING")
        assert (await run.policy())["retry_type"] is None


class TestLeases:
    async def test_a_lease_passes_from_state_to_state(self, flow):
        run = await flow()
        lease = uuid4()
        await run.force("PENDING", deployment_concurrency_lease_id=lease)
        for kind, name in [("PENDING", "Submitting"), ("RUNNING", None), ("COMPLETED", None)]:
            details = (await run.set(kind, name=name)).state.state_details
            assert details.deployment_concurrency_lease_id == lease

    async def test_a_run_does_not_start_with_another(self, flow):
        run = await flow()
        details = (await run.set("RUNNING", deployment_concurrency_lease_id=uuid4())).state.state_details
        assert details.deployment_concurrency_lease_id is None


class TestSubflows:
    async def test_the_task_run_that_stands_for_a_subflow_is_in_its_state(self, flow, task):
        parent = await flow()
        await parent.set("RUNNING")
        stand_in = await task(flow_run_id=parent.id)
        sub = await flow(parent_task_run_id=stand_in.id)
        for kind in ("RUNNING", "FAILED"):
            state = (await sub.set(kind, message="as told")).state
            copy = await stand_in.state()
            assert (copy.type, copy.name, copy.message) == (state.type, state.name, "as told")
            assert copy.id != state.id
            assert state.state_details.task_run_id == stand_in.id
            details = copy.state_details
            assert (details.flow_run_id, details.task_run_id) == (parent.id, stand_in.id)
            assert details.child_flow_run_id == sub.id
        row = await stand_in.row()
        assert (row.run_count, row.end_time) == (1, (await stand_in.state()).timestamp)

    async def test_a_state_that_was_not_entered_is_none_of_it(self, flow, task):
        stand_in = await task()
        sub = await flow(parent_task_run_id=stand_in.id)
        await sub.set("RUNNING")
        before = await stand_in.state()
        await sub.set("PENDING")
        assert await stand_in.state() == before
