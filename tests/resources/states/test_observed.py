"""Which states runs have been in."""

import sqlalchemy as sa

from lictor.resources.states.observed import states_of
from lictor.resources.task_runs.table import task_run_state


async def test_states_are_found_by_prefix_and_in_order(api, make):
    for state in ("COMPLETED", "FAILED", "RUNNING"):
        await make.flow_run(state=state)
        await make.task_run(state=state)
    listed = (await api.get("/observed-states")).json()
    assert {(each["state_type"], each["state_name"]) for each in listed} == {
        ("COMPLETED", "Completed"),
        ("FAILED", "Failed"),
        ("RUNNING", "Running"),
    }
    assert listed[0].keys() == {"state_type", "state_name", "first_seen", "last_seen"}
    assert [each["last_seen"] for each in listed] == sorted((each["last_seen"] for each in listed), reverse=True)
    by_name = (await api.get("/observed-states", params={"order_by": "NAME_ASC", "limit": 2})).json()
    assert [each["state_name"] for each in by_name] == ["Completed", "Failed"]
    assert [each["state_name"] for each in (await api.get("/observed-states", params={"query": " fA"})).json()] == [
        "Failed"
    ]
    assert (await api.get("/observed-states", params={"limit": 0})).status_code == 422


async def test_no_state_is_passed_over_on_the_way(db, make):
    await make.task_run(state="COMPLETED")
    if db.dialect.name == "sqlite":
        sql = str(states_of(task_run_state).compile(dialect=db.dialect, compile_kwargs={"literal_binds": True}))
        async with db.write() as tx:
            plan = [row[3] for row in (await tx.execute(sa.text(f"EXPLAIN QUERY PLAN {sql}"))).all()]
        assert not [step for step in plan if step.startswith("SCAN task_run_state") and "COVERING INDEX" not in step]
        assert not [step for step in plan if "TEMP B-TREE" in step], plan
