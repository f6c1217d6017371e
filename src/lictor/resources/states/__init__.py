"""States, as flow runs and task runs share them."""
