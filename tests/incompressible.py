"""Text that no database makes smaller."""

import random
import string


def text(length: int) -> str:
    """So many characters, always the same ones."""
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))


def wide_text(length: int) -> str:
    """The same, of characters that take four bytes each."""
    choose = random.Random(length)
    return "".join(chr(choose.randrange(0x10000, 0x14000)) for _ in range(length))
