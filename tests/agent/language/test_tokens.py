"""Words of questions: elisions apart, identifiers whole, typos corrected with a margin."""

from __future__ import annotations

import pytest

from agent.language.lexicon import Lexicon
from agent.language.tokens import tokenise
from agent.language.turns import Language, detect_language
from graph.schema.model import Schema


def test_elisions_come_apart_and_identifiers_stay_whole() -> None:
    words = [
        token.folded for token in tokenise("Qu'héberge l'hôte lil1pbdd0001/oracl01 (10.0.0.1) ou REF0001-PRD/api ?")
    ]
    assert words == ["qu", "heberge", "l", "hote", "lil1pbdd0001/oracl01", "10.0.0.1", "ou", "ref0001-prd/api", "?"]


def test_tokens_keep_their_place_in_the_question() -> None:
    question = "Équipes à Lyon"
    assert [question[t.start : t.end] for t in tokenise(question)] == ["Équipes", "à", "Lyon"]


def test_a_figure_and_its_unit_come_apart() -> None:
    assert [token.folded for token in tokenise("64Go, 1 400 VM, 1,5To, 50%")] == [
        "64",
        "go",
        "1 400",
        "vm",
        "1,5",
        "to",
        "50",
        "%",
    ]


@pytest.mark.parametrize(
    ("question", "language"), [("nb serveurs prod", "fr"), ("servers per OS", "en"), ("apps without a DRP", "en")]
)
def test_the_language_is_told_by_function_words(question: str, language: Language) -> None:
    assert detect_language(tokenise(question)) == language


def test_a_typo_is_corrected_but_short_words_are_left_alone(schema: Schema) -> None:
    lexicon = Lexicon(schema, "fr")
    assert lexicon.correction("aplications") == "applications"
    assert lexicon.correction("vmx") is None
