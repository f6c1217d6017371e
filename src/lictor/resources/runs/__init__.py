"""What flow runs and task runs have in common."""
