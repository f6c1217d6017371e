"""What an error says again of a request: enough to find the fault, never all of a large body, and no secrets."""

from typing import Any

MAX_TEXT = 2_000
"""Characters of a text that are repeated."""

MAX_VALUES = 1_000
"""Values of a body that are repeated, in all."""


def cut(value: Any) -> Any:
    """The value, if it is small; otherwise its beginning."""
    return _cut(value, [MAX_VALUES, 10 * MAX_TEXT])


def _cut(value: Any, left: list[int]) -> Any:
    """`left` has how many values, and how many characters, may still be repeated."""
    left[0] -= 1
    match value:
        case str():
            most = max(min(MAX_TEXT, left[1]), 0)
            left[1] -= min(len(value), most)
            return value if len(value) <= most else type(value)(f"{value[:most]}… ({len(value)} characters)")
        case bytes():
            return value if len(value) <= MAX_TEXT else value[:MAX_TEXT]
        case dict():
            kept: dict[Any, Any] = {}
            for key, inner in value.items():
                if left[0] <= 0:
                    kept["…"] = f"{len(value) - len(kept)} more"
                    break
                kept[_cut(key, left)] = _cut(inner, left)
            return kept
        case list() | tuple():
            items: list[Any] = []
            for inner in value:
                if left[0] <= 0:
                    items.append(f"… {len(value) - len(items)} more")
                    break
                items.append(_cut(inner, left))
            return items
        case _:
            return value
