"""What can be asked of deployments."""

import sqlalchemy as sa

from lictor.query.binds import Bind
from lictor.query.criteria import Condition, Filter, column, custom, ignored
from lictor.query.operators import Clause, Pattern, holds_text
from lictor.resources.deployments.table import deployment
from lictor.resources.flows.table import flow


def _named_like(text: Bind) -> Clause:
    own_flow = flow.alias("flow_of_deployment")
    is_own = own_flow.c.id == deployment.c.flow_id
    flow_is = sa.exists().where(is_own, holds_text(own_flow.c.name, text)).correlate(deployment)
    return sa.or_(holds_text(deployment.c.name, text), flow_is)


class DeploymentFilter(Filter):
    """What to ask of deployments."""

    id = column(deployment.c.id, "any_", "not_any_")
    name = column(deployment.c.name, "any_", "like_")
    flow_or_deployment_name = custom(
        name="DeploymentOrFlowNameFilter",
        like_=Condition(Pattern, _named_like, "contains this text, in upper or lower case", ignore_empty=True),
    )
    paused = column(deployment.c.paused, "eq_")
    tags = column(deployment.c.tags, "all_", "any_", "is_null_", combinable=True)
    work_queue_name = column(deployment.c.work_queue_name, "any_")
    # Taken, checked and left without effect, as clients of this API have come to expect.
    concurrency_limit = ignored(ge_=int, le_=int, is_null_=bool)
