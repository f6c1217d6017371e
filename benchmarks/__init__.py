"""Measurements, side by side with the real Prefect server and the bare driver."""
