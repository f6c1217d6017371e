"""Names for runs that came without one."""

from coolname import generate_slug


def random_name() -> str:
    """Two words, as in `gentle-otter`."""
    return str(generate_slug(2))
