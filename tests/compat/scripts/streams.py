"""What happens, told while it happens: runs waited for, events and logs followed. Prints what was heard of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

from prefect import flow, get_client, get_run_logger
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, LogFilterLevel
from prefect.events import emit_event, get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter
from prefect.exceptions import FlowRunWaitTimeout
from prefect.flow_engine import run_flow
from prefect.flow_runs import wait_for_flow_run
from prefect.logging.clients import get_logs_subscriber

POT = "kitchen.pot.1"


@flow
async def cooks() -> str:
    logger = get_run_logger()
    logger.info("water is on")
    emit_event("pot.filled", resource={"prefect.resource.id": POT, "litres": "2"}, payload={"hot": False})
    await asyncio.sleep(1)
    emit_event("pot.boiled", resource={"prefect.resource.id": POT}, payload={"hot": True})
    logger.warning("water boils")
    return "done"


@flow
async def burns() -> None:
    await asyncio.sleep(1)
    raise ValueError("too hot")


async def first(number: int, items: AsyncIterator) -> list:
    found = []
    async for item in items:
        found.append(item)
        if len(found) == number:
            return found
    raise AssertionError(f"the stream ended after {found}")


async def events_of_the_pot() -> list[list[str]]:
    wanted = EventFilter(event=EventNameFilter(prefix=["pot."]), resource=EventResourceFilter(id=[POT]))
    async with get_events_subscriber(filter=wanted) as subscriber:
        events = await first(2, subscriber)
    return [[event.event, event.related[0].role if event.related else "", event.payload["hot"]] for event in events]


async def warnings_of(run: UUID) -> list[str]:
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run]), level=LogFilterLevel(ge_=30))
    async with get_logs_subscriber(filter=wanted) as subscriber:
        return [log.message for log in await first(1, subscriber)]


async def main() -> dict[str, object]:
    async with get_client() as client:
        runs = [await client.create_flow_run(each) for each in (cooks, burns)]
        too_short = "waited to the end"
        try:
            await wait_for_flow_run(runs[0].id, timeout=1)
        except FlowRunWaitTimeout:
            too_short = "gave up"
        listening = asyncio.gather(
            events_of_the_pot(), warnings_of(runs[0].id), *(wait_for_flow_run(run.id, timeout=60) for run in runs)
        )
        await asyncio.sleep(1)
        await asyncio.gather(
            run_flow(cooks, flow_run=runs[0]),
            run_flow(burns, flow_run=runs[1], return_type="state"),
        )
        events, warnings, *ended = await asyncio.wait_for(listening, 60)
        again = await wait_for_flow_run(runs[1].id, timeout=10)
    return {
        "too short": too_short,
        "events": events,
        "warnings": warnings,
        "ended": [run.state_name for run in ended],
        "again": again.state_name,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))
