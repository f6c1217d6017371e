"""Statements about what services did."""

import sqlalchemy as sa

from lictor.db.functions import Statement
from lictor.services.table import service_run


def last_service_runs() -> Statement:
    """When each service last ran, by its name."""
    return sa.select(service_run).order_by(service_run.c.name)
