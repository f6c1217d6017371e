"""Runs to drive, in a database of the test's own."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lictor.db.engine import Database
from lictor.db.types import dump_json
from lictor.settings import TaskSettings
from tests.make import Make
from tests.orchestration.driver import DEFAULTS, Driven, DrivenFlow


def _with_policy(values: dict[str, Any]) -> dict[str, Any]:
    if "policy" in values:
        values["empirical_policy"] = dump_json(values.pop("policy"))
    return values


@pytest.fixture
def task(db: Database, make: Make) -> Callable[..., Awaitable[Driven]]:
    """What makes a task run to drive, in the state `Pending`; `policy` is its policy on retries."""

    async def task(settings: TaskSettings = DEFAULTS, **values: Any) -> Driven:
        made = Driven(db, await make.task_run(**_with_policy(values)), settings)
        await made.force("PENDING")
        return made

    return task


@pytest.fixture
def flow(db: Database, make: Make) -> Callable[..., Awaitable[DrivenFlow]]:
    """What makes a flow run to drive, in the state `Pending`; `policy` is its policy on retries."""

    async def flow(**values: Any) -> DrivenFlow:
        made = DrivenFlow(db, await make.flow_run(**_with_policy(values)))
        await made.force("PENDING")
        return made

    return flow
