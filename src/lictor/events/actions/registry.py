"""What carries out each type of action."""

from collections.abc import Awaitable, Callable

from lictor.events.actions import orchestrating, running
from lictor.events.actions.attempt import Attempt
from lictor.events.actions.orchestrating import Write

Perform = Callable[[Attempt], Awaitable[Write | None]]
"""Carries out an action, but for what it gives back to be written with the note that it is done."""


async def _send_notification(attempt: Attempt) -> None:
    from lictor.events.actions import blocks  # noqa: PLC0415  # its HTTP client costs a start 6 MB

    await blocks.send_notification(attempt)


async def _call_webhook(attempt: Attempt) -> None:
    from lictor.events.actions import blocks  # noqa: PLC0415

    await blocks.call_webhook(attempt)


ACTIONS: dict[str, Perform] = {
    "do-nothing": orchestrating.do_nothing,
    "run-deployment": running.run_deployment,
    "pause-deployment": orchestrating.pause_or_resume_deployment,
    "resume-deployment": orchestrating.pause_or_resume_deployment,
    "pause-work-pool": orchestrating.pause_or_resume_work_pool,
    "resume-work-pool": orchestrating.pause_or_resume_work_pool,
    "pause-work-queue": orchestrating.pause_or_resume_work_queue,
    "resume-work-queue": orchestrating.pause_or_resume_work_queue,
    "pause-automation": orchestrating.pause_or_resume_automation,
    "resume-automation": orchestrating.pause_or_resume_automation,
    "cancel-flow-run": orchestrating.change_flow_run_state,
    "suspend-flow-run": orchestrating.change_flow_run_state,
    "change-flow-run-state": orchestrating.change_flow_run_state,
    "resume-flow-run": orchestrating.resume_paused_flow_run,
    "delete-flow-run": orchestrating.delete_flow_run,
    "send-notification": _send_notification,
    "call-webhook": _call_webhook,
}
