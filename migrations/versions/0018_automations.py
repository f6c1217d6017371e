"""Add automations, what their triggers have counted, and the outbox of their actions."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import JSONText, Tags, Timestamp, UUIDType

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_automations()
    _create_trigger_state()
    _create_outbox()


def _create_automations() -> None:
    op.create_table(
        "automation",
        sa.Column("id", UUIDType, nullable=False),
        sa.Column("created", Timestamp, nullable=False),
        sa.Column("updated", Timestamp, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("tags", Tags, nullable=False),
        sa.Column("trigger", JSONText, nullable=False),
        sa.Column("actions", JSONText, nullable=False),
        sa.Column("actions_on_trigger", JSONText, nullable=False),
        sa.Column("actions_on_resolve", JSONText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_automation"),
    )
    op.create_index("ix_automation__name_id", "automation", ["name", "id"])
    op.create_index("ix_automation__created", "automation", ["created"])
    op.create_index("ix_automation__updated", "automation", ["updated"])
    op.create_table(
        "automation_related_resource",
        sa.Column("automation_id", UUIDType, nullable=False),
        sa.Column("resource_id", sa.Text, nullable=False),
        sa.Column("is_owner", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("automation_id", "resource_id", name="pk_automation_related_resource"),
        sa.ForeignKeyConstraint(
            ["automation_id"],
            ["automation.id"],
            name="fk_automation_related_resource__automation_id__automation",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_automation_related_resource__resource_id", "automation_related_resource", ["resource_id"])
    op.create_table(
        "automation_version",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("token", UUIDType, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_automation_version"),
    )


def _create_trigger_state() -> None:
    op.create_table(
        "trigger_event",
        sa.Column("automation_id", UUIDType, nullable=False),
        sa.Column("event_id", UUIDType, nullable=False),
        sa.Column("id", UUIDType, nullable=False),
        sa.Column("moment", Timestamp, nullable=False),
        sa.Column("due", Timestamp, nullable=False),
        sa.Column("evaluated", Timestamp),
        sa.PrimaryKeyConstraint("automation_id", "event_id", name="pk_trigger_event"),
    )
    _create_partial_index("ix_trigger_event__waiting", "trigger_event", "due", "evaluated IS NULL")
    _create_partial_index("ix_trigger_event__evaluated", "trigger_event", "evaluated", "evaluated IS NOT NULL")
    op.create_table(
        "trigger_bucket",
        sa.Column("trigger_id", UUIDType, nullable=False),
        sa.Column("key_digest", sa.Text, nullable=False),
        sa.Column("automation_id", UUIDType, nullable=False),
        sa.Column("key", JSONText, nullable=False),
        sa.Column("start", Timestamp, nullable=False),
        sa.Column("end", Timestamp, nullable=False),
        sa.Column("due", Timestamp),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_event", JSONText),
        sa.PrimaryKeyConstraint("trigger_id", "key_digest", name="pk_trigger_bucket"),
        sa.ForeignKeyConstraint(
            ["automation_id"],
            ["automation.id"],
            name="fk_trigger_bucket__automation_id__automation",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_trigger_bucket__automation_id", "trigger_bucket", ["automation_id"])
    _create_partial_index("ix_trigger_bucket__due", "trigger_bucket", "due", "due IS NOT NULL")
    op.create_table(
        "trigger_part",
        sa.Column("parent_id", UUIDType, nullable=False),
        sa.Column("trigger_id", UUIDType, nullable=False),
        sa.Column("automation_id", UUIDType, nullable=False),
        sa.Column("fired", Timestamp, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("firing", JSONText, nullable=False),
        sa.PrimaryKeyConstraint("parent_id", "trigger_id", name="pk_trigger_part"),
        sa.ForeignKeyConstraint(
            ["automation_id"], ["automation.id"], name="fk_trigger_part__automation_id__automation", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_trigger_part__automation_id", "trigger_part", ["automation_id"])


def _create_outbox() -> None:
    op.create_table(
        "automation_firing",
        sa.Column("id", UUIDType, nullable=False),
        sa.Column("automation_id", UUIDType, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fired", Timestamp, nullable=False),
        sa.Column("created", Timestamp, nullable=False),
        sa.Column("is_test", sa.Boolean, nullable=False),
        sa.Column("automation", JSONText, nullable=False),
        sa.Column("firing", JSONText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_automation_firing"),
        sa.UniqueConstraint("key", name="uq_automation_firing__key"),
    )
    op.create_index("ix_automation_firing__automation_id_id", "automation_firing", ["automation_id", "id"])
    op.create_index("ix_automation_firing__created", "automation_firing", ["created"])
    op.create_table(
        "automation_action",
        sa.Column("id", UUIDType, nullable=False),
        sa.Column("firing_id", UUIDType, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("action", JSONText, nullable=False),
        sa.Column("event", JSONText),
        sa.Column("cause", UUIDType),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", Timestamp),
        sa.Column("started", Timestamp),
        sa.Column("finished", Timestamp),
        sa.Column("error", sa.Text),
        sa.Column("result", JSONText),
        sa.PrimaryKeyConstraint("id", name="pk_automation_action"),
        sa.ForeignKeyConstraint(
            ["firing_id"],
            ["automation_firing.id"],
            name="fk_automation_action__firing_id__automation_firing",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_automation_action__firing_id_position", "automation_action", ["firing_id", "position"])
    _create_partial_index("ix_automation_action__due", "automation_action", "due", "due IS NOT NULL")


def _create_partial_index(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for table in (
        "automation_action",
        "automation_firing",
        "trigger_part",
        "trigger_bucket",
        "trigger_event",
        "automation_version",
        "automation_related_resource",
        "automation",
    ):
        op.drop_table(table)
