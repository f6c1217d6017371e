"""Two flows for workers, and their deployments in a process pool. Prints the ids of the flow and the deployment of each.

A worker imports this file, too: `deploy` runs only when it is the script.
"""

import asyncio
import json
import time
from pathlib import Path

from prefect import flow, get_client, task
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.workers.process import ProcessWorker


@task
def double(number: int) -> int:
    return 2 * number


@flow
def doubles(number: int = 1) -> int:
    return double(number)


@flow
def sleeps(seconds: int = 300) -> None:
    time.sleep(seconds)


async def deploy() -> dict[str, list[str]]:
    template = ProcessWorker.get_default_base_job_template()
    told = {}
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name="workers", type="process", base_job_template=template))
        for each in (doubles, sleeps):
            flow_id = await client.create_flow(each)
            deployment_id = await client.create_deployment(
                flow_id=flow_id,
                name="deployed",
                work_pool_name="workers",
                path=str(Path(__file__).parent),
                entrypoint=f"{Path(__file__).name}:{each.fn.__name__}",
            )
            told[each.fn.__name__] = [str(flow_id), str(deployment_id)]
    return told


if __name__ == "__main__":
    print(json.dumps(asyncio.run(deploy())))
