"""Runs what a client wrote, JSON Schemas and templates, in processes that can be killed.

A regular expression, a nest of references or a template of a few bytes can take more time than there is, and Python
cannot end any of them within a process: `re` does not even give other threads a turn. So they run in worker processes,
each call with a limit on its processor time and memory, which the kernel enforces.
"""

from lictor.sandbox.pool import Limits, OverBudget, SandboxBusy, SandboxError, call, open_pool

__all__ = ["Limits", "OverBudget", "SandboxBusy", "SandboxError", "call", "open_pool"]
