class LictorError(Exception):
    """What went wrong, in words for the user: the command line prints them, nothing else, and exits with 1."""
