"""What can be asked of block schemas."""

from lictor.block_schemas.table import block_schema
from lictor.filters.criteria import Filter, on


class BlockSchemaFilter(Filter):
    """What to ask of block schemas."""

    block_type_id = on(block_schema.c.block_type_id, "any_")
    block_capabilities = on(block_schema.c.capabilities, "all_").called("BlockSchemaFilterCapabilities")
    id = on(block_schema.c.id, "any_")
    version = on(block_schema.c.version, "any_")
