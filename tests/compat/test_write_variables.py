"""Variables and saved searches, written to both servers alike."""

from .asking import Pair
from .scenario import Scenario

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def test_variable_life(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/variables/", {"name": "life", "value": {"b": 1, "a": [None, 1.5, "ü"]}, "tags": ["x"]}, saved="v")
    await s.post("/variables/", {"name": "life", "value": 2})
    await s.get("/variables/{v}")
    await s.get("/variables/name/life")
    await s.patch("/variables/{v}", {"value": "new"})
    await s.get("/variables/{v}")
    await s.patch("/variables/name/life", {"tags": ["y", "z", "y"], "name": "afterlife"})
    await s.get("/variables/name/life")
    await s.get("/variables/name/afterlife")
    await s.patch("/variables/{v}", {"name": "afterlife", "value": None})
    await s.get("/variables/{v}")
    await s.patch("/variables/{v}", {})
    await s.post("/variables/", {"name": "other", "value": 0}, saved="other")
    await s.patch("/variables/{other}", {"name": "afterlife", "value": 5})
    await s.patch("/variables/name/other", {"name": "afterlife", "value": 5})
    await s.get("/variables/{other}")
    for gone in (s.delete("/variables/{v}"), s.delete("/variables/{v}"), s.get("/variables/{v}")):
        await gone
    for gone in (s.delete("/variables/name/other"), s.delete("/variables/name/other"), s.get("/variables/name/other")):
        await gone
    await s.patch(f"/variables/{NOWHERE}", {"value": 1})
    await s.patch("/variables/name/nobody", {"value": 1})
    for path in ("/variables/x", "/variables/name/", "/variables/name/a/b", "/variables/name/%2F"):
        await s.get(path)
    s.end()


async def test_names_and_values_and_tags(writers: Pair) -> None:
    s = Scenario(writers)
    for name in ("", "-", "_", "a-b_c9", "A", "é", "a b", "a.b", "a/b", "x" * 255, "x" * 256, "X" * 256, 5, None):
        await s.post("/variables/", {"name": name, "value": 1})
    values = (
        None, True, 0, -1, 1.5, 2**53 + 1, 2**63 - 1, 2**64, -(2**63) - 1, "", "null", "é\n\\", [], {}, [[], {}],
        {"": None}, {"a": {"b": [1, {"c": 2**53 + 1}]}}, "x" * 4998, "x" * 4999, "é" * 2499, "é" * 2500, ["x" * 4996],
        ["x" * 4997], '"' * 2499, '"' * 2500,
    )  # fmt: skip
    for number, value in enumerate(values):
        await s.post("/variables/", {"name": f"value-{number}", "value": value})
        await s.patch("/variables/name/-", {"value": value})
        await s.get("/variables/name/-")
    for tags in (None, [], ["a", "a"], [""], "x", [1], [None], {}):
        await s.post("/variables/", {"name": f"tags-{len(str(tags))}", "value": 1, "tags": tags})
    for body in ({"name": None}, {"tags": None}):
        await s.patch("/variables/name/_", body, unlike=(422, "Prefect fails on null"))
    for body in (None, [], "x", {}, {"name": "x"}, {"value": 1}, {"name": "x", "value": 1, "id": NOWHERE}):
        await s.post("/variables/", body)
    for body in (None, [], "x", {"name": "A"}, {"value": "x" * 5000}, {"tags": "x"}, {"id": NOWHERE}):
        await s.patch("/variables/name/a-b_c9", body)
    s.end()


async def test_lists_of_variables(writers: Pair) -> None:
    s = Scenario(writers)
    for name, tags in (("list-b", ["p"]), ("list-a", ["p", "q"]), ("list_c", []), ("list-d", ["Q"])):
        await s.post("/variables/", {"name": name, "value": name, "tags": tags}, saved=name)
    these = {"like_": "LIST_"}
    for asked in (
        {"name": these},
        {"name": {"any_": ["list-a", "nobody"]}},
        {"name": {"like_": "list\\_"}},
        {"name": {"like_": "t-%"}},
        {"id": {"any_": ["{list-b}", NOWHERE]}},
        {"name": these, "tags": {"all_": ["p"]}},
        {"name": these, "tags": {"all_": ["p", "q"]}},
        {"name": these, "tags": {"is_null_": True}},
        {"name": these, "tags": {"operator": "or_", "is_null_": True, "all_": ["Q"]}},
        {"operator": "or_", "tags": {"all_": ["q"]}, "name": {"any_": ["list_c"]}},
        {"name": {"unknown": 1}},
        {"value": {"any_": [1]}},
    ):
        await s.post("/variables/filter", {"variables": asked})
        await s.post("/variables/count", {"variables": asked})
    for sort in ("NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC", "VALUE_ASC", None):
        await s.post("/variables/filter", {"variables": {"name": these}, "sort": sort, "limit": 2, "offset": 1})
    for body in (None, {}, {"limit": 0}, {"variables": None, "limit": 0}):
        await s.post("/variables/count", body)
    for body in ({"limit": 0}, {"limit": 201}, {"offset": -1}, {"variables": []}, []):
        await s.post("/variables/filter", body)
    for body in ({"variables": []}, {"variables": {"x": 1}}):
        await s.post("/variables/count", body)
    s.end()


ONE = {"object": "flow_run", "property": "name", "type": "string", "operation": "equals", "value": {"ü": [1, None]}}


async def test_saved_search_life(writers: Pair) -> None:
    s = Scenario(writers)
    await s.step("PUT", "/saved_searches/", {"name": "life", "filters": [ONE]}, saved="search")
    await s.get("/saved_searches/{search}")
    await s.step("PUT", "/saved_searches/", {"name": "life", "filters": [ONE, {**ONE, "value": None, "more": 1}]})
    await s.get("/saved_searches/{search}")
    await s.step("PUT", "/saved_searches/", {"name": "life"})
    await s.get("/saved_searches/{search}")
    await s.step("PUT", "/saved_searches/", {"name": "another ü"})
    await s.step("PUT", "/saved_searches/", {"name": ""})
    await s.post("/saved_searches/filter", {})
    await s.post("/saved_searches/filter", {"limit": 1, "offset": 1})
    await s.post("/saved_searches/filter")
    await s.delete("/saved_searches/{search}")
    await s.delete("/saved_searches/{search}")
    await s.get("/saved_searches/{search}")
    await s.get("/saved_searches/x")
    for body in ({"limit": 201}, {"limit": -1}, {"offset": -1}, []):
        await s.post("/saved_searches/filter", body)
    s.end()


async def test_saved_searches_that_are_not_quite_right(writers: Pair) -> None:
    s = Scenario(writers)
    for body in (
        None,
        [],
        "x",
        {},
        {"name": None},
        {"name": 5},
        {"name": "x", "filters": None},
        {"name": "x", "id": 1},
    ):
        await s.step("PUT", "/saved_searches/", body)
    for filters in (
        [{}],
        [None],
        ["x"],
        {},
        [{**ONE, "object": None}],
        [{k: v for k, v in ONE.items() if k != "value"}],
    ):
        await s.step("PUT", "/saved_searches/", {"name": "x", "filters": filters})
    s.end()
