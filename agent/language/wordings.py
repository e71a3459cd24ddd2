"""What the parser tells people, in French and English."""

# ruff: noqa: E501  # word lists and patterns read better whole

from __future__ import annotations

from typing import Final

from agent.language.turns import Language

_TEXTS: Final[dict[str, dict[Language, str]]] = {
    "of_what": {"fr": "De quels éléments parlez-vous ?", "en": "Which elements do you mean?"},
    "by_what": {"fr": "Selon quel critère ?", "en": "By which measure?"},
    "one_at_a_time": {"fr": "Une question à la fois, s'il vous plaît.", "en": "One question at a time, please."},
    "which_period": {"fr": "De quelle période s'agit-il ?", "en": "Which period is meant?"},
    "which_figure": {"fr": "De quelle grandeur s'agit-il ?", "en": "Which figure is meant?"},
    "which_date": {"fr": "De quelle date s'agit-il ?", "en": "Which date is meant?"},
    "which_of": {"fr": "Plusieurs éléments portent ce nom : « {name} ». Lequel ?", "en": "Several elements go by “{name}”. Which one?"},
    "unknown_name": {"fr": "Je ne connais pas « {name} ».", "en": "I do not know “{name}”."},
    "taken_for": {"fr": "« {said} » est compris comme « {name} »", "en": "“{said}” is taken for “{name}”"},
    "about": {"fr": "la question porte sur « {name} »", "en": "the question is about “{name}”"},
    "about_those": {"fr": "la question porte sur les {kinds} de la question précédente", "en": "the question is about the {kinds} of the one before"},
    "no_link": {"fr": "lien entre {names}", "en": "link between {names}"},
    "vague": {"fr": "« {word} » peut se comprendre de plusieurs façons.", "en": "“{word}” can be understood in several ways."},
    "which_this": {"fr": "De quel élément s'agit-il ?", "en": "Which one is meant?"},
    "not_held": {"fr": "Le jumeau ne contient pas : {what}.", "en": "The twin does not hold: {what}."},
    "read_only": {"fr": "Je réponds à des questions ; je ne modifie rien.", "en": "I answer questions; I change nothing."},
    "secret": {"fr": "Je ne donne ni secret ni donnée d'une autre portée.", "en": "I give out no secrets and nothing outside your rights."},
    "personal": {"fr": "Je ne dis rien qui identifie une personne.", "en": "I say nothing that identifies a person."},
    "claim": {"fr": "Je dis ce que contient le jumeau ; je n'atteste, ne garantis et ne promets rien.", "en": "I tell what the twin holds; I certify, guarantee and promise nothing."},
    "perimeter": {"fr": "« mes » est compris comme ce que vos droits laissent voir", "en": "“my” is taken for what your rights let you see"},
    "mean_or": {"fr": "Que voulez-vous savoir de « {name} » ?", "en": "What do you want to know about “{name}”?"},
    "groups_with_some": {"fr": "seuls comptent les groupes qui ont au moins un élément", "en": "only groups with one element at least count"},
    "average_number": {"fr": "nombre moyen", "en": "average number"},
    "difference": {"fr": "écart", "en": "difference"},
    "change": {"fr": "variation (%)", "en": "change (%)"},
    "how_deep": {"fr": "À combien de niveaux ? {most} au plus.", "en": "How many levels deep? {most} at most."},
    "depth_counted": {"fr": "un nombre d'éléments à une profondeur donnée", "en": "a number of items at a given depth"},
    "latest_run": {"fr": "la dernière simulation", "en": "the latest simulation"},
    "all_times": {"fr": "toutes périodes", "en": "all times"},
}  # fmt: skip


def say(key: str, language: Language, **words: str) -> str:
    """A text in a language, filled in."""
    return _TEXTS[key][language].format(**words)
