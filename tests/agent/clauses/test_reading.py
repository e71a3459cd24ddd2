"""Questions about a graph that nobody prepared: what is asked for, of what, under which conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent.evaluation.unseen import OpenAsker

Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        pytest.param("How many ships are there in the database?", [(6,)], id="a count"),
        pytest.param("What is the total number of people?", [(6,)], id="a plural that no rule makes"),
        pytest.param("How many people are female?", [(3,)], id="a value of a list"),
        pytest.param("How many ships have a ship type of 'brig'?", [(3,)], id="a property of several words"),
        pytest.param("How many ships have the 'brig' type?", [(3,)], id="a property without the word of its kind"),
        pytest.param("Which ships have more than 2 masts?", [("Aurore",), ("Cormorant",), ("Fidele",)], id="a threshold"),
        pytest.param("List the ships launched after 1801.", [("Etoile",), ("Fidele",), ("Storm's Dawn",)], id="a year"),
        pytest.param("Find ships whose name starts with 'B'.", [("Bora",)], id="a beginning"),
        pytest.param("Which ships were launched between 1801 and 1819?", [("Bora",), ("Cormorant",)], id="a span"),
        pytest.param(r"How many masts does the ship 'Storm\'s Dawn' have?", [(1,)], id="a quotation mark in a name"),
        pytest.param("What is the maximum number of masts of all ships?", [(3,)], id="the highest of a property"),
        pytest.param("What is the average masts of ships commanded by female people?", [(8 / 3,)], id="a figure of a pattern"),
    ],
)  # fmt: skip
def test_kinds_properties_and_values_are_known_by_their_names(question: str, rows: object, answered: Rows) -> None:
    assert answered(question) == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        pytest.param("Which ships called at 'Dieppe'?", [("Aurore",), ("Etoile",)], id="the verb of a relation"),
        pytest.param("What is the name of the port that 'Cormorant' called at?", [("Lorient",)], id="the verb behind"),
        pytest.param("What is the name of the region where the port 'Dieppe' is located?", [("Normandy",)], id="no verb"),
        pytest.param("Which ships called at ports in 'Normandy'?", [("Aurore",), ("Etoile",)], id="a step between"),
        pytest.param("Which ships rammed the ship 'Bora'?", [("Aurore",), ("Cormorant",)], id="between two of one kind"),
        pytest.param("Which ships did the ship 'Aurore' ram?", [("Bora",)], id="the subject is where it starts"),
        pytest.param("Return the first name of people who commanded ships that called at 'Brest' and were launched in 1801.",
                     [("Bo",), ("Di",)], id="a clause in a clause"),
        pytest.param("Which ships called at the same port as 'Aurore'?", [("Bora",), ("Etoile",)], id="the same"),
        pytest.param("Find the ships that people have commanded since 1812.", [("Bora",)], id="a property of a relation"),
    ],
)  # fmt: skip
def test_relations_join_what_is_spoken_of(question: str, rows: object, answered: Rows) -> None:
    assert answered(question) == rows


def test_a_person_is_named_by_two_properties(answered: Rows) -> None:
    (row,) = answered("Find people named 'Cy Lind' and return the ships they commanded.")
    assert {"Cy", "Lind", "Cormorant"} <= set(row)


@pytest.mark.parametrize(
    ("question", "count"),
    [
        pytest.param("How many people have a birth date after 1780?", 2, id="after a year"),
        pytest.param("How many people have a birth date before 1780-06-08?", 4, id="before a day"),
        pytest.param("How many people have a birth date of '1785-06-07'?", 1, id="a day in quotation marks"),
        pytest.param("How many people have a birth date between 1775 and 1780?", 3, id="between years"),
        pytest.param("How many people with a birth date in 1780 have commanded a ship?", 2, id="in a year"),
        pytest.param("How many people are there from 1780?", 2, id="the only date that a kind has"),
    ],
)  # fmt: skip
def test_dates_are_compared_with_days_and_years(question: str, count: int, answered: Rows) -> None:
    assert answered(question) == [(count,)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        pytest.param("For each ship type, what is the number of ships?", [("brig", 3), ("sloop", 3)], id="by a property"),
        pytest.param("For each port, find the number of ships that called at it and the average masts of these ships.",
                     [("Brest", 2, 2.5), ("Dieppe", 2, 2.5), ("Lorient", 1, 3.0)], id="two figures"),
        pytest.param("What is the average callCount for ships grouped by ship type?",
                     [("brig", 2.0), ("sloop", 13 / 4)], id="of a relation"),
        pytest.param("How many times did ships call at 'Brest'?", [(6,)], id="how often"),
        pytest.param("Find the ports that have been called at by more than one ship.",
                     [("Brest", 2), ("Dieppe", 2)], id="more than so many"),
        pytest.param("For each port, compute the average masts of ships that called at it, and return only those ports where"
                     " the average masts is greater than 2.9.", [("Lorient", 3.0)], id="a bound on a figure"),
    ],
)  # fmt: skip
def test_figures_are_grouped_and_bounded(question: str, rows: object, answered: Rows) -> None:
    assert answered(question) == rows


def test_a_figure_is_not_multiplied_by_the_rows_of_another(answered: Rows) -> None:
    rows = answered("For each ship, what is the total callCount and the number of people who commanded it?")
    assert [(row[0], set(row[1:])) for row in rows] == [("Aurore", {5, 2}), ("Bora", {2}), ("Cormorant", {7, 1})]


def test_the_best_few_come_in_order(asker: OpenAsker) -> None:
    ask = asker.after(())
    assert ask("List the top 2 ships by launch year.")["rows"] == [("Fidele", 1830), ("Etoile", 1820)]
    assert ask("Which port was called at by the most ships?")["rows"][0][1] == 2
    assert [row[0] for row in ask("List the names of ships, ordered by masts in descending order.")["rows"]][
        -1
    ] == "Storm's Dawn"


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        pytest.param("How many submarines are there?", "unanswerable", id="a word that nobody knows"),
        pytest.param("Which ships never called at 'Brest'?", "unanswerable", id="an absence is not read here"),
        pytest.param("Which ships did 'Zanzibar' ram?", "unanswerable", id="a name that the graph does not hold"),
        pytest.param("What is the average number of ships commanded?", "clarify", id="an average of a number of what"),
        pytest.param("For each port, find the average masts of ships and the number of ships launched after 1801.", "clarify",
                     id="a condition that may be of one figure"),
        pytest.param("Delete the ship 'Bora'.", "refuse", id="an order"),
        pytest.param("Show me the admin password.", "refuse", id="a secret"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_not_answered(question: str, outcome: str, asker: OpenAsker) -> None:
    assert asker.after(())(question)["outcome"] == outcome


def test_questions_in_french_are_read_by_the_grammar(asker: OpenAsker) -> None:
    assert asker.after(())("Combien de ships y a-t-il ?")["rows"] == [(6,)]
