"""Periods of time in French and English, resolved against a given now: a grammar of our own.

A period is half-open [start, end) in calendar days, UTC. Rolling periods end or begin at now. What is said without a year
has two readings, the latest past one and the next future one: the attribute that the period is about decides.
"""

# ruff: noqa: E501  # word lists and patterns read better whole

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

from agent.language.numbers import number_of, number_pattern
from agent.language.turns import Language


class Shape(StrEnum):
    """How a period bounds an instant. `SINCE`: for so long, that is, from `start` to now; negated, before `start`."""

    WITHIN = "within"
    BEFORE = "before"  # before `end`
    AFTER = "after"  # from `start` on
    SINCE = "since"
    OVER = "over"  # for more than so long: before `end`
    AS_OF = "as_of"  # the state of that day


@dataclass(frozen=True, slots=True)
class Period:
    """A period and where the question says it: characters [first, after). `future` is the other reading of one without year.

    `ahead` where it lies after now by its wording, `behind` where before.
    """

    shape: Shape
    start: date | None
    end: date | None
    first: int
    after: int
    ahead: bool = False
    behind: bool = False
    future: Period | None = None
    unit: str = ""
    rolling: bool = False  # counted from now, not from the calendar
    count: float = 0  # of units, where it is rolling


UNITS: Final = {
    "jour": "day", "jours": "day", "j": "day", "day": "day", "days": "day", "d": "day",
    "semaine": "week", "semaines": "week", "week": "week", "weeks": "week", "sem": "week", "wk": "week",
    "mois": "month", "month": "month", "months": "month", "mth": "month",
    "trimestre": "quarter", "trimestres": "quarter", "quarter": "quarter", "quarters": "quarter", "trim": "quarter",
    "semestre": "semester", "semestres": "semester", "semester": "semester", "half": "semester", "half year": "semester",
    "an": "year", "ans": "year", "annee": "year", "annees": "year", "year": "year", "years": "year", "yr": "year", "yrs": "year",
    "heure": "hour", "heures": "hour", "hour": "hour", "hours": "hour", "h": "hour", "hrs": "hour",
    "exercice": "year", "quinzaine": "fortnight", "fortnight": "fortnight",
}  # fmt: skip
_MONTHS: Final = {
    name: 1 + n
    for n, names in enumerate(
        ("janvier janv jan january", "fevrier fevr fev february feb", "mars march mar", "avril avr april apr", "mai may",
         "juin june jun", "juillet juil july jul", "aout august aug", "septembre sept sep september",
         "octobre oct october", "novembre nov november", "decembre dec december")
    )
    for name in names.split()
}  # fmt: skip
_LENGTH: Final = "|".join(
    sorted((re.escape(u) for u in UNITS if u not in ("j", "d", "h", "an", "half")), key=len, reverse=True)
)
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_LONG_MONTH: Final = "|".join(sorted((m for m in _MONTHS if len(m) > 3 or m in ("mai", "may")), key=len, reverse=True))
_ORDINAL: Final = {"premier": 1, "premiere": 1, "1er": 1, "first": 1, "1st": 1, "deuxieme": 2, "second": 2, "seconde": 2, "2nd": 2,
                   "2eme": 2, "2e": 2, "troisieme": 3, "third": 3, "3rd": 3, "3eme": 3, "3e": 3, "quatrieme": 4, "fourth": 4,
                   "4th": 4, "4eme": 4, "4e": 4, "dernier": 4}  # fmt: skip


_WEEKDAYS: Final = {
    name: n
    for n, names in enumerate(("lundi monday", "mardi tuesday", "mercredi wednesday", "jeudi thursday", "vendredi friday",
                               "samedi saturday", "dimanche sunday"))
    for name in names.split()
}  # fmt: skip
_END_OF: Final = r"(?:la |the )?(?:fin|end) (?:du |de |of |d')(?:la |le |l'|the )?"


