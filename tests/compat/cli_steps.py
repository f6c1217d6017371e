"""One way, at least, through every command of Prefect's CLI that speaks to a server, in an order in which all of them have work.

`<name>` in a command stands for an id that an earlier one printed.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

Json = Any

KITCHEN = """
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact


@task
def cook(dish: str) -> str:
    return dish


@flow(log_prints=True)
def dinner(dish: str = "soup") -> str:
    print("served hot")
    create_markdown_artifact(key="menu", markdown="# soup")
    return cook(dish)
"""

BLOCKS = '''
from prefect.blocks.core import Block


class Oven(Block):
    """Where it gets hot."""

    degrees: int = 200
'''

AUTOMATION = {
    "name": "kitchen watch",
    "trigger": {"type": "event", "posture": "Reactive", "expect": ["kitchen.fire"], "threshold": 1, "within": 0},
    "actions": [{"type": "do-nothing"}],
}

FILES = {
    "kitchen.py": KITCHEN,
    "blocks.py": BLOCKS,
    "automation.json": json.dumps(AUTOMATION),
    "quiet.json": json.dumps({**AUTOMATION, "name": "kitchen watch", "description": "still there"}),
}

ELSEWHERE = {
    "cloud": "Prefect Cloud alone",
    "config": "settings in a file",
    "dev": "Prefect's own sources",
    "deploy init": "files in a folder",
    "init": "files in a folder",
    "plugins": "packages of the client",
    "experimental plugins": "packages of the client",
    "profile": "settings in a file",
    "server database": "a database of its own, without a server",
    "server services": "services of its own, without a server",
    "server start": "a server of its own",
    "server stop": "a server of its own",
}
"""Commands, or their first words, that ask nothing of a server, and what they are about instead."""


@dataclass(frozen=True)
class Step:
    command: tuple[str, ...]
    says: str = ""
    code: int = 0
    missing: frozenset[str] = frozenset()
    """Requests that are 404 on purpose: a client asks whether something is there that is not."""
    saved: str | None = None
    beside: tuple[str, Json] | None = None
    """A request to send meanwhile, for a command that goes on until it is interrupted."""
    until: bool = False
    """Tried again until it says what it must: the server records what it speaks of from events."""

    def plain(self) -> Json:
        return {**asdict(self), "missing": sorted(self.missing)}


def _step(command: str, *more: str, says: str = "", missing: str = "", **options: Any) -> Step:
    expected = frozenset(filter(None, missing.split(", ")))
    return Step((*command.split(), *more), says, missing=expected, **options)


_DEPLOYED = {"deployments": {"name": {"any_": ["served"]}}}
_SHELL = {"deployments": {"name": {"any_": ["at shell"]}}}
_OF_FILES = json.dumps({"block_schemas": {"block_type_id": {"any_": ["<files>"]}}})
_PANTRY = json.dumps(
    {"name": "pantry", "data": {"basepath": "/tmp"}, "block_type_id": "<files>", "block_schema_id": "<schema>"}
)

STEPS = (
    _step("version", says="3.9.1"),
    _step("server status", says="is available"),
    _step("api GET /admin/version", says="3.9.1"),
    _step("api GET /nothing", code=4, missing="GET /nothing"),
    _step("dashboard open"),
    # Work pools and their queues.
    _step("work-pool create kitchen --type process", says="Created work pool", missing="GET /work_pools/kitchen"),
    _step("work-pool create kitchen --type process", code=1, says="already exists"),
    _step("work-pool create kitchen --type process --overwrite", says="Updated work pool"),
    _step("work-pool ls", says="kitchen"),
    _step("work-pool ls -v", says="denotes"),
    _step("work-pool inspect kitchen", says="process"),
    _step("work-pool slots kitchen"),
    _step("work-pool pause kitchen", says="Paused"),
    _step("work-pool resume kitchen", says="Resumed"),
    _step("work-pool update kitchen --description warm", says="Updated"),
    _step("work-pool set-concurrency-limit kitchen 3"),
    _step("work-pool clear-concurrency-limit kitchen"),
    _step("work-pool get-default-base-job-template --type process", says="job_configuration"),
    _step("work-pool provision-infrastructure kitchen", code=1, says="not a push pool"),
    _step("work-pool preview kitchen"),
    _step("work-pool storage inspect kitchen"),
    _step(
        "work-pool storage configure s3 kitchen --bucket b --aws-credentials-block-name none",
        code=1,
        missing="GET /block_types/slug/aws-credentials/block_documents/name/none?include_secrets=true",
    ),
    _step(
        "work-pool storage configure gcs kitchen --bucket b --gcp-credentials-block-name none",
        code=1,
        missing="GET /block_types/slug/gcp-credentials/block_documents/name/none?include_secrets=true",
    ),
    _step(
        "work-pool storage configure azure-blob-storage kitchen --container c",
        "--azure-blob-storage-credentials-block-name",
        "none",
        code=1,
        missing="GET /block_types/slug/azure-blob-storage-credentials/block_documents/name/none?include_secrets=true",
    ),
    _step("work-pool inspect none", code=1, missing="GET /work_pools/none"),
    _step("work-queue create stove --pool kitchen --limit 2 --priority 3", says="stove"),
    _step("work-queue ls --pool kitchen", says="stove"),
    _step("work-queue ls", says="stove"),
    _step("work-queue ls --match sto", says="stove"),
    _step("work-queue inspect stove --pool kitchen", says="stove"),
    _step("work-queue slots stove --pool kitchen"),
    _step("work-queue set-concurrency-limit stove 5 --pool kitchen"),
    _step("work-queue clear-concurrency-limit stove --pool kitchen"),
    _step("work-queue pause stove --pool kitchen"),
    _step("work-queue resume stove --pool kitchen"),
    _step("work-queue preview stove --pool kitchen"),
    _step("work-queue read-runs stove --pool kitchen"),
    _step("worker start --pool kitchen --type process --run-once"),
    # Deployments and their runs.
    _step("deploy kitchen.py:dinner --name cooked --pool kitchen --work-queue stove --cron", "0 3 * * *", missing="GET /deployments/name/dinner/cooked"),
    _step("deploy kitchen.py:dinner --name cooked --pool kitchen --tag late"),
    _step("deployment ls", says="dinner/cooked"),
    _step("deployment inspect dinner/cooked", says="kitchen"),
    _step("deployment schedule create dinner/cooked --interval 3600", saved="made"),
    _step("deployment schedule ls dinner/cooked", says="1:00:00", saved="schedule"),
    _step("deployment schedule pause dinner/cooked", "<schedule>"),
    _step("deployment schedule resume dinner/cooked", "<schedule>"),
    _step("deployment schedule delete dinner/cooked", "<schedule>", "-y"),
    _step("deployment schedule clear dinner/cooked -y"),
    _step("deployment run dinner/cooked --param dish=stew --tag hungry", saved="run", says="Created flow run"),
    _step("deployment run dinner/cooked --start-in", "3 hours", saved="later"),
    _step("deployment run none/none", code=1, missing="GET /deployments/name/none/none"),
    _step("flow-run execute", "<run>"),
    _step("flow ls", says="dinner"),
    _step("flow-run ls", says="dinner"),
    _step("flow-run inspect", "<run>", says="COMPLETED"),
    _step("flow-run logs", "<run>", says="served hot", until=True),
    _step("flow-run watch", "<run>", says="Completed"),
    _step("flow-run retry", "<run>"),
    _step("flow-run cancel", "<later>", says="cancel"),
    _step("task-run ls", says="COMPLETED", saved="task_run", until=True),
    _step("task-run inspect", "<task_run>", says="cook"),
    _step("task-run logs", "<task_run>", says="Finished"),
    _step("flow-run delete", "<later>"),
    _step("sdk generate --output kitchen_sdk.py"),
    _step("flow serve kitchen.py:dinner --name served", missing="GET /deployments/name/dinner/served", beside=("/deployments/filter", _DEPLOYED)),
    _step(
        "shell serve", "echo hi", *["--flow-name", "shell", "--deployment-name"], "at shell",
        missing="GET /deployments/name/shell/at%20shell", beside=("/deployments/filter", _SHELL),
    ),
    _step("shell watch", "echo hello", "--flow-name", "shell"),
    _step("task serve kitchen.py:cook", beside=("/task_workers/filter", {})),
    _step("deployment delete dinner/cooked"),
    _step("deployment delete dinner/cooked", code=1, missing="GET /deployments/name/dinner/cooked"),
    _step("work-queue delete stove --pool kitchen"),
    # Artifacts, variables, blocks.
    _step("artifact ls", says="menu"),
    _step("artifact inspect menu", says="soup"),
    _step("artifact delete menu"),
    _step("variable set region eu --tag a", says="Set", missing="GET /variables/name/region"),
    _step("variable set region us", code=1),
    _step("variable set region us --overwrite"),
    _step("variable get region", says="us"),
    _step("variable inspect region", says="us"),
    _step("variable ls", says="region"),
    _step("variable unset region"),
    _step("variable get region", code=1, missing="GET /variables/name/region"),
    _step("block register --file blocks.py", says="Oven", missing="GET /block_types/slug/oven, GET /block_schemas/checksum/{checksum}"),
    _step("block type ls", says="oven"),
    _step("block type inspect oven", says="oven"),
    _step("block create oven", says="oven"),
    _step("api GET /block_types/slug/local-file-system", saved="files"),
    _step("api POST /block_schemas/filter --data", _OF_FILES, saved="schema"),
    _step("api POST /block_documents/ --data", _PANTRY, saved="pantry"),
    _step("block ls", says="pantry"),
    _step("block inspect local-file-system/pantry", says="pantry"),
    _step("block inspect --id", "<pantry>", says="pantry"),
    _step("experimental result-storage inspect", says="No default"),
    _step("experimental result-storage set local-file-system/pantry", says="Set default"),
    _step("experimental result-storage inspect", says="pantry"),
    _step("experimental result-storage clear"),
    _step("transfer --from here --to there"),
    _step("block delete local-file-system/pantry"),
    _step("block type delete oven"),
    # Limits.
    _step("concurrency-limit create hot 2"),
    _step("concurrency-limit ls", says="hot"),
    _step("concurrency-limit inspect hot", says="hot"),
    _step("concurrency-limit reset hot"),
    _step("concurrency-limit delete hot"),
    _step("gcl create plates --limit 5", says="plates", missing="GET /v2/concurrency_limits/plates"),
    _step("gcl ls", says="plates"),
    _step("gcl inspect plates", says="plates"),
    _step("gcl update plates --limit 4"),
    _step("gcl disable plates"),
    _step("gcl enable plates"),
    _step("gcl delete plates"),
    _step("work-pool delete kitchen"),
    # Events and automations.
    _step("automation create --from-file automation.json", says="kitchen watch", saved="automation"),
    _step("automation ls", says="kitchen watch"),
    _step("automation inspect", "kitchen watch", says="kitchen.fire"),
    _step("automation pause", "kitchen watch"),
    _step("automation resume", "kitchen watch"),
    _step("automation update --id", "<automation>", "--from-file", "quiet.json"),
    _step("automation delete", "kitchen watch"),
    _step("events emit kitchen.fire --resource-id kitchen.oven", says="emitted"),
    _step("events stream", says="kitchen.fire", beside=("/flows/filter", {})),
)  # fmt: skip
