"""What can be asked of block types."""

from lictor.query.criteria import OUR_OPERATOR, Filter, column
from lictor.query.criteria import Combinator as JoinedBy
from lictor.resources.block_types.table import block_type


class BlockTypeFilter(Filter):
    """What to ask of block types."""

    operator: JoinedBy = OUR_OPERATOR
    name = column(block_type.c.name, "like_")
    slug = column(block_type.c.slug, "any_")
