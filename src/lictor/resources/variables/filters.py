"""What can be asked of variables."""

from lictor.query.criteria import Filter, column
from lictor.resources.variables.table import variable


class VariableFilter(Filter):
    """What to ask of variables."""

    id = column(variable.c.id, "any_")
    name = column(variable.c.name, "any_", "like_")
    tags = column(variable.c.tags, "all_", "is_null_", combinable=True)
