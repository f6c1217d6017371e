"""What can be asked of block schemas."""

from lictor.query.criteria import Filter, column
from lictor.resources.block_schemas.table import block_schema


class BlockSchemaFilter(Filter):
    """What to ask of block schemas."""

    block_type_id = column(block_schema.c.block_type_id, "any_")
    block_capabilities = column(block_schema.c.capabilities, "all_").named("BlockSchemaFilterCapabilities")
    id = column(block_schema.c.id, "any_")
    version = column(block_schema.c.version, "any_")
