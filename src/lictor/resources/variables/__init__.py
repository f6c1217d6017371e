"""Variables: values under names, which flows read."""
