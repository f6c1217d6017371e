"""What can be asked of block types."""

from lictor.block_types.table import block_type
from lictor.filters.criteria import OUR_OPERATOR, Filter, on
from lictor.filters.criteria import Operator as JoinedBy


class BlockTypeFilter(Filter):
    """What to ask of block types."""

    operator: JoinedBy = OUR_OPERATOR
    name = on(block_type.c.name, "like_")
    slug = on(block_type.c.slug, "any_")
