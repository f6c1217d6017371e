"""Artifacts, written to both servers alike."""

from typing import Any

from .asking import Pair
from .scenario import Scenario

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def test_artifact_life(writers: Pair) -> None:
    s = Scenario(writers)
    await s.get("/artifacts/life/latest")
    first = {"key": "life", "type": "markdown", "description": "ü", "data": "# one", "metadata_": {"n": "1"}}
    await s.post("/artifacts/", first, saved="one")
    await s.get("/artifacts/{one}")
    await s.get("/artifacts/life/latest")
    await s.patch("/artifacts/{one}", {"data": {"changed": [1, None]}})
    await s.get("/artifacts/{one}")
    await s.get("/artifacts/life/latest")
    await s.post("/artifacts/", {"key": "life", "type": "progress", "data": 5.5}, saved="two")
    await s.get("/artifacts/life/latest")
    await s.patch("/artifacts/{one}", {"data": "not the latest", "description": None, "metadata_": None})
    await s.get("/artifacts/{one}")
    await s.get("/artifacts/life/latest")
    await s.patch("/artifacts/{two}", {"data": 77.5, "description": "in place", "metadata_": {"x": "y" * 501}})
    await s.get("/artifacts/life/latest")
    await s.patch("/artifacts/{two}", {})
    await s.get("/artifacts/{two}")
    latest = {"artifacts": {"key": {"any_": ["life"]}}}
    await s.post("/artifacts/filter", {**latest, "sort": "CREATED_DESC"})  # Prefect's ids are in no order
    for path in ("/artifacts/count", "/artifacts/latest/filter", "/artifacts/latest/count"):
        await s.post(path, latest)
    await s.delete("/artifacts/{two}")
    await s.get("/artifacts/life/latest")
    await s.post("/artifacts/latest/filter", latest)
    await s.delete("/artifacts/{two}")
    await s.get("/artifacts/{two}")
    await s.patch("/artifacts/{two}", {"data": 1})
    await s.delete("/artifacts/{one}")
    await s.get("/artifacts/life/latest")
    for path in ("/artifacts/filter", "/artifacts/count", "/artifacts/latest/filter", "/artifacts/latest/count"):
        await s.post(path, latest)
    s.end()


async def test_deleting_what_is_not_the_latest(writers: Pair) -> None:
    s = Scenario(writers)
    for name in ("a", "b", "c"):
        await s.post("/artifacts/", {"key": "versions", "data": name}, saved=name)
    for gone in ("b", "c", "a"):
        await s.delete(f"/artifacts/{{{gone}}}")
        await s.get("/artifacts/versions/latest")
    await s.post("/artifacts/", {"data": "without key"}, saved="keyless")
    await s.delete("/artifacts/{keyless}")
    s.end()


async def test_keys_and_data(writers: Pair) -> None:
    s = Scenario(writers)
    for key in ("", "-", "a-9", "a_b", "A", "é", "a b", "a/b", "x" * 300, 5):
        await s.post("/artifacts/", {"key": key})
    for number, data in enumerate(
        (
            None,
            True,
            0,
            1.5,
            2**53 + 1,
            "",
            "null",
            [],
            {},
            [[], {}],
            {"": None},
            "x" * 100_000,
            {"a": ["é", "\\", "\n"]},
        )
    ):
        await s.post("/artifacts/", {"key": f"data-{number}", "data": data}, saved="with_data")
        await s.get("/artifacts/{with_data}")
        await s.get(f"/artifacts/data-{number}/latest")
    for metadata in (None, {}, {"": ""}, {"a": "x" * 500}, {"a": "é" * 501}, {"a": 1}, {"a": None}, {"a": {}}, [], "x"):
        await s.post("/artifacts/", {"metadata_": metadata})
    for other in (
        {"type": 5},
        {"type": None},
        {"description": 5},
        {"flow_run_id": "x"},
        {"flow_run_id": NOWHERE, "task_run_id": NOWHERE},
        {"task_run_id": 5},
        {"id": NOWHERE},
        {"metadata": {}},
    ):
        await s.post("/artifacts/", {"data": 1, **other})
    for body in (None, [], "x", {}):
        await s.post("/artifacts/", body)
    await s.post("/artifacts/", {}, saved="empty")
    for body in (None, [], "x", {"key": "x"}, {"type": "x"}, {"description": 5}, {"metadata_": {"a": 1}}):
        await s.patch("/artifacts/{empty}", body)
    for path in ("/artifacts/x", f"/artifacts/{NOWHERE}", "/artifacts/a%2Fb/latest", "/artifacts/a/b/latest"):
        await s.get(path)
    s.end()


