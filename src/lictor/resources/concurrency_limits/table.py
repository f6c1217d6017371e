import sqlalchemy as sa

from lictor.db.base import identity, metadata, utc_now
from lictor.db.ids import uuid7
from lictor.db.types import JSONText, Timestamp, UUIDType

tag_limit = sa.Table(
    "concurrency_limit",
    metadata,
    *identity(),
    sa.Column("tag", sa.Text, nullable=False, unique=True),
    sa.Column("concurrency_limit", sa.Integer, nullable=False),
    # The ids of the task runs that hold a slot, as a JSON list of strings.
    sa.Column("active_slots", JSONText, nullable=False),
)

global_limit = sa.Table(
    "concurrency_limit_v2",
    metadata,
    *identity(),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("limit", sa.Integer, nullable=False),
    # The slots that are taken without a lease; of a rate limit, all that were taken and have not come back. The others
    # are counted from the leases.
    sa.Column("active_slots", sa.Integer, nullable=False, default=0),
    sa.Column("denied_slots", sa.Integer, nullable=False, default=0),
    sa.Column("slot_decay_per_second", sa.Float, nullable=False, default=0.0),
    sa.Column("avg_slot_occupancy_seconds", sa.Float, nullable=False, default=2.0),
)

# Somebody holds as many slots of each of some limits, until a moment that they may put off.
slot_lease = sa.Table(
    "slot_lease",
    metadata,
    sa.Column("id", UUIDType, primary_key=True, default=uuid7),
    sa.Column("created", Timestamp, nullable=False, default=utc_now),
    sa.Column("expiration", Timestamp, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("holder_type", sa.Text),
    sa.Column("holder_id", UUIDType),
    sa.Index(None, "expiration"),
    sa.Index(None, "holder_id"),
)

# The limits of a lease. When a limit is deleted, its leases stay, so that whoever holds them may go on in peace.
slot_lease_limit = sa.Table(
    "slot_lease_limit",
    metadata,
    sa.Column("lease_id", sa.ForeignKey("slot_lease.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "concurrency_limit_id",
        sa.ForeignKey("concurrency_limit_v2.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Index(None, "concurrency_limit_id"),
)
