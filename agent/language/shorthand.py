"""Signs that people write for words, and numbers in words that are no plain number, spelt out before words are read.

+ de 3 mois, w/o a plan, de 16 à 32; une demi-heure, a dozen, more than half.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from agent.language.folding import fold
from agent.language.turns import read_words

_UNDER_TEN: Final = {
    "fr": {"une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9},
    "en": {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9},
}
_FR_NUMBER, _EN_NUMBER = ("|".join(words) for words in _UNDER_TEN.values())
_ABOUT: Final = {
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "centaine": 100,
}  # fmt: skip


def _with_half(number: str) -> str:
    """A number under ten in figures or in words, and a half."""
    known = {**_UNDER_TEN["fr"], **_UNDER_TEN["en"]}
    return f"{known.get(number.lower()) or int(number)}.5"


def _thousands(found: re.Match[str]) -> str:
    """Thousands and millions in figures: 500k, 1,5 M€."""
    number = float(found.group(1).replace(",", "."))
    return str(round(number * (1_000 if found.group(2).lower() == "k" else 1_000_000)))


_FR_SPAN, _EN_SPAN = r"(\d+ ?(?:j|jours?|semaines?|mois|ans?))\b", r"(\d+ ?(?:d|days?|weeks?|months?|years?))\b"
_MONTH: Final = (
    "janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre"
    "|january|february|march|april|may|june|july|august|september|october|november|december"
)
_EVERY_FR: Final = {"mensuel": "mois", "hebdomadaire": "semaine", "trimestriel": "trimestre", "quotidien": "jour"}
_EVERY_EN: Final = {"monthly": "month", "weekly": "week", "quarterly": "quarter", "daily": "day"}


def _at_the_end(found: re.Match[str]) -> str:
    """Monthly number of incidents: the number of incidents per month."""
    return f"{found.group(2)} per {_EVERY_EN[found.group(1).lower()]}{found.group(3)}"


def _filled(found: re.Match[str]) -> str:
    """Less than a tenth free: filled at more than nine tenths."""
    said, rest = found.group(1).lower(), 100 - int(found.group(2))
    if said in ("moins", "plus"):
        return f"remplis à {'plus' if said == 'moins' else 'moins'} de {rest} %"
    return f"filled at {'less' if said == 'more' else 'more'} than {rest} %"


_DATED: Final = {
    "ouvert": "date d'ouverture", "clos": "date de clôture", "ferme": "date de clôture", "resolu": "date de résolution",
    "redemarre": "dernier redémarrage",
}  # fmt: skip
_DAY: Final = r"(\d{1,2})(?:er|st|nd|rd|th)?"
_OPEN: Final = r"ouverte?s?|opened|open|en cours|non resolu\w*|non résolu\w*|unresolved"
_ENDING: Final = r"expirant|expirent|expire|arrivant à échéance|se terminant"
_Words = str | Callable[[re.Match[str]], str]
_PATTERNS: Final[tuple[tuple[str, _Words], ...]] = (
    (r"\b(ouvert|clos|ferm[ée]|r[ée]solu|red[ée]marr[ée])e?s? quand\b", lambda found: _DATED[fold(found.group(1))]),
    (r"(?<!\S)\+ ?(?=d'|de\b|que\b)", "plus "),
    (r"\b(mois|semaine|trimestre|jour|année|annee) (?:par|après|apres) \1\b", r"par \1"),
    (r"\b(month|week|quarter|day|year)[ -](?:by|over|on|after|to)[ -]\1\b", r"per \1"),
    (
        rf"(?<!sauvegarde )(?<!sauvegardes )(?<!revue )\b({'|'.join(_EVERY_FR)})(?:le|ne)?s?\b",
        lambda found: f"par {_EVERY_FR[found.group(1).lower()]}",
    ),
    (rf"^(?:the )?({'|'.join(_EVERY_EN)}) (?!backup|batch|job|review)(.*?)(\??)$", _at_the_end),
    (
        rf"\b({'|'.join(_EVERY_EN)})(?! (?:backup|batch|job|review))\b",
        lambda found: f"per {_EVERY_EN[found.group(1).lower()]}",
    ),
    (r"\b(évolution|evolution|tendance) annuelle\b", r"\1 par an"),
    (r"\b(?:yearly|annual) (?=(?:trend|evolution|number|count)\b)", "per year "),
    (r"\bp(10|25|50|75|80|90|95|98|99)\b(?! incident)", r"percentile \1"),
    (r"\b(\d\d)(?:e|è|ème|eme|ième|ieme|th|st|nd|rd)? (?:per)?centile\b", r"percentile \1"),
    (r"(?<!\S)- ?(?=d'|de\b)", "moins "),
    (r"\b(less|fewer|more) than (\d{1,2}) ?% (?:free|available|left|of free space)\b", _filled),
    (r"\b(moins|plus) de (\d{1,2}) ?% (?:d['’ ]espace )?(?:libre|disponible|de libre)s?\b", _filled),
    (r"\bw/o\b", "without"),
    (r"\bw/(?=\s)", "with"),
    (rf"\b({_FR_NUMBER}|\d+) heures? et demie\b", lambda found: f"{_with_half(found.group(1))} heures"),
    (r"\b(?:une )?demi[- ]heure\b", "30 minutes"),
    (r"\btrois quarts d'heure\b", "45 minutes"),
    (r"\b(?:un )?quart d'heure\b", "15 minutes"),
    (rf"\b({_FR_NUMBER}|\d+) ans? et demie?\b", lambda found: f"{round(12 * float(_with_half(found.group(1))))} mois"),
    (r"\b(?:une )?demi[- ](?:journée|journee)\b", "12 heures"),
    (r"\b(?:an )?hour and a half\b", "90 minutes"),
    (
        rf"\b({_EN_NUMBER}|\d+) and a half (hours?|days?)\b",
        lambda found: f"{_with_half(found.group(1))} {found.group(2)}",
    ),
    (r"\bhalf an? hour\b", "30 minutes"),
    (r"\bthree quarters of an hour\b", "45 minutes"),
    (r"\b(?:a )?quarter of an hour\b", "15 minutes"),
    (r"\b(?:a )?year and a half\b", "18 months"),
    (
        r"\bune? (dizaine|douzaine|quinzaine|vingtaine|trentaine|quarantaine|cinquantaine|centaine)\b(?! de jours)(?: (?:de |d'))?",
        lambda found: f"{_ABOUT[found.group(1).lower()]} ",
    ),
    (r"\b(?:a|one) dozen(?: of)?\b", "12"),
    (r"\bhalf a dozen\b", "6"),
    (r"\b(?:la moitié|la moitie) (?=de la capacit|du volume|de leur|de sa)", "50 % "),
    (r"\b(plus de |moins de )la moiti[ée]\b", r"\g<1>50 %"),
    (r"\b(more than |less than )half\b(?! a)", r"\g<1>50 %"),
    (r"\b(plus de |moins de |plus d')(?:les )?(?:trois quarts|3/4)\b", r"\g<1>75 %"),
    (r"\b(plus du |moins du |plus d'un )quart\b", r"\g<1>25 %"),
    (r"\b(more than |less than )three quarters\b", r"\g<1>75 %"),
    (r"\b(more than |less than )a quarter\b", r"\g<1>25 %"),
    (r"\b(more than |less than )a third\b", r"\g<1>33.3 %"),
    (r"\b(\d+(?:[.,]\d+)?) ?([km])(?= ?(?:€|euros?\b|eur\b))", _thousands),
    (r"\b(\d+)(k)(?![\w€])", _thousands),
    (r"(?<=[\w€]) ?/ ?(mois|jour|semaine|trimestre|an|année|annee|[ée]quipe|env|site|appli)\b", r" par \1"),
    (r"(?<=[\w€]) ?/ ?(month|day|week|quarter|year|team)\b", r" per \1"),
    (
        rf"\b(?:du|entre le|between the|from the|from|between) {_DAY} (?:et|au|and|to)(?: le| the)? {_DAY} (?:of )?({_MONTH})"
        r"( \d{4})?\b",
        lambda found: ("between {0} and {1}" if found.group()[0] in "fb" else "entre {0} et {1}").format(
            *(f"{day} {found.group(3)}{found.group(4) or ''}" for day in found.group(1, 2))
        ),
    ),
    (r"\b(depuis|il y a) ?> ?(?=\d)", r"\1 plus de "),
    (r"\b(for|since|in) ?> ?(?=\d+ ?(?:d|days?|weeks?|months?|years?|yrs?|mths?|wks?|h|hours?)\b)", r"\1 more than "),
    (rf"\b({_OPEN}) ?> ?{_FR_SPAN}", r"\1 depuis plus de \2"),
    (rf"\b({_OPEN}) ?> ?{_EN_SPAN}", r"\1 for more than \2"),
    (rf"\b({_ENDING}) ?< ?{_FR_SPAN}", r"\1 dans les \2"),
    (rf"\b(expires?|expiring|ending) ?< ?{_EN_SPAN}", r"\1 in the next \2"),
    (r"\b(?:est|sont|is|are) (?:nuls?|nulles?|à zéro|a zero|zero)\b", "= 0"),
    (r"\b1 (seule?)\b", r"un \1"),
    (r"\bau moins (?:une?|1) (?!heure|jour|semaine|mois|an\b|ann|minute|trimestre|fois)(?=[a-zà-ÿ])", ""),
    (r"\bat least (?:one|an?|1) (?!hour|day|week|month|year|minute|quarter|time)(?=[a-z])", ""),
    (r"\bun(patched|validated|documented|tested|restarted|rebooted)\b", r"not \1"),
    (r"\bfy ?'?(?:20)?(\d\d)\b", r"20\1"),
    (r"\b(20\d\d)[ -]?([qts])([1-4])\b", r"\2\3 \1"),
    (r"\b([qtsh][1-4])[ '/-]+(\d\d)\b(?![/\d-])(?! ?%)", r"\1 20\2"),
    (r"(?<![\d/])(0?[1-9]|1[0-2])/(20\d\d)\b", lambda found: f"{found.group(2)}-{int(found.group(1)):02}"),
    (r"\b(janv?|f[ée]vr?|feb|avr|apr|juil|jul|aug|sept?|oct|nov|d[ée]c)\. ?(?=\d)", r"\1 "),
    (
        r"\b(?:longest|highest|largest|biggest) ?(?:and|\+|&|/) ?(?:the )?(?:shortest|lowest|smallest)\b",
        "maximum and minimum",
    ),
    (
        r"\b(?:la |le )?plus (?:longue?|grande?|haute?|[ée]lev[ée]e?) et (?:la |le )?plus (?:courte?|petite?|basse?|faible)\b",
        "maximum et minimum",
    ),
    (r"\b(?:ytd|year to date)\b", "this year"),
    (r"\bn-1\b", "last year"),
    (r"\bde (\d{1,3}) (?:à|a) (\d{1,3})\b(?![/:])", r"entre \1 et \2"),
    (r"\bfrom (\d{1,3}) to (\d{1,3})\b(?![/:])", r"between \1 and \2"),
)


@lru_cache(maxsize=1)
def _spelt() -> tuple[tuple[re.Pattern[str], _Words], ...]:
    """What `words/wordings.yml` says, then signs, numbers and halves."""
    data: dict[str, list[dict[str, str]]] = read_words("wordings")
    said = tuple((one["said"], one["read"]) for one in data["wordings"])
    return tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in (*said, *_PATTERNS))


def spelt_out(question: str) -> str:
    """The question with its shorthand as words."""
    for pattern, words in _spelt():
        question = pattern.sub(words, question)
    return question
