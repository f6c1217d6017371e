"""Deployments of flows, and their schedules."""
