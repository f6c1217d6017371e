"""Events: what happened, as clients tell it, and the task runs that are recorded from them."""
