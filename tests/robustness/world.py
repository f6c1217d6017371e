"""One object of each kind, related to each other, and values that requests about them may hold."""

from dataclasses import dataclass
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

from lictor.db.base import utc_now
from lictor.db.engine import Database
from lictor.resources.automations.schemas import AutomationCreate
from lictor.resources.automations.writes import create_automation
from lictor.resources.deployments.schedule_writes import add_schedules_to
from lictor.resources.deployments.schemas import DeploymentScheduleCreate
from lictor.resources.states.schemas import StateType
from lictor.resources.webhooks.schemas import WebhookCreate
from lictor.resources.webhooks.writes import create_webhook
from tests.make import Make
from tests.robustness.document import Json, Operation, kind_of

NUMBERS = count()

UNSET = {
    "global_concurrency_limit_id",
    "storage_document_id",
    "infrastructure_document_id",
    "slug",
    "replaces",
    "cursor",
}
"""What a request cannot have beside something else, or twice, or as long as there are no blocks."""

TEXTS = {
    "cron": "0 6 * * *",
    "rrule": "FREQ=DAILY",
    "timezone": "Europe/Berlin",
    "work_pool_name": "pool",
    "work_queue_name": "queue",
    "work_queue_names": "queue",
    "interval": "PT1H",
}
INTEGERS = {"limit": 50, "offset": 0}
DURATION = "PT1M"
AUTOMATION = {"name": "automation", "trigger": {"posture": "Reactive"}, "actions": [{"type": "do-nothing"}]}
SCHEDULE = {"schedule": {"interval": 3600}}
TEMPLATE = {"job_configuration": {"command": "{{ command }}"}, "variables": {"properties": {"command": {}}}}
MAPS = {
    "base_job_template": TEMPLATE,
    "resource": {"prefect.resource.id": "x"},
    "related": {"prefect.resource.id": "x", "prefect.resource.role": "y"},
}
MOMENT = "2026-06-01T12:00:00Z"


@dataclass(frozen=True)
class World:
    """The objects' ids. Their names are in `_parameters`."""

    flow: UUID
    work_queue: UUID
    deployment: UUID
    schedule: UUID
    automation: UUID
    webhook: UUID
    notification_policy: UUID
    token: str
    flow_run: UUID
    task_run: UUID
    variable: UUID
    artifact: UUID
    tag_limit: UUID
    lease: UUID
    block_type: UUID
    block_schema: UUID
    block_document: UUID

    @classmethod
    async def made(cls, db: Database) -> Self:
        make = Make(db)
        flow = await make.flow("etl")
        queue = await make.work_queue("queue", work_pool_id=await make.work_pool("pool"))
        deployment = await make.deployment(
            "nightly", flow_id=flow, work_queue_id=queue, parameter_openapi_schema='{"type": "object"}'
        )
        async with db.write() as tx:
            schedules = [DeploymentScheduleCreate.model_validate(SCHEDULE)]
            (schedule,) = await add_schedules_to(tx, deployment, schedules, utc_now())
            automation = await create_automation(tx, (), AutomationCreate.model_validate(AUTOMATION))
            webhook, token = await create_webhook(tx, WebhookCreate(name="webhook"))
        flow_run = await make.flow_run(
            "run", flow_id=flow, deployment_id=deployment, work_queue_id=queue, state=StateType.SCHEDULED
        )
        task_run = await make.task_run("task", flow_run_id=flow_run, state=StateType.PENDING)
        variable = await make.variable("region")
        artifact = await make.artifact("report")
        limit, tag_limit = await make.limit("limit"), await make.limit("tag:busy")
        lease = await make.lease(limit, tag_limit, holder_type="task_run", holder_id=task_run)
        block_type = await make.block_type("secret", slug="secret")
        block_schema = await make.block_schema(
            block_type_id=block_type, checksum="sha256:0", capabilities=["write-path"]
        )
        document = await make.block_document("token", block_schema_id=block_schema)
        policy = await make.notification_policy(block_document_id=document)
        return cls(
            flow=flow,
            work_queue=queue,
            deployment=deployment,
            schedule=schedule,
            automation=automation,
            webhook=webhook,
            notification_policy=policy,
            token=token,
            flow_run=flow_run,
            task_run=task_run,
            variable=variable,
            artifact=artifact,
            tag_limit=tag_limit,
            lease=lease,
            block_type=block_type,
            block_schema=block_schema,
            block_document=document,
        )

    def example(self, name: str, schema: Json) -> Json:
        """A value for a field of this name and schema; texts are new each time."""
        match kind_of(schema):
            case "string" if name == "slug" and "examples" in schema:  # a block type's, which it must have
                return f"slug-{next(NUMBERS)}"
            case _ if name in UNSET:
                return None
            case "uuid":
                return str(self._ids().get(name) or uuid4())
            case "date-time":
                return MOMENT
            case "enum":
                return "or_" if name == "operator" else schema.get("enum", [schema.get("const")])[0]
            case "integer" | "number":
                return INTEGERS.get(name, schema.get("minimum", 1))
            case "boolean":
                return True
            case "string":
                usual = DURATION if schema.get("format") == "duration" else f"{name}-{next(NUMBERS)}"
                return TEXTS.get(name, usual)
            case "map":
                return MAPS.get(name, {})
            case _:
                return 1

    def _ids(self) -> dict[str, UUID]:
        return {
            "flow_id": self.flow,
            "deployment_id": self.deployment,
            "deployment_ids": self.deployment,
            "schedule_id": self.schedule,
            "automation_id": self.automation,
            "work_queue_id": self.work_queue,
            "flow_run_id": self.flow_run,
            "parent_task_run_id": self.task_run,
            "block_type_id": self.block_type,
            "block_schema_id": self.block_schema,
            "default_result_storage_block_id": self.block_document,
            "block_document_id": self.block_document,
        }

    def path(self, operation: Operation, **given: str) -> str:
        """The path of an operation on these objects, or on what is given instead."""
        return operation.path.format(**{**self._parameters(operation), **given})

    def _parameters(self, operation: Operation) -> dict[str, Any]:
        resource = operation.path.split("/")[1]
        ids = {
            "flows": self.flow,
            "deployments": self.deployment,
            "work_queues": self.work_queue,
            "automations": self.automation,
            "webhooks": self.webhook,
            "flow_run_notification_policies": self.notification_policy,
            "flow_runs": self.flow_run,
            "variables": self.variable,
            "artifacts": self.artifact,
            "concurrency_limits": self.tag_limit,
            "block_types": self.block_type,
            "block_schemas": self.block_schema,
            "block_documents": self.block_document,
        }
        names = {"flows": "etl", "variables": "region", "work_pools": "queue" if "queues" in operation.path else "pool"}
        return {
            "id": ids.get(resource, self.task_run),
            "name": names.get(resource),
            "schedule_id": self.schedule,
            "key": "report",
            "id_or_name": "limit",
            "tag": "busy",
            "lease_id": self.lease,
            "token": self.token,
            "slug": "secret",
            "checksum": "sha256:0",
            "block_document_name": "token",
            "flow_name": "etl",
            "deployment_name": "nightly",
            "work_pool_name": "pool",
            "countable": "day",
        }
