"""Windows of triggers know which events they have counted."""

import sqlalchemy as sa
from alembic import op

from lictor.db.types import JSONText

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trigger_bucket", sa.Column("event_ids", JSONText()))


def downgrade() -> None:
    op.drop_column("trigger_bucket", "event_ids")
