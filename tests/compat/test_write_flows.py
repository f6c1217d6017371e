"""Flows, written to both servers alike."""

from .asking import Pair
from .scenario import Scenario

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def test_flow_life(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post(
        "/flows/",
        {"name": "life", "tags": ["b", "a", "a"], "labels": {"k": 1, "f": 1.5, "b": True, "s": "x"}},
        saved="flow",
    )
    await s.post("/flows/", {"name": "life", "tags": ["other"], "labels": {"k": 2}})
    await s.get("/flows/{flow}")
    await s.get("/flows/name/life")
    await s.patch("/flows/{flow}", {"tags": ["new", "ü"]})
    await s.get("/flows/{flow}")
    await s.patch("/flows/{flow}", {})
    await s.get("/flows/{flow}")
    await s.patch("/flows/{flow}", {"tags": None})
    await s.patch("/flows/{flow}", {"name": "renamed"})
    await s.post("/flows/filter", {"flows": {"name": {"any_": ["life"]}}})
    await s.delete("/flows/{flow}")
    for gone in (
        s.get("/flows/{flow}"),
        s.delete("/flows/{flow}"),
        s.patch("/flows/{flow}", {"tags": []}),
        s.get("/flows/name/life"),
    ):
        await gone
    s.end()


async def test_flow_names_and_labels(writers: Pair) -> None:
    s = Scenario(writers)
    for name in ("", " ", "a/b", "100%", "a&b", "<x>", "ünï 'q\" \\", "x" * 300, "日本", "a\nb", 5, None, "a%2Fb"):
        await s.post("/flows/", {"name": name})
    for name in ("ünï 'q\" \\", "%C3%BCn%C3%AF%20'q%22%20%5C", "%20", "a%2525"):
        await s.get(f"/flows/name/{name}")
    await s.get("/flows/name/a%0Ab", unlike=(200, "Prefect does not find a name with a line break"))
    for labels in (
        None,
        {},
        {"a": None},
        {"a": []},
        {"a": {"b": 1}},
        {"a": 2**53},
        {"a": 1.0},
        {"a": "1"},
        {"": ""},
        [],
        "x",
    ):
        await s.post("/flows/", {"name": f"labels {labels}".replace("%", "").replace("/", ""), "labels": labels})
    for tags in (None, "x", [1], [None], [""], ["a", "a"], {}):
        await s.post("/flows/", {"name": f"tags {tags}", "tags": tags})
    for body in (None, [], "x", {}, {"name": "x", "unknown": 1}, {"name": "x", "id": NOWHERE}):
        await s.post("/flows/", body)
    s.end()


async def test_deleting_a_flow_takes_its_runs_and_deployments_along(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "parent of many"}, saved="flow")
    await s.post("/deployments/", {"name": "d", "flow_id": "{flow}"}, saved="deployment")
    await s.post("/flow_runs/", {"name": "r", "flow_id": "{flow}", "deployment_id": "{deployment}"}, saved="run")
    await s.post(
        "/task_runs/", {"name": "t", "flow_run_id": "{run}", "task_key": "k", "dynamic_key": "0"}, saved="task"
    )
    await s.delete("/flows/{flow}")
    await s.get("/deployments/{deployment}")
    await s.get("/flow_runs/{run}")
    await s.get("/task_runs/{task}")
    await s.get("/flow_run_states/?flow_run_id={run}")
    await s.get("/task_run_states/?task_run_id={task}")
    s.end()


async def test_bulk_delete_of_flows(writers: Pair) -> None:
    s = Scenario(writers)
    for number in range(3):
        await s.post("/flows/", {"name": f"bulk {number}", "tags": ["bulk"]}, saved=f"flow{number}")
    await s.post("/deployments/", {"name": "d", "flow_id": "{flow0}"}, saved="deployment")
    bulk = {"tags": {"all_": ["bulk"]}}
    one = bulk | {"name": {"any_": ["bulk 0"]}}
    for limit in (0, 51, -1, "x", None):
        await s.post("/flows/bulk_delete", {"flows": {"name": {"any_": ["nobody"]}}, "limit": limit})
    await s.post("/flows/bulk_delete", {"flows": {"id": {"any_": []}}})
    await s.post("/flows/bulk_delete", {"flows": one, "limit": 50, "unknown": 1})
    await s.post("/flows/count", {"flows": bulk})
    await s.post("/flows/bulk_delete", {"flows": one})
    await s.get("/deployments/{deployment}")
    await s.post("/flows/bulk_delete", {"flows": {"unknown": 1}})
    s.end()
