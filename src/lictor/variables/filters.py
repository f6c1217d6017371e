"""What can be asked of variables."""

from lictor.filters.criteria import Filter, on
from lictor.variables.table import variable


class VariableFilter(Filter):
    """What to ask of variables."""

    id = on(variable.c.id, "any_")
    name = on(variable.c.name, "any_", "like_")
    tags = on(variable.c.tags, "all_", "is_null_", combinable=True)
