"""Names for runs that came without one."""


def random_name() -> str:
    """Two words, as in `gentle-otter`."""
    from coolname import generate_slug  # noqa: PLC0415  # it reads all its words as it is imported

    return str(generate_slug(2))
