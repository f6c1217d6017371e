"""Flows that wait for somebody: prints what each got, and the id of its run."""

import asyncio
import json
import sys
from contextlib import suppress
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import FlowPauseTimeout, NotPausedError, Pause
from prefect.flow_engine import run_flow
from prefect.flow_runs import apause_flow_run as pause
from prefect.flow_runs import aresume_flow_run as resume
from prefect.flow_runs import asuspend_flow_run as suspend
from prefect.flow_runs import pause_flow_run, resume_flow_run
from prefect.input import RunInput, receive_input, send_input
from prefect.runtime import flow_run
from prefect.states import Pending, Running

QUICK = {"timeout": 30, "poll_interval": 0.1}
RUNS: dict[str, str] = {}
GOT: dict[str, object] = {}


class Person(RunInput):
    name: str
    age: int = 18


@flow
async def pauses() -> str:
    RUNS["pauses"] = flow_run.id
    await pause(key="first", **QUICK)
    await pause(key="first", **QUICK)  # it has fired
    return "went on"


@flow
def pauses_in_sync() -> str:
    RUNS["pauses in sync"] = flow_run.id
    person = pause_flow_run(wait_for_input=Person, **QUICK)
    return person.name


@flow
async def asks() -> object:
    RUNS["asks"] = flow_run.id
    person = await pause(wait_for_input=Person.with_initial_data(description="Who?", name="you"), **QUICK)
    number = await pause(wait_for_input=int, **QUICK)
    return [person.name, person.age, number]


@flow
async def gives_up() -> None:
    RUNS["gives up"] = flow_run.id
    await pause(timeout=1, poll_interval=0.1)


@flow
async def suspends() -> str:
    RUNS["suspends"] = flow_run.id
    person = await suspend(wait_for_input=Person, timeout=60)
    return f"hello {person.name}"


@flow
async def hears() -> list[str]:
    RUNS["hears"] = flow_run.id
    heard = []
    async for greeting in receive_input(str, timeout=20, poll_interval=0.1, with_metadata=True):
        heard.append(greeting.value)
        await greeting.respond("thanks") if greeting.metadata.sender else None
        if len(heard) == 2:
            break
    return heard


async def until(name: str, state: str) -> UUID:
    async with get_client() as client:
        for _ in range(300):
            if name in RUNS:
                run = await client.read_flow_run(UUID(RUNS[name]))
                if run.state_name == state:
                    return run.id
            await asyncio.sleep(0.05)
    sys.exit(f"{name} never became {state}")


async def answer_all(run_id: UUID) -> None:
    try:
        await resume(run_id, run_input={"name": 5, "age": "old"})
    except Exception as error:  # noqa: BLE001
        GOT["refused"] = type(error).__name__
    await resume(run_id, run_input={"name": "ada"})


async def helper() -> None:
    await resume(await until("pauses", "Paused"))
    await asyncio.to_thread(resume_flow_run, await until("pauses in sync", "Paused"), run_input={"name": "eve"})
    await answer_all(await until("asks", "Paused"))
    await asyncio.sleep(0.5)
    await resume(await until("asks", "Paused"), run_input={"value": 42})
    run_id = await until("hears", "Running")
    for greeting in ("hi", "ho"):
        await send_input(greeting, flow_run_id=run_id)


async def deployed(client: PrefectClient, state: str) -> FlowRun:
    flow_id = await client.create_flow(suspends)
    deployment = await client.create_deployment(flow_id, "suspends")
    body = {"flow_id": str(flow_id), "deployment_id": str(deployment), "state": {"type": state}}
    reply = await client._client.post("/flow_runs/", json=body)
    return await client.read_flow_run(UUID(reply.json()["id"]))


async def in_a_deployment() -> None:
    """Suspended, the process ends; resumed, another one starts the run again."""
    async with get_client() as client:
        run = await deployed(client, "PENDING")
        with suppress(Pause):
            await run_flow(suspends, flow_run=run)
        GOT["suspended"] = (await client.read_flow_run(run.id)).state_name
        await resume(run.id, run_input={"name": "bob"})
        GOT["resuming"] = (await client.read_flow_run(run.id)).state_name
        await client.set_flow_run_state(run.id, Pending())
        state = await run_flow(suspends, flow_run=await client.read_flow_run(run.id), return_type="state")
        GOT["resumed"] = await state.result()


async def from_outside() -> None:
    """Only what a deployment can start again may be suspended."""
    async with get_client() as client:
        undeployed = await client.create_flow_run(pauses, state=Running())
        for name, run in (("deployed", await deployed(client, "RUNNING")), ("undeployed", undeployed)):
            try:
                await suspend(flow_run_id=run.id, timeout=60)
            except RuntimeError as error:
                GOT[f"suspending the {name}"] = str(error)
            else:
                GOT[f"suspending the {name}"] = (await client.read_flow_run(run.id)).state_name


async def main() -> None:
    helping = asyncio.create_task(helper())
    GOT["pauses"] = await pauses()
    GOT["pauses in sync"] = await asyncio.to_thread(pauses_in_sync)
    GOT["asks"] = await asks()
    GOT["hears"] = await hears()
    await helping
    try:
        await gives_up()
    except FlowPauseTimeout:
        GOT["gives up"] = "timed out"
    try:
        await resume(UUID(RUNS["gives up"]))
    except NotPausedError:
        GOT["resumed in vain"] = "not paused"
    await in_a_deployment()
    await from_outside()


asyncio.run(main())
print(json.dumps({"runs": RUNS, "got": GOT}))
