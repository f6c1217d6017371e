"""Figures that a process keeps about its own work."""

from dataclasses import dataclass


@dataclass
class RetentionMeasurements:
    """What a process has deleted because it was old, and how far behind it is (seconds)."""

    deleted: int = 0
    lag: float = 0.0
