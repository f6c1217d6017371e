"""What flow runs are told while they run: values under keys."""
