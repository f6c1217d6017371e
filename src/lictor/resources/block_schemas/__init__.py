"""Block schemas: the fields that the blocks of a type have, in each of its versions; and what such blocks can do."""
