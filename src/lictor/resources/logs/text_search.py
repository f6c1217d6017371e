"""What a search for text in logs says.

    timeout "lost connection" -debug +worker

finds what holds one of the first two, and not the third, and the fourth in any case. A phrase in double quotes may
hold blanks, and quotes and backslashes behind a backslash.
"""

import re
from dataclasses import dataclass

WORD = re.compile(
    r"""
    \s*+(?:
        [-!+](?=\s|\Z)                     # a sign for nothing
        | (?P<sign>[-!+]?)(?:
            "(?P<phrase>(?:\\.|[^"])*)"?   # the last one need not be closed
            | (?P<word>[^\s"]+)
        )
    )
    """,
    re.DOTALL | re.VERBOSE,
)
ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True)
class TextSearch:
    """Texts, in upper or lower case: one of the first must occur, if there are any, all of the second, none of the third."""

    any_of: tuple[str, ...]
    all_of: tuple[str, ...]
    none_of: tuple[str, ...]

    @classmethod
    def read(cls, query: str) -> "TextSearch":
        found: dict[str, list[str]] = {"": [], "+": [], "-": [], "!": []}
        for match in WORD.finditer(query):
            if match["word"]:
                found[match["sign"]].append(match["word"])
            elif match["phrase"] and match["phrase"].strip():
                found[match["sign"]].append(ESCAPED.sub(r"\1", match["phrase"]))
        return cls(tuple(found[""]), tuple(found["+"]), (*found["-"], *found["!"]))
