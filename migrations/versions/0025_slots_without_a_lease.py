"""The counter of a limit has the slots that were taken without a lease; the others are counted from the leases."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

LEASED = """
    (SELECT COALESCE(SUM(lease.slots), 0) FROM slot_lease_limit part JOIN slot_lease lease ON lease.id = part.lease_id
     WHERE part.concurrency_limit_id = concurrency_limit_v2.id)
"""


def upgrade() -> None:
    op.execute(
        f"""
        UPDATE concurrency_limit_v2
        SET active_slots = CASE WHEN active_slots > {LEASED} THEN active_slots - {LEASED} ELSE 0 END
        WHERE slot_decay_per_second = 0 AND active_slots > 0
        """  # noqa: S608
    )


def downgrade() -> None:
    op.execute(
        f"UPDATE concurrency_limit_v2 SET active_slots = active_slots + {LEASED} WHERE slot_decay_per_second = 0"  # noqa: S608
    )
