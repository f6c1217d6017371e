"""What can be asked of block documents."""

from lictor.block_documents.table import block_document
from lictor.filters.criteria import Filter, on


class BlockDocumentFilter(Filter):
    """What to ask of block documents."""

    id = on(block_document.c.id, "any_")
    is_anonymous = on(block_document.c.is_anonymous, "eq_").unless_given(eq_=False)
    block_type_id = on(block_document.c.block_type_id, "any_")
    name = on(block_document.c.name, "any_", "like_")
