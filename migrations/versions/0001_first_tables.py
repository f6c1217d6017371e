"""The first tables: flows, deployments, work pools, runs, their states, and what limits them."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types
from lictor.db.migrations import UnusableDatabase

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _concurrency_limit() -> None:
    op.create_table(
        "concurrency_limit",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer(), nullable=False),
        sa.Column("active_slots", types.JSONText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_concurrency_limit"),
        sa.UniqueConstraint("tag", name="uq_concurrency_limit__tag"),
    )


def _concurrency_limit_v2() -> None:
    op.create_table(
        "concurrency_limit_v2",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("active_slots", sa.Integer(), nullable=False),
        sa.Column("denied_slots", sa.Integer(), nullable=False),
        sa.Column("slot_decay_per_second", sa.Float(), nullable=False),
        sa.Column("avg_slot_occupancy_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_concurrency_limit_v2"),
        sa.UniqueConstraint("name", name="uq_concurrency_limit_v2__name"),
    )


def _csrf_token() -> None:
    op.create_table(
        "csrf_token",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("expiration", types.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_csrf_token"),
        sa.UniqueConstraint("client", name="uq_csrf_token__client"),
    )
    op.create_index("ix_csrf_token__expiration", "csrf_token", ["expiration"])


def _flow() -> None:
    op.create_table(
        "flow",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", types.Tags(), nullable=False),
        sa.Column("labels", types.JSONText()),
        sa.PrimaryKeyConstraint("id", name="pk_flow"),
        sa.UniqueConstraint("name", name="uq_flow__name"),
    )
    op.create_index("ix_flow__created", "flow", ["created"])
    op.create_index("ix_flow__updated", "flow", ["updated"])


def _task_run_state_cache() -> None:
    op.create_table(
        "task_run_state_cache",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("cache_key", sa.Text(), nullable=False),
        sa.Column("cache_expiration", types.Timestamp()),
        sa.Column("task_run_state_id", types.UUIDType(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_run_state_cache"),
    )
    op.create_index("ix_task_run_state_cache__cache_key_created", "task_run_state_cache", ["cache_key", "created"])


def _work_pool() -> None:
    op.create_table(
        "work_pool",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("base_job_template", types.JSONText(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("default_queue_id", types.UUIDType()),
        sa.Column("concurrency_limit", sa.Integer()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("last_transitioned_status_at", types.Timestamp()),
        sa.Column("last_status_event_id", types.UUIDType()),
        sa.Column("storage_configuration", types.JSONText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work_pool"),
        sa.UniqueConstraint("name", name="uq_work_pool__name"),
    )
    op.create_index("ix_work_pool__type", "work_pool", ["type"])


def _concurrency_lease() -> None:
    op.create_table(
        "concurrency_lease",
        sa.Column("id", types.UUIDType()),
        sa.Column("concurrency_limit_id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("expiration", types.Timestamp(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("holder_type", sa.Text()),
        sa.Column("holder_id", types.UUIDType()),
        sa.PrimaryKeyConstraint("id", "concurrency_limit_id", name="pk_concurrency_lease"),
        sa.ForeignKeyConstraint(
            ["concurrency_limit_id"],
            ["concurrency_limit_v2.id"],
            name=op.f("fk_concurrency_lease__concurrency_limit_id__concurrency_limit_v2"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_concurrency_lease__concurrency_limit_id", "concurrency_lease", ["concurrency_limit_id"])
    op.create_index("ix_concurrency_lease__expiration", "concurrency_lease", ["expiration"])
    op.create_index("ix_concurrency_lease__holder_id", "concurrency_lease", ["holder_id"])


def _work_queue() -> None:
    op.create_table(
        "work_queue",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("work_pool_id", types.UUIDType(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("filter", types.JSONText()),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("last_polled", types.Timestamp()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work_queue"),
        sa.ForeignKeyConstraint(
            ["work_pool_id"], ["work_pool.id"], name="fk_work_queue__work_pool_id__work_pool", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("work_pool_id", "name", name="uq_work_queue__work_pool_id_name"),
    )
    op.create_index("ix_work_queue__work_pool_id_priority", "work_queue", ["work_pool_id", "priority"])


def _deployment() -> None:
    op.create_table(
        "deployment",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("flow_id", types.UUIDType(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer()),
        sa.Column("concurrency_limit_id", types.UUIDType()),
        sa.Column("concurrency_options", types.JSONText()),
        sa.Column("job_variables", types.JSONText(), nullable=False),
        sa.Column("parameters", types.JSONText(), nullable=False),
        sa.Column("tags", types.Tags(), nullable=False),
        sa.Column("labels", types.JSONText()),
        sa.Column("work_queue_name", sa.Text()),
        sa.Column("work_queue_id", types.UUIDType()),
        sa.Column("last_polled", types.Timestamp()),
        sa.Column("parameter_openapi_schema", types.JSONText()),
        sa.Column("enforce_parameter_schema", sa.Boolean(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("pull_steps", types.JSONText()),
        sa.Column("entrypoint", sa.Text()),
        sa.Column("storage_document_id", types.UUIDType()),
        sa.Column("infrastructure_document_id", types.UUIDType()),
        sa.Column("created_by", types.JSONText()),
        sa.Column("updated_by", types.JSONText()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        sa.ForeignKeyConstraint(
            ["concurrency_limit_id"],
            ["concurrency_limit_v2.id"],
            name="fk_deployment__concurrency_limit_id__concurrency_limit_v2",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name="fk_deployment__flow_id__flow", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["work_queue_id"], ["work_queue.id"], name="fk_deployment__work_queue_id__work_queue", ondelete="SET NULL"
        ),
        sa.UniqueConstraint("flow_id", "name", name="uq_deployment__flow_id_name"),
    )
    op.create_index("ix_deployment__concurrency_limit_id", "deployment", ["concurrency_limit_id"])
    op.create_index("ix_deployment__created", "deployment", ["created"])
    op.create_index("ix_deployment__name", "deployment", ["name"])
    op.create_index("ix_deployment__updated", "deployment", ["updated"])
    op.create_index("ix_deployment__work_queue_id", "deployment", ["work_queue_id"])
    if _on_postgresql():
        op.create_index("ix_deployment__tags", "deployment", ["tags"], postgresql_using="gin")


def _flow_run() -> None:
    op.create_table(
        "flow_run",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state_type", sa.Text()),
        sa.Column("state_name", sa.Text()),
        sa.Column("tags", types.Tags(), nullable=False),
        sa.Column("state_id", types.UUIDType()),
        sa.Column("state_timestamp", types.Timestamp()),
        sa.Column("run_count", sa.Integer(), nullable=False),
        sa.Column("expected_start_time", types.Timestamp()),
        sa.Column("next_scheduled_start_time", types.Timestamp()),
        sa.Column("start_time", types.Timestamp()),
        sa.Column("end_time", types.Timestamp()),
        sa.Column("total_run_time", types.Duration(), nullable=False),
        sa.Column("flow_id", types.UUIDType(), nullable=False),
        sa.Column("deployment_id", types.UUIDType()),
        sa.Column("deployment_version", sa.Text()),
        sa.Column("work_queue_id", types.UUIDType()),
        sa.Column("work_queue_name", sa.Text()),
        sa.Column("flow_version", sa.Text()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("infrastructure_pid", sa.Text()),
        sa.Column("infrastructure_document_id", types.UUIDType()),
        sa.Column("parent_task_run_id", types.UUIDType()),
        sa.Column("auto_scheduled", sa.Boolean(), nullable=False),
        sa.Column("parameters", types.JSONText(), nullable=False),
        sa.Column("context", types.JSONText(), nullable=False),
        sa.Column("created_by", types.JSONText()),
        sa.Column("job_variables", types.JSONText()),
        sa.Column("empirical_policy", types.JSONText(), nullable=False),
        sa.Column("labels", types.JSONText()),
        sa.Column("state_message", sa.Text()),
        sa.Column("state_data", types.JSONText()),
        sa.Column("state_details", types.JSONText()),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run"),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name="fk_flow_run__flow_id__flow", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["parent_task_run_id"],
            ["task_run.id"],
            name="fk_flow_run__parent_task_run_id__task_run",
            ondelete="SET NULL",
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["work_queue_id"], ["work_queue.id"], name="fk_flow_run__work_queue_id__work_queue", ondelete="SET NULL"
        ),
        sa.UniqueConstraint("flow_id", "idempotency_key", name="uq_flow_run__flow_id_idempotency_key"),
    )
    op.create_index("ix_flow_run__deployment_id", "flow_run", ["deployment_id"])
    op.create_index("ix_flow_run__end_time_id", "flow_run", ["end_time", "id"])
    op.create_index("ix_flow_run__expected_start_time_id", "flow_run", ["expected_start_time", "id"])
    op.create_index("ix_flow_run__name_id", "flow_run", ["name", "id"])
    op.create_index("ix_flow_run__next_scheduled_start_time_id", "flow_run", ["next_scheduled_start_time", "id"])
    op.create_index("ix_flow_run__parent_task_run_id", "flow_run", ["parent_task_run_id"])
    op.create_index("ix_flow_run__started", "flow_run", [sa.text("coalesce(start_time, expected_start_time)"), "id"])
    op.create_index(
        "ix_flow_run__state_type_expected_start_time_id", "flow_run", ["state_type", "expected_start_time", "id"]
    )
    op.create_index("ix_flow_run__work_queue_id", "flow_run", ["work_queue_id"])
    if _on_postgresql():
        op.create_index("ix_flow_run__tags", "flow_run", ["tags"], postgresql_using="gin")


def _deployment_schedule() -> None:
    op.create_table(
        "deployment_schedule",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("deployment_id", types.UUIDType(), nullable=False),
        sa.Column("schedule", types.JSONText(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("max_scheduled_runs", sa.Integer()),
        sa.Column("parameters", types.JSONText(), nullable=False),
        sa.Column("slug", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_deployment_schedule"),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name="fk_deployment_schedule__deployment_id__deployment",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("deployment_id", "slug", name="uq_deployment_schedule__deployment_id_slug"),
    )


def _flow_run_state() -> None:
    op.create_table(
        "flow_run_state",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timestamp", types.Timestamp(), nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("data", types.JSONText()),
        sa.Column("state_details", types.JSONText(), nullable=False),
        sa.Column("flow_run_id", types.UUIDType(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run_state"),
        sa.ForeignKeyConstraint(
            ["flow_run_id"], ["flow_run.id"], name="fk_flow_run_state__flow_run_id__flow_run", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_flow_run_state__flow_run_id_timestamp_id", "flow_run_state", ["flow_run_id", "timestamp", "id"])


def _task_run() -> None:
    op.create_table(
        "task_run",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state_type", sa.Text()),
        sa.Column("state_name", sa.Text()),
        sa.Column("tags", types.Tags(), nullable=False),
        sa.Column("state_id", types.UUIDType()),
        sa.Column("state_timestamp", types.Timestamp()),
        sa.Column("run_count", sa.Integer(), nullable=False),
        sa.Column("expected_start_time", types.Timestamp()),
        sa.Column("next_scheduled_start_time", types.Timestamp()),
        sa.Column("start_time", types.Timestamp()),
        sa.Column("end_time", types.Timestamp()),
        sa.Column("total_run_time", types.Duration(), nullable=False),
        sa.Column("flow_run_id", types.UUIDType()),
        sa.Column("task_key", sa.Text(), nullable=False),
        sa.Column("dynamic_key", sa.Text(), nullable=False),
        sa.Column("cache_key", sa.Text()),
        sa.Column("cache_expiration", types.Timestamp()),
        sa.Column("task_version", sa.Text()),
        sa.Column("flow_run_run_count", sa.Integer(), nullable=False),
        sa.Column("task_inputs", types.JSONText(), nullable=False),
        sa.Column("empirical_policy", types.JSONText(), nullable=False),
        sa.Column("labels", types.JSONText()),
        sa.Column("state_message", sa.Text()),
        sa.Column("state_data", types.JSONText()),
        sa.Column("state_details", types.JSONText()),
        sa.PrimaryKeyConstraint("id", name="pk_task_run"),
        sa.ForeignKeyConstraint(
            ["flow_run_id"], ["flow_run.id"], name="fk_task_run__flow_run_id__flow_run", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "flow_run_id", "task_key", "dynamic_key", name="uq_task_run__flow_run_id_task_key_dynamic_key"
        ),
    )
    op.create_index("ix_task_run__end_time_id", "task_run", ["end_time", "id"])
    op.create_index("ix_task_run__expected_start_time_id", "task_run", ["expected_start_time", "id"])
    op.create_index(
        "ix_task_run__keys_without_flow_run",
        "task_run",
        ["task_key", "dynamic_key"],
        postgresql_where=sa.text("flow_run_id IS NULL"),
        sqlite_where=sa.text("flow_run_id IS NULL"),
    )
    op.create_index("ix_task_run__name_id", "task_run", ["name", "id"])
    op.create_index("ix_task_run__next_scheduled_start_time_id", "task_run", ["next_scheduled_start_time", "id"])
    op.create_index("ix_task_run__start_time", "task_run", ["start_time"])
    op.create_index(
        "ix_task_run__state_type_expected_start_time_id", "task_run", ["state_type", "expected_start_time", "id"]
    )
    op.create_index("ix_task_run__state_type_id", "task_run", ["state_type", "id"])
    if _on_postgresql():
        op.create_index(
            "ix_task_run__name_trigrams",
            "task_run",
            ["name"],
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        )
        op.create_index("ix_task_run__tags", "task_run", ["tags"], postgresql_using="gin")


def _task_run_state() -> None:
    op.create_table(
        "task_run_state",
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timestamp", types.Timestamp(), nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("data", types.JSONText()),
        sa.Column("state_details", types.JSONText(), nullable=False),
        sa.Column("task_run_id", types.UUIDType(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_run_state"),
        sa.ForeignKeyConstraint(
            ["task_run_id"], ["task_run.id"], name="fk_task_run_state__task_run_id__task_run", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_task_run_state__task_run_id_timestamp_id", "task_run_state", ["task_run_id", "timestamp", "id"])


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _trigrams() -> None:
    """PostgreSQL's extension that finds a piece of a name by index. A database's owner may create it."""
    known = sa.text("SELECT installed_version FROM pg_available_extensions WHERE name = 'pg_trgm'")
    available = op.get_bind().execute(known).first()
    if available is None:
        raise UnusableDatabase("The PostgreSQL server lacks the extension pg_trgm: install its contrib package.")
    if available.installed_version is not None:
        return
    try:
        op.execute("CREATE EXTENSION pg_trgm")
    except sa.exc.DBAPIError as error:
        raise UnusableDatabase(
            "The extension pg_trgm is needed and could not be created: let an administrator of the PostgreSQL server"
            f" run CREATE EXTENSION pg_trgm in this database. ({error.orig})"
        ) from error


def upgrade() -> None:
    if _on_postgresql():
        _trigrams()
    _concurrency_limit()
    _concurrency_limit_v2()
    _csrf_token()
    _flow()
    _task_run_state_cache()
    _work_pool()
    _concurrency_lease()
    _work_queue()
    _deployment()
    _flow_run()
    _deployment_schedule()
    _flow_run_state()
    _task_run()
    _task_run_state()
    if _on_postgresql():  # SQLite has it in the table: there, a table may refer to one that is still to come
        op.create_foreign_key(
            "fk_flow_run__parent_task_run_id__task_run",
            "flow_run",
            "task_run",
            ["parent_task_run_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    if _on_postgresql():
        op.drop_constraint("fk_flow_run__parent_task_run_id__task_run", "flow_run")
    for table in (
        "task_run_state",
        "task_run",
        "flow_run_state",
        "deployment_schedule",
        "flow_run",
        "deployment",
        "work_queue",
        "concurrency_lease",
        "work_pool",
        "task_run_state_cache",
        "flow",
        "csrf_token",
        "concurrency_limit_v2",
        "concurrency_limit",
    ):
        op.drop_table(table)