async def test_lists_of_artifacts(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "of artifacts"}, saved="flow")
    await s.post("/deployments/", {"name": "of artifacts", "flow_id": "{flow}", "tags": ["d"]}, saved="deployment")
    run = {"name": "of artifacts", "flow_id": "{flow}", "deployment_id": "{deployment}", "tags": ["r"]}
    await s.post("/flow_runs/", run, saved="run")
    await s.post("/flow_runs/", {"name": "bare", "flow_id": "{flow}"}, saved="bare")
    task = {"name": "t", "flow_run_id": "{run}", "task_key": "k", "dynamic_key": "0", "tags": ["t"]}
    await s.post("/task_runs/", task, saved="task")
    ours = [
        {"key": "list-a", "type": "table", "flow_run_id": "{run}", "task_run_id": "{task}"},
        {"key": "list-b", "type": "markdown", "flow_run_id": "{run}"},
        {"key": "list-a", "type": "image", "flow_run_id": "{bare}"},
        {"key": "list-c", "type": None, "flow_run_id": NOWHERE, "task_run_id": NOWHERE},
        {"type": "result", "flow_run_id": "{bare}"},
    ]
    for number, artifact in enumerate(ours):
        await s.post("/artifacts/", artifact, saved=f"artifact{number}")
    these = {"key": {"like_": "LIST-"}}
    runs = {"any_": ["{run}", "{bare}"]}
    asked: list[dict[str, Any]] = [
        {"artifacts": these},
        {"artifacts": {**these, "type": {"not_any_": ["markdown"]}}},
        {"artifacts": {**these, "type": {"not_any_": []}}},
        {"artifacts": {"type": {"any_": ["table", "image"]}, **these}},
        {"artifacts": {"operator": "or_", "key": {"any_": ["list-c"]}, "type": {"any_": ["image"]}}},
        {"artifacts": {"flow_run_id": runs}},
        {"artifacts": {"flow_run_id": runs, "key": {"exists_": True}}},
        {"artifacts": {"flow_run_id": runs, "key": {"exists_": False}}},
        {"artifacts": {"task_run_id": {"any_": ["{task}"]}}},
        {"artifacts": {"task_run_id": {"any_": []}}},
        {"artifacts": these, "flow_runs": {}},
        {"artifacts": these, "flow_runs": {"tags": {"all_": ["r"]}}},
        {"artifacts": these, "task_runs": {}},
        {"task_runs": {"id": {"any_": ["{task}"]}}},
        {"artifacts": these, "flows": {}},
        {"artifacts": these, "deployments": {}},
        {"flows": {"name": {"any_": ["of artifacts"]}}},
        {"deployments": {"tags": {"all_": ["d"]}}},
        {"flows": {"id": {"any_": ["{flow}"]}}, "flow_runs": {"id": {"any_": ["{bare}"]}}},
        {"flows": {"id": {"any_": ["{flow}"]}}, "deployments": {}, "task_runs": {"tags": {"all_": ["t"]}}},
        {"artifacts": {"name": {}}},
        {"work_pools": {"id": {"any_": []}}, "artifacts": these},
    ]
    for each in asked:
        for path in ("/artifacts/filter", "/artifacts/latest/filter"):
            await s.post(path, {**each, "sort": "CREATED_DESC"})
        for path in ("/artifacts/count", "/artifacts/latest/count"):
            await s.post(path, each)
    await s.post(
        "/artifacts/filter", {"artifacts": {"id": {"any_": ["{artifact0}", "{artifact4}"]}}, "sort": "KEY_ASC"}
    )
    await s.post("/artifacts/latest/filter", {"artifacts": {"latest_id": {"any_": ["{artifact0}", "{artifact1}"]}}})
    await s.post("/artifacts/latest/filter", {"artifacts": {"id": {"any_": []}}})
    for sort in ("CREATED_DESC", "UPDATED_DESC", "KEY_DESC", "KEY_ASC", "NAME_ASC"):
        # By their keys, artifacts of one key are in any order.
        alone = {"type": {"any_": ["table", "markdown"]}} if sort.startswith("KEY") else {}
        for body in ({"limit": 1, "offset": 1}, {}):
            await s.post("/artifacts/filter", {"artifacts": {**these, **alone}, "sort": sort, **body})
            await s.post("/artifacts/latest/filter", {"artifacts": these, "sort": sort, **body})
    for body in ({"limit": 201}, {"limit": -1}, {"offset": -1}, {"artifacts": []}, []):
        await s.post("/artifacts/filter", body)
        await s.post("/artifacts/latest/filter", body)
    await s.delete("/flow_runs/{run}")
    await s.post("/artifacts/filter", {"artifacts": these, "sort": "CREATED_DESC"})
    await s.post("/artifacts/count", {"artifacts": these, "flow_runs": {}})
    await s.post("/artifacts/latest/filter", {"artifacts": these, "sort": "CREATED_DESC"})
    s.end()
