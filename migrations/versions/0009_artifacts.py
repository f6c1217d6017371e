"""Keep artifacts, and which is the latest of each key."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _identity() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", types.UUIDType()),
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("updated", types.Timestamp(), nullable=False),
    ]


def _runs() -> list[sa.Column[Any]]:
    return [
        sa.Column("type", sa.Text()),
        sa.Column("flow_run_id", types.UUIDType()),
        sa.Column("task_run_id", types.UUIDType()),
    ]


def upgrade() -> None:
    op.create_table(
        "artifact",
        *_identity(),
        sa.Column("key", sa.Text()),
        *_runs(),
        sa.Column("description", sa.Text()),
        sa.Column("data", types.JSONText()),
        sa.Column("metadata_", types.JSONText()),
        sa.PrimaryKeyConstraint("id", name="pk_artifact"),
    )
    op.create_table(
        "artifact_collection",
        *_identity(),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("latest_id", types.UUIDType(), nullable=False),
        *_runs(),
        sa.PrimaryKeyConstraint("id", name="pk_artifact_collection"),
        sa.UniqueConstraint("key", name="uq_artifact_collection__key"),
        sa.UniqueConstraint("latest_id", name="uq_artifact_collection__latest_id"),
        sa.ForeignKeyConstraint(["latest_id"], ["artifact.id"], name="fk_artifact_collection__latest_id__artifact"),
    )
    for table in ("artifact", "artifact_collection"):
        for column in ("created", "updated", "flow_run_id", "task_run_id"):
            op.create_index(f"ix_{table}__{column}", table, [column])
    op.create_index("ix_artifact__key_id", "artifact", ["key", "id"])


def downgrade() -> None:
    op.drop_table("artifact_collection")
    op.drop_table("artifact")
