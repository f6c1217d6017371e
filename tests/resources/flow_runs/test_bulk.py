"""Changes of many flow runs at once."""

import httpx

from lictor.db.engine import Database
from tests.make import Make
from tests.slots import slots_taken


async def test_the_newest_that_match_are_deleted(api: httpx.AsyncClient, make: Make) -> None:
    kept = await make.flow_run("kept", tags=["mine"])
    _, second, third = [await make.flow_run(tags=["mine", "all"]) for _ in range(3)]
    await make.task_run(flow_run_id=third)
    asked = {"flow_runs": {"tags": {"all_": ["all"]}}, "limit": 2}
    assert (await api.post("/flow_runs/bulk_delete", json=asked)).json() == {"deleted": [str(third), str(second)]}
    assert len((await api.post("/flow_runs/bulk_delete", json=asked)).json()["deleted"]) == 1
    assert (await api.post("/flow_runs/bulk_delete", json=asked)).json() == {"deleted": []}
    assert (await api.post("/flow_runs/count")).json() == 1
    assert (await api.get(f"/flow_runs/{kept}")).status_code == 200
    assert (await api.post("/task_runs/count")).json() == 0


async def test_those_that_are_deleted_give_back_their_slots(api: httpx.AsyncClient, make: Make, db: Database) -> None:
    limit = await make.limit(limit=5, active_slots=1)
    deployment = await make.deployment(concurrency_limit_id=limit)
    for state in ("RUNNING", "PENDING", "COMPLETED"):
        run_id = await make.flow_run(state=state, deployment_id=deployment)
        if state != "COMPLETED":
            await make.lease(limit, holder_type="flow_run", holder_id=run_id)
    assert await slots_taken(db) == 3
    await api.post("/flow_runs/bulk_delete", json={})
    assert await slots_taken(db) == 1


async def test_each_run_gets_a_verdict_of_its_own(api: httpx.AsyncClient, make: Make) -> None:
    running, scheduled, completed = [
        await make.flow_run(state=state) for state in ("RUNNING", "SCHEDULED", "COMPLETED")
    ]
    asked = {"flow_runs": {"name": {"like_": "flow_run"}}, "state": {"type": "CANCELLING", "message": "enough"}}
    results = (await api.post("/flow_runs/bulk_set_state", json=asked)).json()["results"]
    assert [(result["flow_run_id"], result["status"], result["state"]["type"]) for result in results] == [
        (str(completed), "ABORT", "COMPLETED"),
        (str(scheduled), "REJECT", "CANCELLED"),
        (str(running), "ACCEPT", "CANCELLING"),
    ]
    assert results[2]["state"]["message"] == "enough"
    assert (await api.get(f"/flow_runs/{running}")).json()["state"] == results[2]["state"]


async def test_by_force(api: httpx.AsyncClient, make: Make) -> None:
    run = await make.flow_run(state="COMPLETED")
    asked = {"state": {"type": "CRASHED"}, "force": True, "limit": 1}
    (result,) = (await api.post("/flow_runs/bulk_set_state", json=asked)).json()["results"]
    assert (result["flow_run_id"], result["status"]) == (str(run), "ACCEPT")
