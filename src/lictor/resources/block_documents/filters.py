"""What can be asked of block documents."""

from lictor.query.criteria import Filter, column
from lictor.resources.block_documents.table import block_document


class BlockDocumentFilter(Filter):
    """What to ask of block documents."""

    id = column(block_document.c.id, "any_")
    is_anonymous = column(block_document.c.is_anonymous, "eq_").with_default(eq_=False)
    block_type_id = column(block_document.c.block_type_id, "any_")
    name = column(block_document.c.name, "any_", "like_")
