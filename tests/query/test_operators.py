"""Each word of the filter language, asked of task runs on both databases."""

from datetime import timedelta

import pytest

from lictor.db.engine import Database
from lictor.resources.task_runs import queries
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.schemas import TaskRunSort
from tests.make import NOON, Make


async def names(db: Database, asked: dict) -> set[str]:
    """The names of the task runs that a filter finds."""
    filters = {"task_runs": TaskRunFilter.model_validate(asked)}
    page = queries.task_run_page(queries.TASK_RUN, filters, TaskRunSort.ID_DESC, limit=200, offset=0)
    found = {row["name"] for row in await db.read.objects(queries.TASK_RUN, page)}
    assert await db.read.scalar(queries.task_run_count(filters)) == len(found)
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"any_": ["a", "b"]}, {"a", "b"}, id="any_ finds each"),
        pytest.param({"any_": ["a"]}, {"a"}, id="any_ of one"),
        pytest.param({"any_": []}, set(), id="empty any_ finds nothing"),
        pytest.param({"any_": ["A"]}, set(), id="any_ minds case"),
        pytest.param({"any_": ["nobody"]}, set(), id="any_ of none"),
        pytest.param({"any_": None}, {"a", "b", "Load-100%", "under_score"}, id="null asks nothing"),
        pytest.param({}, {"a", "b", "Load-100%", "under_score"}, id="an empty criterion asks nothing"),
        pytest.param({"like_": "LOAD"}, {"Load-100%"}, id="like_ does not mind case"),
        pytest.param({"like_": "d-1"}, {"Load-100%"}, id="like_ finds parts"),
        pytest.param({"like_": ""}, {"a", "b", "Load-100%", "under_score"}, id="empty like_ is ignored"),
        pytest.param({"like_": "o%0"}, {"Load-100%"}, id="% stands for any text"),
        pytest.param({"like_": "r_s"}, {"under_score"}, id="_ stands for one character"),
        pytest.param({"like_": "%" * 1_000_000}, {"a", "b", "Load-100%", "under_score"}, id="a megabyte of %"),
        pytest.param({"any_": ["a"], "like_": "b"}, set(), id="conditions of one criterion must all hold"),
    ],
)
async def test_names(db: Database, make: Make, asked: dict, found: set[str]) -> None:
    for name in ("a", "b", "Load-100%", "under_score"):
        await make.task_run(name)
    assert await names(db, {"name": asked}) == found


def test_pattern_too_long_for_sqlite_is_refused_on_both() -> None:
    with pytest.raises(ValueError, match="at most 49998 bytes"):
        TaskRunFilter.model_validate({"name": {"like_": "é" * 25_000}})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"all_": ["x"]}, {"x", "xy", "xyz"}, id="all_ of one"),
        pytest.param({"all_": ["y", "x"]}, {"xy", "xyz"}, id="all_ is a subset"),
        pytest.param({"all_": ["x", "nobody's"]}, set(), id="all_ of none"),
        pytest.param({"all_": []}, {"none", "x", "xy", "xyz"}, id="empty all_ is ignored"),
        pytest.param({"all_": ["X"]}, set(), id="tags mind case"),
        pytest.param({"is_null_": True}, {"none"}, id="without tags"),
        pytest.param({"is_null_": False}, {"x", "xy", "xyz"}, id="with tags"),
        pytest.param({"all_": ["z"], "is_null_": True}, set(), id="and_"),
        pytest.param({"operator": "or_", "all_": ["z"], "is_null_": True}, {"none", "xyz"}, id="or_"),
    ],
)
async def test_tags(db: Database, make: Make, asked: dict, found: set[str]) -> None:
    await make.task_run("none")
    await make.task_run("x", tags=["x"])
    await make.task_run("xy", tags=["x", "y"])
    await make.task_run("xyz", tags=["x", "z", "y", "x"])
    assert await names(db, {"tags": asked}) == found


async def test_tags_are_any_text(db: Database, make: Make) -> None:
    tags = ['"', "\\", "'", "{}", "[]", "a,b", "é", "😀", "%", "null", ""]
    await make.task_run("odd", tags=tags)
    for tag in tags:
        assert await names(db, {"tags": {"all_": [tag]}}) == {"odd"}, tag


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"before_": NOON}, {"early", "noon"}, id="before_ includes the moment"),
        pytest.param({"after_": NOON}, {"noon", "late"}, id="after_ includes the moment"),
        pytest.param({"before_": NOON, "after_": NOON}, {"noon"}, id="both"),
        pytest.param({"after_": "2026-06-01T14:00:00.000001+02:00"}, {"late"}, id="offsets and microseconds count"),
        pytest.param({"before_": "0001-01-01T00:00:00Z"}, set(), id="the first moment"),
        pytest.param({"before_": "9999-12-31T23:59:59.999999Z"}, {"early", "noon", "late"}, id="the last moment"),
        pytest.param({"is_null_": True}, {"never"}, id="absent"),
        pytest.param({"is_null_": False}, {"early", "noon", "late"}, id="present"),
    ],
)
@pytest.mark.parametrize("column", ["start_time", "end_time"])
async def test_moments(db: Database, make: Make, column: str, asked: dict, found: set[str]) -> None:
    await make.task_run("never")
    for name, hours in (("early", -1), ("noon", 0), ("late", 1)):
        await make.task_run(name, **{column: NOON + timedelta(hours=hours)})
    assert await names(db, {column: asked}) == found


