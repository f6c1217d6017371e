"""What can be asked of flows."""

import sqlalchemy as sa

from lictor.query.binds import Bind
from lictor.query.criteria import Condition, Filter, column, custom
from lictor.query.operators import Clause
from lictor.resources.deployments.table import deployment
from lictor.resources.flows.table import flow


def _lacks_deployments(wanted: Bind) -> Clause:
    of_this_flow = deployment.alias("deployment_of_flow")
    exists = sa.exists().where(of_this_flow.c.flow_id == flow.c.id).correlate(flow)
    return sa.not_(exists) if wanted.form else exists


class FlowFilter(Filter):
    """What to ask of flows."""

    id = column(flow.c.id, "any_", "not_any_")
    deployment = custom(
        is_null_=Condition(bool, _lacks_deployments, "is absent (true) or present (false)"),
        combinable=True,
    )
    name = column(flow.c.name, "any_", "like_")
    tags = column(flow.c.tags, "all_", "is_null_", combinable=True)
