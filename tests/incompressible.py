"""Text that no database makes smaller."""

import random
import string


def text(length: int) -> str:
    """So many characters, always the same ones."""
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))
