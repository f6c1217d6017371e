"""What a search says; `tests/compat/test_write_logs.py` compares what it finds with Prefect."""

import pytest

from lictor.resources.logs.text_search import TextSearch


@pytest.mark.parametrize(
    ("query", "any_of", "all_of", "none_of"),
    [
        ("", [], [], []),
        (" \t\n", [], [], []),
        ("Error", ["Error"], [], []),
        ("lost connection", ["lost", "connection"], [], []),
        ("a -b !c +d", ["a"], ["d"], ["b", "c"]),
        ('"Lost Connection" -"by peer" +"x y"', ["Lost Connection"], ["x y"], ["by peer"]),
        ('"say \\"no\\"" "a\\\\b" "\\n"', ['say "no"', "a\\b", "\\n"], [], []),
        ('"not closed', ["not closed"], [], []),
        ('"not closed \\', ["not closed \\"], [], []),
        ('"" "  " -""', [], [], []),
        ("- ! + -", [], [], []),
        ("--debug -!x +-y", [], ["-y"], ["-debug", "!x"]),
        ("a-b c+d e!", ["a-b", "c+d", "e!"], [], []),
        ('a"b c"d', ["a", "b c", "d"], [], []),
        ('-a"b"', ["b"], [], ["a"]),
        ("100% under_score back\\slash", ["100%", "under_score", "back\\slash"], [], []),
    ],
)
def test_words_and_signs(query: str, any_of: list[str], all_of: list[str], none_of: list[str]) -> None:
    assert TextSearch.read(query) == TextSearch(tuple(any_of), tuple(all_of), tuple(none_of))


def test_a_long_search_takes_no_time() -> None:
    """It has 200 characters at most; a pattern that tries each blank twice would take for ever on far fewer."""
    assert TextSearch.read(" " * 100_000 + "-").any_of == ()
    assert len(TextSearch.read('"\\' * 50_000).any_of) == 1
