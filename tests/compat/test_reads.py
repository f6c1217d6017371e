"""Both servers show the same rows: by id, by name, in every order, on every page."""

import itertools
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from .asking import Pair, Question
from .compare import differences
from .rows import Rows
from .trees import OWN_FAMILY
from .vocabulary import Vocabulary

PATHS = {
    "FlowFilter": "flows",
    "FlowRunFilter": "flow_runs",
    "TaskRunFilter": "task_runs",
    "DeploymentFilter": "deployments",
    "VariableFilter": "variables",
    "ArtifactFilter": "artifacts",
}


async def test_rows_by_id(readers: Pair, rows: Rows) -> None:
    await _show_alike(readers, rows, _by_id(rows))


async def test_states_both_wanted_and_barred(readers: Pair, rows: Rows) -> None:
    """What is wanted and barred at once is barred; Prefect before 3.9 ignored both."""
    types = {"type": {"any_": ["FAILED", "CRASHED"], "not_any_": ["CRASHED"]}}
    names = {"name": {"any_": ["Late", "Cached", "Running"], "not_any_": ["Running", "Failed"]}}
    paths = ("/flow_runs/filter", "/flow_runs/count", "/task_runs/count", "/flows/filter")
    await _show_alike(
        readers, rows, (Question(path, {"flow_runs": {"state": state}}) for path in paths for state in (types, names))
    )


async def test_names(readers: Pair, rows: Rows) -> None:
    flows = [flow["name"] for flow in rows.by_family["FlowFilter"]]
    deployments = [(row["flow_name"], row["name"]) for row in rows.by_family["DeploymentFilter"]]
    names = [f"/flows/name/{quote(name, safe='')}" for name in flows]
    names += [f"/deployments/name/{quote(flow, safe='')}/{quote(name, safe='')}" for flow, name in deployments]
    names += [f"/deployments/name/{quote(flow, safe='')}/{quote(name.upper(), safe='')}" for flow, name in deployments]
    names += [f"/variables/name/{variable['name']}" for variable in rows.by_family["VariableFilter"]]
    names += [f"/artifacts/{latest['key']}/latest" for latest in rows.by_family["ArtifactCollectionFilter"]]
    await _show_alike(readers, rows, (Question(name, method="GET") for name in names))


async def test_states(readers: Pair, rows: Rows) -> None:
    """The history of each run, and each state that is some run's current one."""
    await _show_alike(readers, rows, _states(rows))


async def test_every_sort_and_page(readers: Pair, rows: Rows, vocabulary: Vocabulary) -> None:
    await _show_alike(readers, rows, _pages(vocabulary))


async def test_pages_are_one_list_cut_into_pieces(readers: Pair, rows: Rows, vocabulary: Vocabulary) -> None:
    """What the comparison cannot see where sort keys tie: each row stands on one page, and on one only."""
    for route in vocabulary.routes.values():
        if route.verb != "filter":
            continue
        every = {row["id"] for row in rows.by_family[OWN_FAMILY[route.resource]]}
        for sort in route.sorts:
            seen: list[str] = []
            for offset in range(0, len(every) + 200, 200):
                _, subject = await readers.ask(Question(route.path, {"sort": sort, "offset": offset, "limit": 200}))
                seen += [row["id"] for row in subject.body]
            assert len(seen) == len(every), (route.path, sort)
            assert set(seen) == every, (route.path, sort)


def _by_id(rows: Rows) -> Iterator[Question]:
    for family, path in PATHS.items():
        for row in rows.by_family[family][:: 4 if family == "TaskRunFilter" else 1]:
            yield Question(f"/{path}/{row['id']}", method="GET")
    for row in rows.by_family["TaskRunFilter"][::10]:
        yield Question(f"/ui/task_runs/{row['id']}", method="GET")


def _states(rows: Rows) -> Iterator[Question]:
    for family, run in (("FlowRunFilter", "flow_run"), ("TaskRunFilter", "task_run")):
        for row in rows.by_family[family][::5]:
            yield Question(f"/{run}_states/?{run}_id={row['id']}", method="GET")
            yield Question(f"/{run}_states/{row['state_id']}", method="GET")


def _pages(vocabulary: Vocabulary) -> Iterator[Question]:
    for route in vocabulary.routes.values():
        for sort in route.sorts:
            if route.verb == "filter":
                pages = itertools.product((7, None), (0, 13, 200, 100_000))
                yield from (
                    Question(route.path, {"sort": sort, "limit": limit, "offset": offset}) for limit, offset in pages
                )
            else:
                pages = itertools.product((7, None), (1, 2, 1000))
                yield from (Question(route.path, {"sort": sort, "limit": limit, "page": page}) for limit, page in pages)


async def _show_alike(pair: Pair, rows: Rows, questions: Iterator[Question]) -> None:
    found = [
        f"\n{question}\n{each}"
        for question, oracle, subject in await pair.ask_all(questions)
        for each in differences(question, oracle, subject, rows.by_id)[:3]
    ]
    if found:
        pytest.fail("\n".join([f"{len(found)} differences", *found[:60]]))
