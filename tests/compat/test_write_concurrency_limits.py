"""Concurrency limits, written to both servers alike."""

from .asking import Pair
from .scenario import Scenario

NOWHERE = "00000000-0000-4000-8000-000000000000"
TASK_RUN = "11111111-1111-4111-8111-111111111111"
OTHER_TASK_RUN = "22222222-2222-4222-8222-222222222222"

V1, V2 = "/concurrency_limits", "/v2/concurrency_limits"


async def test_life_of_a_global_limit(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post(f"{V2}/", {"name": "life", "limit": 3}, saved="limit")
    await s.post(f"{V2}/", {"name": "life", "limit": 3})
    for which in ("{limit}", "life", "nobody", NOWHERE):
        await s.get(f"{V2}/{which}")
    await s.patch(f"{V2}/{{limit}}", {"limit": 5, "slot_decay_per_second": 0.5})
    await s.get(f"{V2}/life")
    await s.patch(f"{V2}/life", {})
    await s.patch(f"{V2}/life", {"active": False, "active_slots": 2, "denied_slots": 1, "slot_decay_per_second": 0})
    await s.get(f"{V2}/life")
    await s.post(f"{V2}/", {"name": "other", "limit": 1})
    await s.patch(f"{V2}/life", {"name": "other"})
    await s.patch(f"{V2}/life", {"name": "renamed"})
    await s.get(f"{V2}/life")
    await s.get(f"{V2}/renamed")
    await s.patch(f"{V2}/nobody", {"limit": 1})
    await s.delete(f"{V2}/nobody")
    await s.delete(f"{V2}/other")
    await s.delete(f"{V2}/{{limit}}")
    await s.delete(f"{V2}/{{limit}}")
    await s.get(f"{V2}/{{limit}}")
    s.end()


async def test_what_a_global_limit_may_be(writers: Pair) -> None:
    s = Scenario(writers)
    for change in (
        {"limit": 0},
        {"limit": -1},
        {"limit": None},
        {"limit": "3"},
        {"limit": 1.5},
        {"active": False},
        {"active": "maybe"},
        {"active_slots": 4},
        {"active_slots": -1},
        {"denied_slots": -1},
        {"slot_decay_per_second": 0.25, "denied_slots": 7},
        {"slot_decay_per_second": -0.1},
        {"slot_decay_per_second": "x"},
        {"avg_slot_occupancy_seconds": 2.0},
        {"unknown": 1},
    ):
        name = "limit " + str(change).replace("{", "").replace("}", "")
        await s.post(f"{V2}/", {"name": name, "limit": 3, **change})
        await s.get(f"{V2}/{name}")
    for name in ("", " ", "a/b", "100%", "a&b", "<x>", "ünï 'q\" \\", None, 5):
        await s.post(f"{V2}/", {"name": name, "limit": 3})
    for body in (None, [], "x", {}, {"name": "x"}, {"limit": 1}):
        await s.post(f"{V2}/", body)
    await s.post(f"{V2}/", {"name": "to change", "limit": 3})
    for change in ({"limit": -1}, {"active_slots": -1}, {"slot_decay_per_second": -1}, {"name": "a/b"}, {"unknown": 1}):
        await s.patch(f"{V2}/to change", change)
    for name in ("active", "name", "limit", "active_slots", "denied_slots", "slot_decay_per_second"):
        await s.patch(
            f"{V2}/to change", {name: None}, unlike=(422, "Prefect tells of the database instead of the field")
        )
    for page in (
        {"limit": 3},
        {"limit": 2, "offset": 1},
        {"offset": 10_000},
        {"limit": 0},
        {"limit": -1},
        {"offset": -1},
    ):
        await s.post(f"{V2}/filter", page)
    await s.post(f"{V2}/filter", {"unknown": 1})
    s.end()


async def test_taking_slots_and_giving_them_back(writers: Pair) -> None:
    s = Scenario(writers)
    for name, limit in (("a wide one", 4), ("b narrow one", 2)):
        await s.post(f"{V2}/", {"name": name, "limit": limit})
    await s.post(f"{V2}/", {"name": "off", "limit": 1, "active": False})
    for slots, names in (
        (1, ["a wide one"]),
        (2, ["a wide one", "b narrow one"]),
        (1, ["a wide one", "b narrow one"]),
        (2, ["a wide one"]),
        (5, ["a wide one"]),
        (1, ["nobody"]),
        (1, ["nobody", "a wide one"]),
        (7, ["off"]),
        (1, ["off", "a wide one"]),
        (0, ["a wide one"]),
        (-1, ["a wide one"]),
        ("x", ["a wide one"]),
        (1, []),
        (1, None),
        (1, "a wide one"),
        (1, [None]),
    ):
        await s.post(f"{V2}/increment", {"slots": slots, "names": names}, by="name")
        for name in ("a wide one", "b narrow one", "off"):
            await s.get(f"{V2}/{name}")
    await s.post(f"{V2}/increment", {"slots": 1, "names": ["nobody"], "create_if_missing": True})
    await s.get(f"{V2}/nobody")
    for more in (
        {},
        {"occupancy_seconds": 3.5},
        {"occupancy_seconds": 0},
        {"occupancy_seconds": -1},
        {"create_if_missing": True},
        {"mode": "rate_limit"},
    ):
        await s.post(
            f"{V2}/decrement", {"slots": 1, "names": ["a wide one", "b narrow one", "nobody"], **more}, by="name"
        )
        for name in ("a wide one", "b narrow one"):
            await s.get(f"{V2}/{name}")
    for body in (
        {"slots": 1, "names": ["off"]},
        {"slots": 1, "names": []},
        {"slots": 1},
        {"names": ["a wide one"]},
        None,
        {},
    ):
        await s.post(f"{V2}/decrement", body)
        await s.post(f"{V2}/increment", body)
    s.end()


async def test_rates(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post(f"{V2}/", {"name": "rate", "limit": 2, "slot_decay_per_second": 0.001})
    await s.post(f"{V2}/", {"name": "steady one", "limit": 2})
    await s.post(f"{V2}/", {"name": "steady two", "limit": 2})
    for names in (["rate"], ["rate", "steady one"], ["steady one", "steady two"], ["rate"], ["rate"], ["nobody"]):
        await s.post(f"{V2}/increment", {"slots": 1, "names": names, "mode": "rate_limit"})
        await s.get(f"{V2}/rate")
    await s.post(f"{V2}/increment", {"slots": 1, "names": ["rate"], "mode": "other"})
    await s.post(f"{V2}/increment", {"slots": 1, "names": ["rate"], "mode": None})
    await s.patch(f"{V2}/rate", {"slot_decay_per_second": 100_000})
    await s.get(f"{V2}/rate")
    await s.post(f"{V2}/increment", {"slots": 2, "names": ["rate"], "mode": "rate_limit"})
    s.end()


async def test_leases(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post(f"{V2}/", {"name": "leased", "limit": 2})
    take, end, holder = f"{V2}/increment-with-lease", f"{V2}/decrement-with-lease", {"type": "task_run", "id": TASK_RUN}
    await s.post(take, {"slots": 1, "names": ["leased"]}, saved="first", field="lease_id")
    await s.post(take, {"slots": 1, "names": ["leased", "nobody"], "holder": holder}, saved="second", field="lease_id")
    await s.post(take, {"slots": 1, "names": ["leased"]})
    await s.post(take, {"slots": 1, "names": ["nobody"]}, saved="of nothing", field="lease_id")
    for lease in ("first", "of nothing"):
        await s.post(f"{V2}/leases/{{{lease}}}/renew", {"lease_duration": 60})
    await s.post(f"{V2}/leases/{{first}}/renew")
    await s.post(f"{V2}/leases/{NOWHERE}/renew", {"lease_duration": 60})
    await s.post(f"{V2}/leases/nonsense/renew", {"lease_duration": 60})
    for seconds in (59.9, 86400, 86400.5, "x", None):
        await s.post(f"{V2}/leases/{{first}}/renew", {"lease_duration": seconds})
        await s.post(take, {"slots": 1, "names": ["leased"], "lease_duration": seconds})
    for wrong in ({"type": "worker", "id": NOWHERE}, {"type": "flow_run"}, {**holder, "more": 1}, "x", None):
        await s.post(take, {"slots": 1, "names": ["leased"], "holder": wrong})
    for _ in range(2):
        await s.post(end, {"lease_id": "{first}"})
        await s.get(f"{V2}/leased")
        await s.post(f"{V2}/leases/{{first}}/renew", {"lease_duration": 60})
    for lease in ("{of nothing}", NOWHERE, "x", None):
        await s.post(end, {"lease_id": lease})
    await s.post(end)
    await s.delete(f"{V2}/leased")
    await s.post(f"{V2}/leases/{{second}}/renew", {"lease_duration": 60})
    await s.post(end, {"lease_id": "{second}"})
    s.end()


async def test_life_of_a_limit_on_a_tag(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post(f"{V1}/", {"tag": "life", "concurrency_limit": 2}, saved="limit")
    await s.post(f"{V1}/", {"tag": "life", "concurrency_limit": 3})
    for path in ("{limit}", NOWHERE, "tag/life", "tag/nobody"):
        await s.get(f"{V1}/{path}")
    await s.get(f"{V2}/tag:life")
    await s.post(f"{V1}/filter", {"limit": 200})
    await s.post(f"{V1}/filter", {"limit": 0})
    await s.post(f"{V1}/filter", {"limit": -1})
    await s.post(f"{V2}/", {"name": "no tag", "limit": 1}, saved="no tag")
    await s.get(f"{V1}/{{no tag}}")
    await s.post(f"{V1}/filter", {"limit": 200})
    await s.delete(f"{V1}/tag/life")
    await s.delete(f"{V1}/tag/life")
    await s.get(f"{V1}/tag/life")
    await s.post(f"{V1}/", {"tag": "life", "concurrency_limit": 0}, saved="again")
    await s.delete(f"{V1}/{{again}}")
    await s.delete(f"{V1}/{{again}}")
    await s.post(f"{V1}/tag/life/reset")
    for tag in ("a/b", "100%", "<x>"):
        refused = (422, "Prefect fails over the name of the global limit")
        await s.post(f"{V1}/", {"tag": tag, "concurrency_limit": 1}, unlike=refused)
    await s.post(f"{V1}/", {"tag": "x", "concurrency_limit": -1}, unlike=(422, "Prefect stores it"))
    for body in (
        None,
        {},
        {"tag": "x"},
        {"concurrency_limit": 1},
        {"tag": "x", "concurrency_limit": 1, "active": True},
    ):
        await s.post(f"{V1}/", body)
    s.end()


async def test_task_runs_on_a_tag(writers: Pair) -> None:
    s = Scenario(writers)
    for tag, limit in (("small", 1), ("large", 10), ("none", 0)):
        await s.post(f"{V1}/", {"tag": tag, "concurrency_limit": limit}, saved=tag)
    for names, holder in (
        (["small", "large", "free"], TASK_RUN),
        (["small"], OTHER_TASK_RUN),
        (["large"], OTHER_TASK_RUN),
        (["none"], TASK_RUN),
        (["large", "none"], TASK_RUN),
        (["free"], TASK_RUN),
        ([], TASK_RUN),
        (["large"], "x"),
        (None, TASK_RUN),
    ):
        await s.post(f"{V1}/increment", {"names": names, "task_run_id": holder})
        for tag in ("small", "large"):
            await s.get(f"{V1}/tag/{tag}")
            await s.get(f"{V2}/tag:{tag}")
    for names in (["small", "free"], ["large"], ["free"], []):
        await s.post(f"{V1}/decrement", {"names": names, "task_run_id": TASK_RUN}, by="name")
        for tag in ("small", "large"):
            await s.get(f"{V1}/{{{tag}}}")
            await s.get(f"{V2}/tag:{tag}")
    await s.post(f"{V1}/tag/small/reset", {"slot_override": [TASK_RUN]})
    await s.get(f"{V1}/tag/small")
    await s.post(f"{V1}/tag/small/reset", {"slot_override": "x"})
    await s.post(f"{V1}/tag/small/reset", {"slot_override": []})
    await s.get(f"{V1}/tag/small")
    await s.get(f"{V2}/tag:small", unlike=(200, "Prefect counts slots that nobody holds any more"))
    s.end()
