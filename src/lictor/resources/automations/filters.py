"""What can be asked of automations."""

from lictor.query.criteria import Filter, column
from lictor.resources.automations.table import automation


class AutomationFilter(Filter):
    """What to ask of automations."""

    id = column(automation.c.id, "any_")
    name = column(automation.c.name, "any_")
    created = column(automation.c.created, "before_")
    tags = column(automation.c.tags, "all_", "any_", "is_null_", combinable=True)
