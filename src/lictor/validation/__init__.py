"""Types of the values that requests carry, and validation against JSON schemas."""
