"""Bounds that the settings put on deployments."""

from collections.abc import Sequence

from lictor.errors import InvalidRequest, field_problem
from lictor.resources.deployments.schemas import (
    DeploymentCreate,
    DeploymentScheduleCreate,
    DeploymentScheduleUpdate,
    DeploymentUpdate,
)
from lictor.resources.runs.parameters import check_size
from lictor.settings import ServerSettings


def check_bounds(body: DeploymentCreate | DeploymentUpdate, settings: ServerSettings) -> None:
    """Refuses parameters that are too large, and schedules that want too many runs waiting."""
    check_size(body.parameters or {}, settings.max_parameter_size)
    check_schedules(body.schedules, settings, ("body", "schedules"))


def check_schedules(
    schedules: Sequence[DeploymentScheduleCreate | DeploymentScheduleUpdate],
    settings: ServerSettings,
    where: tuple[str, ...],
    *,
    listed: bool = True,
) -> None:
    """Refuses schedules that want too many runs waiting, and names the place of each."""
    most = settings.deployment_schedule_max_scheduled_runs
    problems = [
        field_problem(
            (*where, *((place,) if listed else ()), "max_scheduled_runs"),
            f"`max_scheduled_runs` must be less than or equal to {most}.",
            schedule.max_scheduled_runs,
        )
        for place, schedule in enumerate(schedules)
        if (schedule.max_scheduled_runs or 0) > most
    ]
    if problems:
        raise InvalidRequest(problems)
