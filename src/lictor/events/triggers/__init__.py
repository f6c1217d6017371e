"""Triggers at work: which events concern them, what they have counted, and when they fire."""
