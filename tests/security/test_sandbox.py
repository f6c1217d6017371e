"""JSON Schemas that a client wrote cannot take the server's time or memory."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psutil
import pytest

from lictor import sandbox
from lictor.sandbox.pool import ProcessPool
from lictor.sandbox.worker import FUNCTIONS, _function
from lictor.validation.json_schema import Mismatch, check
from tests.databases import settings_for
from tests.make import Make
from tests.serving import client_of

QUICK = sandbox.Limits(seconds=0.1, wait_seconds=30)

SLOW_REGEX = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}}


def nested(word: str, levels: int) -> dict[str, Any]:
    """A schema that asks twice for what asks twice for what..."""
    definitions: dict[str, Any] = {"d0": {"type": "object"}}
    for level in range(1, levels):
        reference = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {word: [reference, reference]}
    return {"$ref": f"#/$defs/d{levels - 1}", "$defs": definitions}


ATTACKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "pattern": ({"x": "a" * 40 + "!"}, SLOW_REGEX),
    "patternProperties": ({"a" * 40 + "!": 1}, {"patternProperties": {"^(a+)+$": {}}}),
    "allOf": ({}, nested("allOf", 22)),
    "anyOf": ({"x": 1}, {**nested("anyOf", 22), "$defs": {**nested("anyOf", 22)["$defs"], "d0": {"type": "null"}}}),
    "uniqueItems": (
        {"x": [{"a": number} for number in range(8_000)]},
        {"properties": {"x": {"type": "array", "uniqueItems": True}}},
    ),
}


@pytest.fixture
async def pool() -> AsyncIterator[ProcessPool]:
    async with sandbox.open_pool(QUICK) as pool:
        yield pool


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_schema_that_takes_for_ever_is_ended(pool: ProcessPool, name: str) -> None:
    values, schema = ATTACKS[name]
    with pytest.raises(sandbox.OverBudget):
        await check(values, schema)


async def test_what_was_ended_once_is_refused_at_once(pool: ProcessPool) -> None:
    values, schema = ATTACKS["pattern"]
    with pytest.raises(sandbox.OverBudget):
        await check(values, schema)
    pool._places = asyncio.Semaphore(0)  # there is no process to run it
    with pytest.raises(sandbox.OverBudget):
        await check(values, schema)


async def test_a_schema_has_so_much_memory_and_no_more() -> None:
    limits = sandbox.Limits(seconds=20, memory_bytes=128 * 1024 * 1024)
    repeated = {"const": 1}
    schema = {"items": {"allOf": [{"minLength": 1}] * 200}}
    async with sandbox.open_pool(limits) as pool:
        with pytest.raises((sandbox.OverBudget, Mismatch)):
            await check(["" for _ in range(200_000)], {**schema, **repeated})
        await check(1, {"type": "integer"})  # the next one has a process again
        assert len(pool._idle) == 1


async def test_the_event_loop_goes_on_meanwhile(pool: ProcessPool) -> None:
    checking = asyncio.create_task(check(*ATTACKS["pattern"]))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 10
    with pytest.raises(sandbox.OverBudget):
        await checking


async def test_who_gives_up_leaves_no_process_behind() -> None:
    before = {child.pid for child in psutil.Process().children()}
    async with sandbox.open_pool(sandbox.Limits(seconds=60)):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await check(*ATTACKS["pattern"])
    assert {child.pid for child in psutil.Process().children()} <= before


async def test_a_process_that_is_idle_is_used_again_and_ends_with_the_pool() -> None:
    async with sandbox.open_pool(sandbox.Limits()) as pool:
        await check(1, {"type": "integer"})
        (process,) = pool._idle
        with pytest.raises(Mismatch):
            await check("x", {"type": "integer"})
        assert pool._idle == [process]
        child = psutil.Process(process.pid)
    assert not child.is_running()


async def test_a_process_that_died_is_replaced(pool: ProcessPool) -> None:
    await check(1, {"type": "integer"})
    (process,) = pool._idle
    process._process.send_signal(signal.SIGTERM)
    process._process.wait()
    with pytest.raises(sandbox.SandboxBusy):
        await check(1, {"type": "integer"})
    await check(1, {"type": "integer"})


async def test_a_process_knows_no_secrets_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, pool: ProcessPool
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "admin:secret")
    await check(1, {"type": "integer"})
    (process,) = pool._idle
    assert "PREFECT_SERVER_API_AUTH_STRING" not in psutil.Process(process.pid).environ()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_whatever_may_be_called_is_there(name: str) -> None:
    assert callable(_function(name))


@pytest.fixture
async def quick_api(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_for(database_url)
    # A process for each that attacks at once: none waits for its turn.
    server = settings.server.model_copy(update={"sandbox_seconds": 0.1, "sandbox_processes": 6})
    async with client_of(settings.model_copy(update={"server": server})) as client:
        yield client


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_deployment_with_such_a_schema_is_refused(quick_api: httpx.AsyncClient, make: Make, name: str) -> None:
    parameters, schema = ATTACKS[name]
    body = {
        "name": "d",
        "flow_id": str(await make.flow()),
        "enforce_parameter_schema": True,
        "parameter_openapi_schema": schema,
        "parameters": parameters,
    }
    reply = await quick_api.post("/deployments/", json=body)
    assert reply.status_code == 422
    assert "cannot be evaluated: it takes more than 0.1 s" in reply.json()["detail"]


async def test_others_write_while_a_schema_is_checked(quick_api: httpx.AsyncClient, make: Make) -> None:
    """On SQLite one writes at a time, and on PostgreSQL a pool of connections does."""
    flow = str(await make.flow())

    async def attack(number: int) -> int:
        parameters = {"x": "a" * (40 + number) + "!"}
        body = {"name": "d", "flow_id": flow, "enforce_parameter_schema": True, "parameters": parameters}
        return (await quick_api.post("/deployments/", json=body | {"parameter_openapi_schema": SLOW_REGEX})).status_code

    attacks = [asyncio.create_task(attack(number)) for number in range(6)]
    written = 0
    while not all(task.done() for task in attacks):
        started = time.monotonic()
        reply = await quick_api.post("/variables/", json={"name": f"v{written}", "value": 1})
        assert reply.status_code == 201, (reply.text, time.monotonic() - started)
        written += 1
    assert {task.result() for task in attacks} == {422}
    assert written > 1
