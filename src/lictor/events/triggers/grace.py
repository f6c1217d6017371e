"""How late an event may arrive, and still be evaluated in its place among the others."""

from datetime import timedelta

from lictor.db.engine import Database, Transaction

DEFAULT_GRACE = timedelta(seconds=1)

_GRACE = "trigger grace"


def set_grace(db: Database, grace: timedelta) -> None:
    """Says so for all who evaluate triggers of this database in this process."""
    db.memory[_GRACE] = grace


def grace_of(tx: Transaction) -> timedelta:
    """The grace that was set."""
    grace: timedelta = tx.memory.get(_GRACE, DEFAULT_GRACE)
    return grace