async def test_ids_by_the_ten_thousand(db: Database, make: Make) -> None:
    one, other = await make.task_run("one"), await make.task_run("other")
    many = [str(one), *(f"00000000-0000-4000-8000-{n:012x}" for n in range(50_000)), str(other)]
    assert await names(db, {"id": {"any_": many}}) == {"one", "other"}
    assert await names(db, {"id": {"any_": [str(other)] * 3}}) == {"other"}
    assert await names(db, {"id": {"any_": []}}) == set()


async def test_tags_by_the_ten_thousand(db: Database, make: Make) -> None:
    tags = [f"tag-{n % 100}" for n in range(50_000)]
    await make.task_run("all", tags=tags[:100])
    await make.task_run("most", tags=tags[1:100])
    assert await names(db, {"tags": {"all_": tags}}) == {"all"}
    assert await names(db, {"tags": {"all_": [*tags, *(f"other-{n}" for n in range(50_000))]}}) == set()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"type": {"any_": ["FAILED", "CRASHED"]}}, {"failed", "crashed"}, id="by types"),
        pytest.param({"name": {"any_": ["Cached"]}}, {"cached"}, id="by name"),
        pytest.param({"type": {"any_": ["COMPLETED"]}, "name": {"any_": ["Cached"]}}, {"cached"}, id="and_"),
        pytest.param(
            {"operator": "or_", "type": {"any_": ["FAILED"]}, "name": {"any_": ["Cached"]}},
            {"failed", "cached"},
            id="or_",
        ),
        pytest.param({"type": {"any_": []}}, set(), id="of no type"),
        pytest.param({}, {"none", "failed", "crashed", "cached"}, id="an empty state asks nothing"),
        pytest.param(
            {"operator": "or_", "type": {}, "name": {"any_": ["Cached"]}},
            {"cached"},
            id="an empty member of a state asks nothing, even under or_",
        ),
    ],
)
async def test_states(db: Database, make: Make, asked: dict, found: set[str]) -> None:
    await make.task_run("none")
    await make.task_run("failed", "FAILED")
    await make.task_run("crashed", "CRASHED")
    await make.task_run("cached", "COMPLETED", state_name="Cached")
    assert await names(db, {"state": asked}) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"any_": ["of-one"]}, {"one"}, id="of a flow run"),
        pytest.param({"any_": ["of-one", "of-other"]}, {"one", "other"}, id="of flow runs"),
        pytest.param({"any_": []}, set(), id="of none of them"),
        pytest.param({"is_null_": True}, {"alone"}, id="of no flow run"),
        pytest.param({"is_null_": True, "any_": ["of-one"]}, {"alone"}, id="is_null_ goes before any_"),
        pytest.param({"is_null_": False}, {"one", "other"}, id="of any flow run"),
        pytest.param({}, {"one", "other"}, id="is_null_ is false unless given"),
        pytest.param({"is_null_": None}, {"one", "other", "alone"}, id="null asks nothing"),
        pytest.param({"is_null_": None, "any_": ["of-one"]}, {"one"}, id="any_ without is_null_"),
    ],
)
async def test_flow_run_id(db: Database, make: Make, asked: dict, found: set[str]) -> None:
    ids = {"of-one": await make.flow_run(), "of-other": await make.flow_run()}
    await make.task_run("one", flow_run_id=ids["of-one"])
    await make.task_run("other", flow_run_id=ids["of-other"])
    await make.task_run("alone")
    if "any_" in asked:
        asked = {**asked, "any_": [str(ids[name]) for name in asked["any_"]]}
    assert await names(db, {"flow_run_id": asked}) == found


async def test_subflow_runs(db: Database, make: Make) -> None:
    parent = await make.task_run("parent")
    await make.task_run("leaf")
    await make.flow_run(parent_task_run_id=parent)
    assert await names(db, {"subflow_runs": {"exists_": True}}) == {"parent"}
    assert await names(db, {"subflow_runs": {"exists_": False}}) == {"leaf"}
    assert await names(db, {"subflow_runs": {}}) == {"parent", "leaf"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"name": {"any_": ["a"]}, "tags": {"all_": ["t"]}}, set(), id="and_ unless given"),
        pytest.param({"operator": "or_", "name": {"any_": ["a"]}, "tags": {"all_": ["t"]}}, {"a", "b"}, id="or_"),
        pytest.param({"operator": "or_"}, {"a", "b", "c"}, id="or_ of nothing asks nothing"),
        pytest.param(
            {"operator": "or_", "name": {}, "tags": {"all_": ["t"]}},
            {"a", "b", "c"},
            id="a criterion that asks nothing holds for all, which shows under or_",
        ),
    ],
)
async def test_criteria_are_joined(db: Database, make: Make, asked: dict, found: set[str]) -> None:
    await make.task_run("a")
    await make.task_run("b", tags=["t"])
    await make.task_run("c")
    assert await names(db, asked) == found


@pytest.mark.parametrize(
    "asked",
    [
        {"unknown": {}},
        {"name": {"unknown_": []}},
        {"name": {"operator": "or_"}},
        {"state": {"type": {"any_": ["LOST"]}}},
        {"operator": "xor_"},
        {"id": {"any_": ["no-uuid"]}},
        {"start_time": {"before_": "9999-12-31T23:59:59-12:00"}},
        {"start_time": {"after_": "0001-01-01T00:00:00+12:00"}},
    ],
    ids=str,
)
def test_what_is_not_in_the_language_is_refused(asked: dict) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        TaskRunFilter.model_validate(asked)
