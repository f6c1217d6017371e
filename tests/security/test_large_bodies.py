"""Bodies of very many values are refused before they are parsed."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from lictor.db.compiled_query import QueryCompiler
from lictor.errors import TooLarge
from lictor.http import fast_dependencies
from lictor.orchestration.state_events import MAX_TOLD_TAGS
from lictor.validation import strict_json
from lictor.validation.pieces import MANY_VALUES, PIECE_ITEMS
from lictor.validation.strict_json import MAX_VALUES, refuse_too_many_values

MANY = MAX_VALUES + 1


@pytest.mark.parametrize(
    ("body", "is_refused"),
    [
        pytest.param(b"[" + b"1," * MANY + b"1]", True, id="numbers"),
        pytest.param(b'{"a": [' + b'"x",' * MANY + b'"x"]}', True, id="texts"),
        pytest.param(b"[" + b'"\\\\",' * MANY + b"1]", True, id="backslashes"),
        pytest.param(b'"' + b"," * (3 * MANY) + b'"', False, id="commas in a text"),
        pytest.param(b'"' + b'\\",' * (2 * MANY) + b'"', False, id="commas after quotes in a text"),
        pytest.param(b'["' + b"," * MANY + b'", "\\\\", "' + b"," * MANY + b'"]', False, id="several texts"),
        pytest.param(b"[" + b"1," * (MAX_VALUES - 1) + b"1]", False, id="just enough"),
    ],
)
async def test_values_are_counted_outside_of_texts(body: bytes, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(TooLarge):
            await refuse_too_many_values(body)
    else:
        await refuse_too_many_values(body)


@pytest.mark.parametrize("size", range(1, 12))
async def test_pieces_may_end_anywhere(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "COUNTED_BYTES", size)
    monkeypatch.setattr(strict_json, "MAX_VALUES", 4)
    await refuse_too_many_values(rb'["a,\",b", "\\", "c\\\",,,,", 1]')
    with pytest.raises(TooLarge):
        await refuse_too_many_values(rb'["a,\",b", "\\", "c\\\",,,,", 1, 2]')


async def test_others_have_their_turn_while_a_body_is_counted() -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(take_turns())
    await refuse_too_many_values(b'"' + b"," * 8_000_000 + b'"')
    task.cancel()
    assert turns > 20


async def test_such_a_body_gets_413(api: httpx.AsyncClient) -> None:
    body = b'{"flows": {"id": {"any_": [' + b"1," * MANY + b"1]}}}"
    answer = await api.post("/flows/filter", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_of_a_long_list_the_first_wrong_value_is_reported_and_of_a_short_one_all(api: httpx.AsyncClient) -> None:
    async def problems(values: list[object]) -> list[list[object]]:
        answer = await api.post("/flows/filter", json={"flows": {"id": {"any_": values}}})
        assert answer.status_code == 422
        return [found["loc"] for found in answer.json()["exception_detail"]]

    where = ["body", "flows", "id", "any_"]
    assert await problems(["x", "y"]) == [[*where, 0], [*where, 1]]
    right = [str(uuid4()) for _ in range(MANY_VALUES)]
    assert await problems([*right, "x", "y"]) == [[*where, MANY_VALUES]]
    answer = await api.post("/flows/filter", json={"flows": {"id": {"any_": [*right, right[0]]}}})
    assert answer.json() == []


def log(number: int) -> dict[str, object]:
    return {"name": "n", "level": 20, "message": f"message {number}", "timestamp": "2026-01-01T00:00:00Z"}


def event(number: int) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": f"happened.{number}",
        "resource": {"prefect.resource.id": "many"},
    }


@pytest.mark.parametrize(("path", "make_one"), [("/logs/", log), ("/events", event)])
async def test_long_lists_are_taken_in_pieces(
    api: httpx.AsyncClient, path: str, make_one: Callable[[int], dict[str, object]]
) -> None:
    """Others have their turn meanwhile, nothing is lost at the seams, and what is wrong is told by its place."""
    number = 4 * PIECE_ITEMS + 1
    bodies = [make_one(each) for each in range(number)]
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(take_turns())
    answer = await api.post(path, json=bodies)
    task.cancel()
    assert answer.is_success, answer.text
    assert turns > number / PIECE_ITEMS
    if path == "/events":
        assert (await api.post("/events/filter", json={"limit": 1})).json()["total"] == number
    else:
        page = {"sort": "TIMESTAMP_ASC", "limit": 200, "offset": number - 2}
        texts = [each["message"] for each in (await api.post("/logs/filter", json=page)).json()]
        assert sorted(texts) == texts[:2]
        assert texts[-1] == f"message {number - 1}", "in the order in which they came"
    wrong = PIECE_ITEMS + 3
    bodies[wrong] = {**bodies[wrong], "id" if path == "/events" else "level": "x"}
    refused = await api.post(path, json=bodies)
    assert refused.status_code == 422
    assert refused.json()["exception_detail"][0]["loc"][:2] == ["body", wrong]


async def test_many_ids_are_checked_and_bound_beside_the_event_loop(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, set[int]] = {"checked": set(), "bound": set()}
    check, bind = fast_dependencies._take, QueryCompiler.call

    def checked(fields: object, given: object, values: object) -> bool:
        threads["checked"].add(threading.get_ident() if fields and given else 0)
        return check(fields, given, values)

    def bound(compiler: QueryCompiler, statement: object) -> object:
        threads["bound"].add(threading.get_ident() if getattr(statement, "has_many_values", False) else 0)
        return bind(compiler, statement)

    flow = (await api.post("/flows/", json={"name": "one of many"})).json()["id"]
    ids = [str(uuid4()) for _ in range(20_000)]
    monkeypatch.setattr(fast_dependencies, "_take", checked)
    monkeypatch.setattr(QueryCompiler, "call", bound)
    answer = await api.post("/flows/filter", json={"flows": {"id": {"any_": [*ids, flow]}}})
    assert [each["id"] for each in answer.json()] == [flow]
    for seen in threads.values():
        assert seen - {0}
        assert threading.get_ident() not in seen


async def test_an_event_names_some_hundred_tags_of_a_run(api: httpx.AsyncClient) -> None:
    flow = (await api.post("/flows/", json={"name": "f"})).json()["id"]
    tags = [f"tag {number:04}" for number in range(MAX_TOLD_TAGS + 100)]
    run = (await api.post("/flow_runs/", json={"flow_id": flow, "tags": tags, "state": {"type": "PENDING"}})).json()
    assert sorted(run["tags"]) == tags
    wanted = {"filter": {"resource": {"id": [f"prefect.flow-run.{run['id']}"]}}}
    (event, *_) = (await api.post("/events/filter", json=wanted)).json()["events"]
    told = [each["prefect.resource.id"] for each in event["related"] if each["prefect.resource.role"] == "tag"]
    assert told == [f"prefect.tag.{tag}" for tag in tags[:MAX_TOLD_TAGS]]


async def test_parameters_that_are_far_too_large_are_refused(api: httpx.AsyncClient) -> None:
    flow = (await api.post("/flows/", json={"name": "f"})).json()["id"]
    parameters = {f"k{number}": number for number in range(100_000)}
    answer = await api.post("/flow_runs/", json={"flow_id": flow, "parameters": parameters})
    size = len(json.dumps(parameters, separators=(",", ":")))
    assert answer.status_code == 422
    assert f"got {size:,} bytes" in answer.text
