"""Task runs and their states."""
