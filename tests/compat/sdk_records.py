"""Variables, artifacts and logs as flows of the real SDK make them. Run by Prefect's own Python with PREFECT_API_URL set.

Prints the id of the flow run that logs, for the command line to look at.
"""

import asyncio
import json
from uuid import UUID

from prefect import flow, get_client, get_run_logger, task
from prefect.artifacts import (
    Artifact,
    acreate_markdown_artifact,
    aupdate_progress_artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, LogFilterTaskRunId
from prefect.client.schemas.sorting import LogSort
from prefect.logging.handlers import APILogHandler
from prefect.variables import Variable

LONG = "line after line\n" * 20_000
CHATTER = 3_000


def variables() -> None:
    made = Variable.set("sync", {"regions": ["eu", None], "n": 1.5}, tags=["a"])
    assert (made.name, made.tags) == ("sync", ["a"])
    assert Variable.get("sync") == {"regions": ["eu", None], "n": 1.5}
    assert Variable.get("nothing", default="else") == "else"
    refused = False
    try:
        Variable.set("sync", 2)
    except ValueError:
        refused = True
    assert refused
    Variable.set("sync", 2, overwrite=True)
    assert Variable.get("sync") == 2
    assert Variable.unset("sync") is True
    assert Variable.unset("sync") is False
    assert Variable.get("sync") is None


async def variables_async() -> None:
    for value in ("text", 0, False, None, [], {"a": {}}):
        await Variable.aset("async", value, overwrite=True)
        assert await Variable.aget("async") == value
    async with get_client() as client:
        assert (await client.read_variable_by_name("async")).value == {"a": {}}
        assert [variable.name for variable in await client.read_variables(limit=5)] == ["async"]
    assert await Variable.aunset("async") is True


@task
def reporting(numbers: list[int]) -> UUID:
    get_run_logger().info("reporting on %s", numbers)
    return create_table_artifact([{"n": n} for n in numbers], key="numbers", description="A *table*")


@flow(log_prints=True, name="reports")
def reports() -> dict[str, str]:
    print("printed", "with \0 a NUL and ünïcode 🚀")
    logger = get_run_logger()
    logger.error("an error\nof two lines")
    logger.debug("too low to be sent")
    logger.warning(LONG)
    for number in range(CHATTER):
        logger.info("chatter %s", number)
    made = {
        "link": create_link_artifact("https://example.org", link_text="an example", key="link"),
        "markdown": create_markdown_artifact("# One", key="report"),
        "markdown again": create_markdown_artifact("# Two", key="report"),
        "image": create_image_artifact("https://example.org/x.png"),
        "table": reporting([1, 2]),
        "progress": create_progress_artifact(0.0, key="progress"),
    }
    for percent in (33.3, 66.6):
        update_progress_artifact(made["progress"], percent)
    return {name: str(id) for name, id in made.items()}


@flow(name="async reports")
async def async_reports() -> None:
    id = await acreate_markdown_artifact("# Async", key="async")
    progress = await create_progress_artifact(0.0)
    await aupdate_progress_artifact(progress, 100.0)
    assert id
    get_run_logger().info("done")


def artifacts(made: dict[str, str], flow_run_id: UUID) -> None:
    report = Artifact.get("report")
    assert report is not None
    assert (report.data, report.type, report.flow_run_id) == ("# Two", "markdown", flow_run_id)
    progress = Artifact.get("progress")
    assert progress is not None
    assert progress.data == 66.6
    numbers = Artifact.get("numbers")
    assert numbers is not None
    assert json.loads(numbers.data) == [{"n": 1}, {"n": 2}]
    assert numbers.task_run_id is not None
    assert Artifact.get("nothing") is None
    found, is_new = Artifact.get_or_create("report", data="never")
    assert (found.data, is_new) == ("# Two", False)
    assert len(set(made.values())) == 6


async def logs(flow_run_id: UUID) -> None:
    of_run = LogFilterFlowRunId(any_=[flow_run_id])
    async with get_client() as client:

        async def read(**asked: object) -> list[str]:
            page: list[str] = []
            while True:
                part = await client.read_logs(
                    LogFilter(flow_run_id=of_run, **asked), limit=200, offset=len(page), sort=LogSort.TIMESTAMP_ASC
                )
                page += [log.message for log in part]
                if len(part) < 200:
                    return page

        own = await read(task_run_id=LogFilterTaskRunId(is_null_=True))
        assert "printed with  a NUL and ünïcode 🚀" in own
        assert "an error\nof two lines" in own
        assert LONG in own
        assert "too low to be sent" not in own
        assert [line for line in own if line.startswith("chatter")] == [f"chatter {n}" for n in range(CHATTER)]
        assert any("Finished in state" in line for line in own)
        by_tasks = await read(task_run_id=LogFilterTaskRunId(is_null_=False))
        assert "reporting on [1, 2]" in by_tasks


if __name__ == "__main__":
    variables()
    asyncio.run(variables_async())
    state = reports(return_state=True)
    asyncio.run(async_reports())
    APILogHandler.flush(APILogHandler())
    flow_run_id = state.state_details.flow_run_id
    assert flow_run_id is not None
    artifacts(state.result(), flow_run_id)
    asyncio.run(logs(flow_run_id))
    Variable.set("region", {"eu": 1}, tags=["prod"])
    print(json.dumps({"flow_run": str(flow_run_id)}))
