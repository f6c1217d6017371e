"""Let a lease be one row, with a row for each of its limits."""

import sqlalchemy as sa
from alembic import op

from lictor.db import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OF_A_LEASE = "id, created, expiration, slots, holder_type, holder_id"


def upgrade() -> None:
    op.create_table(
        "slot_lease",
        sa.Column("id", types.UUIDType()),
        *_of_a_lease(),
        sa.PrimaryKeyConstraint("id", name="pk_slot_lease"),
    )
    op.create_index("ix_slot_lease__expiration", "slot_lease", ["expiration"])
    op.create_index("ix_slot_lease__holder_id", "slot_lease", ["holder_id"])
    op.create_table(
        "slot_lease_limit",
        sa.Column("lease_id", types.UUIDType()),
        sa.Column("concurrency_limit_id", types.UUIDType()),
        sa.PrimaryKeyConstraint("lease_id", "concurrency_limit_id", name="pk_slot_lease_limit"),
        sa.ForeignKeyConstraint(
            ["lease_id"], ["slot_lease.id"], name="fk_slot_lease_limit__lease_id__slot_lease", ondelete="CASCADE"
        ),
        _to_the_limit("slot_lease_limit"),
    )
    op.create_index("ix_slot_lease_limit__concurrency_limit_id", "slot_lease_limit", ["concurrency_limit_id"])
    op.execute(f"INSERT INTO slot_lease ({OF_A_LEASE}) SELECT DISTINCT {OF_A_LEASE} FROM concurrency_lease")  # noqa: S608
    op.execute(
        "INSERT INTO slot_lease_limit (lease_id, concurrency_limit_id)"
        " SELECT id, concurrency_limit_id FROM concurrency_lease"
    )
    op.drop_table("concurrency_lease")


def downgrade() -> None:
    op.create_table(
        "concurrency_lease",
        sa.Column("id", types.UUIDType()),
        sa.Column("concurrency_limit_id", types.UUIDType()),
        *_of_a_lease(),
        sa.PrimaryKeyConstraint("id", "concurrency_limit_id", name="pk_concurrency_lease"),
        _to_the_limit("concurrency_lease"),
    )
    for column in ("concurrency_limit_id", "expiration", "holder_id"):
        op.create_index(f"ix_concurrency_lease__{column}", "concurrency_lease", [column])
    op.execute(
        f"INSERT INTO concurrency_lease ({OF_A_LEASE}, concurrency_limit_id)"  # noqa: S608
        f" SELECT {OF_A_LEASE}, concurrency_limit_id FROM slot_lease JOIN slot_lease_limit ON lease_id = id"
    )
    op.drop_table("slot_lease_limit")
    op.drop_table("slot_lease")


def _of_a_lease() -> list[sa.Column]:
    return [
        sa.Column("created", types.Timestamp(), nullable=False),
        sa.Column("expiration", types.Timestamp(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("holder_type", sa.Text()),
        sa.Column("holder_id", types.UUIDType()),
    ]


def _to_the_limit(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["concurrency_limit_id"],
        ["concurrency_limit_v2.id"],
        name=op.f(f"fk_{table}__concurrency_limit_id__concurrency_limit_v2"),
        ondelete="CASCADE",
    )
