"""The state machine: which states a run may take, and what else changes when it does."""
