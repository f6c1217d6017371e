"""Flows: what runs belong to."""
