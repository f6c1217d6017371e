"""What can be asked of flow run notification policies."""

from lictor.query.criteria import Filter, column
from lictor.resources.flow_run_notification_policies.table import flow_run_notification_policy


class FlowRunNotificationPolicyFilter(Filter):
    """What to ask of flow run notification policies."""

    is_active = column(flow_run_notification_policy.c.is_active, "eq_").with_default(eq_=False)