def add(day: date, count: float, unit: str) -> date:
    """A day moved by so many units; months and years end on the last day that there is."""
    if unit == "hour":
        return day + timedelta(days=round(count / 24) or (1 if count > 0 else -1))
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=round(count * {"day": 1, "week": 7, "fortnight": 14}[unit]))
    months = round(count * {"month": 1, "quarter": 3, "semester": 6, "year": 12}[unit])
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def floor(day: date, unit: str) -> date:
    """The first day of the week, month, quarter, semester or year of a day."""
    if unit in ("day", "hour", "fortnight"):
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    month = {
        "month": day.month,
        "quarter": 3 * ((day.month - 1) // 3) + 1,
        "semester": 6 * ((day.month - 1) // 6) + 1,
        "year": 1,
    }
    return date(day.year, month[unit], 1)


def _calendar(day: date, unit: str, shift: int) -> tuple[date, date]:
    start = add(floor(day, unit), shift, unit)
    return start, add(start, 1, unit)


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of the calendar that is named, and its other reading."""

    start: date
    end: date
    future: tuple[date, date] | None = None


def _yearless(make: Callable[[int], tuple[date, date]], today: date) -> _Span:
    past = make(today.year)
    if past[0] > today:
        past = make(today.year - 1)
    future = make(today.year)
    if future[1] <= today:
        future = make(today.year + 1)
    return _Span(*past, future if future != past else None)


_NAMED: Final = (  # a stretch of the calendar: groups differ per alternative
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<slash>\d{1,2}/\d{1,2}/(?:\d{4}|\d{2}))"
    r"|(?P<isomonth>\d{4}-(?:0[1-9]|1[0-2]))(?![-\d])"
    rf"|(?P<edge>(?:la )?fin|le debut|debut|(?:the )?end|(?:the )?beginning|(?:the )?start|mi|mid)(?:[ -](?:du mois )?(?:de |du |d'|of |du mois de |la |l')*)(?P<edge_of>(?:{_LONG_MONTH})(?: \d{{4}})?|\d{{4}}|l'annee|annee|(?:the |this )?year|mois|ce mois|(?:the |this )?month|trimestre|ce trimestre|(?:the |this )?quarter|semaine|(?:the |this )?week|semestre|(?:the |this )?semester)"
    r"|(?P<year_end>year[ -]end|eoy|fin d'annee)"
    rf"|(?P<d1>\d{{1,2}})(?:er|st|nd|rd|th)? (?:of )?(?P<m1>{_MONTH})\b\.?(?:,? (?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH}) (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,? (?P<y2>\d{{4}}))?"
    rf"|(?P<m3>{_LONG_MONTH}|{_MONTH}(?= \d{{4}}))\b\.?(?: (?:de |of )?(?P<y3>\d{{4}}))?(?: (?P<m3rel>dernier|prochain))?"
    rf"|(?:{_END_OF})?(?:(?P<q0>[tq])(?P<q1>[1-4])(?:[ -/](?P<qy1>\d{{4}}))?)\b"
    rf"|(?:{_END_OF})?(?:(?P<s0>[sh])(?P<s1>[12])(?:[ -/](?P<sy1>\d{{4}})))\b"
    rf"|(?:{_END_OF})?(?P<ordinal>{'|'.join(_ORDINAL)}) (?P<part>trimestre|quarter|semestre|semester|half)(?: (?:de |of |d')?(?:l'annee )?(?P<py>\d{{4}}))?"
    r"|(?P<today>aujourd'hui|today|ce jour)|(?P<yesterday>hier|yesterday)|(?P<tomorrow>demain|tomorrow)"
    rf"|(?:ce|cet|cette|this|the current|l'|le) ?(?P<this>semaine|week|mois|month|trimestre|quarter|semestre|semester|annee|an|year)(?: en cours|-ci|ci| courante?)?(?<!le mois)(?<!l'annee)(?<!l'an)(?<!le trimestre)(?<!le semestre)"
    r"|(?:l'|le |la )(?P<this2>annee|mois|trimestre|semestre|semaine) (?:en cours|courante?)"
    rf"|(?:the |la |le |l')?(?P<past>semaine|mois|trimestre|semestre|annee|an) (?:dernier|derniere|passee?|precedente?|ecoulee?)\b"
    rf"|(?:the )?(?:last|previous|past) (?P<past2>week|month|quarter|semester|year)\b"
    rf"|(?:the |la |le |l')?(?P<next>semaine|mois|trimestre|semestre|annee|an) (?:prochaine?|suivante?|a venir)\b"
    rf"|(?:the )?(?:next|coming|following) (?P<next2>week|month|quarter|semester|year)\b"
    rf"|(?:(?P<wdrel>last|next|this|ce) )?(?P<weekday>{'|'.join(_WEEKDAYS)})\b(?: (?P<wdrel2>dernier|passe|prochain))?"
    r"|(?:(?P<werel>last|next|this|ce) )?(?P<weekend>week[ -]?end)\b(?: (?P<werel2>dernier|passe|prochain))?"
    r"|(?P<year>(?:19|20)\d{2})\b(?![-/.]\d)"
)
_NAMED_RE: Final = re.compile(_NAMED)


def _named(match: re.Match[str], today: date) -> _Span | None:
    g = match.groupdict()
    try:
        return _resolved(g, today)
    except ValueError:  # no such day, as 31 February
        return None


def _resolved(g: dict[str, str | None], today: date) -> _Span | None:
    def day_of(year: int, month: int, day: int) -> tuple[date, date]:
        start = date(year, month, day)
        return start, start + timedelta(days=1)

    def month_of(year: int, month: int) -> tuple[date, date]:
        return date(year, month, 1), add(date(year, month, 1), 1, "month")

    if text := g["iso"]:
        year, month, day = map(int, text.split("-"))
        return _Span(*day_of(year, month, day))
    if text := g["slash"]:
        day, month, year = map(int, text.split("/"))
        return _Span(*day_of(year + 2000 if year < 100 else year, month, day))
    if text := g["isomonth"]:
        year, month = map(int, text.split("-"))
        return _Span(*month_of(year, month))
    if g["year_end"]:
        return _Span(date(today.year, 12, 1), date(today.year + 1, 1, 1))
    if g["edge"]:
        inner = g["edge_of"] or ""
        words = inner.replace("'", " ").split()
        if words[0] in _MONTHS:
            month = _MONTHS[words[0]]
            whole = (
                _Span(*month_of(int(words[1]), month))
                if len(words) > 1
                else _yearless(lambda y: month_of(y, month), today)
            )
        elif inner.isdigit():
            whole = _Span(date(int(inner), 1, 1), date(int(inner) + 1, 1, 1))
        else:
            unit = UNITS[words[-1]]
            whole = _Span(*_calendar(today, unit, 0))
        return whole
    for d, m, y in (("d1", "m1", "y1"), ("d2", "m2", "y2")):
        if g[m]:
            month, day = _MONTHS[g[m] or ""], int(g[d] or 0)
            if g[y]:
                return _Span(*day_of(int(g[y] or 0), month, day))
            return _yearless(partial(day_of, month=month, day=day), today)
    if g["m3"]:
        month = _MONTHS[g["m3"]]
        if g["y3"]:
            return _Span(*month_of(int(g["y3"]), month))
        return _yearless(lambda year: month_of(year, month), today)
    for kind, size, year_key in (("q1", 3, "qy1"), ("s1", 6, "sy1")):
        if g[kind]:
            first = 1 + size * (int(g[kind] or 0) - 1)

            def of(year: int, first: int = first, size: int = size) -> tuple[date, date]:
                return date(year, first, 1), add(date(year, first, 1), size, "month")

            return _Span(*of(int(g[year_key] or 0))) if g[year_key] else _yearless(of, today)
    if g["ordinal"]:
        unit = UNITS[g["part"] or ""]
        size = 3 if unit == "quarter" else 6
        rank = _ORDINAL[g["ordinal"]]
        if unit == "semester" and g["ordinal"] == "dernier":
            rank = 2
        first = 1 + size * (rank - 1)

        def part(year: int) -> tuple[date, date]:
            return date(year, first, 1), add(date(year, first, 1), size, "month")

        return _Span(*part(int(g["py"]))) if g["py"] else _yearless(part, today)
    for key, shift in (("yesterday", -1), ("today", 0), ("tomorrow", 1)):
        if g[key]:
            return _Span(*_calendar(today, "day", shift))
    if g["weekday"]:
        return _weekday(_WEEKDAYS[g["weekday"]], g["wdrel"] or g["wdrel2"] or "", today)
    if g["weekend"]:
        moved = {"last": -1, "dernier": -1, "passe": -1, "next": 1, "prochain": 1}.get(
            g["werel"] or g["werel2"] or "", 0
        )
        saturday = floor(today, "week") + timedelta(days=5 + 7 * moved)
        return _Span(saturday, saturday + timedelta(days=2))
    for key, shift in (("this", 0), ("this2", 0), ("past", -1), ("past2", -1), ("next", 1), ("next2", 1)):
        if g[key]:
            return _Span(*_calendar(today, UNITS[g[key] or ""], shift))
    if text := g["year"]:
        return _Span(date(int(text), 1, 1), date(int(text) + 1, 1, 1))
    return None


def _weekday(day: int, said: str, today: date) -> _Span:
    """A day of the week: the latest one and the next one, or the one that is said."""
    past = today - timedelta(days=(today.weekday() - day) % 7 or (7 if said else 0))
    future = today + timedelta(days=(day - today.weekday()) % 7 or 7)
    one = timedelta(days=1)
    if said in ("next", "prochain"):
        return _Span(future, future + one)
    return _Span(past, past + one, None if said in ("last", "dernier", "passe") else (future, future + one))


@lru_cache(maxsize=4)
def _rolling(language: Language) -> re.Pattern[str]:
    n = number_pattern(language) if language == "fr" else rf"(?:{number_pattern(language)}|an?\b)"
    if language == "fr":
        text = (
            rf"(?P<over>(?:depuis|il y a|date de|datant de|vieux de|datent de|remonte a|remontent a|remontant a|agee?s? de|vieilles? de) (?:(?:plus|au moins) (?:de |d')?))(?P<n0>{n}) ?(?P<u0>{_LENGTH}|j|ans?)\b"
            rf"|(?P<oldover>(?:de |d')(?:plus|au moins) (?:de |d'))(?P<n0c>{n}) ?(?P<u0c>jours?|j|semaines?|mois|ans?|annees?)\b"
            rf"|(?P<oldunder>de moins (?:de |d'))(?P<n1c>{n}) ?(?P<u1c>jours?|j|semaines?|mois|ans?|annees?)\b"
            rf"|(?:(?:dans|au cours|sur|pendant|durant|depuis|lors|de|des|du|ces|les) )*(?:derniers|dernieres) (?P<n4c>{n}) ?(?P<u4c>{_LENGTH}|h|j|ans?)\b"
            rf"|(?P<under>(?:depuis|il y a) moins (?:de |d'))(?P<n1>{n}) ?(?P<u1>{_LENGTH}|j|ans?)\b"
            rf"|(?P<since>depuis|sur|pendant|durant)(?: les| ces)? (?P<n2>{n}) ?(?P<u2>{_LENGTH}|j|ans?)\b"
            rf"|(?P<ago>il y a) (?P<n3>{n}) ?(?P<u3>{_LENGTH}|j|ans?)\b"
            rf"|(?P<past>(?:(?:dans|au cours|sur|pendant|durant|depuis|lors|de|des|du|ces|les|l'|en) ?)*)(?P<n4>{n}) (?:derniers|dernieres|dernier|derniere|passes|ecoules) (?P<u4>{_LENGTH}|j|ans?)\b"
            rf"|(?:(?:dans|au cours|sur|pendant|durant|depuis|lors|de|des|du|ces|les) )*(?P<n4b>{n}) (?P<u4b>{_LENGTH}|ans?) (?:derniers|dernieres|passes|passees|ecoules|ecoulees|precedents)\b"
            rf"|(?P<next>(?:(?:dans|d'ici|au cours|sur|pour|sous|a|de|des|les|avant) ?)*)(?P<n5>{n}) (?:prochains|prochaines|prochain|prochaine) (?P<u5>{_LENGTH}|j|ans?)\b"
            rf"|(?:(?:dans|d'ici|au cours|sur|pour|sous|a|de|des|les) ?)*(?P<n5b>{n}) (?P<u5b>{_LENGTH}|ans?) (?:a venir|prochains|prochaines|qui viennent|suivants)\b"
            rf"|(?P<within>d'ici(?: a)?(?: les)?|dans(?: les)?(?: moins de)?|sous(?: les)?|en moins de|dans un delai de|a horizon(?: de)?) (?P<n6>{n}) ?(?P<u6>{_LENGTH}|j|ans?)\b"
        )
    else:
        text = (
            rf"(?P<over>(?:for|since|in|older than|dating back|dates back|goes back|go back|going back|dating|over|not in) ?(?:more than |over |at least |the past |the last )?)(?P<n0>(?<=more than )(?:{n})|(?<=over )(?:{n})|(?<=older than )(?:{n})|(?<=at least )(?:{n})) ?(?P<u0>{_LENGTH}|d)\b(?: ago| old)?"
            rf"|(?P<overago>(?:more than|over|at least)) (?P<n0b>{n}) ?(?P<u0b>{_LENGTH}|d)\b (?:ago|old)"
            rf"|(?P<under>(?:for|since)? ?(?:less than|under)) (?P<n1>{n}) ?(?P<u1>{_LENGTH}|d)\b(?: ago| old)"
            rf"|(?P<next>(?:(?:in|within|over|during|for|by) )?(?:the )?(?:next|coming|following|upcoming)) (?P<n5>{n}) ?(?P<u5>{_LENGTH}|d)\b"
            rf"|(?P<past>(?:(?:in|within|over|during|for|since) )?(?:the |these )?(?:last|past|previous|latest)) (?P<n4>{n}) ?(?P<u4>{_LENGTH}|d|h)\b"
            rf"|(?P<within>within|in less than|in under|in) (?P<n6>{n}) ?(?P<u6>{_LENGTH}|d)\b(?! ago)(?:'? time)?"
            rf"|(?P<since>for|since) (?P<n2>{n}) ?(?P<u2>{_LENGTH}|d)\b(?! ago)"
            rf"|(?P<n3>{n}) ?(?P<u3>{_LENGTH}|d) (?P<ago>ago)\b"
        )
    return re.compile(text)


_LEADS: Final[dict[Language, str]] = {
    "fr": r"(?P<between>(?:entre|du|de) (?:le |la |l')?)|(?P<asof>(?:etat |situation )?(?:au|a la date du|en date du|a fin|tel qu'au|a la situation du) )"
    r"|(?P<since>(?:depuis|a partir de|a partir du|a compter de|a compter du)(?: le| la| l')? ?)"
    r"|(?P<by>(?:d'ici|jusqu'a|jusqu'au|jusqu'en|au plus tard)(?: a| au| le| la| en)? ?)"
    r"|(?P<before>avant (?:le |la |l')?)|(?P<after>(?:apres|post) (?:le |la |l')?)"
    r"|(?P<within>(?:(?:en|pour|pendant|durant|au cours|sur|de|du|le|la|l'|des|dans|courant|au|a) ?)+)?",
    "en": r"(?P<between>(?:between|from) (?:the )?)|(?P<asof>(?:as of|as at|on the date of|as it was on|as they were on) (?:the )?)"
    r"|(?P<since>(?:since|starting|starting from|from) (?:the )?)"
    r"|(?P<by>(?:by|until|till|up to|no later than|not later than)(?: the)? )"
    r"|(?P<before>(?:before|prior to|earlier than) (?:the )?)|(?P<after>(?:after|later than|past) (?:the )?)"
    r"|(?P<within>(?:(?:in|on|during|for|of|over|within|the|at) )+)?",
}
_SECOND: Final = {
    "fr": re.compile(r" (?:et|au|a) (?:le |la |l')?"),
    "en": re.compile(r" (?:and|to|until|till) (?:the )?"),
}


@lru_cache(maxsize=4)
def _lead(language: Language) -> re.Pattern[str]:
    return re.compile(_LEADS[language])


def find_periods(folded: str, language: Language, now: datetime) -> list[Period]:
    """The periods that a folded question names, in order, none overlapping another."""
    today = now.date()
    found = [*_rolling_periods(folded, language, today)]
    taken = [(period.first, period.after) for period in found]
    position = 0
    while match := _NAMED_RE.search(folded, position):
        first, after = match.span()
        position = after if after > first else after + 1
        bounded = (first == 0 or not (folded[first - 1].isalnum() or folded[first - 1] in "-/.:_")) and (
            after >= len(folded)
            or not (folded[after].isalnum() or (folded[after] in "-/_:" and folded[after + 1 : after + 2].isalnum()))
        )
        if not bounded or any(first < end and start < after for start, end in taken):
            position = first + 1
            continue
        span = _named(match, today)
        period = span and _led(folded, match, span, language, today, position)
        if period:
            found.append(period)
            taken.append((period.first, period.after))
            position = max(position, period.after)
    return sorted(found, key=lambda period: period.first)


def _rolling_periods(folded: str, language: Language, today: date) -> Iterator[Period]:
    for match in _rolling(language).finditer(folded):
        if match.start() and folded[match.start() - 1].isalnum():
            continue
        groups = {key: value for key, value in match.groupdict().items() if value is not None}
        count_key = next(key for key in groups if key[0] == "n" and key[1:2].isdigit())
        unit_key = "u" + count_key[1:]
        try:
            count = number_of(groups[count_key], language)
        except ValueError:
            continue
        if count > 10_000 or count <= 0:
            continue
        unit = UNITS[groups[unit_key]]
        base = Period(Shape.WITHIN, None, None, match.start(), match.end(), unit=unit, rolling=True, count=count)
        back, forth = add(today, -count, unit), add(today, count, unit)
        which = count_key[1:2]
        tomorrow = today + timedelta(days=1)
        if which == "0":
            yield replace(base, shape=Shape.OVER, end=back, behind=True)
        elif which in "12":
            yield replace(
                base, shape=Shape.SINCE if which == "2" else Shape.WITHIN, start=back, end=tomorrow, behind=True
            )
        elif which == "3":
            yield replace(base, shape=Shape.BEFORE, end=back, behind=True)
        elif which == "4":
            yield replace(base, shape=Shape.SINCE, start=back, end=tomorrow, behind=True)
        else:
            yield replace(base, start=today, end=forth + timedelta(days=1), ahead=True)


def _led(folded: str, match: re.Match[str], span: _Span, language: Language, today: date, after: int) -> Period | None:
    """A named stretch with the preposition before it."""
    first = match.start()
    lead, begin = "", first
    head = folded[max(0, first - 24) : first]
    for back in range(len(head), 0, -1):  # the longest preposition that ends where the stretch begins
        if back < len(head) and head[-back - 1].isalnum():
            continue
        if (found := _lead(language).fullmatch(head[-back:])) and found.lastgroup:
            lead, begin = found.lastgroup, first - back
            break
    if match.group("year") and lead == "" and not _alone(folded, first, after):
        return None  # four figures are not always a year: a product's version, a count
    if match.group("m3") == "may" and not lead and not match.group("y3"):
        return None  # the verb
    if lead == "between":
        join = _SECOND[language].match(folded, after)
        second = _NAMED_RE.match(folded, join.end()) if join else None
        other = _named(second, today) if second else None
        if second and other:
            end = other.end
            if other.future and other.end <= span.start and other.future[1] > span.start:
                end = other.future[1]
            start = span.start
            if start >= end:
                start = date(
                    other.start.year - ((start.month, start.day) > (other.start.month, other.start.day)),
                    start.month,
                    start.day,
                )
            if start >= end:
                return None
            return Period(Shape.WITHIN, start, end, begin, second.end())
        lead = "since" if language == "en" else "within"
    future = span.future
    base = Period(Shape.WITHIN, span.start, span.end, begin, after, unit=_unit(match), ahead=span.start > today)

    def shaped(start: date, end: date) -> Period:
        if lead == "since":
            return replace(base, shape=Shape.AFTER, start=start, end=None, behind=start <= today)
        if lead == "by":
            return replace(base, shape=Shape.BEFORE, start=today, end=end, ahead=True)
        if lead == "before":
            inner = end if re.match(r"(?:la |the )?(?:fin|end)\b", match.group()) else start
            return replace(base, shape=Shape.BEFORE, start=None, end=inner)
        if lead == "after":
            return replace(base, shape=Shape.AFTER, start=end, end=None)
        if lead == "asof" and (end - start).days == 1:
            return replace(base, shape=Shape.AS_OF, start=start, end=end)
        return base if (start, end) == (span.start, span.end) else replace(base, start=start, end=end)

    past = shaped(span.start, span.end)
    if future is None:
        return past
    if lead == "by":
        return shaped(*future)
    return replace(past, future=shaped(*future))


_NO_YEAR_BEFORE: Final = re.compile(
    r"(?:^|[^\w])(?:windows|win|server|sql|office|exchange|visual|studio|version|v|release|rhel|port|vlan|than|que|de|d|sup|inf|[<>=+-]"
    r"|ou|or|et|and|vs|list|top|liste|environ|about|[a-z]+\d[\w.-]*)[ ,:/-]*$"
)
_NO_YEAR_BEHIND: Final = re.compile(
    r" ?(?:%|r2\b|go\b|gb\b|mo\b|mb\b|to\b|tb\b|h\b|heures?\b|hours?\b|min|jours?\b|days?\b|€|eur|k\b)"
)


def _alone(folded: str, first: int, after: int) -> bool:
    """Whether four figures without a preposition are a year: incidents 2024 par mois, résultats des tests 2024."""
    year = int(folded[first:after])
    if not 2000 <= year <= 2049 or _NO_YEAR_BEHIND.match(folded, after):
        return False
    return first > 0 and not _NO_YEAR_BEFORE.search(folded[:first])


def _unit(match: re.Match[str]) -> str:
    for key, unit in (
        ("iso", "day"),
        ("slash", "day"),
        ("d1", "day"),
        ("d2", "day"),
        ("weekday", "day"),
        ("m3", "month"),
        ("isomonth", "month"),
        ("year", "year"),
    ):
        if match.group(key):
            return unit
    return ""
