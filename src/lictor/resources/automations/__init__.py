"""Automations: what is to be done when events happen, or fail to."""
