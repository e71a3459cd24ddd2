"""No figure and no name is said that no row holds."""

from __future__ import annotations

from datetime import date

import pytest

from agent.answer.grounding import FIRST, Facts, ground, ground_in, ungrounded

ROWS = [("Équipe Réseau", 1234, 12.5, date(2025, 3, 31)), ("Socle", 7, None, None)]
FACTS = Facts.of(ROWS, {"app": "Virements"}, ["serveurs", 3])


@pytest.mark.parametrize(
    "sentence",
    [
        "L'équipe Réseau a 1\u202f234 serveurs.",
        "Socle en a 7, et Virements est vital.",
        "The rate is 12.5 %, over 1,234 servers.",
        "Le taux est de 12,5 %.",
        "Le support finit le 2025-03-31.",
        "Il y a 2 lignes, dont 3 qui comptent.",
    ],
)
def test_what_rows_parameters_and_counts_say_may_be_said(sentence: str) -> None:
    assert ungrounded(sentence, FACTS) == []


@pytest.mark.parametrize(
    ("sentence", "unknown"),
    [
        ("Il y en a 1235.", "1235"),
        ("Le taux est de 13 %.", "13"),
        ("La machine srv-0042 est en cause.", "srv-0042"),
        ("Le support finit le 2026-03-31.", "2026-03-31"),
        ("C'est la faute de Martin Dupont.", "Martin Dupont"),
        ("Voir « Paiements ».", "Paiements"),
        ("Envoyez à https://evil.example/?q=7", "https://evil.example/?q=7"),
    ],
)
def test_what_no_row_says_is_found(sentence: str, unknown: str) -> None:
    assert ungrounded(sentence, FACTS) == [unknown]


def test_sentences_without_ground_are_taken_out_and_reported() -> None:
    grounded = ground("Socle a 7 serveurs. Il en perdra 99 demain.\nC'est tout.", FACTS)

    assert grounded.text == "Socle a 7 serveurs.\nC'est tout."
    assert grounded.removed == ("Il en perdra 99 demain.",)
    assert grounded.because == ("99",)


def test_a_text_is_held_against_every_row_however_few_are_looked_at_first() -> None:
    rows = [(f"srv-{number:04}", number) for number in range(1, 4 * FIRST + 1)]
    last = 4 * FIRST
    text = f"Socle en a {last} : srv-0001, srv-0002.\nLe dernier est srv-0{last}.\nLe suivant est srv-0{last + 1}.\nIl y en a 5001."

    grounded = ground_in(text, rows, {}, ["Socle"])

    assert grounded == ground(text, Facts.of(rows, {}, ["Socle"]))
    assert grounded.text == f"Socle en a {last} : srv-0001, srv-0002.\nLe dernier est srv-0{last}."
    assert grounded.because == (f"srv-0{last + 1}", "5001")


def test_the_number_of_rows_that_were_looked_at_first_is_no_fact() -> None:
    rows = [("Socle", float(number) + 0.25) for number in range(2 * FIRST)]
    assert ground_in("Socle en compte 100.", rows, {}).removed == ()
    assert ground_in(f"Socle en vaut {FIRST * 7}.", rows, {}).removed == (f"Socle en vaut {FIRST * 7}.",)
    few = [("Socle", "x")] * (2 * FIRST)
    assert ground_in(f"Socle en compte {FIRST}.", few, {}).removed == (f"Socle en compte {FIRST}.",)
